"""Quarantines (封存): exact fen of a finding that nobody may move, ordered and released by two people."""
