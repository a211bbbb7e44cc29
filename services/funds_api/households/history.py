"""Dated facts and what held on a day: each fact stands from its day until the next one. Pure, knows no table.

Two facts of one day: the one recorded later stands. What was known at a position of the journal is told by the facts
recorded up to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

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
    """A fact that would begin before one that is recorded already."""

    what: str
    asked_on: date
    latest_on: date

    def __str__(self) -> str:
        return f"{self.what}在 {self.latest_on} 已有登记，不能再登记 {self.asked_on} 起的变动"


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


def must_follow(what: str, on: date, latest: date) -> None:
    """Refuse a fact that begins before the latest one: history is continued, never inserted into."""
    if on < latest:
        raise LaterFactKnown(what, on, latest)
