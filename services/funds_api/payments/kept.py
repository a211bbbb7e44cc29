"""What came back and waits to be paid again (退汇待重发), as the next roster of its entitlement meets it.

The fen of a returned row are held on the account that paid it. They pay the next row of the same household (or
person, if the entitlement is one of persons) and nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import polars as pl
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.lots import ledger
from services.funds_api.lots.refusals import HoldOver
from services.funds_api.payments.check import KEPT
from services.funds_api.tables import PaymentBatchRow
from treasury.lots import Draw, Kept, Lot


@dataclass(frozen=True, slots=True)
class KeptLot:
    """Fen of one lot, held under `hold` for the row that begins at `lo_fen` and gets `amount_fen`."""

    lo_fen: int
    amount_fen: int
    hold: UUID
    lot: UUID
    fen: int


# What is held on the account of a batch for those who are owed its entitlement, looked up hold by hold: none of this is
# in the statistics when a thousand rows of a roster came back an hour ago, and joined as a planner guesses that expects
# one of each, 300 of them took four minutes.
_KEPT: Final = """
    funds.hold h
    CROSS JOIN LATERAL (
      SELECT back.batch_id, back.line FROM funds.payment_return back
       WHERE back.county_code = :county AND back.hold_id = h.id OFFSET 0) r
    CROSS JOIN LATERAL (
      SELECT paid.household_id, paid.payee_token FROM funds.payment paid
       WHERE paid.county_code = :county AND paid.batch_id = r.batch_id AND paid.line = r.line OFFSET 0) p"""
# Their fen came back with the return, or again when a reissue was undone: no batch of an earlier day may draw them.
# Asked of the lots that came later, once, and not of each lot that is held.
_LIVE: Final = """
    h.county_code = :county AND h.account_id = :account AND h.status = 'held' AND r.batch_id = ANY(ARRAY(
      SELECT b.id FROM funds.payment_batch b
       WHERE b.county_code = :county AND b.id <> :batch AND b.entitlement = :entitlement AND b.fund_code = :fund
         AND b.per = :per))
    AND h.id NOT IN (
      SELECT k.hold_id FROM (
        SELECT l.id FROM funds.lot l
         WHERE l.county_code = :county AND l.account_id = :account AND l.arrived_on > :on OFFSET 0) late
       CROSS JOIN LATERAL (SELECT part.hold_id FROM funds.hold_lot part
                            WHERE part.county_code = :county AND part.lot_id = late.id OFFSET 0) k)"""


def _arguments(batch: PaymentBatchRow) -> dict[str, Any]:
    return {
        "county": batch.county_code,
        "account": batch.account_id,
        "entitlement": batch.entitlement,
        "fund": batch.fund_code,
        "per": batch.per,
        "on": batch.effective_on,
        "batch": batch.id,
    }


def _owed(batch: PaymentBatchRow, row: str) -> str:
    """Who is owed by a row: its household, or the person for an entitlement of persons."""
    return f"uuid_send({row}.household_id)" if batch.per == "household" else f"{row}.payee_token"


async def waiting(tx: AsyncSession, batch: PaymentBatchRow) -> pl.DataFrame:
    """What waits on the batch's account for its entitlement, in the columns of `check.KEPT`; mostly nothing."""
    rows = await tx.execute(
        text(f"SELECT {_owed(batch, 'p')}, sum(h.amount_fen)::bigint FROM {_KEPT} WHERE {_LIVE} GROUP BY 1"),
        _arguments(batch),
    )
    return pl.DataFrame([tuple(row) for row in rows], schema=KEPT, orient="row")


async def for_rows(tx: AsyncSession, batch: PaymentBatchRow) -> list[KeptLot]:
    """What is kept on the batch's account for rows of this batch, by row, hold and lot; mostly nothing."""
    found = await tx.execute(
        text(f"""
            SELECT {_owed(batch, "p")} AS owed, k.hold_id, k.lot_id, k.amount_fen FROM {_KEPT}
             CROSS JOIN LATERAL (
               SELECT part.hold_id, part.lot_id, part.amount_fen FROM funds.hold_lot part
                WHERE part.county_code = :county AND part.hold_id = h.id OFFSET 0) k
             WHERE {_LIVE} ORDER BY k.hold_id, k.lot_id"""),
        _arguments(batch),
    )
    kept: dict[bytes, list[Row[Any]]] = defaultdict(list)
    for one in found:
        kept[one.owed].append(one)
    if not kept:
        return []
    rows = await tx.execute(
        text(f"""
            SELECT {_owed(batch, "n")} AS owed, n.cum_fen - n.amount_fen AS lo_fen, n.amount_fen FROM funds.payment n
             WHERE n.county_code = :county AND n.batch_id = :batch AND {_owed(batch, "n")} = ANY(:owed)
             ORDER BY n.cum_fen"""),
        {"county": batch.county_code, "batch": batch.id, "owed": list(kept)},
    )
    return [
        KeptLot(row.lo_fen, row.amount_fen, one.hold_id, one.lot_id, one.amount_fen)
        for row in rows
        for one in kept[row.owed]
    ]


def drawn_fen(kept: Iterable[KeptLot]) -> int:
    """How many of the kept fen the rows take: all, unless a row gets less than is kept for it."""
    rows: dict[int, tuple[int, int]] = {}
    for one in kept:
        rows[one.lo_fen] = (one.amount_fen, rows.get(one.lo_fen, (0, 0))[1] + one.fen)
    return sum(min(amount, fen) for amount, fen in rows.values())


async def draws(tx: AsyncSession, batch: PaymentBatchRow, kept: Sequence[KeptLot]) -> list[Kept]:
    """The kept draws of a batch whose accounts are locked: each row takes what is kept for it, up to what it gets."""
    if not kept:
        return []
    lots = await ledger.open_lots(
        tx,
        batch.county_code,
        [batch.account_id],
        batch.account_id,
        upto=batch.effective_on,
        named=[one.lot for one in kept],
    )
    return laid(kept, {lot.id: lot for lot in lots}, batch)


def laid(kept: Iterable[KeptLot], lots: Mapping[UUID, Lot], batch: PaymentBatchRow) -> list[Kept]:
    """Each row's kept fen from the start of its interval, hold by hold; what a smaller row leaves is not drawn."""
    found: list[Kept] = []
    for lo, of_row in groupby(kept, key=lambda one: one.lo_fen):
        at = lo
        for hold, of_hold in groupby(of_row, key=lambda one: one.hold):
            taken: list[Draw] = []
            start = at
            for one in of_hold:
                fen = min(one.fen, lo + one.amount_fen - at)
                if fen:
                    if (lot := lots.get(one.lot)) is None:  # set free and drawn before the account was locked
                        raise HoldOver(str(hold), "voided")
                    taken.append(Draw(lot, fen, (batch.effective_on - lot.arrived_on).days))
                    at += fen
            if taken:
                found.append(Kept(start, tuple(taken), hold))
    return found
