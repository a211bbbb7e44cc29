"""Dates of public money: the business day of an instant, the fiscal year, terms in months, ages.

Reads no clock: every instant is given.
"""

from __future__ import annotations

import calendar
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

# Assumed: money may be dated to its next settlement, over the longest holiday or a month's closing; a removal, a move
# or a list of divisions to the first of the next month. Later is a slip.
AHEAD_DAYS: Final = 31
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_MONTHS: Final = 12


def business_date(instant: datetime) -> date:
    """The date in China (Asia/Shanghai, UTC+8) on which `instant`, which must carry a zone, falls."""
    if instant.tzinfo is None:
        msg = "an instant without a zone has no business date"
        raise ValueError(msg)
    return instant.astimezone(SHANGHAI).date()


def fiscal_year(day: date) -> int:
    """The budget year of `day`: the calendar year (预算法 2018 art 18: 1 January to 31 December)."""
    return day.year


def months_later(day: date, months: int) -> date:
    """The same day `months` later, or the last day of that month when it has no such day."""
    year, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def full_years(born: date, on: date) -> int:
    """How many years old somebody is on a day (周岁); whoever was born on 29 February has a birthday on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
