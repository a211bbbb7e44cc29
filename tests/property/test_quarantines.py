"""Laws of a quarantine: what is kept and what is missing is what was asked, and no lot keeps more than it has free."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit_api.quarantines.states import (
    _AFTER,
    LotNotOfFinding,
    QuarantinedTooMuch,
    QuarantineStep,
    QuarantineStepNotPossible,
    must_be_of_finding,
    must_follow,
)
from services.funds_api.quarantines.keeping import kept
from treasury.lots import Lot

DAY = date(2017, 12, 1)
IDS = [UUID(int=n) for n in range(6)]
FEN = st.integers(1, 1_000)


def lot(one: UUID, remaining: int, held: int) -> Lot:
    return Lot(one, UUID(int=99), UUID(int=98), DAY, DAY, remaining, held_fen=held)


LOTS = st.dictionaries(st.sampled_from(IDS), st.tuples(st.integers(0, 1_000), st.integers(0, 1_200)))


@given(st.dictionaries(st.sampled_from(IDS), FEN), LOTS)
def test_what_is_kept_and_missing_is_what_was_asked_and_no_lot_keeps_more_than_is_free(
    asked: dict[UUID, int], there: Mapping[UUID, tuple[int, int]]
) -> None:
    lots = [lot(one, remaining, held) for one, (remaining, held) in there.items()]
    found = kept(asked, lots)
    assert {one.lot_id: one.asked_fen for one in found} == asked
    for one in found:
        remaining, held = there.get(one.lot_id, (0, 0))
        assert one.kept_fen + one.missing_fen == one.asked_fen
        assert 0 <= one.kept_fen <= max(remaining - held, 0)
        # Nothing is missing that could have been kept.
        assert one.missing_fen == 0 or one.kept_fen == max(remaining - held, 0)


@given(
    st.dictionaries(st.sampled_from(IDS), FEN, min_size=1),
    st.dictionaries(st.sampled_from(IDS), FEN),
    st.dictionaries(st.sampled_from(IDS), FEN),
)
def test_fen_beyond_what_is_bound_are_refused_and_none_else(
    asked: dict[UUID, int], bound: dict[UUID, int], quarantined: dict[UUID, int]
) -> None:
    fits = all(one in bound and fen + quarantined.get(one, 0) <= bound[one] for one, fen in asked.items())
    if fits:
        must_be_of_finding(asked, bound, quarantined)
        return
    with pytest.raises((LotNotOfFinding, QuarantinedTooMuch)):
        must_be_of_finding(asked, bound, quarantined)


@given(st.lists(st.sampled_from(list(QuarantineStep)), max_size=12))
def test_whatever_is_tried_a_quarantine_ends_only_by_a_release_that_two_decided(tries: list[QuarantineStep]) -> None:
    taken = [QuarantineStep.DRAWN]
    for one in tries:
        try:
            must_follow(taken[-1], one)
        except QuarantineStepNotPossible:
            assert one not in _AFTER[taken[-1]]
        else:
            taken.append(one)
    if QuarantineStep.RELEASE_CONFIRMED in taken:
        assert taken[-1] == QuarantineStep.RELEASE_CONFIRMED
        assert taken[-2] == QuarantineStep.RELEASE_DRAWN
        assert taken[1] == QuarantineStep.CONFIRMED
    assert taken.count(QuarantineStep.CONFIRMED) <= 1
