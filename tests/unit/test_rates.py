"""The arithmetic of rates: every order once, every yuan once, whatever overlaps."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit_api.findings.nesting import Share
from services.audit_api.rates.tally import SEVERAL, Ordered, Tally, ppm, tallies, total

DAY = date(2017, 11, 1)
DEADLINE = date(2017, 11, 17)
ONE, TWO = UUID(int=1), UUID(int=2)


def share(finding: UUID, counted_fen: int, rectified_fen: int = 0, nested_fen: int = 0) -> Share:
    return Share(finding, counted_fen, nested_fen, rectified_fen)


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
    [tally] = tallies([Ordered(ONE, "a", deadline, closed_on)], {}, as_of).values()
    assert (tally.closed_n, tally.on_time_n, tally.overdue_n, tally.running_n) == expected


def test_a_finding_whose_orders_are_of_several_groups_stands_by_itself() -> None:
    orders = [Ordered(ONE, "a", DEADLINE, None), Ordered(ONE, "b", DEADLINE, None), Ordered(TWO, "b", DEADLINE, None)]
    made = tallies(orders, {ONE: share(ONE, 100, 40), TWO: share(TWO, 5, 5)}, DAY)
    assert {key: (one.ordered_n, one.found_fen, one.rectified_fen) for key, one in made.items()} == {
        "a": (1, 0, 0),
        "b": (2, 5, 5),
        SEVERAL: (0, 100, 40),
    }


def test_a_rate_of_nothing_is_none() -> None:
    assert (ppm(0, 0), ppm(1, 3), ppm(3, 3)) == (None, 333_333, 1_000_000)
    assert total({}) == Tally()


SHARES = st.builds(share, st.just(ONE), st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))


@given(st.lists(st.tuples(SHARES, st.sets(st.sampled_from("abc"), min_size=1)), max_size=6))
def test_the_groups_make_the_whole(told: list[tuple[Share, set[str]]]) -> None:
    orders = [Ordered(UUID(int=at), key, DEADLINE, None) for at, (_, keys) in enumerate(told) for key in keys]
    made = tallies(orders, {UUID(int=at): one for at, (one, _) in enumerate(told)}, DAY)
    whole = total(made)
    assert (whole.ordered_n, whole.findings_n) == (len(orders), len(told))
    assert whole.found_fen == sum(one.counted_fen for one, _ in told)
    assert whole.nested_fen == sum(one.nested_fen for one, _ in told)
    assert whole.rectified_fen == sum(one.rectified_fen for one, _ in told)
