"""Days of money whose dates are known from … to …, named as laws."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treasury.ageing import overdue
from treasury.errors import DaysContradict, DaysReversed, EndsBeforeReceipt
from treasury.intervals import Answer, DayRange, Days, judge, rested, together, years_and_more

DAY = st.dates(date(2000, 1, 1), date(2030, 12, 31))
LIMIT = st.integers(1, 4000)
SIDE = st.none() | DAY


@st.composite
def around(draw: st.DrawFn, day: date) -> DayRange:
    """A range that the day lies in, each side perhaps unknown."""
    return DayRange(
        draw(st.none() | st.dates(date(2000, 1, 1), day)), draw(st.none() | st.dates(day, date(2031, 12, 31)))
    )


@st.composite
def truth(draw: st.DrawFn) -> tuple[date, date, DayRange, DayRange]:
    """What really happened, and what is known of it."""
    came = draw(DAY)
    went = draw(st.dates(came, date(2030, 12, 31)))
    return came, went, draw(around(came)), draw(around(went))


@given(truth())
def test_the_interval_contains_the_exact_answer(known: tuple[date, date, DayRange, DayRange]) -> None:
    came, went, received, until = known
    days = rested(received, until)
    exact = (went - came).days
    assert days.min_days is None or days.min_days <= exact
    assert days.max_days is None or exact <= days.max_days


@given(DAY, DAY, LIMIT)
def test_exact_days_are_the_degenerate_case_and_always_decided(one: date, other: date, limit: int) -> None:
    came, went = sorted((one, other))
    days = rested(DayRange.on(came), DayRange.on(went))
    assert days == Days((went - came).days, (went - came).days)
    late = overdue(came, went, limit) is not None
    assert judge(days, limit).answer is (Answer.PASSED if late else Answer.NOT_PASSED)


@st.composite
def narrowed(draw: st.DrawFn) -> tuple[DayRange, DayRange, DayRange, DayRange]:
    """Ranges, and ranges within them that still hold the same truth."""
    came, went, received, until = draw(truth())

    def within(outer: DayRange, day: date) -> DayRange:
        low, high = outer.earliest or date(2000, 1, 1), outer.latest or date(2031, 12, 31)
        return DayRange(draw(st.dates(low, day)), draw(st.dates(day, high)))

    return received, until, within(received, came), within(until, went)


@given(narrowed(), LIMIT)
def test_narrowing_never_flips_a_decided_answer(
    known: tuple[DayRange, DayRange, DayRange, DayRange], limit: int
) -> None:
    received, until, received_now, until_now = known
    before = judge(rested(received, until), limit).answer
    after = judge(rested(received_now, until_now), limit).answer
    assert before is Answer.UNDECIDABLE or after is before


@given(truth(), LIMIT)
def test_a_decided_answer_is_that_of_what_really_happened(
    known: tuple[date, date, DayRange, DayRange], limit: int
) -> None:
    came, went, received, until = known
    found = judge(rested(received, until), limit)
    passed = (went - came).days > limit
    assert found.answer in {Answer.UNDECIDABLE, Answer.PASSED if passed else Answer.NOT_PASSED}
    assert ("无法判定" in found.reason) == (found.answer is Answer.UNDECIDABLE)


@given(SIDE, SIDE, SIDE, SIDE)
def test_impossible_days_are_refused_and_nothing_else(
    from_: date | None, to: date | None, end_from: date | None, end_to: date | None
) -> None:
    if from_ is not None and to is not None and from_ > to:
        with pytest.raises(DaysReversed):
            DayRange(from_, to)
        return
    if end_from is not None and end_to is not None and end_from > end_to:
        with pytest.raises(DaysReversed):
            DayRange(end_from, end_to)
        return
    if from_ is not None and end_to is not None and from_ > end_to:
        with pytest.raises(EndsBeforeReceipt) as refused:
            rested(DayRange(from_, to), DayRange(end_from, end_to))
        assert (refused.value.received_from, refused.value.ended_to) == (from_, end_to)
        return
    days = rested(DayRange(from_, to), DayRange(end_from, end_to))
    assert (days.min_days is None) == (to is None or end_from is None)
    assert (days.max_days is None) == (from_ is None or end_to is None)
    assert (days.min_days or 0) >= 0


@given(st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 3000))
def test_two_facts_leave_what_both_allow(low: int, span: int, other_low: int, other_span: int) -> None:
    one, other = Days(low, low + span), Days(other_low, other_low + other_span)
    both = set(range(low, low + span + 1)) & set(range(other_low, other_low + other_span + 1))
    if not both:
        with pytest.raises(DaysContradict):
            together(one, other)
        return
    assert together(one, other) == together(other, one) == Days(min(both), max(both))
    assert together(one, Days()) == one


@given(st.integers(1, 50), DAY)
def test_no_run_of_years_is_longer_than_years_and_more(years: int, start: date) -> None:
    """Whatever leap years fall within them."""
    end = (start.toordinal(), date(start.year + years, start.month, min(start.day, 28)).toordinal())
    least = years_and_more(years).min_days
    assert least is not None
    assert least >= end[1] - end[0]
    assert least <= 366 * years
