"""Laws of stopped clocks: plain values, compared with a recount day by day."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from treasury.ageing import overdue
from treasury.stops import Stop, running_days, running_since, stands_still, stopped_days

BEGIN = date(2017, 1, 1)
DAY = st.integers(min_value=0, max_value=120).map(lambda days: BEGIN + timedelta(days=days))


@st.composite
def stop(draw: st.DrawFn) -> Stop:
    from_on = draw(DAY)
    return Stop(from_on, from_on + timedelta(days=draw(st.integers(min_value=0, max_value=40))))


STOPS = st.lists(stop(), max_size=6)


@st.composite
def stretch(draw: st.DrawFn) -> tuple[date, date]:
    since, on = sorted((draw(DAY), draw(DAY)))
    return since, on


def recount(stops: list[Stop], since: date, on: date) -> int:
    days = (since + timedelta(days=n) for n in range((on - since).days))
    return sum(any(one.from_on <= day < one.until_on for one in stops) for day in days)


@given(STOPS, stretch())
def test_every_day_is_taken_off_once_however_many_stops_hold_it(stops: list[Stop], asked: tuple[date, date]) -> None:
    assert stopped_days(stops, *asked) == recount(stops, *asked)


@given(STOPS, stretch())
def test_running_and_stopped_days_are_the_days_that_went_by(stops: list[Stop], asked: tuple[date, date]) -> None:
    since, on = asked
    stopped, running = stopped_days(stops, since, on), running_days(since, stops, on)
    assert running >= 0
    assert stopped >= 0
    assert running + stopped == (on - since).days


@given(STOPS, stretch())
def test_a_clock_goes_one_day_on_or_stands_still(stops: list[Stop], asked: tuple[date, date]) -> None:
    since, on = asked
    gone = running_days(since, stops, on + timedelta(days=1)) - running_days(since, stops, on)
    assert gone == (0 if stands_still(stops, on) else 1)


@given(STOPS, stop(), stretch())
def test_another_stop_takes_off_no_less_and_no_more_than_its_days(
    stops: list[Stop], other: Stop, asked: tuple[date, date]
) -> None:
    without, together = stopped_days(stops, *asked), stopped_days([*stops, other], *asked)
    assert without <= together <= without + stopped_days([other], *asked)


@given(STOPS, stop(), stretch())
def test_a_stop_outside_the_days_asked_for_changes_nothing(
    stops: list[Stop], other: Stop, asked: tuple[date, date]
) -> None:
    since, on = asked
    if other.from_on >= on or other.until_on <= since:
        assert stopped_days([*stops, other], since, on) == stopped_days(stops, since, on)
        return
    assert stopped_days([other], since, on) == (min(on, other.until_on) - max(since, other.from_on)).days


@given(STOPS, stretch())
def test_the_order_and_repeating_of_stops_change_nothing(stops: list[Stop], asked: tuple[date, date]) -> None:
    assert stopped_days([*reversed(stops), *stops], *asked) == stopped_days(stops, *asked)


@given(STOPS, stretch(), st.integers(min_value=0, max_value=60))
def test_a_limit_is_passed_by_running_days(stops: list[Stop], asked: tuple[date, date], limit: int) -> None:
    since, on = asked
    late = overdue(running_since(since, stops, on), on, limit)
    assert (late is not None) == (running_days(since, stops, on) > limit)


def test_the_day_a_clock_runs_again_shows_what_the_first_day_showed() -> None:
    """Stopped on the 11th for ten days, it shows 10 from the 11th to the 21st, and 11 on the 22nd."""
    stops = [Stop(date(2017, 3, 11), date(2017, 3, 21))]
    shown = [running_days(date(2017, 3, 1), stops, date(2017, 3, day)) for day in (10, 11, 12, 20, 21, 22)]
    assert shown == [9, 10, 10, 10, 10, 11]
