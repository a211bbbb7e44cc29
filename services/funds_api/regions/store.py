"""Regions in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.pages import Window
from services.funds_api.tables import RegionRow


async def record(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the divisions; one that is known takes the new name, level, parent and year."""
    new = insert(RegionRow).values(list(rows))
    changed = {name: new.excluded[name] for name in ("name", "level", "parent_code", "listed_year")}
    await session.execute(new.on_conflict_do_update(index_elements=["code"], set_=changed))


async def page(session: AsyncSession, parent: str | None, window: Window) -> Sequence[RegionRow]:
    """Children of `parent` (or the whole list) by code, one more than the page holds."""
    query = select(RegionRow).order_by(RegionRow.code).limit(window.limit + 1)
    if parent is not None:
        query = query.where(RegionRow.parent_code == parent)
    if after := window.key(str):
        query = query.where(RegionRow.code > after[0])
    return (await session.scalars(query)).all()
