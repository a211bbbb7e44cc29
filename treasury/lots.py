"""Lots and the draws that feed a movement from them: which money moves, and how long it had rested.

A lot is some fen of one tranche resting in one account since a day. A movement takes from lots and leaves new lots
elsewhere; what is left in a lot only ever falls. Nothing here knows accounts' names, documents or the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from treasury.errors import AmountNotPositive, LotNotOpen, MoneyNotThere, MovementPredatesArrival


@dataclass(frozen=True, slots=True)
class Lot:
    """`remaining_fen` of `tranche` resting since `arrived_on`; its ageing counts from `clock_from`."""

    id: UUID
    tranche: UUID
    account: UUID
    arrived_on: date
    clock_from: date
    remaining_fen: int


@dataclass(frozen=True, slots=True)
class Draw:
    """`amount_fen` taken from `lot` after `days_rested` days on its account."""

    lot: Lot
    amount_fen: int
    days_rested: int


@dataclass(frozen=True, slots=True)
class Span:
    """The half-open interval [lo_fen, hi_fen) of a roster's running sum that one draw pays."""

    draw: Draw
    lo_fen: int
    hi_fen: int


def draw_oldest_first(lots: Iterable[Lot], amount_fen: int, on: date) -> list[Draw]:
    """Take `amount_fen` from the lots that had arrived by `on`, the oldest first, or refuse and take nothing.

    The draws come in the order of (arrived_on, lot id) and sum to `amount_fen` exactly. Lots that arrived after `on`
    are passed over, so law 4 cannot be broken here.
    """
    if amount_fen <= 0:
        raise AmountNotPositive(amount_fen)
    there = sorted((lot for lot in lots if lot.arrived_on <= on), key=lambda lot: (lot.arrived_on, lot.id))
    draws: list[Draw] = []
    missing = amount_fen
    for lot in there:
        if missing == 0:
            break
        taken = min(missing, lot.remaining_fen)
        if taken:
            draws.append(Draw(lot, taken, (on - lot.arrived_on).days))
            missing -= taken
    if missing:
        raise MoneyNotThere(amount_fen, amount_fen - missing, on)
    return draws


def draw_named(lots: Sequence[Lot], wanted: dict[UUID, int], on: date) -> list[Draw]:
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
        if lot.remaining_fen < fen:
            raise MoneyNotThere(fen, lot.remaining_fen, on)
        draws.append(Draw(lot, fen, (on - lot.arrived_on).days))
    return draws


def after(lots: Iterable[Lot], draws: Iterable[Draw]) -> list[Lot]:
    """The lots as `draws` leave them, the empty ones gone."""
    taken: dict[UUID, int] = {}
    for draw in draws:
        taken[draw.lot.id] = taken.get(draw.lot.id, 0) + draw.amount_fen
    left = [replace(lot, remaining_fen=lot.remaining_fen - taken.get(lot.id, 0)) for lot in lots]
    return [lot for lot in left if lot.remaining_fen > 0]


def spans(draws: Iterable[Draw]) -> list[Span]:
    """Lay the draws end to end along a roster's running sum: the first span starts at 0, each next where one ended."""
    laid: list[Span] = []
    at = 0
    for draw in draws:
        laid.append(Span(draw, at, at + draw.amount_fen))
        at += draw.amount_fen
    return laid


def overlap_fen(span_lo: int, span_hi: int, cum_fen: int, amount_fen: int) -> int:
    """How many fen of the roster row that ends at `cum_fen` the span [span_lo, span_hi) pays; 0 when they are apart."""
    return max(0, min(cum_fen, span_hi) - max(cum_fen - amount_fen, span_lo))
