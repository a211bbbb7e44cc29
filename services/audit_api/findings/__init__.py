"""What an inspector holds to be the case, the lots it is bound to, and the yuan put right."""
