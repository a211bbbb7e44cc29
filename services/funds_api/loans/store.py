"""Loans in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.moments import Moment
from services.funds_api.tables import LoanRow


async def by_reference(tx: AsyncSession, county: str, bank: str, bank_ref: str) -> LoanRow | None:
    """What this bank has reported under this reference in the county."""
    query = select(LoanRow).where(LoanRow.county_code == county, LoanRow.bank == bank, LoanRow.bank_ref == bank_ref)
    return (await tx.scalars(query)).one_or_none()


async def record(tx: AsyncSession, row: dict[str, Any]) -> LoanRow | None:
    """Insert the loan; None if the bank's reference has acted meanwhile (a racing request's commit is waited for)."""
    query = insert(LoanRow).values(row).on_conflict_do_nothing(index_elements=["county_code", "bank", "bank_ref"])
    return (await tx.scalars(query.returning(LoanRow))).one_or_none()


async def page(
    tx: AsyncSession, who: Principal, county: str, window: Window, *, moment: Moment, bank: str | None
) -> Sequence[LoanRow]:
    """Visible loans disbursed and known by a moment, by id, of one bank if given, one more than the page holds."""
    query = (
        select(LoanRow)
        .where(
            LoanRow.county_code == county,
            visible_to(who, LoanRow.region_code),
            LoanRow.disbursed_on <= moment.as_of,
            LoanRow.position <= moment.position,
        )
        .order_by(LoanRow.id)
        .limit(window.limit + 1)
    )
    if bank is not None:
        query = query.where(LoanRow.bank == bank)
    if after := window.key(UUID):
        query = query.where(LoanRow.id > after[0])
    return (await tx.scalars(query)).all()
