"""Forgetting a person: words go by the decision of two people, and every hash and proof stays."""
