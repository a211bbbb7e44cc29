"""The laws of spans when some rows of a roster are paid by what was kept for them (退汇待重发)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.funds_api.lots.refusals import HoldOver
from services.funds_api.payments.kept import KeptLot, drawn_fen, laid
from services.funds_api.returns.service import from_the_end
from services.funds_api.returns.store import Fed
from services.funds_api.tables import PaymentBatchRow
from treasury.lots import Draw, Kept, Lot, spans

DAY = date(2017, 5, 1)
FEN = st.integers(min_value=1, max_value=10**9)


def overlap_fen(span_lo: int, span_hi: int, cum_fen: int, amount_fen: int) -> int:
    """How many fen of the roster row that ends at `cum_fen` the span [span_lo, span_hi) pays; 0 when they are apart."""
    return max(0, min(cum_fen, span_hi) - max(cum_fen - amount_fen, span_lo))


@dataclass
class Roster:
    """Rows with their amounts, what is kept for each (row, hold, lot), and free draws that pay the rest."""

    amounts: list[int]
    kept: list[KeptLot]
    lots: dict[UUID, Lot]
    free: list[Draw]


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    amounts = draw(st.lists(FEN, min_size=1, max_size=8))
    ids = [UUID(int=number) for number in range(10, 60)]
    lots: dict[UUID, Lot] = {}
    kept: list[KeptLot] = []
    at = 0
    for amount in amounts:
        for hold in range(100, 100 + draw(st.integers(0, 2))):
            for fen in draw(st.lists(FEN, min_size=1, max_size=2)):
                lot = Lot(ids.pop(), UUID(int=1), UUID(int=2), DAY, DAY, fen, held_fen=fen)
                lots[lot.id] = lot
                kept.append(KeptLot(at, amount, UUID(int=hold), lot.id, fen))
        at += amount
    rest = at - drawn_fen(kept)
    cuts = draw(st.sets(st.integers(1, rest - 1), max_size=5)) if rest > 1 else set()
    fens = [hi - lo for lo, hi in itertools.pairwise(sorted({0, *cuts, rest}))]
    free = [Draw(Lot(ids.pop(), UUID(int=3), UUID(int=2), DAY, DAY, fen), fen, 0) for fen in fens]
    return Roster(amounts, kept, lots, free)


# A busy machine generates slowly; neither that nor a slow example says anything about the law.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rosters())
def test_what_is_kept_for_a_row_pays_that_row_and_nothing_else(roster: Roster) -> None:
    found = spans(roster.free, laid(roster.kept, roster.lots, PaymentBatchRow(effective_on=DAY)))
    assert [span.lo_fen for span in found] == [0, *(span.hi_fen for span in found[:-1])]
    assert found[-1].hi_fen == sum(roster.amounts)
    assert all(span.draw.amount_fen == span.hi_fen - span.lo_fen > 0 for span in found)
    drawn: dict[UUID, int] = {}
    for span in found:
        drawn[span.draw.lot.id] = drawn.get(span.draw.lot.id, 0) + span.draw.amount_fen
    for one in roster.free:
        assert drawn.pop(one.lot.id) == one.amount_fen, "every free draw is laid whole"

    cum = 0
    for amount in roster.amounts:
        own = [one for one in roster.kept if one.lo_fen == cum]
        cum += amount
        by_kept = {
            lot.lot: sum(
                overlap_fen(span.lo_fen, span.hi_fen, cum, amount) for span in found if span.draw.lot.id == lot.lot
            )
            for lot in own
        }
        assert sum(by_kept.values()) == min(amount, sum(one.fen for one in own)), "the row takes all it may"
        for lot, fen in by_kept.items():
            assert fen == drawn.pop(lot, 0), "and no other row takes any of it"
        holds = {one.lot: one.hold for one in own}
        assert all(span.hold == holds.get(span.draw.lot.id) for span in found if span.draw.lot.id in holds)
    assert drawn == {}
    assert all(span.hold is None for span in found if span.draw.lot.id not in roster.lots)


def test_draws_that_do_not_reach_what_is_kept_are_a_mistake() -> None:
    draw = Draw(Lot(UUID(int=1), UUID(int=1), UUID(int=2), DAY, DAY, 5), 5, 0)
    with pytest.raises(ValueError, match="what is kept begins at 6"):
        spans([draw], [Kept(6, (draw,), UUID(int=9))])


def test_what_was_set_free_and_drawn_since_it_was_looked_at_is_a_hold_that_is_over() -> None:
    kept = [KeptLot(0, 5, UUID(int=9), UUID(int=1), 5)]
    with pytest.raises(HoldOver):
        laid(kept, {}, PaymentBatchRow(effective_on=DAY))


@given(st.lists(st.tuples(FEN, st.floats(0, 1)), min_size=1, max_size=8), st.data())
def test_the_last_fen_of_a_row_come_back_first_and_each_once(
    parts: list[tuple[int, float]], data: st.DataObject
) -> None:
    fed = [Fed(UUID(int=at), UUID(int=100 + at), fen, int(fen * share)) for at, (fen, share) in enumerate(parts)]
    left = sum(one.fed_fen - one.returned_fen for one in fed)
    fen = data.draw(st.integers(0, left))
    wanted = from_the_end(fed, fen)
    assert sum(taken for _, taken in wanted) == fen
    assert all(0 < taken <= one.fed_fen - one.returned_fen for one, taken in wanted)
    places = [fed.index(one) for one, _ in wanted]
    assert places == sorted(places, reverse=True)
    for later, taken in wanted[:-1]:
        assert taken == later.fed_fen - later.returned_fen, "an earlier lot gets nothing back while a later one is owed"
