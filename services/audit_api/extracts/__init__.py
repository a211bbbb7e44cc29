"""Frozen answers of the ledger, as evidence of their own: what the system knew at an instant, byte for byte."""
