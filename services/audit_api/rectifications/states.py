"""The states of a rectification order, pure: issued → closure requested → closed, or sent back and asked for again.

A closed order stays closed: what a look-back (回头看) finds relapsed becomes a finding of its own, a repeat.
Overdue is not a state: it is the deadline seen from a day. An order closed late was overdue until the day it closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from services.audit_api.leads.states import DayAhead


class OrderStatus(StrEnum):
    """issued: 整改中; closure_requested: 已申请销号; sent_back: 退回; closed: 已销号."""

    ISSUED = "issued"
    CLOSURE_REQUESTED = "closure_requested"
    SENT_BACK = "sent_back"
    CLOSED = "closed"


class StepAction(StrEnum):
    """What can happen to an order. Those that are also an `OrderStatus` put it into that state; the others do not."""

    ISSUED = "issued"
    PROGRESS = "progress"
    STAGE_DONE = "stage_done"
    EXTENSION_ASKED = "extension_asked"
    EXTENSION_GRANTED = "extension_granted"
    EXTENSION_REFUSED = "extension_refused"
    SUPERVISED = "supervised"
    CLOSURE_REQUESTED = "closure_requested"
    SENT_BACK = "sent_back"
    CLOSED = "closed"
    HELD = "held"
    RELAPSED = "relapsed"


WORKED_ON: Final = frozenset({OrderStatus.ISSUED, OrderStatus.SENT_BACK})


class Decision(StrEnum):
    """close: 同意销号; send_back: 退回继续整改."""

    CLOSE = "close"
    SEND_BACK = "send_back"


_NAMES = {
    OrderStatus.ISSUED: "整改中",
    OrderStatus.CLOSURE_REQUESTED: "已申请销号",
    OrderStatus.SENT_BACK: "已退回",
    OrderStatus.CLOSED: "已销号",
}


@dataclass(eq=False)
class StepNotPossible(Exception):
    """The order is not in a state from which this step can be taken."""

    status: str
    step: str

    def __str__(self) -> str:
        return f"该整改通知当前为“{_NAMES[OrderStatus(self.status)]}”，不能办理“{self.step}”"

    def figures(self) -> dict[str, str]:
        return {"status": self.status}


@dataclass(eq=False)
class DeadlinePassed(Exception):
    """By the day on which an order was to be issued, its deadline, or that of a stage, had passed."""

    stage_no: int | None
    deadline: date
    on: date

    def __str__(self) -> str:
        what = "整改期限" if self.stage_no is None else f"第 {self.stage_no} 阶段的期限"
        return f"{what} {self.deadline} 在签发之日 {self.on} 以前已经届满，不能签发"

    def figures(self) -> dict[str, str | int | None]:
        return {"deadline": self.deadline.isoformat(), "on": self.on.isoformat(), "stage_no": self.stage_no}


@dataclass(eq=False)
class DatesOutOfOrder(Exception):
    """A step was dated before the one it follows."""

    what: str
    on: date
    not_before: date

    def __str__(self) -> str:
        return f"{self.what} {self.on} 早于 {self.not_before}"

    def figures(self) -> dict[str, str]:
        return {"on": self.on.isoformat(), "not_before": self.not_before.isoformat()}


def must_follow(what: str, on: date, not_before: date) -> None:
    """Refuse a day before the one it has to follow; the same day will do."""
    if on < not_before:
        raise DatesOutOfOrder(what, on, not_before)


def must_leave_time(deadline: date, stages: Mapping[int, date], on: date) -> None:
    """Refuse to issue an order after its deadline, or that of a stage (number → day); the same day will do."""
    for stage_no, until in sorted(stages.items()):
        if until < on:
            raise DeadlinePassed(stage_no, until, on)
    if deadline < on:
        raise DeadlinePassed(None, deadline, on)


def must_not_be_ahead(on: date, today: date) -> None:
    """Refuse a day after today (Asia/Shanghai) of what is told to have happened: it would keep later steps out."""
    if on > today:
        raise DayAhead("日期", on, today)


@dataclass(eq=False)
class StagesNotDone(Exception):
    """Closure was asked for while stages of the order were not done."""

    stages: list[str]
    of_n: int

    def __str__(self) -> str:
        return f"该整改通知共分 {self.of_n} 个阶段，第 {'、'.join(self.stages)} 阶段尚未完成，不能销号"


@dataclass(eq=False)
class DeadlineNotLater(Exception):
    """A new deadline is not after the one that stands."""

    asked: date
    stands: date

    def __str__(self) -> str:
        return f"新期限 {self.asked} 不晚于现行期限 {self.stands}"

    def figures(self) -> dict[str, str]:
        return {"asked": self.asked.isoformat(), "stands": self.stands.isoformat()}


def must_be_worked_on(status: str, step: str) -> None:
    """Refuse a step that only an order which is being put right can take."""
    if status not in WORKED_ON:
        raise StepNotPossible(status, step)


def must_be_later(asked: date, stands: date) -> None:
    """Refuse a new deadline that is not after the one that stands."""
    if asked <= stands:
        raise DeadlineNotLater(asked, stands)


def must_be_done(done: dict[int, bool]) -> None:
    """Refuse closure while a stage (number → whether it is done) is open; an order without stages has none."""
    if left := sorted(number for number, finished in done.items() if not finished):
        raise StagesNotDone([str(number) for number in left], len(done))


def after_request(status: str) -> OrderStatus:
    """The state after the unit asked for closure: only of an order that is being worked on."""
    must_be_worked_on(status, "申请销号")
    return OrderStatus.CLOSURE_REQUESTED


def after_review(status: str, decision: str) -> OrderStatus:
    """The state after a review: only of an order whose closure was asked for."""
    if status != OrderStatus.CLOSURE_REQUESTED:
        raise StepNotPossible(status, "复核")
    return OrderStatus.CLOSED if decision == Decision.CLOSE else OrderStatus.SENT_BACK


def days_overdue(deadline: date, closed_on: date | None, as_of: date) -> int:
    """Whole days the order was open past its deadline, seen on `as_of`; 0 if it was not."""
    until = as_of if closed_on is None else min(closed_on, as_of)
    return max(0, (until - deadline).days)


def is_overdue(deadline: date, closed_on: date | None, as_of: date) -> bool:
    """Whether the order stood open past its deadline on `as_of`."""
    return deadline < as_of and (closed_on is None or closed_on > as_of)
