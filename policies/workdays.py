"""Working days in China: weekends, the holidays that the State Council announces, and the days worked for them (调休).

The announcements are kept by the `chinesecalendar` package, which is brought up to date each November. Of a year that
it does not know yet only weekends are known: then a day is assumed, and says so. Holds no date of its own.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import chinese_calendar

from treasury.clocks import Counted, TimeLimit, WorkCalendar, due

_SATURDAY: Final = 5
_FIRST_YEAR: Final[int] = min(chinese_calendar.holidays).year
_LAST_YEAR: Final[int] = max(chinese_calendar.holidays).year


def announced(day: date) -> bool:
    """Whether the holidays of the day's year are known (国务院办公厅关于该年部分节假日安排的通知)."""
    return _FIRST_YEAR <= day.year <= _LAST_YEAR


def is_working(day: date) -> bool:
    """Whether offices work on a day; in a year that was not announced, Mondays to Fridays (assumed)."""
    return bool(chinese_calendar.is_workday(day)) if announced(day) else day.weekday() < _SATURDAY


CHINA: Final = WorkCalendar(is_working, announced)


def later(day: date, days: int) -> date:
    """The `days`-th working day after `day`."""
    return due(day, TimeLimit(days, Counted.WORKING), CHINA).on
