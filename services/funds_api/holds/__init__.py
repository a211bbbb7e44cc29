"""Holds: fen of an account that one payment may draw and nobody else, until it is posted, voided or run out."""
