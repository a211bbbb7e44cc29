"""From when on an order that stays open past its deadline is supervised (督办): pure, from dates and a policy value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from treasury.policy import PolicyValue, in_force

KEY: Final = "supervision_after_days"


@dataclass(eq=False)
class SupervisionNotDue(Exception):
    """The deadline was not missed for as many days as supervision waits; without a day none is laid down there."""

    deadline: date
    due_on: date | None
    on: date

    def __str__(self) -> str:
        if self.due_on is None:
            return f"该区划在 {self.on} 没有规定逾期多少日后督办"
        return f"整改期限为 {self.deadline}，自 {self.due_on} 起方可督办，{self.on} 尚未到"


@dataclass(eq=False)
class SupervisionSentAlready(Exception):
    """The missed deadline has its notice."""

    deadline: date
    sent_on: date

    def __str__(self) -> str:
        return f"就 {self.deadline} 到期未销号，已于 {self.sent_on} 发出督办通知"


def waits(values: Sequence[PolicyValue], region: str, on: date) -> PolicyValue | None:
    """How many days after a missed deadline an order is supervised there on that day."""
    return in_force(values, KEY, region, on)


def due_on(deadline: date, days: int) -> date:
    """The first day of supervision: so many days after the deadline."""
    return deadline + timedelta(days=days)


def must_be_due(deadline: date, value: PolicyValue | None, on: date) -> date:
    """Refuse a notice before its day; the day from which it may be sent."""
    since = None if value is None else due_on(deadline, value.number)
    if since is None or on < since:
        raise SupervisionNotDue(deadline, since, on)
    return since
