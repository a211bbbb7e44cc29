"""Extracts in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.audit_api.access import visible_to
from services.audit_api.tables import EvidenceRow, LedgerExtractRow

Found = Row[LedgerExtractRow, EvidenceRow]


def _of(who: Principal, county: str, finding: UUID) -> Select[LedgerExtractRow, EvidenceRow]:
    same = and_(EvidenceRow.county_code == LedgerExtractRow.county_code, EvidenceRow.id == LedgerExtractRow.evidence_id)
    return (
        select(LedgerExtractRow, EvidenceRow)
        .join(EvidenceRow, same)
        .where(
            LedgerExtractRow.county_code == county,
            LedgerExtractRow.finding_id == finding,
            visible_to(who, LedgerExtractRow.region_code),
        )
    )


async def page(
    session: AsyncSession, who: Principal, county: str, finding: UUID, window: Window, known: int
) -> Sequence[Found]:
    """Extracts of a finding by id that were known by a position, one more than the page holds."""
    query = _of(who, county, finding).where(LedgerExtractRow.position <= known)
    if after := window.key(UUID):
        query = query.where(LedgerExtractRow.evidence_id > after[0])
    return (await session.execute(query.order_by(LedgerExtractRow.evidence_id).limit(window.limit + 1))).all()


async def one(session: AsyncSession, who: Principal, county: str, finding: UUID, extract: UUID) -> Found | None:
    return (
        await session.execute(_of(who, county, finding).where(LedgerExtractRow.evidence_id == extract))
    ).one_or_none()


async def add(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(LedgerExtractRow).values(values))
