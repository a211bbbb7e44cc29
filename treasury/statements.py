"""What a published sentence says about how long money rested: from its days and its words, never from a guess.

An audit report writes "至2016年3月底闲置超过1年"; a notice prints two days. Both are facts about one rest: what
they leave possible together is told. A sentence about a rate of spending is about the receipts of a whole period: it
has no receipt to count from, so it tells no days, however exact its dates are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from treasury.intervals import DayRange, Days, rested, together, years_and_more

# Only what is said of all the money: "最长闲置5年以上", "部分闲置2年以上" are true of a part of it, "未闲置" of none.
_NUMBER: Final = r"\d{1,3}|[一二两三四五六七八九十]"
_YEARS: Final = re.compile(
    rf"(?<!最长)(?<!最长已)(?<!部分)(?<!部分已)(?<!未)闲置(?:(?:超过|逾)(?P<over>{_NUMBER})年|(?P<and_more>{_NUMBER})年以上)"
)
_CHINESE: Final = {**{digit: n for n, digit in enumerate("一二三四五六七八九十", 1)}, "两": 2}


class About(StrEnum):
    """What a sentence is about: money kept from going on, money unused, a step of a procedure, a rate of spending."""

    RETAINED = "滞留"
    IDLE = "闲置"
    STEP = "流程"
    SPENDING_RATE = "支出率"


@dataclass(frozen=True, slots=True)
class Statement:
    """A published sentence about time: its subject, from when to when, and its words."""

    about: About
    received: DayRange
    ended: DayRange
    words: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """The days that follow from a statement; where none do, `days.told` is false and `reason` says why (无法判定)."""

    days: Days
    reason: str


def stated(words: str) -> Days:
    """What the words themselves say of all the money: "闲置1年以上", "闲置超过2年"; nothing, when they say nothing."""
    found = _YEARS.search(words)
    if found is None:
        return Days()
    number = found["over"] or found["and_more"]
    return years_and_more(_CHINESE.get(number) or int(number))


def derive(statement: Statement) -> Derived:
    """The least and most days that the dates and the words of a statement leave possible, with the reason."""
    if statement.about is About.SPENDING_RATE:
        return Derived(Days(), "无法判定：支出率说的是一段期间内全部到账资金的支出比例，没有单笔到账日期可以起算")
    by_dates, by_words = rested(statement.received, statement.ended), stated(statement.words)
    days = together(by_dates, by_words)
    if not days.told:
        return Derived(days, f"无法判定：{_missing(statement)}，原文也没有写明时长")
    named = [*(["起止日期"] if by_dates.told else []), *(["原文写明的时长"] if by_words.told else [])]
    return Derived(days, f"依据{'和'.join(named)}")


def _missing(statement: Statement) -> str:
    unknown = [
        name
        for name, day in (("到账日期", statement.received), ("截止日期", statement.ended))
        if day.earliest is None and day.latest is None
    ]
    return f"{'和'.join(unknown)}不明" if unknown else "已知的日期只有一侧，算不出天数"
