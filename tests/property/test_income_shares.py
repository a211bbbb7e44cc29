"""Shares to the fen: parts make the whole, nobody loses a fen but to rounding, and payment follows progress."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.assets.shares import (
    Entry,
    earliest_on,
    followed_by,
    overdue_days,
    paid_fen,
    returnable_fen,
    split,
    standing,
)
from services.funds_api.projects.progress import PPM, Terms, due_of, due_together

AMOUNT = st.integers(0, 10**13)
WEIGHTS = st.lists(st.integers(1, 10**6), min_size=1, max_size=50)
SHARE = st.integers(0, PPM)
DAY_ONE = date(2017, 12, 1)
DAY = st.dates(date(2015, 1, 1), date(2030, 12, 31))


@given(AMOUNT, WEIGHTS)
def test_parts_make_the_whole_and_the_last_takes_the_rest(amount: int, weights: list[int]) -> None:
    parts = split(amount, weights)
    whole = sum(weights)
    assert sum(parts) == amount
    assert parts[:-1] == [amount * weight // whole for weight in weights[:-1]]
    rest = parts[-1] - amount * weights[-1] // whole
    assert 0 <= rest < len(weights)


@pytest.mark.parametrize(("amount", "weights"), [(1, []), (1, [0]), (1, [1, -1]), (-1, [1])])
def test_there_is_no_share_of_nothing(amount: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="positive weights"):
        split(amount, weights)


def test_overdue_counts_from_the_day_after_and_stops_when_it_is_done() -> None:
    due = date(2017, 9, 15)
    assert overdue_days(due, None, date(2017, 9, 15)) == 0
    assert overdue_days(due, None, date(2017, 9, 20)) == 5
    assert overdue_days(due, date(2017, 9, 18), date(2017, 9, 20)) == 3
    assert overdue_days(due, date(2017, 9, 25), date(2017, 9, 20)) == 5, "what was done later was not known then"
    assert overdue_days(due, date(2017, 9, 10), date(2017, 9, 20)) == 0


@st.composite
def contract(draw: st.DrawFn) -> Terms:
    retention = draw(SHARE)
    return Terms(draw(st.integers(1, 10**13)), draw(SHARE), retention, draw(DAY) if retention else None)


@given(contract(), SHARE, DAY)
def test_nothing_is_due_beyond_the_contract_and_nothing_kept_beyond_what_is_due(
    terms: Terms, advance: int, on: date
) -> None:
    due = due_of(terms, advance, on)
    assert 0 <= due.kept_fen <= due.due_fen <= terms.amount_fen
    assert due.due_fen * PPM <= terms.amount_fen * max(terms.progress_ppm, advance) < (due.due_fen + 1) * PPM
    if terms.release_on is None or on >= terms.release_on:
        assert due.kept_fen == 0
    else:
        assert due.kept_fen * PPM >= due.due_fen * terms.retention_ppm
    if terms.progress_ppm == PPM:
        assert due.due_fen == terms.amount_fen


@given(st.lists(contract(), max_size=5), SHARE, DAY)
def test_contracts_together_are_their_sum(contracts: list[Terms], advance: int, on: date) -> None:
    each = [due_of(one, advance, on) for one in contracts]
    assert due_together(contracts, advance, on).payable_fen == sum(one.payable_fen for one in each)


@given(contract(), contract(), SHARE, DAY)
def test_more_progress_never_pays_less(terms: Terms, other: Terms, advance: int, on: date) -> None:
    low, high = sorted((terms.progress_ppm, other.progress_ppm))
    before = due_of(Terms(terms.amount_fen, low, terms.retention_ppm, terms.release_on), advance, on)
    after = due_of(Terms(terms.amount_fen, high, terms.retention_ppm, terms.release_on), advance, on)
    assert before.payable_fen <= after.payable_fen


@given(
    st.integers(1, 10**6),
    st.lists(
        st.tuples(st.sampled_from(["pay", "back", "undo"]), st.integers(0, 10**6), st.integers(0, 9)), max_size=30
    ),
)
def test_what_stands_paid_lies_between_nothing_and_the_line(line_fen: int, acts: list[tuple[str, int, int]]) -> None:
    """Paid, come back and undone by the rules of the service, in any order: on no day below zero or above the line."""
    entries: list[Entry] = []
    for kind, number, day in acts:
        stands, paid, on = standing(entries), paid_fen(entries), DAY_ONE + timedelta(days=day)
        if on < earliest_on(entries, DAY_ONE):
            continue
        if kind == "pay" and paid < line_fen:
            entries.append(Entry(uuid4(), "paid", line_fen - paid, on, "文"))
        elif kind == "back" and paid:
            entries.append(Entry(uuid4(), "returned", 1 + number % paid, on, "文"))
        elif kind == "undo" and stands:
            undone = stands[number % len(stands)]
            if followed_by(entries, undone) is None:
                entries.append(Entry(uuid4(), "undone", undone.amount_fen, on, "文", undoes_id=undone.id))
        for end in {one.effective_on for one in entries}:
            assert 0 <= paid_fen([one for one in entries if one.effective_on <= end]) <= line_fen
        last = standing(entries)[-1:]
        assert all(followed_by(entries, one) is None for one in last), "the last that stands can be undone"


def test_a_household_gives_back_its_part_once_for_each_payment() -> None:
    home, other = uuid4(), uuid4()
    paid = Entry(uuid4(), "paid", 100, DAY_ONE, "文")
    back = Entry(uuid4(), "returned", 30, DAY_ONE, "文", home)
    assert returnable_fen([paid, back], home, 40) == 10
    assert returnable_fen([paid, back], other, 40) == 40
    assert returnable_fen([paid, back, Entry(uuid4(), "undone", 30, DAY_ONE, "文", home, back.id)], home, 40) == 40
    assert returnable_fen([paid, back, Entry(uuid4(), "paid", 30, DAY_ONE, "文")], home, 40) == 40
