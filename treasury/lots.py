"""Lots and the draws that feed a movement from them: which money moves, and how long it had rested.

A lot is some fen of one tranche resting in one account since a day. A movement takes from lots and leaves new lots
elsewhere; what is left in a lot only ever falls. Nothing here knows accounts' names, documents or the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from uuid import UUID

from treasury.errors import (
    AmountNotPositive,
    LotNotOpen,
    LotRetained,
    MoneyHeld,
    MoneyNotThere,
    MovementPredatesArrival,
)


@dataclass(frozen=True, slots=True)
class Lot:
    """`remaining_fen` of `tranche` resting since `arrived_on`; its ageing counts from `clock_from`.

    `held_fen` of it are kept for one payment; before `release_on` it is retained (质保金) and pays nothing.
    """

    id: UUID
    tranche: UUID
    account: UUID
    arrived_on: date
    clock_from: date
    remaining_fen: int
    fund: str = ""
    fiscal_year: int = 0
    held_fen: int = 0
    release_on: date | None = None

    @property
    def free_fen(self) -> int:
        """What is left beyond what is held."""
        return self.remaining_fen - self.held_fen

    def pays_on(self, on: date) -> bool:
        """Whether it has arrived and is released by `on`."""
        return self.arrived_on <= on and (self.release_on is None or self.release_on <= on)


@dataclass(frozen=True, slots=True)
class Draw:
    """`amount_fen` taken from `lot` after `days_rested` days on its account."""

    lot: Lot
    amount_fen: int
    days_rested: int


@dataclass(frozen=True, slots=True)
class Span:
    """The half-open interval [lo_fen, hi_fen) of a roster's running sum that one draw pays; `hold` had kept its fen."""

    draw: Draw
    lo_fen: int
    hi_fen: int
    hold: UUID | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Draws under `hold` that alone pay, in their order, what follows `lo_fen` in a roster's running sum."""

    lo_fen: int
    draws: tuple[Draw, ...]
    hold: UUID

    @property
    def amount_fen(self) -> int:
        return sum(draw.amount_fen for draw in self.draws)


def _by_age(lot: Lot) -> tuple[date, UUID]:
    return lot.arrived_on, lot.id


def _draw(lot: Lot, fen: int, on: date) -> Draw:
    return Draw(lot, fen, (on - lot.arrived_on).days)


def draw_oldest_first(lots: Iterable[Lot], amount_fen: int, on: date) -> list[Draw]:
    """Take `amount_fen` from the lots that may pay on `on`, the oldest first, or refuse and take nothing.

    The draws come in the order of (arrived_on, lot id) and sum to `amount_fen` exactly. Lots that arrived after `on`
    are passed over, so law 4 cannot be broken here, and so are fen that are held or retained.
    """
    if amount_fen <= 0:
        raise AmountNotPositive(amount_fen)
    there = sorted((lot for lot in lots if lot.pays_on(on)), key=_by_age)
    draws: list[Draw] = []
    missing = amount_fen
    for lot in there:
        if missing == 0:
            break
        taken = min(missing, lot.free_fen)
        if taken:
            draws.append(_draw(lot, taken, on))
            missing -= taken
    if missing:
        raise _refused(there, amount_fen, on)
    return draws


def draw_named(lots: Sequence[Lot], wanted: Mapping[UUID, int], on: date) -> list[Draw]:
    """Take exactly the fen named for each lot, or refuse and take nothing. Draws come in the order of lot ids."""
    open_lots = {lot.id: lot for lot in lots}
    draws: list[Draw] = []
    for lot_id, fen in sorted(wanted.items()):
        if fen <= 0:
            raise AmountNotPositive(fen)
        lot = open_lots.get(lot_id)
        if lot is None:
            raise LotNotOpen(str(lot_id))
        if lot.arrived_on > on:
            raise MovementPredatesArrival(str(lot_id), lot.arrived_on, on)
        if lot.release_on is not None and lot.release_on > on:
            raise LotRetained(str(lot_id), lot.release_on, on)
        if lot.free_fen < fen:
            raise _refused([lot], fen, on)
        draws.append(_draw(lot, fen, on))
    return draws


def draw_proportionally(lots: Iterable[Lot], amount_fen: int, on: date) -> list[Draw]:
    """Take `amount_fen` from every tranche in proportion to what it has free on `on`; within a tranche oldest first.

    Each tranche gives the whole fen of its share; the fen that are left over go one each to the tranches with the
    largest fractions, on a tie to the one whose money is older (largest remainder). The sum is exact, no tranche gives
    more than it has, and each gives less than one fen more or less than its share. Draws come oldest first.
    """
    if amount_fen <= 0:
        raise AmountNotPositive(amount_fen)
    paying = sorted((lot for lot in lots if lot.pays_on(on)), key=_by_age)
    there = [lot for lot in paying if lot.free_fen]
    free: dict[UUID, int] = {}
    for lot in there:
        free[lot.tranche] = free.get(lot.tranche, 0) + lot.free_fen
    total = sum(free.values())
    if total < amount_fen:
        raise _refused(paying, amount_fen, on)
    shares = {tranche: divmod(amount_fen * fen, total) for tranche, fen in free.items()}
    left_over = amount_fen - sum(whole for whole, _ in shares.values())
    # `free` was filled oldest first and sorting is stable, so among equal fractions the older tranche comes first.
    favoured = sorted(shares, key=lambda tranche: -shares[tranche][1])[:left_over]
    missing = {tranche: whole + (tranche in favoured) for tranche, (whole, _) in shares.items()}
    draws: list[Draw] = []
    for lot in there:
        taken = min(missing[lot.tranche], lot.free_fen)
        if taken:
            draws.append(_draw(lot, taken, on))
            missing[lot.tranche] -= taken
    return draws


