"""The arithmetic of a binding as laws, without a database: what is bound stays bound, what is put right is covered."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit_api.findings.binding import Alerted, BoundTooMuch, LotNotAlerted, bind, counted, taken_back

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
    first, later = Alerted(uuid4(), lot, 100, 3), Alerted(uuid4(), lot, 70, 9)
    alone = Alerted(uuid4(), other, 5, 4)
    assert {(one.alerted, one.bound_fen) for one in bind([later, alone, first], None)} == {(later, 70), (alone, 5)}
    with pytest.raises(BoundTooMuch):
        bind([first, later], {lot: 71})
    with pytest.raises(LotNotAlerted):
        bind([first], {other: 1})
