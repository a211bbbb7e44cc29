"""Declared interests in SQL: one's own only."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.audit_api.tables import InterestDeclarationRow


async def own(session: AsyncSession, who: Principal, county: str) -> list[InterestDeclarationRow]:
    """What the caller declared in a county, oldest first."""
    return list(
        await session.scalars(
            select(InterestDeclarationRow)
            .where(InterestDeclarationRow.county_code == county, InterestDeclarationRow.person == who.subject)
            .order_by(InterestDeclarationRow.id)
        )
    )


async def add(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(InterestDeclarationRow).values(values))
