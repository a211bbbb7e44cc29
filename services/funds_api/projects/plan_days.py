"""What is taken up of a plan, held against the plan of each day: that it fits at the end does not say that it ever did.

Pure: what was planned from which day on and what changed on which day come in, the worst day goes out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Beyond:
    """A day at whose end more is taken up than is planned then, in fen."""

    on: date
    planned_fen: int
    taken_fen: int

    @property
    def excess_fen(self) -> int:
        return self.taken_fen - self.planned_fen


def worst(plans: Iterable[tuple[date, int]], changes: Iterable[tuple[date, int]], since: date) -> Beyond | None:
    """The first of the days from `since` on that are furthest beyond plan, in fen; None if no day is beyond it.

    Of the plans of one day the last holds, each until the next one; before the first nothing is planned. All changes of
    a day count together, those before `since` too. Less by its excess, from `since` on, would fit on every day.
    """
    planned, changed = dict(plans), Counter[date]()
    for on, fen in changes:
        changed[on] += fen
    found, planned_fen, taken_fen = None, 0, 0
    for on in sorted({*planned, *changed, since}):
        planned_fen, taken_fen = planned.get(on, planned_fen), taken_fen + changed[on]
        day = Beyond(on, planned_fen, taken_fen)
        if on >= since and day.excess_fen > (found.excess_fen if found else 0):
            found = day
    return found