def _refused(lots: Iterable[Lot], asked_fen: int, on: date) -> MoneyHeld | MoneyNotThere:
    """Why `lots` do not give `asked_fen`: there is too little, or too much of it is held."""
    known = list(lots)
    free, held = sum(lot.free_fen for lot in known), sum(lot.held_fen for lot in known)
    return MoneyHeld(asked_fen, free, held, on) if asked_fen <= free + held else MoneyNotThere(asked_fen, free, on)


def after(lots: Iterable[Lot], draws: Iterable[Draw]) -> list[Lot]:
    """The lots as `draws` leave them, the empty ones gone."""
    taken: dict[UUID, int] = {}
    for draw in draws:
        taken[draw.lot.id] = taken.get(draw.lot.id, 0) + draw.amount_fen
    left = [replace(lot, remaining_fen=lot.remaining_fen - taken.get(lot.id, 0)) for lot in lots]
    return [lot for lot in left if lot.remaining_fen > 0]


def spans(draws: Iterable[Draw], kept: Iterable[Kept] = ()) -> list[Span]:
    """Lay the draws end to end along a roster's running sum: the first span starts at 0, each next where one ended.

    What is `kept` lies where it was kept for, and pays that and nothing else; the other draws fill what is left in
    their order, each split where a kept interval interrupts it. The kept intervals must not overlap, and the draws
    must reach the last of them.
    """
    laid: list[Span] = []
    queue = list(reversed(list(draws)))
    for one in sorted(kept, key=lambda some: some.lo_fen):
        _fill(laid, queue, one.lo_fen)
        for draw in one.draws:
            _lay(laid, draw, one.hold)
    _fill(laid, queue, None)
    return laid


def set_aside(laid: Iterable[Span], aside: Sequence[tuple[int, int]]) -> tuple[list[Span], list[list[Span]]]:
    """Take intervals out of a roster that is laid: the spans of what is left, end to end from 0, and those of each.

    `aside` are half-open intervals of the running sum, in order and apart; what was laid over one keeps its place.
    Every fen is in one or the other, from the lot and under the hold that it was laid of.
    """
    rest: list[Span] = []
    taken: list[list[Span]] = [[] for _ in aside]
    borders = sorted({border for interval in aside for border in interval})
    for span in laid:
        cuts = [span.lo_fen, *(one for one in borders if span.lo_fen < one < span.hi_fen), span.hi_fen]
        for lo, hi in pairwise(cuts):
            piece = Span(replace(span.draw, amount_fen=hi - lo), lo, hi, span.hold)
            at = next((n for n, (first, end) in enumerate(aside) if first <= lo < end), None)
            if at is None:
                _lay_on(rest, piece)
            else:
                taken[at].append(piece)
    return rest, taken


def _lay_on(laid: list[Span], piece: Span) -> None:
    """Lay a piece behind the last, as part of it where both are of one lot and hold."""
    last = laid[-1] if laid else None
    if last is not None and (last.draw.lot.id, last.hold) == (piece.draw.lot.id, piece.hold):
        fen = last.draw.amount_fen + piece.draw.amount_fen
        laid[-1] = Span(replace(last.draw, amount_fen=fen), last.lo_fen, last.lo_fen + fen, last.hold)
    else:
        _lay(laid, piece.draw, piece.hold)


def _end(laid: Sequence[Span]) -> int:
    return laid[-1].hi_fen if laid else 0


def _lay(laid: list[Span], draw: Draw, hold: UUID | None) -> None:
    at = _end(laid)
    laid.append(Span(draw, at, at + draw.amount_fen, hold))


def _fill(laid: list[Span], queue: list[Draw], upto: int | None) -> None:
    """Lay draws from the end of the queue until `upto`, or all of them."""
    while queue and (upto is None or _end(laid) < upto):
        draw = queue.pop()
        over = 0 if upto is None else max(0, _end(laid) + draw.amount_fen - upto)
        _lay(laid, replace(draw, amount_fen=draw.amount_fen - over), None)
        if over:
            queue.append(replace(draw, amount_fen=over))
    if upto is not None and _end(laid) != upto:
        msg = f"the draws end at {_end(laid)}, what is kept begins at {upto}"
        raise ValueError(msg)
