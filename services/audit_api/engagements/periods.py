"""The periods of an engagement, pure: when each ends, and what a day says of it. No process waits for a period to end.

Days are working days or calendar days as the value says (审计法实施条例 (2010) art 56), counted from the day after; the
last day is in time. That the day of service is not counted, and that a start on the third day after it is three days
later, is how periods are counted in general (民法典 art 201), applied here by assumption.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.audit_api.engagements.refusals import EngagementDayRefused
from treasury.calendar import months_later
from treasury.clocks import Counted, Due, TimeLimit, WorkCalendar, due
from treasury.policy import PolicyValue


class PeriodOutcome(StrEnum):
    """What a day says of a period.

    running 进行中, overdue 已超期, met 已按期办结, met_late 超期办结, silent 逾期未答复（视同无异议）, over 已届满.
    """

    RUNNING = "running"
    OVERDUE = "overdue"
    MET = "met"
    MET_LATE = "met_late"
    SILENT = "silent"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Countdown:
    """What a day says of one period: the days left in it, or the days since it ended, until what ended it."""

    outcome: PeriodOutcome
    days_left: int
    days_over: int


def limit_words(value: PolicyValue) -> str:
    """A limit as officials write it."""
    limit = TimeLimit.of(value)
    return f"{limit.days} 个{'工作' if limit.counted is Counted.WORKING else '自然'}日"


def ends_on(began_on: date, value: PolicyValue, calendar: WorkCalendar) -> Due:
    """The last day of a period of days that began on a day."""
    return due(began_on, TimeLimit.of(value), calendar)


def moved_to_work(last: Due, calendar: WorkCalendar) -> Due:
    """The last day, or the next working day when offices are closed on it (审计法实施条例 art 56)."""
    on = last.on
    while not calendar.is_working(on):
        on += timedelta(days=1)
    return Due(on, last.assumed or not calendar.announced(on))


def last_day(starts_on: date, months: int) -> date:
    """The last day of so many whole months: eight from 1 October end on 31 May."""
    return months_later(starts_on, months) - timedelta(days=1)


def must_lie_within(what: str, on: date, starts_on: date, ends_on: date) -> None:
    """Refuse a day of fieldwork outside the period of its engagement: that is changed first, by a document."""
    if not starts_on <= on <= ends_on:
        raise EngagementDayRefused(what, on, starts_on, ends_on)


def countdown(
    last_on: date,
    met_on: date | None,
    as_of: date,
    *,
    late: PeriodOutcome = PeriodOutcome.OVERDUE,
    met: PeriodOutcome = PeriodOutcome.MET,
) -> Countdown:
    """A period that ends on `last_on` as a day sees it; `late` is what it is once it is over and nothing met it."""
    if met_on is not None and met_on <= as_of:
        over = max(0, (met_on - last_on).days)
        return Countdown(PeriodOutcome.MET_LATE if over else met, 0, over)
    if as_of <= last_on:
        return Countdown(PeriodOutcome.RUNNING, (last_on - as_of).days, 0)
    return Countdown(late, 0, (as_of - last_on).days)
