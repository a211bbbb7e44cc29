"""Published outcomes in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.audit_api.access import visible_to
from services.audit_api.tables import CaseOutcomeRow


async def page(session: AsyncSession, who: Principal, county: str, window: Window) -> Sequence[CaseOutcomeRow]:
    """Visible outcomes by id, one more than the page holds."""
    query = (
        select(CaseOutcomeRow)
        .where(CaseOutcomeRow.county_code == county, visible_to(who, CaseOutcomeRow.region_code))
        .order_by(CaseOutcomeRow.id)
        .limit(window.limit + 1)
    )
    if after := window.key(UUID):
        query = query.where(CaseOutcomeRow.id > after[0])
    return (await session.scalars(query)).all()


async def known_as(session: AsyncSession, county: str, reference: str) -> UUID | None:
    return await session.scalar(
        select(CaseOutcomeRow.id).where(CaseOutcomeRow.county_code == county, CaseOutcomeRow.reference == reference)
    )


async def there(session: AsyncSession, who: Principal, county: str, outcome: UUID) -> CaseOutcomeRow | None:
    return await session.scalar(
        select(CaseOutcomeRow).where(
            CaseOutcomeRow.county_code == county,
            CaseOutcomeRow.id == outcome,
            visible_to(who, CaseOutcomeRow.region_code),
        )
    )


async def add(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(CaseOutcomeRow).values(values))


async def statistics(session: AsyncSession, who: Principal, county: str) -> Sequence[Any]:
    """By class and form: how many, of how many fen (an amount told of two cases once), persons and households."""
    row = CaseOutcomeRow
    own = row.same_amount_as.is_(None)
    told = await session.execute(
        select(
            row.violation,
            row.form,
            func.count().label("outcomes_n"),
            func.count(row.amount_fen).label("with_amount_n"),
            func.count().filter(row.amount_known == "approximate").label("approximate_n"),
            func.coalesce(func.sum(row.amount_fen).filter(own), 0).label("amount_fen"),
            func.coalesce(func.sum(row.persons_n), 0).label("persons_n"),
            func.coalesce(func.sum(row.households_n), 0).label("households_n"),
        )
        .where(row.county_code == county, visible_to(who, row.region_code))
        .group_by(row.violation, row.form)
        .order_by(row.violation, row.form.nulls_last())
    )
    return told.all()
