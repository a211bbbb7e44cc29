"""New flags counted by place and day, so that a rule's record is added up from its runs and no flag is read again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

# A county, a township, a village: the places that records are asked of.
DIGITS: Final = (6, 9, 12)


@dataclass(frozen=True, slots=True)
class Tallied:
    """Flags: how many, of how many fen, and what fen they name."""

    flags_n: int
    fen: int
    named_fen: int

    def __add__(self, other: Tallied) -> Tallied:
        return Tallied(self.flags_n + other.flags_n, self.fen + other.fen, self.named_fen + other.named_fen)


# By the flags' own region and the day they were raised for.
Tallies = Mapping[tuple[str, date], Tallied]


def combined(tallied: Iterable[tuple[tuple[str, date], Tallied]]) -> dict[tuple[str, date], Tallied]:
    """One sum per place and day."""
    found: dict[tuple[str, date], Tallied] = {}
    for key, one in tallied:
        found[key] = found[key] + one if key in found else one
    return found


def at_every_level(tallies: Tallies) -> dict[tuple[str, date], Tallied]:
    """The same flags for each place that they lie in: the county, the township, the village."""
    return combined(
        ((region[:digits], day), one)
        for (region, day), one in tallies.items()
        for digits in DIGITS
        if digits <= len(region)
    )
