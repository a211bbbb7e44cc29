"""Quarantined money (封存): fen of lots that nobody moves until the inspectors release them."""
