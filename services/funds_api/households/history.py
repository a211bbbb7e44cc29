"""Dated facts and what held on a day: each fact stands from its day until the next one. Pure, knows no table.

Two facts of one day: the one recorded later stands. What was known at a position of the journal is told by the facts
recorded up to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Fact(Generic[V]):
    """From `from_on` on it is `value`; recorded at `position` by `document`."""

    from_on: date
    position: int
    document: str
    value: V


@dataclass(frozen=True, slots=True)
class Interval(Generic[V]):
    """It was `value` from `from_on` until the day before `until_on` (None: still)."""

    from_on: date
    until_on: date | None
    fact: Fact[V]


@dataclass(eq=False)
class LaterFactKnown(Exception):
    """A fact that would begin before one that is recorded already, of the household or person of this id."""

    what: str
    asked_on: date
    latest_on: date
    id: str | None = None

    def __str__(self) -> str:
        named = f"{self.what}（{self.id}）" if self.id else self.what
        return f"{named}在 {self.latest_on} 已有登记，不能再登记 {self.asked_on} 起的变动"


@dataclass(frozen=True, slots=True)
class Corrected(Generic[V]):
    """From `on` on it was `value`; with `never`, the fact that is recorded for that day never was."""

    on: date
    value: V | None = None
    never: bool = False


@dataclass(eq=False)
class NoFactThen(Exception):
    """A correction takes back a fact of a day that none is recorded for."""

    what: str
    asked_on: date

    def __str__(self) -> str:
        return f"{self.what}在 {self.asked_on} 没有登记事实，无从撤销"


@dataclass(eq=False)
class NothingCorrected(Exception):
    """A correction after which every day is what it was."""

    what: str

    def __str__(self) -> str:
        return f"{self.what}在所列日期的登记与更正后的内容相同"


@dataclass(eq=False)
class BeyondHistory(Exception):
    """A correction of a day that the recorded history does not reach."""

    what: str
    asked_on: date
    first_on: date
    latest_on: date

    def __str__(self) -> str:
        return f"{self.what}的登记自 {self.first_on} 至 {self.latest_on}，{self.asked_on} 不在其中"


def held_on(facts: Iterable[Fact[V]], day: date, known: int | None = None) -> Fact[V] | None:
    """The fact that held on `day`, as known at position `known` (None: now); None before the first."""
    fitting = [one for one in facts if one.from_on <= day and (known is None or one.position <= known)]
    return max(fitting, key=lambda one: (one.from_on, one.position), default=None)


def intervals(facts: Collection[Fact[V]], known: int | None = None) -> list[Interval[V]]:
    """The facts as intervals by day, without gap or overlap from the first one on."""
    days = sorted({one.from_on for one in facts if known is None or one.position <= known})
    ends: list[date | None] = [*days[1:], None]
    return [
        Interval(day, until, fact)
        for day, until in zip(days, ends, strict=False)  # no fact, no interval: the last end is left over
        if (fact := held_on(facts, day, known)) is not None
    ]


def must_follow(what: str, on: date, latest: date, whose: UUID | None = None) -> None:
    """Refuse a fact that begins before the latest one: history is continued, never inserted into."""
    if on < latest:
        raise LaterFactKnown(what, on, latest, None if whose is None else str(whose))


def must_reach(what: str, days: Iterable[date], first: date, latest: date) -> None:
    """Refuse to correct a day before the history begins, or after its latest fact: what follows is a change."""
    for day in days:
        if not first <= day <= latest:
            raise BeyondHistory(what, day, first, latest)


def corrected(
    what: str, facts: Collection[Fact[V]], corrections: Sequence[Corrected[V]], first: V
) -> tuple[dict[date, V], dict[date, V]]:
    """What to record of which day, and from which day on what holds after it; `first` held before any fact.

    A fact that never was is recorded as what held before it: nothing is deleted, and reading stays the same rule. A
    fact that says what held already says nothing of its own, so it follows when that is corrected.
    """
    before = {one.from_on: one.fact.value for one in intervals(facts)}
    after: dict[date, Any] = before | {one.on: one.value for one in corrections if not one.never}
    asked, never = {one.on for one in corrections}, {one.on for one in corrections if one.never}
    if missing := sorted(never - before.keys()):
        raise NoFactThen(what, missing[0])
    follow = {on for on, value in before.items() if on not in asked and value == _up_to(before, on, first)}
    for on in sorted(never | follow):
        after[on] = _up_to(after, on, first)
    if all(last_of(before, on, first) == last_of(after, on, first) for on in after):
        raise NothingCorrected(what)
    changed = {on for on in follow if after[on] != before[on]}
    return {on: after[on] for on in sorted(asked | changed)}, after


def last_said(values: Mapping[date, V], first: V) -> date | None:
    """The latest day on which something changed; a fact that says what held already says nothing. None: never."""
    return max((on for on, value in values.items() if value != _up_to(values, on, first)), default=None)


def _up_to(values: Mapping[date, V], on: date, first: V) -> V:
    return last_of(values, on - timedelta(days=1), first)


def last_of(values: Mapping[date, V], day: date, first: V) -> V:
    """The value that holds on `day`: that of the last day up to it, or `first`."""
    reached = max((one for one in values if one <= day), default=None)
    return first if reached is None else values[reached]
