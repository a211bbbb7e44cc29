"""By which days a warning is to be acknowledged and explained, and to whom it goes when a day has passed. Pure.

All days are laid down when the warning is issued: who acknowledges late gains no time to explain, and who does so early
loses none. Nobody has to act for an escalation: on the day after the last, it is so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

DAY: Final = timedelta(days=1)

Later = Callable[[date, int], date]


class Step(StrEnum):
    """What the unit owes: to acknowledge the warning (签收), and to explain (说明)."""

    ACKNOWLEDGE = "acknowledge"
    EXPLAIN = "explain"


class Told(StrEnum):
    """To whom it is escalated: first to the leader in charge, then to the inspectors."""

    LEADER = "leader"
    INSPECTORS = "inspectors"


@dataclass(frozen=True, slots=True)
class Workdays:
    """How many working days each step has, and the leader after it."""

    acknowledge: int
    explain: int
    leader: int


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The last day in time of each step, and the last on which the leader alone has it."""

    acknowledge_by_on: date
    acknowledge_leader_by_on: date
    explain_by_on: date
    explain_leader_by_on: date

    def of(self, step: Step, told: Told) -> date:
        """The last day before a step goes to `told`."""
        days = {
            (Step.ACKNOWLEDGE, Told.LEADER): self.acknowledge_by_on,
            (Step.ACKNOWLEDGE, Told.INSPECTORS): self.acknowledge_leader_by_on,
            (Step.EXPLAIN, Told.LEADER): self.explain_by_on,
            (Step.EXPLAIN, Told.INSPECTORS): self.explain_leader_by_on,
        }
        return days[step, told]

    def next_due(self, on: date) -> date | None:
        """The first of these days that has not passed on a day; None when all have."""
        days = [self.of(step, told) for step in Step for told in Told]
        return min((one for one in days if one >= on), default=None)


@dataclass(frozen=True, slots=True)
class Taken:
    """On which day each step was taken, and the warning answered; None when it was not."""

    acknowledged_on: date | None = None
    explained_on: date | None = None
    closed_on: date | None = None

    def on(self, step: Step) -> date | None:
        """The day from which nobody waits for the step: it was taken, or the warning was answered."""
        own = self.acknowledged_on if step is Step.ACKNOWLEDGE else self.explained_on
        return min((one for one in (own, self.closed_on) if one is not None), default=None)


@dataclass(frozen=True, slots=True)
class Escalation:
    """A step was not taken by its day: since when it is with whom."""

    step: Step
    told: Told
    since_on: date


def deadlines(issued_on: date, days: Workdays, later: Later) -> Deadlines:
    """The days of a warning; `later(day, n)` is the n-th working day after a day."""
    acknowledge_by = later(issued_on, days.acknowledge)
    explain_by = later(acknowledge_by, days.explain)
    return Deadlines(acknowledge_by, later(acknowledge_by, days.leader), explain_by, later(explain_by, days.leader))


def escalations(due: Deadlines, taken: Taken, on: date) -> list[Escalation]:
    """What had been escalated by a day, in order of time, also what was put right since."""
    found = [
        Escalation(step, told, last + DAY)
        for step in Step
        for told in Told
        if (last := due.of(step, told)) < on and ((done := taken.on(step)) is None or done > last)
    ]
    return sorted(found, key=lambda one: (one.since_on, one.step, one.told))


def standing(due: Deadlines, taken: Taken, on: date) -> Escalation | None:
    """With whom a warning is on a day because a step is still owed: the highest, since when; None with the unit."""
    owed = [one for one in escalations(due, taken, on) if (done := taken.on(one.step)) is None or done > on]
    highest = [one for one in owed if one.told is Told.INSPECTORS] or owed
    return highest[0] if highest else None
