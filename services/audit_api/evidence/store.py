"""What is known of evidence files, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.audit_api.access import visible_to
from services.audit_api.tables import EvidenceRow


async def of_finding(
    session: AsyncSession, who: Principal, county: str, finding: UUID, window: Window | None = None
) -> Sequence[EvidenceRow]:
    """Visible evidence of a finding by id: all of it, or one more than the page holds."""
    query = (
        select(EvidenceRow)
        .where(
            EvidenceRow.county_code == county,
            EvidenceRow.finding_id == finding,
            visible_to(who, EvidenceRow.region_code),
        )
        .order_by(EvidenceRow.id)
    )
    if window is not None:
        query = query.limit(window.limit + 1)
        if after := window.key(UUID):
            query = query.where(EvidenceRow.id > after[0])
    return (await session.scalars(query)).all()


async def one(session: AsyncSession, who: Principal, county: str, evidence_id: UUID) -> EvidenceRow | None:
    return await session.scalar(
        select(EvidenceRow).where(
            EvidenceRow.county_code == county, EvidenceRow.id == evidence_id, visible_to(who, EvidenceRow.region_code)
        )
    )


async def same_content(session: AsyncSession, county: str, finding: UUID, sha256: bytes) -> UUID | None:
    """The evidence of this finding that has the same content, or None."""
    return await session.scalar(
        select(EvidenceRow.id).where(
            EvidenceRow.county_code == county, EvidenceRow.finding_id == finding, EvidenceRow.sha256 == sha256
        )
    )


async def add(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(EvidenceRow).values(values))
