"""What can be said of a limit for a lot whose day of arrival is known from … to …: passed, not passed, or 无法判定.

Money is in the books since the latest day of its receipt, so sums and flags count only what is passed whichever day it
was. Of a lot whose day is exact, the answer is that of its limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pydantic import Field

from chassis.fields import Answer
from policies.workdays import CHINA
from treasury.clocks import TimeLimit, judge
from treasury.intervals import Answer as LimitAnswer
from treasury.intervals import DayRange
from treasury.policy import PolicyValue
from treasury.stops import Stop


class LimitJudged(Answer):
    """The answer to one limit, with its reason in Chinese and the value it was judged by."""

    answer: LimitAnswer = Field(description="passed 已超过；not_passed 未超过；undecidable 无法判定")
    reason: str
    policy_key: str
    limit_days: int


def answered(limit: PolicyValue | None, clock: DayRange, as_of: date, stops: Sequence[Stop] = ()) -> LimitJudged | None:
    """The answer to a limit that is in force, of a clock that stood still meanwhile or did not; None when none is."""
    if limit is None:
        return None
    time_limit = TimeLimit.of(limit)
    found = judge(clock, as_of, time_limit, CHINA, stops)
    return LimitJudged(answer=found.answer, reason=found.reason, policy_key=limit.key, limit_days=time_limit.days)
