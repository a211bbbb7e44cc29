"""The arithmetic of a binding as laws, without a database: what is bound stays bound, what is put right is covered."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit_api.findings.binding import (
    LOT,
    Alerted,
    AmountNotTold,
    BoundTooMuch,
    LotNotAlerted,
    Subject,
    SubjectsExceedAmount,
    amount_of,
    bind,
    by_kind,
    counted,
    taken_back,
)

FEN = st.integers(min_value=1, max_value=10**12)


@given(bound_fen=FEN, draws=st.lists(FEN, max_size=8), data=st.data())
def test_what_is_put_right_is_what_standing_draws_cover_up_to_what_is_bound(
    bound_fen: int, draws: list[int], data: st.DataObject
) -> None:
    rectified = 0
    for fen in draws:
        rectified += counted(bound_fen, rectified, fen)
    assert rectified == min(bound_fen, sum(draws))

    standing, still_bound, moved_away = sum(draws), bound_fen, 0
    for undone in data.draw(st.permutations(draws)):
        less = taken_back(rectified, standing, undone)
        rectified, still_bound, moved_away, standing = (
            rectified - less,
            still_bound - less,
            moved_away + less,
            standing - undone,
        )
        assert rectified == min(still_bound, standing)
        assert still_bound + moved_away == bound_fen
    assert rectified == 0


def test_the_latest_alert_tells_what_rests_in_a_lot() -> None:
    lot, other = uuid4(), uuid4()
    first, later = Alerted(uuid4(), LOT, lot, 100, 3), Alerted(uuid4(), LOT, lot, 70, 9)
    alone = Alerted(uuid4(), LOT, other, 5, 4)
    assert {(one.alert_id, one.amount_fen) for one in bind([later, alone, first], None)} == {
        (later.alert_id, 70),
        (alone.alert_id, 5),
    }
    with pytest.raises(BoundTooMuch):
        bind([first, later], {lot: 71})
    with pytest.raises(LotNotAlerted):
        bind([first], {other: 1})


def test_what_an_alert_asks_about_other_than_lots_is_named_too() -> None:
    lot, household = Alerted(uuid4(), LOT, uuid4(), 100, 3), Alerted(uuid4(), "household", uuid4(), 0, 4)
    bound = bind([lot, household], {lot.subject_id: 60})
    assert {(one.kind, one.amount_fen) for one in bound} == {(LOT, 60), ("household", 0)}
    with pytest.raises(LotNotAlerted):
        bind([household], {household.subject_id: 1})


@given(told_fen=st.none() | FEN, fens=st.lists(st.tuples(st.sampled_from([LOT, "batch", "loan"]), FEN), max_size=8))
def test_an_amount_is_told_or_the_sum_of_one_kind_and_no_kind_comes_to_more(
    told_fen: int | None, fens: list[tuple[str, int]]
) -> None:
    subjects = [Subject(kind, uuid4(), fen) for kind, fen in fens]
    sums = by_kind(subjects)
    assert sum(sums.values()) == sum(fen for _, fen in fens)
    most = max(sums.values(), default=0)
    if told_fen is None and len(sums) > 1:
        with pytest.raises(AmountNotTold):
            amount_of(told_fen, subjects)
    elif told_fen is not None and most > told_fen:
        with pytest.raises(SubjectsExceedAmount):
            amount_of(told_fen, subjects)
    else:
        assert amount_of(told_fen, subjects) == (told_fen or most or None)
