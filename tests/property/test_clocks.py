"""The clocks of 预算法 art 52 and of local steps, named as laws, and the numbers of the nation."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.workdays import CHINA, is_working
from treasury.ageing import overdue
from treasury.clocks import Counted, Due, TimeLimit, clock_for, due, judge, late, limit_for, passed_since
from treasury.intervals import Answer, DayRange
from treasury.policy import Basis, PolicyValue
from treasury.stops import Stop

DAY = st.dates(date(2005, 1, 1), date(2032, 12, 31))
LIMIT = st.builds(TimeLimit, st.integers(1, 90), st.sampled_from(Counted))
SINCE = date(2015, 1, 1)


def value(key: str, days: int, region: str = "00", since: date = SINCE) -> PolicyValue:
    return PolicyValue(key, region, since, days, "文件", Basis.ASSUMED)


@given(DAY, LIMIT, st.integers(0, 400))
def test_a_clock_is_late_from_the_day_after_its_last(start: date, limit: TimeLimit, later_days: int) -> None:
    last = due(start, limit, CHINA).on
    on = start + timedelta(days=later_days)
    assert (late(start, on, limit, CHINA) is not None) == (on > last)
    assert late(start, last, limit, CHINA) is None
    assert late(start, last + timedelta(days=1), limit, CHINA) is not None


@given(DAY, LIMIT)
def test_every_start_up_to_the_frontier_is_late_and_none_after_it(on: date, limit: TimeLimit) -> None:
    frontier = passed_since(on, limit, CHINA)
    assert late(frontier, on, limit, CHINA) is not None
    assert late(frontier + timedelta(days=1), on, limit, CHINA) is None


@given(DAY, LIMIT, st.lists(st.tuples(st.integers(-9, 120), st.integers(0, 30)), max_size=4), st.integers(0, 200))
def test_a_stopped_clock_is_late_when_it_has_run_its_days(
    start: date, limit: TimeLimit, held: list[tuple[int, int]], later_days: int
) -> None:
    """Recounted day by day: a day counts when the clock ran to it, and, of working days, when offices worked."""
    on = start + timedelta(days=later_days)
    stops = [Stop(start + timedelta(days=at), start + timedelta(days=at + days)) for at, days in held]
    ran = [
        day
        for day in (start + timedelta(days=n) for n in range(1, later_days + 1))
        if not any(one.from_on < day <= one.until_on for one in stops)
        and (limit.counted is Counted.CALENDAR or is_working(day))
    ]
    found = late(start, on, limit, CHINA, stops)
    if limit.counted is Counted.CALENDAR:
        assert (found is not None) == (len(ran) > limit.days)
    else:
        assert (found is not None) == (len(ran) >= limit.days and ran[limit.days - 1] < on)
    if found:
        assert found.over_days == len(ran) - limit.days
    exact = judge(DayRange.on(start), on, limit, CHINA, stops)
    assert exact.answer is (Answer.PASSED if found else Answer.NOT_PASSED)


@given(DAY, st.integers(1, 40), LIMIT)
def test_runs_of_single_days_find_what_one_run_of_the_range_finds(first: date, days: int, limit: TimeLimit) -> None:
    """What crosses in a range is crossed on exactly one of its days: nothing is missed and nothing met twice."""
    frontiers = [passed_since(first + timedelta(days=n), limit, CHINA) for n in range(days + 1)]
    assert frontiers == sorted(frontiers)
    daily = [low + timedelta(days=n) for low, high in pairwise(frontiers) for n in range(1, (high - low).days + 1)]
    whole = (frontiers[-1] - frontiers[0]).days
    assert daily == [frontiers[0] + timedelta(days=n) for n in range(1, whole + 1)]


@given(DAY, st.integers(1, 90), st.integers(0, 300))
def test_calendar_days_are_those_of_the_ledger(start: date, days: int, rested: int) -> None:
    on = start + timedelta(days=rested)
    found, plain = late(start, on, TimeLimit(days), CHINA), overdue(start, on, days)
    assert (found is None) == (plain is None)
    if found and plain:
        assert found.over_days == plain.over_days
        assert not found.due.assumed


@given(DAY, st.integers(1, 60))
def test_working_days_are_those_of_the_kept_calendar(start: date, days: int) -> None:
    last = due(start, TimeLimit(days, Counted.WORKING), CHINA).on
    assert sum(is_working(start + timedelta(days=n)) for n in range(1, (last - start).days + 1)) == days
    assert is_working(last)


def test_ten_working_days_over_the_spring_festival_of_2018() -> None:
    """春节 15 to 21 February 2018, Sunday 11 and Saturday 24 February worked for it."""
    working = TimeLimit(10, Counted.WORKING)
    assert due(date(2018, 2, 9), working, CHINA) == Due(date(2018, 2, 28), assumed=False)
    assert late(date(2018, 2, 9), date(2018, 2, 28), working, CHINA) is None
    found = late(date(2018, 2, 9), date(2018, 3, 6), working, CHINA)
    assert found is not None
    assert found.over_days == 4, "1, 2, 5 and 6 March: the weekend between them does not count"
    assert due(date(2018, 2, 9), TimeLimit(10), CHINA).on == date(2018, 2, 19)


def test_days_that_nobody_announced_are_told_as_assumed() -> None:
    assert due(date(2050, 1, 3), TimeLimit(5, Counted.WORKING), CHINA).assumed
    assert not due(date(2050, 1, 3), TimeLimit(5), CHINA).assumed


@pytest.mark.parametrize(
    ("kind", "level", "more", "keys"),
    [
        ("treasury", "central", {}, ("handdown_limit_days.treasury.central", "handdown_limit_days.treasury")),
        ("treasury", "province", {}, ("handdown_limit_days.treasury.province", "handdown_limit_days.treasury")),
        ("treasury", "mixed", {}, ("handdown_limit_days.treasury",)),
        (
            "treasury",
            "county",
            {},
            (
                "handdown_limit_days.treasury.county",
                "handdown_clock.own_budget.special",
                "handdown_limit_days.treasury",
            ),
        ),
        (
            "treasury",
            "county",
            {"special": False},
            (
                "handdown_limit_days.treasury.county",
                "handdown_clock.own_budget.general",
                "handdown_limit_days.treasury",
            ),
        ),
        (
            "department",
            "county",
            {"quota": True},
            (
                "handdown_limit_days.department.county",
                "handdown_clock.reply_to_unit",
                "handdown_limit_days.department",
            ),
        ),
        ("department", "county", {}, ("handdown_limit_days.department.county", "handdown_limit_days.department")),
        (
            "department",
            "central",
            {"quota": True},
            ("handdown_limit_days.department.central", "handdown_limit_days.department"),
        ),
        (
            "township_office",
            "county",
            {},
            ("handdown_limit_days.township_office.county", "handdown_limit_days.township_office"),
        ),
    ],
)
def test_each_lot_has_its_clock(kind: str, level: str, more: dict[str, bool], keys: tuple[str, ...]) -> None:
    assert clock_for(kind, level, **more) == keys


def test_the_nearest_region_decides_and_within_it_the_most_specific_key() -> None:
    keys = clock_for("treasury", "county")
    values = [
        value("handdown_limit_days.treasury", 30),
        value("handdown_clock.own_budget.special", 60),
        value("handdown_limit_days.treasury", 10, "42", date(2018, 1, 1)),
        value("handdown_limit_days.treasury.county", 20, "420322", date(2019, 1, 1)),
    ]

    def days(region: str, on: date) -> int | None:
        found = limit_for(values, keys, region, on)
        return found.number if found else None

    assert days("990001", date(2017, 1, 1)) == 60
    assert days("420322", date(2017, 12, 31)) == 60
    assert days("420322", date(2018, 1, 1)) == 10
    assert days("420322101", date(2019, 1, 1)) == 20
    assert days("420323", date(2019, 1, 1)) == 10
    assert days("990001", date(2014, 12, 31)) is None
    assert limit_for(values, clock_for("village_collective", "county"), "420322", date(2019, 1, 1)) is None


def test_a_step_of_a_region_shortens_the_clock_of_the_law_and_never_lengthens_it() -> None:
    """A department's 15 days for quota of the county: 15 and less may be laid down, 16 or 10 working days may not."""
    keys = clock_for("department", "county", quota=True)
    for told, days in ((10, 10), (15, 15), (16, 15), ({"days": 10, "counted": "working"}, 15)):
        values = [
            value("handdown_clock.reply_to_unit", 15),
            PolicyValue("handdown_limit_days.department", "990001", SINCE, told, "通知", Basis.PRACTICE),
        ]
        found = limit_for(values, keys, "990001", date(2017, 1, 1))
        assert found is not None
        assert TimeLimit.of(found) == TimeLimit(days)
        step = limit_for(values, clock_for("department", "central"), "990001", date(2017, 1, 1))
        assert step is not None
        assert step.value == told


