"""The laws of a divided roster: what is paid, waits and ended are the list, to the fen and from the very lots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.payments.division import Alone, Parted
from services.funds_api.payments.kept import drawn_fen, laid
from services.funds_api.tables import PaymentBatchRow
from tests.property.test_kept_spans import DAY, Roster, rosters
from treasury.lots import Draw, Lot, Span, draw_oldest_first, set_aside, spans


@dataclass
class Objected:
    """A roster with what is kept for its rows, the lots that pay the rest, and the rows that wait or ended."""

    roster: Roster
    lots: list[Lot]
    waiting: list[int]
    ended: list[int]

    @property
    def alone(self) -> list[Alone]:
        starts, at = [], 0
        for amount in self.roster.amounts:
            starts.append(at)
            at += amount
        return [Alone(UUID(int=1000 + n), n, starts[n], amount) for n, amount in enumerate(self.roster.amounts)]

    @property
    def parted(self) -> Parted:
        whole = PaymentBatchRow(total_fen=sum(self.roster.amounts))
        alone = self.alone
        rest = PaymentBatchRow(total_fen=whole.total_fen - sum(alone[n].amount_fen for n in self.waiting + self.ended))
        return Parted(whole, rest, [alone[n] for n in self.waiting], [alone[n] for n in self.ended])


@st.composite
def objected(draw: st.DrawFn) -> Objected:
    roster = draw(rosters().filter(lambda one: len(one.amounts) > 1))
    rows = list(range(len(roster.amounts)))
    aside = draw(st.lists(st.sampled_from(rows), unique=True, max_size=len(rows) - 1))
    cut = draw(st.integers(0, len(aside)))
    there = [one.lot for one in roster.free]
    return Objected(roster, there, sorted(aside[:cut]), sorted(aside[cut:]))


def by_lot(laid_spans: Iterable[Span]) -> dict[UUID, int]:
    found: dict[UUID, int] = defaultdict(int)
    for span in laid_spans:
        assert span.hi_fen - span.lo_fen == span.draw.amount_fen > 0
        found[span.draw.lot.id] += span.draw.amount_fen
    return dict(found)


@given(objected())
def test_paid_waiting_and_ended_are_the_list_and_every_lot_ties(one: Objected) -> None:
    parted = one.parted
    batch = PaymentBatchRow(effective_on=DAY)
    kept = parted.owed(one.roster.kept)
    free_fen = parted.owed_fen - drawn_fen(kept)
    draws = draw_oldest_first(one.lots, free_fen, DAY) if free_fen else []
    whole = spans(draws, laid(kept, one.roster.lots, batch))
    rest, frozen = parted.cut(whole)

    assert [span.lo_fen for span in rest] == [0, *(span.hi_fen for span in rest[:-1])], "end to end from zero"
    paid_fen = rest[-1].hi_fen
    assert paid_fen == parted.rest.total_fen
    waiting_fen = sum(alone.amount_fen for alone in parted.waiting)
    ended_fen = sum(alone.amount_fen for alone in parted.ended)
    assert paid_fen + waiting_fen + ended_fen == parted.whole.total_fen

    # What is frozen of a waiting row is what it gets less what is kept for it already, and no other fen.
    for alone in parted.waiting:
        own = [each for each in one.roster.kept if each.lo_fen == alone.lo_fen]
        assert sum(frozen.get(alone.batch, {}).values()) == alone.amount_fen - drawn_fen(own)
    # Each lot gives to what is paid and to what is frozen just what it would have given to the list.
    gives = by_lot(whole)
    frozen_of: dict[UUID, int] = defaultdict(int)
    for lots in frozen.values():
        for lot, fen in lots.items():
            frozen_of[lot] += fen
    kept_for_waiting = {each.lot for alone in parted.waiting for each in one.roster.kept if each.lo_fen == alone.lo_fen}
    pays = by_lot(rest)
    for lot, fen in gives.items():
        if lot not in kept_for_waiting:
            assert pays.get(lot, 0) + frozen_of.get(lot, 0) == fen
    # Nobody is paid out of what is kept for somebody else.
    assert {span.hold for span in rest} <= {None, *(each.hold for each in kept)}
    assert not any(span.draw.lot.id in kept_for_waiting for span in rest)


@given(objected())
def test_free_money_that_is_not_frozen_is_drawn_oldest_first(one: Objected) -> None:
    """With what is frozen held, the part that is paid draws just what an order of its own would draw."""
    parted = one.parted
    kept = parted.owed(one.roster.kept)
    free_fen = parted.owed_fen - drawn_fen(kept)
    draws = draw_oldest_first(one.lots, free_fen, DAY) if free_fen else []
    rest, frozen = parted.cut(spans(draws, laid(kept, one.roster.lots, PaymentBatchRow(effective_on=DAY))))
    held: dict[UUID, int] = defaultdict(int)
    for lots in frozen.values():
        for lot, fen in lots.items():
            held[lot] += fen
    left = [
        Lot(lot.id, lot.tranche, lot.account, DAY, DAY, lot.remaining_fen, held_fen=held[lot.id]) for lot in one.lots
    ]
    own_fen = sum(span.draw.amount_fen for span in rest if span.hold is None)
    expected = {draw.lot.id: draw.amount_fen for draw in draw_oldest_first(left, own_fen, DAY)} if own_fen else {}
    assert by_lot(span for span in rest if span.hold is None) == expected


@given(st.lists(st.integers(1, 50), min_size=1, max_size=6), st.data())
def test_set_aside_loses_and_adds_no_fen(fens: list[int], data: st.DataObject) -> None:
    lots = [Lot(UUID(int=n + 1), UUID(int=1), UUID(int=2), DAY, DAY, fen) for n, fen in enumerate(fens)]
    whole = spans([Draw(lot, lot.remaining_fen, 0) for lot in lots])
    borders = sorted(data.draw(st.sets(st.integers(0, sum(fens)), max_size=8)))
    intervals = list(zip(borders[::2], borders[1::2], strict=False))
    rest, taken = set_aside(whole, intervals)
    assert [sum(span.draw.amount_fen for span in some) for some in taken] == [hi - lo for lo, hi in intervals]
    total: dict[UUID, int] = defaultdict(int)
    for some in (rest, *taken):
        for lot, fen in by_lot(some).items():
            total[lot] += fen
    assert total == {lot.id: lot.remaining_fen for lot in lots}
    for one, other in pairwise(rest):
        assert one.draw.lot.id != other.draw.lot.id, "a lot feeds one span where nothing lies between"
