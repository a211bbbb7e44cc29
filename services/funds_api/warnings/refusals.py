"""What warnings and leaders refuse, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.funds_api import words


@dataclass(eq=False)
class LeaderKnown(Exception):
    """For this unit and first day it is recorded already who is in charge."""

    unit_name: str
    from_on: date
    leader_id: str

    def __str__(self) -> str:
        return f"“{self.unit_name}”自 {self.from_on} 起的分管领导已经登记"


@dataclass(eq=False)
class WarningStepTaken(Exception):
    """The warning is not in a state in which this step can be taken."""

    warning_id: str
    step: str
    state: str

    def __str__(self) -> str:
        again = "" if self.state == "issued" else "再"
        return (
            f"该预警{words.said(words.WARNINGS, self.state)}，不能{again}{words.said(words.WARNING_STEPS, self.step)}"
        )


@dataclass(eq=False)
class WarningOfAnother(Exception):
    """Only the unit answers a warning: its own place, and there no login of another unit; nor a level above it."""

    warning_id: str
    unit_name: str
    answers: str
    own: str
    own_unit: str | None

    def __str__(self) -> str:
        own = f"{self.own}，单位是“{self.own_unit}”" if self.own_unit else self.own
        return f"该预警由“{self.unit_name}”答复（区划 {self.answers}），您的区划是 {own}"


@dataclass(eq=False)
class WarningOwnWork(Exception):
    """Whoever acknowledged or explained a warning does not close it."""

    warning_id: str
    by: str

    def __str__(self) -> str:
        return "签收或说明该预警的人不能办结它"