def test_a_value_says_which_days_it_counts() -> None:
    assert TimeLimit.of(value("k", 30)) == TimeLimit(30, Counted.CALENDAR)
    told = PolicyValue("k", "00", SINCE, {"days": 15, "counted": "working"}, "文件", Basis.LAW)
    assert TimeLimit.of(told) == TimeLimit(15, Counted.WORKING)
    with pytest.raises(ValueError, match="lunar"):
        TimeLimit.of(PolicyValue("k", "00", SINCE, {"days": 15, "counted": "lunar"}, "文件", Basis.LAW))


@given(st.none() | DAY, st.none() | DAY, DAY, LIMIT)
def test_a_start_known_from_to_is_judged_as_all_its_days_agree(
    one: date | None, other: date | None, on: date, limit: TimeLimit
) -> None:
    if one is not None and other is not None:
        one, other = sorted((one, other))
    found = judge(DayRange(one, other), on, limit, CHINA)
    low, high = one or date(1990, 1, 1), other or date(2040, 1, 1)
    answers = {late(day, on, limit, CHINA) is not None for day in (low, high)}
    if answers == {True} and other is not None:
        assert found.answer is Answer.PASSED
    elif answers == {False} and one is not None:
        assert found.answer is Answer.NOT_PASSED
    else:
        assert found.answer is Answer.UNDECIDABLE
    assert found.reason.startswith("无法判定") == (found.answer is Answer.UNDECIDABLE)
    exact = judge(DayRange.on(on), on, limit, CHINA)
    assert exact.answer is Answer.NOT_PASSED
