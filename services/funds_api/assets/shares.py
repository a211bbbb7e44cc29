"""Splitting an income to the fen, and counting the days by which it should have moved. Pure; dates are given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date


def split(amount_fen: int, weights: Sequence[int]) -> list[int]:
    """`amount_fen` in proportion to positive `weights`: whole fen, one part per weight, in order, Σ exactly the amount.

    Each part is rounded down and the last one takes what is left (余数归末行, the practice of pay rolls), fewer fen
    than there are parts.
    """
    if not weights or min(weights) <= 0 or amount_fen < 0:
        msg = "shares need an amount and positive weights"
        raise ValueError(msg)
    whole = sum(weights)
    parts = [amount_fen * weight // whole for weight in weights]
    parts[-1] += amount_fen - sum(parts)
    return parts


def overdue_days(due_on: date, done_on: date | None, as_of: date) -> int:
    """By how many days something was late on `as_of`: 0 while it is not due, or when it was done in time."""
    end = done_on if done_on is not None and done_on <= as_of else as_of
    return max((end - due_on).days, 0)
