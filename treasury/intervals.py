"""How long money rested when its days are known only from … to …, and what can be said of a limit then.

Papers say "received in 2012" or "idle for more than a year". Days computed from such facts are a least and a most; a
limit that lies between them is answered 无法判定 (undecidable) with its reason, never by the middle. A side that nobody
knows is None and bounds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Self

from treasury.errors import DaysContradict, DaysReversed, EndsBeforeReceipt

# Four years have 1,461 days whichever they are.
_FOUR_YEARS_DAYS: Final = 1461


@dataclass(frozen=True, slots=True)
class DayRange:
    """A day that lies from `earliest` to `latest`, both included; None is a side that nobody knows."""

    earliest: date | None = None
    latest: date | None = None

    def __post_init__(self) -> None:
        if self.earliest is not None and self.latest is not None and self.earliest > self.latest:
            raise DaysReversed(self.earliest, self.latest)

    @classmethod
    def on(cls, day: date) -> Self:
        """A day that is known exactly."""
        return cls(day, day)


@dataclass(frozen=True, slots=True)
class Days:
    """A number of days from `min_days` to `max_days`, both included; None where nothing bounds it but reason."""

    min_days: int | None = None
    max_days: int | None = None

    def __post_init__(self) -> None:
        if self.min_days is not None and self.max_days is not None and self.min_days > self.max_days:
            raise DaysContradict(self.min_days, self.max_days)

    @property
    def told(self) -> bool:
        """Whether anything is known of them."""
        return self.min_days is not None or self.max_days is not None


def rested(received: DayRange, until: DayRange) -> Days:
    """The least and the most days from a receipt to an end. A day that lies in both ranges may be both: 0 days.

    A rest that must end before it can begin is refused.
    """
    if received.earliest is not None and until.latest is not None and received.earliest > until.latest:
        raise EndsBeforeReceipt(received.earliest, until.latest)
    least = most = None
    if received.latest is not None and until.earliest is not None:
        least = max((until.earliest - received.latest).days, 0)
    if received.earliest is not None and until.latest is not None:
        most = (until.latest - received.earliest).days
    return Days(least, most)


def years_and_more(years: int) -> Days:
    """What "N 年以上" says: at least N years, counted at their longest, and no most.

    One year is 366 days, two are 731, fifteen 5,479: so the published set reads it. Assumed: a paper that speaks of
    years counts no days, and 民法典 art 1259 counts 以上 from the number itself.
    """
    return Days(-(-years * _FOUR_YEARS_DAYS // 4))


def together(one: Days, other: Days) -> Days:
    """What both facts leave possible of the same rest; refused when they leave nothing."""
    least = [known for known in (one.min_days, other.min_days) if known is not None]
    most = [known for known in (one.max_days, other.max_days) if known is not None]
    return Days(max(least, default=None), min(most, default=None))


class Answer(StrEnum):
    """Whether a limit is passed, as far as the days can say."""

    PASSED = "passed"
    NOT_PASSED = "not_passed"
    UNDECIDABLE = "undecidable"


@dataclass(frozen=True, slots=True)
class Judgement:
    """An answer with its reason in one Chinese sentence."""

    answer: Answer
    reason: str


def judge(days: Days, limit_days: int) -> Judgement:
    """Whether a rest of `days` has passed a limit; the limit's own day is in time.

    Decided only when every number of days within the range has the same answer.
    """
    least, most = days.min_days, days.max_days
    if least is not None and least > limit_days:
        return Judgement(Answer.PASSED, f"至少 {least} 天，已超过时限 {limit_days} 天")
    if most is not None and most <= limit_days:
        return Judgement(Answer.NOT_PASSED, f"至多 {most} 天，未超过时限 {limit_days} 天")
    if least is None and most is None:
        why = "到账日期与截止日期不足以算出停留天数"
    elif most is None:
        why = f"至少 {least} 天，最多多少天不明"
    elif least is None:
        why = f"至多 {most} 天，最少多少天不明"
    else:
        why = f"停留 {least} 至 {most} 天，时限落在其间"
    return Judgement(Answer.UNDECIDABLE, f"无法判定是否超过时限 {limit_days} 天：{why}")
