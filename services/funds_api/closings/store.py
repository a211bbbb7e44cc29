"""Closings in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.pages import Window, date_in
from services.funds_api.tables import ClosingRow


async def close(session: AsyncSession, county: str, through: date, document: str, actor: str) -> int | None:
    """Wait for every posting under way, then close; the position that records it, or None when closed so far."""
    position: int | None = await session.scalar(
        text("SELECT funds.close_books(:county, :through, :document, :actor)"),
        {"county": county, "through": through, "document": document, "actor": actor},
    )
    return position


async def closed_through(session: AsyncSession, county: str) -> date | None:
    query = select(func.max(ClosingRow.through)).where(ClosingRow.county_code == county)
    return (await session.scalars(query)).one_or_none()


async def page(session: AsyncSession, county: str, window: Window, known: int) -> Sequence[ClosingRow]:
    """The county's closings recorded up to a position, by day, one more than the page holds."""
    query = (
        select(ClosingRow)
        .where(ClosingRow.county_code == county, ClosingRow.position <= known)
        .order_by(ClosingRow.through)
        .limit(window.limit + 1)
    )
    if after := window.key(date_in):
        query = query.where(ClosingRow.through > after[0])
    return (await session.scalars(query)).all()
