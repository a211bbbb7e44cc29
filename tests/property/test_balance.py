"""The two years of 预算法 art 42, named as laws."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treasury.balance import balance_on, years_within

DAY = st.dates(date(2015, 1, 1), date(2100, 12, 31))
AFTER = st.integers(1, 5)


@pytest.mark.parametrize(("first_budgeted", "turns"), [(2015, "2017-01-01"), (2017, "2019-01-01")])
def test_what_is_unspent_when_the_next_year_ends_is_balance(first_budgeted: int, turns: str) -> None:
    """预算法实施条例 (2020) art 50: 在下一年度终了时仍未用完. The last day of the next year is still carry-over."""
    assert balance_on(first_budgeted, 2) == date.fromisoformat(turns)


@given(DAY, st.integers(0, 1500), AFTER, st.integers(2005, 2110))
def test_a_year_is_balance_due_or_later_as_its_day_says(on: date, days: int, after: int, year: int) -> None:
    found, turns = years_within(on, days, after), balance_on(year, after)
    assert (year <= found.fallen_to) == (turns <= on)
    assert (found.fallen_to < year <= found.due_to) == (on < turns <= on + timedelta(days=days))


@given(DAY, st.integers(0, 1500), AFTER)
def test_looking_further_ahead_shows_no_year_less(on: date, days: int, after: int) -> None:
    near, far = years_within(on, days, after), years_within(on, days + 1, after)
    assert far.due_to in {near.due_to, near.due_to + 1}
    assert far.fallen_to == near.fallen_to
