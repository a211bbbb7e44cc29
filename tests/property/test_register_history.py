"""Laws of dated facts: intervals never overlap, a person is in one household at most, and any day recomputes."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.households.history import (
    Corrected,
    Fact,
    LaterFactKnown,
    NoFactThen,
    NothingCorrected,
    corrected,
    held_on,
    intervals,
    last_of,
    last_said,
    must_follow,
)
from services.funds_api.households.standings import StandingKind, may_become, reinstated

FIRST = date(2016, 1, 1)
DAYS = st.integers(0, 40).map(lambda n: FIRST + timedelta(days=n))
HOUSEHOLDS = st.sampled_from(["A", "B", "C", None])


@st.composite
def histories(draw: st.DrawFn) -> list[Fact[str | None]]:
    """Facts of one person in the order they were recorded, of any days."""
    told = draw(st.lists(st.tuples(DAYS, HOUSEHOLDS), max_size=12))
    return [Fact(day, position, "文", household) for position, (day, household) in enumerate(told, 1)]


@given(histories(), st.integers(0, 13))
def test_intervals_never_overlap_and_leave_no_gap(facts: list[Fact[str | None]], known: int) -> None:
    laid = intervals(facts, known)
    for one, following in pairwise(laid):
        assert one.until_on == following.from_on
        assert one.from_on < following.from_on
    assert not laid or laid[-1].until_on is None


@given(histories(), DAYS, st.integers(0, 13))
def test_on_any_day_exactly_the_interval_of_that_day_holds(
    facts: list[Fact[str | None]], day: date, known: int
) -> None:
    covering = [
        one for one in intervals(facts, known) if one.from_on <= day and (one.until_on is None or day < one.until_on)
    ]
    held = held_on(facts, day, known)
    assert [one.fact for one in covering] == ([held] if held else [])


@given(histories(), DAYS, st.integers(0, 13))
def test_what_was_known_then_does_not_change_by_what_is_recorded_later(
    facts: list[Fact[str | None]], day: date, known: int
) -> None:
    assert held_on(facts, day, known) == held_on([one for one in facts if one.position <= known], day)


@given(histories(), DAYS)
def test_of_two_facts_of_one_day_the_later_recorded_stands(facts: list[Fact[str | None]], day: date) -> None:
    newest = Fact(day, 99, "更正", "Z")
    held = held_on([*facts, newest], day)
    assert held == newest


def test_history_is_continued_and_never_inserted_into() -> None:
    must_follow("该户", FIRST, FIRST)
    with pytest.raises(LaterFactKnown):
        must_follow("该户", FIRST - timedelta(days=1), FIRST)


def plain(edited: dict[date, str | None]) -> dict[date, str | None]:
    """Without the entries that say what held already."""
    kept: dict[date, str | None] = {}
    for day, value in sorted(edited.items()):
        if value != last_of(kept, day, None):
            kept[day] = value
    return kept


CORRECTIONS = st.lists(
    st.lists(st.tuples(DAYS, HOUSEHOLDS, st.booleans()), min_size=1, max_size=3, unique_by=lambda one: one[0]),
    max_size=5,
)


@given(histories(), CORRECTIONS)
def test_a_corrected_history_reads_as_if_it_had_been_written_right(
    facts: list[Fact[str | None]], corrections: list[list[tuple[date, str | None, bool]]]
) -> None:
    """Against a history that is edited in place; and what was known before each correction is still told."""
    edited = plain({one.from_on: one.fact.value for one in intervals(facts)})
    told = []
    for position, asked in enumerate(corrections, 100):
        told.append((position - 1, {n: held_on(facts, FIRST + timedelta(days=n)) for n in range(42)}))
        items = [Corrected(day, None if never else value, never) for day, value, never in asked]
        try:
            new, after = corrected("某人", facts, items, None)
        except (NoFactThen, NothingCorrected):
            continue
        facts = [*facts, *(Fact(day, position, "更正", value) for day, value in new.items())]
        for day, value, never in asked:
            if not never:
                edited[day] = value
        for day, _, never in asked:
            if never:
                edited.pop(day, None)
        edited = plain(edited)
        for n in range(42):
            day = FIRST + timedelta(days=n)
            held = held_on(facts, day)
            assert (held.value if held else None) == last_of(edited, day, None) == last_of(after, day, None)
    for position, then in told:
        assert {n: held_on(facts, FIRST + timedelta(days=n), position) for n in range(42)} == then


@given(histories(), DAYS, HOUSEHOLDS)
def test_a_correction_that_changes_no_day_is_refused(
    facts: list[Fact[str | None]], day: date, household: str | None
) -> None:
    held = held_on(facts, day)
    if (held.value if held else None) == household:
        with pytest.raises(NothingCorrected):
            corrected("某人", facts, [Corrected(day, household)], None)
    if day not in {one.from_on for one in facts}:
        with pytest.raises(NoFactThen):
            corrected("某人", facts, [Corrected(day, never=True)], None)


@given(st.lists(st.sampled_from(list(StandingKind)), max_size=10))
def test_a_removed_household_stands_again_only_by_reinstatement(asked: list[StandingKind]) -> None:
    now = StandingKind.REGISTERED
    before = None
    for one in asked:
        if may_become(now, one):
            assert now is not StandingKind.REMOVED
            before, now = now, one
    if now is StandingKind.REMOVED:
        assert reinstated(before) is before
    assert reinstated(None) is StandingKind.REGISTERED


@given(st.dictionaries(DAYS, HOUSEHOLDS, max_size=8), HOUSEHOLDS)
def test_after_the_last_day_that_says_something_nothing_changes(
    values: dict[date, str | None], first: str | None
) -> None:
    last = last_said(values, first)
    end = last_of(values, date.max, first)
    assert all(last_of(values, day, first) == end for day in values if last is None or day >= last)
    if last is not None:
        assert last_of(values, last - timedelta(days=1), first) != end


def test_a_fact_that_never_was_says_nothing() -> None:
    later = date(2107, 1, 1)
    assert last_said({FIRST: "A", later: "A"}, None) == FIRST
    assert last_said({later: "A"}, "A") is None
