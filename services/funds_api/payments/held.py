"""The hold that a batch may name: it keeps the money from the day it is placed until the approval pays from it.

Refuses a hold of another account or fund, one that is over, and one that keeps a returned row for its own household.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.holds import store as holds
from services.funds_api.lots import decide, ledger
from services.funds_api.payments import store
from services.funds_api.payments.refusals import HoldNotForBatch
from services.funds_api.tables import LotRow, PaymentBatchRow, PaymentReturnRow
from treasury.lots import Lot


async def must_fit(tx: AsyncSession, who: Principal, county: str, hold: UUID, *, account: UUID, fund: str) -> None:
    """Refuse a hold that the approval of such a batch could never pay from."""
    kept = await holds.kept(tx, who, county, hold, account=account, today=ledger.today())
    of_return = select(PaymentReturnRow.hold_id).where(
        PaymentReturnRow.county_code == county, PaymentReturnRow.hold_id == hold
    )
    if (await tx.scalars(of_return.limit(1))).first() is not None:
        raise HoldNotForBatch(str(hold), fund, kept_for_return=True)
    if not await _of_fund(tx, county, kept, fund, None):
        raise HoldNotForBatch(str(hold), fund, kept_for_return=False)


async def available(tx: AsyncSession, who: Principal, batch: PaymentBatchRow) -> list[tuple[int, int]]:
    """What a batch may pay on its day, as (budget year, fen) in the order in which it would be drawn.

    What its hold keeps of its fund, else what its account has free of it.
    """
    if batch.hold_id is None:
        return await store.available(tx, batch.county_code, batch.account_id, batch.fund_code, batch.effective_on)
    kept = await _kept(tx, who, batch, batch.hold_id)
    payable = await _of_fund(tx, batch.county_code, kept, batch.fund_code, batch.effective_on)
    return [(lot.fiscal_year, kept[lot.id]) for lot in payable]


async def open_lots(tx: AsyncSession, who: Principal, batch: PaymentBatchRow, cards: UUID, need_fen: int) -> list[Lot]:
    """Lock the batch's account and the cards'; the lots that give `need_fen`: of its hold, if it has one."""
    kept = await _kept(tx, who, batch, batch.hold_id) if batch.hold_id and need_fen else None
    there = await ledger.open_lots(
        tx,
        batch.county_code,
        [batch.account_id, cards],
        batch.account_id,
        upto=batch.effective_on,
        fund=batch.fund_code,
        need_fen=need_fen,
        named=list(kept) if kept is not None else None,
    )
    if kept is None or batch.hold_id is None:
        return there
    await _kept(tx, who, batch, batch.hold_id)  # still, now that the account is locked
    return decide.held_only(batch.hold_id, need_fen, there, kept)


async def _kept(tx: AsyncSession, who: Principal, batch: PaymentBatchRow, hold: UUID) -> dict[UUID, int]:
    today = ledger.today()
    return await holds.kept(tx, who, batch.county_code, hold, account=batch.account_id, today=today, by=batch.id)


async def _of_fund(tx: AsyncSession, county: str, kept: Mapping[UUID, int], fund: str, on: date | None) -> list[LotRow]:
    """Those of the kept lots that are of a fund and, with `on`, pay that day; the oldest first."""
    query = select(LotRow).where(LotRow.county_code == county, LotRow.id.in_(kept), LotRow.fund_code == fund)
    if on is not None:
        query = query.where(LotRow.arrived_on <= on, or_(LotRow.release_on.is_(None), LotRow.release_on <= on))
    return list(await tx.scalars(query.order_by(LotRow.arrived_on, LotRow.id)))
