"""Funds in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.pages import Window
from services.funds_api.tables import FundRow


@dataclass(eq=False)
class FundKnown(Exception):
    """The code already names another fund."""

    code: str
    name: str

    def __str__(self) -> str:
        return f"资金代码 {self.code} 已登记为“{self.name}”"


async def record(session: AsyncSession, row: dict[str, Any]) -> FundRow:
    """Insert the fund unless its code is known; return what the code means now."""
    await session.execute(insert(FundRow).values(row).on_conflict_do_nothing())
    return (await session.scalars(select(FundRow).where(FundRow.code == row["code"]))).one()


async def exists(session: AsyncSession, code: str) -> bool:
    return (await session.scalar(select(FundRow.code).where(FundRow.code == code))) is not None


async def page(session: AsyncSession, window: Window) -> Sequence[FundRow]:
    query = select(FundRow).order_by(FundRow.code).limit(window.limit + 1)
    if after := window.key(str):
        query = query.where(FundRow.code > after[0])
    return (await session.scalars(query)).all()
