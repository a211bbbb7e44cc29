"""What a household received, by whom and when, as it was known at a moment; masked, and no more than that needs."""
