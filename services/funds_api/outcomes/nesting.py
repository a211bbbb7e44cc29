"""Fen that are named twice, or within others (属…之内), counted once. Pure.

An item is what a flag names (`payment:batch:line`, `order:id`, `order:id:invoice`, `project:id`), and may lie in
others: a row in its roster, a roster in its movement, an invoice in its order, an order in its project. Where both are
named, the inner fen are part of the outer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence


def distinct_fen(fen: Mapping[str, int], holders: Mapping[str, Sequence[str]]) -> int:
    """What the items come to when none is counted twice: a holder is worth its own fen or those within it, if more.

    `holders` tells the items around each one, the nearest first; those that nobody named do not count.
    """
    within: dict[str, list[str]] = defaultdict(list)
    roots: list[str] = []
    for item in fen:
        holder = next((one for one in holders.get(item, ()) if one in fen), None)
        if holder is None:
            roots.append(item)
        else:
            within[holder].append(item)

    def worth(item: str) -> int:
        return max(fen[item], sum(worth(one) for one in within[item]))

    return sum(worth(item) for item in roots)
