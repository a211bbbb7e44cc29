"""Working days, named as laws, and the days of holidays that were announced."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.workdays import announced, is_working, later

DAY = st.dates(date(1999, 1, 1), date(2040, 12, 31))


@given(DAY, st.integers(0, 40))
def test_the_nth_working_day_has_that_many_working_days_behind_it(day: date, days: int) -> None:
    found = later(day, days)
    between = [day + timedelta(days=n) for n in range(1, (found - day).days + 1)]
    assert sum(is_working(one) for one in between) == days
    assert days == 0 or is_working(found)


@given(DAY)
def test_of_a_year_that_was_not_announced_weekends_are_known(day: date) -> None:
    assert announced(day) or is_working(day) == (day.weekday() < 5)


@pytest.mark.parametrize(
    ("on", "works"),
    [
        ("2017-10-01", False),
        ("2017-10-06", False),
        ("2017-10-08", False),
        ("2017-10-09", True),
        ("2017-09-30", True),
        ("2017-09-23", False),
        ("2018-02-11", True),
        ("2018-02-16", False),
        ("2003-10-01", True),
    ],
)
def test_holidays_and_the_weekends_worked_for_them(on: str, works: bool) -> None:
    """国庆、中秋 2017: 10 月 1 日至 8 日放假，9 月 30 日（周六）上班; 春节 2018: 2 月 11 日（周日）上班."""
    assert is_working(date.fromisoformat(on)) == works


def test_ten_working_days_over_the_national_holidays() -> None:
    assert later(date(2017, 9, 1), 10) == date(2017, 9, 15)
    assert later(date(2017, 9, 26), 10) == date(2017, 10, 16), "a Saturday worked, eight days of holidays"
    assert later(date(2050, 9, 26), 10) == date(2050, 10, 10), "weekends alone, until it is announced"
