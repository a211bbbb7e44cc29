"""What recording pairings and visits refuses, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(eq=False)
class NotPaired(Exception):
    """The caller does not help this household on that day."""

    household_id: str
    visited_on: date

    def __str__(self) -> str:
        return f"{self.visited_on} 您不是该户（{self.household_id}）的帮扶人"


@dataclass(eq=False)
class VisitKnown(Exception):
    """The visit of that day is recorded already."""

    household_id: str
    visited_on: date

    def __str__(self) -> str:
        return f"该户（{self.household_id}）{self.visited_on} 的走访已经登记"


@dataclass(eq=False)
class VisitAhead(Exception):
    """A visit of a day that has not come."""

    visited_on: date
    today: date

    def __str__(self) -> str:
        return f"走访日期 {self.visited_on} 晚于今天 {self.today}"


@dataclass(eq=False)
class HouseholdTwice(Exception):
    """A list of pairings names a household more than once."""

    household_id: str
    times_n: int

    def __str__(self) -> str:
        return f"名单中农户 {self.household_id} 出现 {self.times_n} 次，一户只能有一名帮扶人"
