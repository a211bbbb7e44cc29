"""The worst day of a plan, held against a look at every single day."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.projects.plan_days import Beyond, worst

START = date(2017, 1, 1)
HORIZON = 12
DAYS = st.integers(0, HORIZON - 1).map(lambda n: START + timedelta(days=n))
PLANS = st.lists(st.tuples(DAYS, st.integers(0, 20)), max_size=4)
CHANGES = st.lists(st.tuples(DAYS, st.integers(-10, 10)), max_size=10)


def day_by_day(plans: list[tuple[date, int]], changes: list[tuple[date, int]], since: date) -> list[Beyond]:
    """Every day from `since` on that is beyond its plan, told one by one; `plans` by day."""
    found = []
    for day in (START + timedelta(days=n) for n in range(HORIZON)):
        planned = [fen for on, fen in plans if on <= day]
        told = Beyond(day, planned[-1] if planned else 0, sum(fen for on, fen in changes if on <= day))
        if day >= since and told.taken_fen > told.planned_fen:
            found.append(told)
    return found


@given(PLANS, CHANGES, DAYS)
def test_the_worst_day_is_the_first_that_is_furthest_beyond_its_plan(
    plans: list[tuple[date, int]], changes: list[tuple[date, int]], since: date
) -> None:
    plans.sort(key=lambda one: one[0])
    beyond = day_by_day(plans, changes, since)
    assert worst(plans, changes, since) == max(beyond, key=lambda one: one.excess_fen, default=None)


@given(PLANS, CHANGES, DAYS)
def test_less_by_the_excess_it_fits_on_every_day(
    plans: list[tuple[date, int]], changes: list[tuple[date, int]], since: date
) -> None:
    plans.sort(key=lambda one: one[0])
    found = worst(plans, changes, since)
    assert worst(plans, [*changes, (since, -(found.excess_fen if found else 0))], since) is None
    if found:
        assert worst(plans, [*changes, (since, 1 - found.excess_fen)], since), "and not by one fen less"
