"""What a treasury order is in, what a bank's result may do to it, and the day the bank handles it.

Pure: reads no clock, and of the calendar only which days offices work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from policies import workdays
from services.funds_api.orders.refusals import BankSerialUsed, OrderSettled, PresentedAhead, PresentedFarOff

CHINA: Final = ZoneInfo("Asia/Shanghai")


class OrderState(StrEnum):
    """issued: the money is in transit; paid and returned: the bank said so; reversed: the order itself was undone."""

    ISSUED = "issued"
    PAID = "paid"
    RETURNED = "returned"
    REVERSED = "reversed"


class Outcome(StrEnum):
    """What a bank reports of an order."""

    PAID = "paid"
    RETURNED = "returned"


class Step(StrEnum):
    """What is to be done with a report: move the money, or answer again what was answered."""

    MOVE = "move"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Told:
    """A result that the bank reported; `undone` when its movement was reversed, so that it counts no more."""

    order_id: str
    outcome: Outcome
    serial: str
    effective_on: date
    content: bytes
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Issued:
    """An order as a report meets it."""

    id: str
    number: str
    amount_fen: int
    undone: bool


def state_of(issued: Issued, results: Sequence[Told]) -> OrderState:
    """The state of an order from the results that stand; an order has at most one that stands."""
    if issued.undone:
        return OrderState.REVERSED
    standing = [one for one in results if not one.undone]
    return OrderState(standing[-1].outcome.value) if standing else OrderState.ISSUED


def settle(issued: Issued, results: Sequence[Told], by_serial: Told | None, report: Told) -> Step:
    """What a report does: a serial acts once for ever, and an order that has its result takes no other.

    `results` are the order's own, `by_serial` is what this serial of the bank has said before, of whatever order.
    """
    if by_serial is not None:
        if by_serial.content != report.content:
            raise BankSerialUsed(report.serial, by_serial.order_id, by_serial.outcome, by_serial.effective_on)
        return Step.REPLAY
    state = state_of(issued, results)
    if state is not OrderState.ISSUED:
        last = next((one for one in reversed(results) if not one.undone), None)
        raise OrderSettled(
            issued.id,
            issued.number,
            issued.amount_fen,
            state,
            last.serial if last else None,
            last.effective_on if last else None,
            report.outcome,
        )
    return Step.MOVE


def handled_on(presented_at: datetime | None, effective_on: date, cutoff_hour: int | None) -> date | None:
    """The working day by which the bank executes an order: that of its presenting, from the cut-off hour on the next.

    None when nobody said when it was presented, or no cut-off is in force. Never before the order's own day.
    """
    if presented_at is None or cutoff_hour is None:
        return None
    local = presented_at.astimezone(CHINA)
    day = max(local.date() + timedelta(days=int(local.hour >= cutoff_hour)), effective_on)
    return day if workdays.is_working(day) else workdays.later(day, 1)


def must_be_presentable(
    presented_at: datetime | None, effective_on: date, now: datetime, limit_days: int | None
) -> None:
    """Refuse an order presented after `now`, or further than `limit_days` from its own day on either side."""
    if presented_at is None:
        return
    if presented_at > now:
        raise PresentedAhead(presented_at.astimezone(CHINA).isoformat(timespec="minutes"))
    on = presented_at.astimezone(CHINA).date()
    if limit_days is not None and abs((on - effective_on).days) > limit_days:
        raise PresentedFarOff(on, effective_on, limit_days)
