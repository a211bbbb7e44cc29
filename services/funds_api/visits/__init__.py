"""Pairings of helpers with households, and the days on which helpers came."""
