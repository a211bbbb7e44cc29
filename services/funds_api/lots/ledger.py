"""The two ways to touch lots: `open_lots` (lock accounts, see what may be drawn) and `post` (write what was decided).

Everything that moves money in this service goes through `post`; the database checks the laws once more inside
`funds.post_movements`. Decides nothing and knows no request shape.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.ids import new_id
from treasury.lots import Draw, Lot
from wire.funds import Drawn, Moved


@dataclass(frozen=True, slots=True)
class Movement:
    """Money on its way from one account to another by a document; `source` is None only for a receipt."""

    id: UUID
    kind: str
    document: str
    source: UUID | None
    target: UUID
    effective_on: date
    amount_fen: int
    actor: str
    drawn: str = "oldest"
    reverses: UUID | None = None
    batch: UUID | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One lot that a movement makes: out of `from_lot`, or for a receipt out of `tranche`; a span when `lo` is given.

    Money that comes back names the lot it `restores`. `clock_from` is set when its clock goes on from before (a
    reversal: the money never rightly left); otherwise the clock starts on arrival.
    """

    movement: UUID
    to_lot: UUID
    amount_fen: int
    from_lot: UUID | None = None
    tranche: UUID | None = None
    clock_from: date | None = None
    lo: int | None = None
    hi: int | None = None
    first_line: int | None = None
    last_line: int | None = None
    restores: UUID | None = None


def parts_of(movement: Movement, draws: Iterable[Draw]) -> list[Part]:
    """One part per draw, each a fresh lot whose clock starts on its arrival."""
    return [
        Part(
            movement=movement.id,
            to_lot=new_id(),
            amount_fen=draw.amount_fen,
            from_lot=draw.lot.id,
        )
        for draw in draws
    ]


async def open_lots(
    tx: AsyncSession,
    county: str,
    accounts: Sequence[UUID],
    source: UUID,
    *,
    upto: date,
    fund: str | None = None,
    need_fen: int = 0,
    named: Sequence[UUID] | None = None,
) -> list[Lot]:
    """Lock `accounts` in id order until the commit; return open lots of `source`, oldest first.

    With `fund`: just as many of the lots that had arrived by `upto` as hold `need_fen` together (or all, if they hold
    less). With `named`: those of these lots that belong to `fund` (if given), whenever they arrived.
    """
    rows = await tx.execute(
        text("SELECT * FROM funds.open_lots(:county, :accounts, :source, :fund, :upto, :need, :named)"),
        {
            "county": county,
            "accounts": list(accounts),
            "source": source,
            "fund": fund,
            "upto": upto,
            "need": need_fen,
            "named": list(named) if named is not None else None,
        },
    )
    return [
        Lot(row.id, row.tranche_id, row.account_id, row.arrived_on, row.clock_from, row.remaining_fen) for row in rows
    ]


async def post(tx: AsyncSession, county: str, movements: Sequence[Movement], parts: Sequence[Part]) -> None:
    """Write the movements: draw the lots down, make the new ones, keep entries and counters, all or nothing."""
    moves = [
        {
            "id": str(one.id),
            "kind": one.kind,
            "document": one.document,
            "from": str(one.source) if one.source else None,
            "to": str(one.target),
            "effective_on": one.effective_on.isoformat(),
            "amount_fen": one.amount_fen,
            "drawn": one.drawn,
            "reverses": str(one.reverses) if one.reverses else None,
            "batch": str(one.batch) if one.batch else None,
            "actor": one.actor,
            "note": one.note,
        }
        for one in movements
    ]
    made = [
        {
            "move": str(one.movement),
            "from_lot": str(one.from_lot) if one.from_lot else None,
            "to_lot": str(one.to_lot),
            "tranche": str(one.tranche) if one.tranche else None,
            "amount_fen": one.amount_fen,
            "clock_from": one.clock_from.isoformat() if one.clock_from else None,
            "lo": one.lo,
            "hi": one.hi,
            "first_line": one.first_line,
            "last_line": one.last_line,
            "restores": str(one.restores) if one.restores else None,
        }
        for one in parts
    ]
    await tx.execute(
        text("SELECT funds.post_movements(:county, CAST(:moves AS jsonb), CAST(:parts AS jsonb))"),
        {"county": county, "moves": json.dumps(moves, ensure_ascii=False), "parts": json.dumps(made)},
    )


def as_moved(movement: Movement, draws: Sequence[Draw], parts: Sequence[Part], regions: dict[UUID, str]) -> Moved:
    """The movement as the journal tells it, draw by draw. `regions` gives each account's place."""
    if movement.source is None:
        msg = "a receipt is told as NoticeReceived"
        raise ValueError(msg)
    return Moved(
        movement_id=movement.id,
        kind=movement.kind,
        document=movement.document,
        effective_on=movement.effective_on,
        from_account_id=movement.source,
        to_account_id=movement.target,
        from_region=regions[movement.source],
        to_region=regions[movement.target],
        amount_fen=movement.amount_fen,
        reverses_id=movement.reverses,
        draws=[
            Drawn(
                from_lot_id=draw.lot.id, to_lot_id=part.to_lot, amount_fen=draw.amount_fen, days_rested=draw.days_rested
            )
            for draw, part in zip(draws, parts, strict=True)
        ],
    )
