"""Ranks and shares of fen-days. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence


def ranks(figures: Sequence[int]) -> list[int]:
    """The rank of each figure, the largest first; equal figures share one (1, 2, 2, 4)."""
    first = dict[int, int]()
    for at, figure in enumerate(sorted(figures, reverse=True), 1):
        first.setdefault(figure, at)
    return [first[figure] for figure in figures]


def ranks_among(figures: Sequence[int], siblings: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The rank of each figure among those of its siblings, and how many these are."""
    places = defaultdict[Hashable, list[int]](list)
    for at, one in enumerate(siblings):
        places[one].append(at)
    found = [(0, 0)] * len(figures)
    for own in places.values():
        for at, rank in zip(own, ranks([figures[at] for at in own]), strict=True):
            found[at] = (rank, len(own))
    return found


def percent(part: int, whole: int) -> str:
    """The share of a part in percent with two places, a half rounded up; of nothing, nothing."""
    return hundredths((20_000 * part + whole) // (2 * whole)) if whole else "0.00"


def hundredths(count: int) -> str:
    """So many hundredths, not fewer than none, as a number with two places."""
    return f"{count // 100}.{count % 100:02d}"
