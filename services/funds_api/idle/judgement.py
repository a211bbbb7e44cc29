"""A judgement for people: whether money of these days has passed a limit, or why nobody can tell. Reads nothing."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from chassis.fields import Answer
from treasury.intervals import Answer as LimitAnswer
from treasury.intervals import DayRange, judge
from treasury.statements import About, Statement, derive


class DaysJudged(Answer):
    """From how many to how many days, whence that is known, and what it says of the limit that was asked about."""

    days_min: int | None = Field(description="最少停留天数；为 null 表示无从得出")
    days_max: int | None = Field(description="最多停留天数；为 null 表示没有上限或无从得出")
    days_reason: str = Field(description="天数的依据，或无法判定的原因")
    limit_days: int | None
    answer: LimitAnswer | None = Field(
        description="passed 已超过；not_passed 未超过；undecidable 无法判定；未填写时限时为 null"
    )
    reason: str | None = Field(description="判断的理由")


def judged(
    about: About,
    received: tuple[date | None, date | None],
    ended: tuple[date | None, date | None],
    stated: str,
    limit_days: int | None,
) -> DaysJudged:
    """The days that follow from the dates and the words, and the answer they give to the limit; never a guess."""
    derived = derive(Statement(about, DayRange(*received), DayRange(*ended), stated))
    found = judge(derived.days, limit_days) if limit_days is not None else None
    return DaysJudged(
        days_min=derived.days.min_days,
        days_max=derived.days.max_days,
        days_reason=derived.reason,
        limit_days=limit_days,
        answer=found.answer if found else None,
        reason=found.reason if found else None,
    )
