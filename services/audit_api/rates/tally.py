"""The arithmetic of rectification rates: pure. Orders are counted as items, and what their findings are about in fen.

Of findings that are about the same money (`findings/nesting.py`) each fen is counted under one, and told as nested
under the others. So no yuan is found twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from services.audit_api.findings.nesting import Share

MILLION: Final = 1_000_000
SEVERAL: Final = "several"


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order as it stood at a moment, with the key of the group it belongs to."""

    finding_id: UUID
    key: str
    deadline: date
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class Tally:
    """What a group comes to. Every order is closed, overdue or running; `closed_n` holds `on_time_n`."""

    ordered_n: int = 0
    closed_n: int = 0
    on_time_n: int = 0
    overdue_n: int = 0
    findings_n: int = 0
    found_fen: int = 0
    rectified_fen: int = 0
    nested_fen: int = 0

    @property
    def running_n(self) -> int:
        return self.ordered_n - self.closed_n - self.overdue_n

    @property
    def outstanding_fen(self) -> int:
        return self.found_fen - self.rectified_fen

    def plus(self, other: Tally) -> Tally:
        """The two together."""
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def ppm(part: int, whole: int) -> int | None:
    """Parts per million, rounded down; nothing of nothing is no rate."""
    return part * MILLION // whole if whole else None


def tallies(orders: Sequence[Ordered], shares: Mapping[UUID, Share], as_of: date) -> dict[str, Tally]:
    """Each group's tally. A finding's fen stand with its orders; where those are of several groups, under `several`."""
    made: dict[str, Tally] = {}
    keys: dict[UUID, set[str]] = {}
    for one in orders:
        keys.setdefault(one.finding_id, set()).add(one.key)
        _add(made, one.key, _item(one, as_of))
    for finding, share in shares.items():
        where = keys[finding]
        money = Tally(
            findings_n=1,
            found_fen=share.counted_fen,
            rectified_fen=share.rectified_fen,
            nested_fen=share.nested_fen,
        )
        _add(made, next(iter(where)) if len(where) == 1 else SEVERAL, money)
    return made


def total(made: Mapping[str, Tally]) -> Tally:
    """All groups together."""
    whole = Tally()
    for one in made.values():
        whole = whole.plus(one)
    return whole


def _item(one: Ordered, as_of: date) -> Tally:
    item = Tally(ordered_n=1)
    if one.closed_on is not None:
        return replace(item, closed_n=1, on_time_n=int(one.closed_on <= one.deadline))
    return replace(item, overdue_n=int(one.deadline < as_of))


def _add(made: dict[str, Tally], key: str, more: Tally) -> None:
    made[key] = made.get(key, Tally()).plus(more)
