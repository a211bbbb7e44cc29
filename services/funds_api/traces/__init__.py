"""Traces: one household's payment up to its notices, one tranche down to its households, every hop and every fen."""
