"""What a contract lets a project pay on a day: by accepted progress, an advance before it, the retention kept back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

PPM: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Terms:
    """A contract as payment sees it; `progress_ppm` is what has been accepted, `retention_ppm` kept to `release_on`."""

    amount_fen: int
    progress_ppm: int
    retention_ppm: int
    release_on: date | None


@dataclass(frozen=True, slots=True)
class Due:
    """Of contracts together: their amounts, what is due of them, and what of that is kept back."""

    contracts_fen: int
    due_fen: int
    kept_fen: int

    @property
    def payable_fen(self) -> int:
        return self.due_fen - self.kept_fen


def due_of(terms: Terms, advance_ppm: int, on: date) -> Due:
    """What is due of one contract on a day: whole fen, never rounded up; the retention never rounded down."""
    due = terms.amount_fen * max(terms.progress_ppm, advance_ppm) // PPM
    held = terms.release_on is not None and on < terms.release_on
    kept = -(-due * terms.retention_ppm // PPM) if held else 0
    return Due(terms.amount_fen, due, kept)


def due_together(contracts: Iterable[Terms], advance_ppm: int, on: date) -> Due:
    """What is due of several contracts."""
    each = [due_of(one, advance_ppm, on) for one in contracts]
    return Due(
        sum(one.contracts_fen for one in each), sum(one.due_fen for one in each), sum(one.kept_fen for one in each)
    )
