"""The days of a warning: the last day and the next, who acts early or late, and holidays in between."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import workdays
from services.funds_api.warnings.timers import (
    Deadlines,
    Escalation,
    Step,
    Taken,
    Told,
    Workdays,
    deadlines,
    escalations,
    standing,
)

DAYS = Workdays(acknowledge=3, explain=10, leader=5)
# Monday 18 September 2017: the national holiday (1–8 October, with 30 September worked) lies in between.
DUE = deadlines(date(2017, 9, 18), DAYS, workdays.later)


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_working_days_are_counted_over_the_holiday() -> None:
    assert Deadlines(day("2017-09-21"), day("2017-09-28"), day("2017-10-11"), day("2017-10-18")) == DUE


def test_a_warning_of_a_saturday_counts_from_the_next_working_day() -> None:
    assert deadlines(day("2017-09-16"), DAYS, workdays.later).acknowledge_by_on == day("2017-09-20")


@pytest.mark.parametrize(
    ("on", "told", "since"),
    [
        ("2017-09-18", None, None),
        ("2017-09-21", None, None),
        ("2017-09-22", Told.LEADER, "2017-09-22"),
        ("2017-09-28", Told.LEADER, "2017-09-22"),
        ("2017-09-29", Told.INSPECTORS, "2017-09-29"),
        ("2017-12-31", Told.INSPECTORS, "2017-09-29"),
    ],
)
def test_nobody_acts_and_it_goes_to_the_leader_and_then_to_the_inspectors(
    on: str, told: Told | None, since: str | None
) -> None:
    found = standing(DUE, Taken(), day(on))
    assert (found and found.told, found and found.since_on) == (told, since and day(since))


@pytest.mark.parametrize(
    ("acknowledged", "n"), [("2017-09-21", 0), ("2017-09-22", 1), ("2017-09-28", 1), ("2017-09-29", 2)]
)
def test_who_acknowledges_on_the_last_day_is_in_time_and_a_day_later_late(acknowledged: str, n: int) -> None:
    taken = Taken(day(acknowledged))
    before = escalations(DUE, taken, day("2017-10-11"))
    assert [(one.step, one.told) for one in before] == [(Step.ACKNOWLEDGE, told) for told in Told][:n]
    assert standing(DUE, taken, day("2017-10-11")) is None
    assert standing(DUE, taken, day("2017-10-12")) == Escalation(Step.EXPLAIN, Told.LEADER, day("2017-10-12"))
    assert standing(DUE, taken, day("2017-10-19")) == Escalation(Step.EXPLAIN, Told.INSPECTORS, day("2017-10-19"))


@pytest.mark.parametrize(("explained", "n"), [("2017-10-11", 0), ("2017-10-12", 1)])
def test_who_explains_on_the_last_day_is_in_time_and_a_day_later_late(explained: str, n: int) -> None:
    taken = Taken(day("2017-09-19"), day(explained))
    assert [one.told for one in escalations(DUE, taken, day("2018-01-01"))] == [Told.LEADER][:n]
    assert standing(DUE, taken, day("2018-01-01")) is None


def test_an_answer_ends_every_timer() -> None:
    taken = Taken(closed_on=day("2017-09-21"))
    assert escalations(DUE, taken, day("2018-01-01")) == []
    late = Taken(closed_on=day("2017-09-22"))
    assert [one.told for one in escalations(DUE, late, day("2018-01-01"))] == [Told.LEADER]
    assert standing(DUE, late, day("2018-01-01")) is None


def test_the_next_day_to_look_at_is_not_passed_over() -> None:
    assert DUE.next_due(day("2017-09-18")) == day("2017-09-21")
    assert DUE.next_due(day("2017-09-21")) == day("2017-09-21")
    assert DUE.next_due(day("2017-09-22")) == day("2017-09-28")
    assert DUE.next_due(day("2017-10-18")) == day("2017-10-18")
    assert DUE.next_due(day("2017-10-19")) is None


SPAN = st.integers(1, 60)
OFFSET = st.none() | st.integers(0, 400)


@given(st.dates(date(2015, 1, 1), date(2026, 1, 1)), SPAN, SPAN, SPAN, OFFSET, OFFSET, OFFSET, st.integers(0, 500))
def test_escalations_only_grow_and_stand_only_while_a_step_is_owed(
    issued: date,
    acknowledge: int,
    explain: int,
    leader: int,
    acknowledged: int | None,
    explained: int | None,
    closed: int | None,
    after: int,
) -> None:
    due = deadlines(issued, Workdays(acknowledge, explain, leader), workdays.later)
    on = issued + timedelta(days=after)

    def at(offset: int | None) -> date | None:
        return None if offset is None else issued + timedelta(days=offset)

    taken = Taken(at(acknowledged), at(explained), at(closed))
    now, then = escalations(due, taken, on), escalations(due, taken, on + timedelta(days=1))
    assert set(now) <= set(then)
    assert all(one.since_on == on + timedelta(days=1) for one in set(then) - set(now))
    found = standing(due, taken, on)
    if found is not None:
        done = taken.on(found.step)
        assert found in now
        assert done is None or done > on
    # What a day finds late had been put down as the next day to look at: nothing is passed over.
    assert (due.next_due(on) is None) == (on > max(due.of(step, told) for step in Step for told in Told))
