"""Publications of batches and objections to them in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.tables import BatchObjectionRow, PaymentRow, PublicationRow


async def insert_publication(tx: AsyncSession, row: dict[str, Any]) -> None:
    await tx.execute(insert(PublicationRow).values(row))


async def publications(tx: AsyncSession, county: str, batch: UUID) -> Sequence[PublicationRow]:
    """How often a batch was put on show, in the order of recording; mostly once, [] for never."""
    query = (
        select(PublicationRow)
        .where(PublicationRow.county_code == county, PublicationRow.batch_id == batch)
        .order_by(PublicationRow.seq)
    )
    return (await tx.scalars(query)).all()


async def has_line(tx: AsyncSession, county: str, batch: UUID, line: int) -> bool:
    """Whether the batch has a good row in that line that the caller may see."""
    query = select(PaymentRow.line).where(
        PaymentRow.county_code == county, PaymentRow.batch_id == batch, PaymentRow.line == line
    )
    return (await tx.scalar(query)) is not None


async def amounts(tx: AsyncSession, county: str, batch: UUID, lines: Sequence[int]) -> dict[int, int]:
    """What these rows of a list get, in fen."""
    query = select(PaymentRow.line, PaymentRow.amount_fen).where(
        PaymentRow.county_code == county, PaymentRow.batch_id == batch, PaymentRow.line.in_(lines)
    )
    return {row.line: row.amount_fen for row in await tx.execute(query)}


async def insert_objection(tx: AsyncSession, row: dict[str, Any]) -> None:
    await tx.execute(insert(BatchObjectionRow).values(row))


async def objections(tx: AsyncSession, county: str, batch: UUID) -> Sequence[BatchObjectionRow]:
    """The objections to a batch, in the order of recording."""
    query = (
        select(BatchObjectionRow)
        .where(BatchObjectionRow.county_code == county, BatchObjectionRow.batch_id == batch)
        .order_by(BatchObjectionRow.id)
        .execution_options(populate_existing=True)
    )
    return (await tx.scalars(query)).all()


async def close_objection(tx: AsyncSession, row: BatchObjectionRow, changes: dict[str, Any]) -> None:
    await tx.execute(
        update(BatchObjectionRow)
        .where(BatchObjectionRow.county_code == row.county_code, BatchObjectionRow.id == row.id)
        .values(changes)
    )
