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
from services.audit_api.erasures.places import Erased
from services.audit_api.tables import ErasureRow, EvidenceRow


async def texts(session: AsyncSession, county: str, what: str, row_id: UUID, fields: list[str]) -> list[str]:
    """The words in these fields of a thing and of what belongs to it, as far as the caller sees them; each once."""
    found = await session.scalar(
        text("SELECT audit.texts_of(:county, :what, :row, :fields)"),
        {"county": county, "what": what, "row": row_id, "fields": fields},
    )
    return list(found or [])


async def same_files(session: AsyncSession, county: str, evidence_id: UUID) -> Sequence[EvidenceRow]:
    """Every evidence of the county that names the same content and has not lost it, by id."""
    content = (
        select(EvidenceRow.sha256)
        .where(EvidenceRow.county_code == county, EvidenceRow.id == evidence_id)
        .scalar_subquery()
    )
    query = select(EvidenceRow).where(
        EvidenceRow.county_code == county, EvidenceRow.sha256 == content, EvidenceRow.content_erased_on.is_(None)
    )
    return (await session.scalars(query.order_by(EvidenceRow.id))).all()


async def erase(session: AsyncSession, county: str, erasure: UUID, texts: list[str]) -> int:
    """Take exactly these words out; from how many recorded answers."""
    found = await session.scalar(
        text("SELECT audit.erase_texts(:county, :erasure, :texts)"),
        {"county": county, "erasure": erasure, "texts": texts},
    )
    return int(found or 0)


async def add(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(ErasureRow).values(values))


async def lock(
    session: AsyncSession, who: Principal, county: str, erasure: UUID, lead_id: UUID | None
) -> ErasureRow | None:
    """The erasure, locked against another decision: of this lead, or, without one, of anything but a lead."""
    query = select(ErasureRow).where(
        ErasureRow.county_code == county, ErasureRow.id == erasure, visible_to(who, ErasureRow.region_code)
    )
    query = (
        query.where(ErasureRow.what != Erased.LEAD) if lead_id is None else query.where(ErasureRow.row_id == lead_id)
    )
    return await session.scalar(query.with_for_update().execution_options(populate_existing=True))


async def of_lead(session: AsyncSession, county: str, lead_id: UUID) -> Sequence[ErasureRow]:
    """The erasures of a lead by id, for its members; row-level security shows them to nobody else."""
    query = select(ErasureRow).where(
        ErasureRow.county_code == county, ErasureRow.row_id == lead_id, ErasureRow.what == Erased.LEAD
    )
    return (await session.scalars(query.order_by(ErasureRow.id))).all()


async def page(session: AsyncSession, who: Principal, county: str, window: Window, known: int) -> Sequence[ErasureRow]:
    """Erasures of a county by id, but for those of leads, as known by a position, one more than the page holds."""
    query = select(ErasureRow).where(
        ErasureRow.county_code == county,
        ErasureRow.what != Erased.LEAD,
        ErasureRow.position <= known,
        visible_to(who, ErasureRow.region_code),
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
