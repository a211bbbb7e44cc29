"""Closed books: through which day a county's books take reversals only."""
