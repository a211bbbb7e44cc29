"""Erasures in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.audit_api.access import visible_to
from services.audit_api.tables import ErasureRow


async def texts(session: AsyncSession, county: str, what: str, row_id: UUID, fields: list[str]) -> list[str]:
    """The words in these fields of a thing and of what belongs to it, as far as the caller sees them; each once."""
    found = await session.scalar(
        text("SELECT audit.texts_of(:county, :what, :row, :fields)"),
        {"county": county, "what": what, "row": row_id, "fields": fields},
    )
    return list(found or [])


async def erase(session: AsyncSession, county: str, erasure: UUID) -> int:
    """Take the words out; from how many recorded answers."""
    found = await session.scalar(
        text("SELECT audit.erase_texts(:county, :erasure)"), {"county": county, "erasure": erasure}
    )
    return int(found or 0)


async def add(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(ErasureRow).values(values))


async def one(
    session: AsyncSession, who: Principal, county: str, erasure: UUID, *, lock: bool = False
) -> ErasureRow | None:
    query = (
        select(ErasureRow)
        .where(ErasureRow.county_code == county, ErasureRow.id == erasure, visible_to(who, ErasureRow.region_code))
        .execution_options(populate_existing=True)
    )
    return await session.scalar(query.with_for_update() if lock else query)


async def page(session: AsyncSession, who: Principal, county: str, window: Window, known: int) -> Sequence[ErasureRow]:
    """Erasures of a county by id, as known by a position, one more than the page holds."""
    query = select(ErasureRow).where(
        ErasureRow.county_code == county, ErasureRow.position <= known, visible_to(who, ErasureRow.region_code)
    )
    if after := window.key(UUID):
        query = query.where(ErasureRow.id > after[0])
    return (await session.scalars(query.order_by(ErasureRow.id).limit(window.limit + 1))).all()


async def decide(session: AsyncSession, row: ErasureRow, values: dict[str, Any]) -> None:
    await session.execute(
        update(ErasureRow)
        .where(ErasureRow.county_code == row.county_code, ErasureRow.id == row.id)
        .values(values)
        .execution_options(synchronize_session=False)
    )
