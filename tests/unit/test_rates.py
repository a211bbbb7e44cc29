"""The arithmetic of rates: every order once, every yuan once, whatever overlaps."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit_api.rates.tally import SEVERAL, Found, Ordered, Tally, nested, ppm, tallies, total

DAY = date(2017, 11, 1)
DEADLINE = date(2017, 11, 17)
ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


def found(finding: UUID, days: int, *lots: tuple[UUID, int, int]) -> Found:
    """A finding so many days after the first, by (lot, bound, put right)."""
    return Found(
        finding,
        DAY + timedelta(days=days),
        sum(bound for _, bound, _ in lots),
        sum(right for _, _, right in lots),
        {lot: (bound, right) for lot, bound, right in lots},
    )


@pytest.mark.parametrize(
    ("deadline", "closed_on", "as_of", "expected"),
    [
        (DEADLINE, None, DEADLINE, (0, 0, 0, 1)),
        (DEADLINE, None, DEADLINE + timedelta(days=1), (0, 0, 1, 0)),
        (DEADLINE, DEADLINE, DEADLINE + timedelta(days=9), (1, 1, 0, 0)),
        (DEADLINE, DEADLINE + timedelta(days=1), DEADLINE + timedelta(days=9), (1, 0, 0, 0)),
    ],
)
def test_an_order_is_closed_overdue_or_running(
    deadline: date, closed_on: date | None, as_of: date, expected: tuple[int, ...]
) -> None:
    [tally] = tallies([Ordered(ONE, "a", deadline, closed_on)], [], as_of).values()
    assert (tally.closed_n, tally.on_time_n, tally.overdue_n, tally.running_n) == expected


def test_what_the_first_left_and_the_second_took_up_is_found_once() -> None:
    lot = uuid4()
    first, second = found(ONE, 0, (lot, 100, 30)), found(TWO, 10, (lot, 60, 10))
    assert nested([second, first]) == {ONE: 60, TWO: 0}  # 70 were left, 60 of them held again
    assert nested([first, found(TWO, 10, (lot, 90, 0))]) == {ONE: 70, TWO: 0}  # 20 more than were left
    assert nested([first, found(TWO, 10, (uuid4(), 60, 10))]) == {ONE: 0, TWO: 0}
    third = found(THREE, 20, (lot, 65, 0))
    assert nested([first, second, third]) == {ONE: 70, TWO: 50, THREE: 0}  # first what the nearest left, then the rest


def test_a_finding_whose_orders_are_of_several_groups_stands_by_itself() -> None:
    orders = [Ordered(ONE, "a", DEADLINE, None), Ordered(ONE, "b", DEADLINE, None), Ordered(TWO, "b", DEADLINE, None)]
    made = tallies(orders, [found(ONE, 0, (uuid4(), 100, 40)), found(TWO, 0, (uuid4(), 5, 5))], DAY)
    assert {key: (one.ordered_n, one.found_fen, one.rectified_fen) for key, one in made.items()} == {
        "a": (1, 0, 0),
        "b": (2, 5, 5),
        SEVERAL: (0, 100, 40),
    }


def test_a_rate_of_nothing_is_none() -> None:
    assert (ppm(0, 0), ppm(1, 3), ppm(3, 3)) == (None, 333_333, 1_000_000)
    assert total({}) == Tally()


LOTS = [uuid4() for _ in range(3)]


@st.composite
def lives(draw: st.DrawFn) -> list[Found]:
    """Findings one after another on a few lots; each puts right no more than it holds."""
    made = []
    for number in range(draw(st.integers(1, 6))):
        lots = []
        for lot in draw(st.lists(st.sampled_from(LOTS), unique=True, min_size=1)):
            bound = draw(st.integers(1, 1000))
            lots.append((lot, bound, draw(st.integers(0, bound))))
        made.append(found(UUID(int=number + 1), draw(st.integers(0, 20)), *lots))
    return made


@given(lives(), st.lists(st.sampled_from("ab"), min_size=6, max_size=6))
def test_the_parts_make_the_whole_and_no_yuan_is_put_right_that_was_not_found(
    findings: list[Found], keys: list[str]
) -> None:
    orders = [Ordered(one.finding_id, key, DEADLINE, None) for one, key in zip(findings, keys, strict=False)]
    made = tallies(orders, findings, DAY)
    whole = total(made)
    assert whole.ordered_n == len(orders)
    assert whole.found_fen + whole.nested_fen == sum(one.amount_fen for one in findings)
    assert whole.rectified_fen == sum(one.rectified_fen for one in findings)
    for one in made.values():
        assert 0 <= one.rectified_fen <= one.found_fen
        assert one.outstanding_fen >= 0
    again = nested(findings)
    for lot in LOTS:
        held = [one for one in findings if lot in one.lots]
        if len(held) < 2:
            assert all(again[one.finding_id] == 0 for one in held if len(one.lots) == 1)
