"""What became of flags (结论): confirmed, refuted or asked again, and what each rule's record therefore is."""
