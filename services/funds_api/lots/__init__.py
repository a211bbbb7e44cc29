"""Lots, movements and traces: where every fen rests, how it moved, where it came from and where it went."""
