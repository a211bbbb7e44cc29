"""The arithmetic of rectification rates: pure. Orders are counted as items, and what their findings are about in fen.

A lot that one finding let go of and another then held is the same money as far as the first did not put it right: those
fen are counted under the later finding, and told as nested under the earlier. So no yuan is found twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

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
class Found:
    """A finding and its fen: as many as it says, and by lot how many are bound and how many of them put right."""

    finding_id: UUID
    found_on: date
    amount_fen: int
    rectified_fen: int
    lots: Mapping[UUID, tuple[int, int]] = field(default_factory=dict)


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


def nested(findings: Iterable[Found]) -> dict[UUID, int]:
    """How many fen of each finding a later one holds again: of a lot, what the earlier left and the later took up."""
    left: dict[UUID, list[tuple[UUID, int]]] = {}
    again: dict[UUID, int] = {}
    for one in sorted(findings, key=lambda found: (found.found_on, found.finding_id)):
        again[one.finding_id] = 0
        for lot, (bound_fen, rectified_fen) in one.lots.items():
            asks_fen, still = bound_fen, []
            for earlier, left_fen in reversed(left.get(lot, [])):
                taken_fen = min(asks_fen, left_fen)
                again[earlier] += taken_fen
                asks_fen -= taken_fen
                still.append((earlier, left_fen - taken_fen))
            left[lot] = [*reversed(still), (one.finding_id, bound_fen - rectified_fen)]
    return again


def tallies(orders: Sequence[Ordered], findings: Sequence[Found], as_of: date) -> dict[str, Tally]:
    """Each group's tally. A finding's fen stand with its orders; where those are of several groups, under `several`."""
    made: dict[str, Tally] = {}
    keys: dict[UUID, set[str]] = {}
    for one in orders:
        keys.setdefault(one.finding_id, set()).add(one.key)
        _add(made, one.key, _item(one, as_of))
    again = nested(findings)
    for found in findings:
        where = keys[found.finding_id]
        key = next(iter(where)) if len(where) == 1 else SEVERAL
        fen = again[found.finding_id]
        money = Tally(
            findings_n=1,
            found_fen=found.amount_fen - fen,
            rectified_fen=found.rectified_fen,
            nested_fen=fen,
        )
        _add(made, key, money)
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
