"""What came back and waits to be paid again (退汇待重发), as the next roster of its entitlement meets it.

The fen of a returned row are held on the account that paid it. They pay the next row of the same household (or
person, if the entitlement is one of persons) and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import polars as pl
from sqlalchemy import text
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


# What is held on the account of a batch for those who are owed its entitlement.
_KEPT: Final = """
    funds.hold h
    JOIN funds.payment_return r ON r.county_code = :county AND r.hold_id = h.id AND r.batch_id <> :batch
    JOIN funds.payment_batch b ON b.county_code = :county AND b.id = r.batch_id
     AND b.entitlement = :entitlement AND b.fund_code = :fund AND b.per = :per
    JOIN funds.payment p ON p.county_code = :county AND p.batch_id = r.batch_id AND p.line = r.line"""
# Their fen came back with the return, or again when a reissue was undone: no batch of an earlier day may draw them.
_LIVE: Final = """
    h.county_code = :county AND h.account_id = :account AND h.status = 'held' AND NOT EXISTS (
      SELECT FROM funds.hold_lot late JOIN funds.lot l ON l.county_code = :county AND l.id = late.lot_id
       WHERE late.county_code = :county AND late.hold_id = h.id AND l.arrived_on > :on)"""


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
    owed = (await waiting(tx, batch))["owed"].to_list()
    if not owed:
        return []
    rows = await tx.execute(
        text(f"""
            WITH n AS MATERIALIZED (
              SELECT {_owed(batch, "n")} AS owed, n.cum_fen, n.amount_fen FROM funds.payment n
               WHERE n.county_code = :county AND n.batch_id = :batch AND {_owed(batch, "n")} = ANY(:owed))
            SELECT n.cum_fen - n.amount_fen AS lo_fen, n.amount_fen, k.hold_id, k.lot_id, k.amount_fen AS fen
              FROM {_KEPT}
              JOIN n ON n.owed = {_owed(batch, "p")}
              JOIN funds.hold_lot k ON k.county_code = :county AND k.hold_id = h.id
             WHERE {_LIVE}
             ORDER BY n.cum_fen, k.hold_id, k.lot_id"""),
        {**_arguments(batch), "owed": owed},
    )
    return [KeptLot(row.lo_fen, row.amount_fen, row.hold_id, row.lot_id, row.fen) for row in rows]


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
