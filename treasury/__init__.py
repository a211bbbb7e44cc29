"""Arithmetic of public money: lots, draws, days, dates and the numbers of the law as values.

Admission rule: code enters here only if two services must get the same figure, or the books would differ.
Standard library only; nothing here reads a clock, a file, a database or the network, so every promise can be
tested with values alone.
"""
