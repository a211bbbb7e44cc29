"""Properties of treasury orders' states, named as laws: whatever a bank reports in whatever order, money moves once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.workdays import is_working
from services.funds_api.orders.refusals import BankSerialUsed, OrderSettled, PresentedAhead, PresentedFarOff
from services.funds_api.orders.states import (
    Issued,
    OrderState,
    Outcome,
    Step,
    Told,
    handled_on,
    must_be_presentable,
    settle,
    state_of,
)

ORDER = Issued("o", "支-1", 700, undone=False)


def told(outcome: Outcome, serial: str, day: int) -> Told:
    return Told("o", outcome, serial, date(2017, 5, day), f"{outcome}{serial}{day}".encode())


REPORTS = st.builds(told, st.sampled_from(Outcome), st.sampled_from("abc"), st.sampled_from([1, 2, 3]))


@given(st.lists(REPORTS, max_size=8))
def test_an_order_settles_once_and_every_repetition_says_the_same(reports: list[Told]) -> None:
    known: list[Told] = []
    for one in reports:
        said = next((before for before in known if before.serial == one.serial), None)
        try:
            step = settle(ORDER, known, said, one)
        except BankSerialUsed:
            assert said is not None
            assert said.content != one.content
        except OrderSettled as settled:
            figures = (settled.bank_serial, settled.state)
            assert (said, figures) == (None, (known[-1].serial, known[-1].outcome.value))
        else:
            assert (step is Step.REPLAY) == (said is not None)
            if step is Step.MOVE:
                known.append(one)
    assert len(known) <= 1
    assert state_of(ORDER, known) == (known[0].outcome.value if known else "issued")


def test_a_result_that_was_undone_makes_room_for_another_but_its_serial_is_spent() -> None:
    first = Told("o", Outcome.PAID, "a", date(2017, 5, 1), b"1", undone=True)
    assert state_of(ORDER, [first]) is OrderState.ISSUED
    again = Told("o", Outcome.RETURNED, "b", date(2017, 5, 2), b"2")
    assert settle(ORDER, [first], None, again) is Step.MOVE
    with pytest.raises(BankSerialUsed):
        settle(ORDER, [first], first, Told("o", Outcome.RETURNED, "a", date(2017, 5, 2), b"3"))


def test_an_order_that_was_reversed_takes_no_result() -> None:
    undone = Issued("o", "支-1", 700, undone=True)
    with pytest.raises(OrderSettled) as refused:
        settle(undone, [], None, Told("o", Outcome.PAID, "a", date(2017, 5, 1), b"1"))
    assert (refused.value.state, refused.value.bank_serial) == (OrderState.REVERSED, None)


@given(
    st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - zone is given
    st.dates(date(2015, 1, 1), date(2030, 1, 1)),
)
def test_an_order_is_handled_the_day_it_comes_or_the_next_never_before_its_own_day(at: datetime, day: date) -> None:
    local = at + timedelta(hours=8)
    handled = handled_on(at, day, 14)
    due = max(day, local.date() + timedelta(days=1 if local.hour >= 14 else 0))
    assert handled is not None
    assert is_working(handled)
    assert due <= handled
    assert not any(is_working(due + timedelta(days=n)) for n in range((handled - due).days))
    assert handled_on(None, day, 14) is None
    assert handled_on(at, day, None) is None


@given(
    st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - zone is given
    st.integers(-30, 30),
    st.integers(-30, 30),
    st.integers(0, 20),
)
def test_an_order_is_presented_by_now_and_near_its_own_day(at: datetime, off: int, ahead: int, limit: int) -> None:
    day = (at + timedelta(hours=8)).date() - timedelta(days=off)
    now = at - timedelta(minutes=ahead)
    if ahead > 0:
        with pytest.raises(PresentedAhead):
            must_be_presentable(at, day, now, limit)
    elif abs(off) > limit:
        with pytest.raises(PresentedFarOff) as refused:
            must_be_presentable(at, day, now, limit)
        assert (refused.value.presented_on - refused.value.effective_on).days == off
    else:
        must_be_presentable(at, day, now, limit)
    must_be_presentable(None, day, now, limit)
    if ahead <= 0:
        must_be_presentable(at, day, now, None)
