"""Owns money: where every fen is, since when, on whose desk, and by which document it moved."""
