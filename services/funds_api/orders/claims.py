"""Whose invoices count: those of an order that stands. Refuses what would let two orders claim the same invoice."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.orders.refusals import InvoiceClaimed
from services.funds_api.orders.states import Outcome
from services.funds_api.tables import OrderResultRow


async def must_be_free(tx: AsyncSession, who: Principal, county: str, order_id: UUID) -> None:
    """Refuse an order, as written, whose invoices (or those of the order it replaces) another order claims.

    Nobody else in the county records between this and the commit.
    """
    found = await tx.execute(
        text("SELECT * FROM funds.rival_claims(:county, :order)"), {"county": county, "order": order_id}
    )
    rivals = found.all()
    if rivals:
        taken = {row.invoice_key: row for row in rivals}
        seen = sorted({row.order_number for row in rivals if row.region_code.startswith(who.region)})
        numbers, total = [row.invoice_number for row in taken.values()], sum(row.amount_fen for row in taken.values())
        raise InvoiceClaimed(numbers, total, seen)


async def must_stay_free(tx: AsyncSession, who: Principal, county: str, undone: Sequence[UUID]) -> None:
    """Refuse to have undone these movements if an order that had come back claims again what another has claimed."""
    query = select(OrderResultRow.order_id).where(
        OrderResultRow.county_code == county,
        OrderResultRow.movement_id.in_(undone),
        OrderResultRow.result == Outcome.RETURNED,
    )
    for order_id in (await tx.scalars(query)).all():
        await must_be_free(tx, who, county, order_id)
