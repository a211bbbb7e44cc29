"""Fen as people read them: 元 and 万元, exact. Reading them back is `money.py`; nothing here is computed with."""

from __future__ import annotations

from decimal import Decimal


def yuan(fen: int) -> str:
    """`fen` in 元 with thousands commas and two decimals, as a clerk writes it: 724712484 → 7,247,124.84."""
    return f"{Decimal(fen) / 100:,.2f}"


def wan(fen: int) -> str:
    """`fen` in 万元, exact, with at least two decimals: 724712484 → 724.712484."""
    exact = f"{Decimal(fen) / 1_000_000:,.6f}"
    whole, _, rest = exact.partition(".")
    return f"{whole}.{rest.rstrip('0').ljust(2, '0')}"
