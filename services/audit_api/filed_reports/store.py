"""Filed reports in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.audit_api.access import visible_to
from services.audit_api.tables import FiledReportRow, FindingVersionRow


async def page(session: AsyncSession, who: Principal, county: str, window: Window) -> Sequence[FiledReportRow]:
    """Visible reports by id, one more than the page holds."""
    query = (
        select(FiledReportRow)
        .where(FiledReportRow.county_code == county, visible_to(who, FiledReportRow.region_code))
        .order_by(FiledReportRow.id)
        .limit(window.limit + 1)
    )
    if after := window.key(UUID):
        query = query.where(FiledReportRow.id > after[0])
    return (await session.scalars(query)).all()


async def one(session: AsyncSession, who: Principal, county: str, report_id: UUID) -> FiledReportRow | None:
    return await session.scalar(
        select(FiledReportRow).where(
            FiledReportRow.county_code == county,
            FiledReportRow.id == report_id,
            visible_to(who, FiledReportRow.region_code),
        )
    )


async def filed_as(session: AsyncSession, county: str, reference: str) -> UUID | None:
    """The report filed under a reference, or None."""
    return await session.scalar(
        select(FiledReportRow.id).where(FiledReportRow.county_code == county, FiledReportRow.reference == reference)
    )


async def add(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(FiledReportRow).values(values))


async def published_of(session: AsyncSession, county: str, findings: Sequence[tuple[UUID, int]]) -> dict[UUID, Any]:
    """What each exact version of findings says was published."""
    numbers = dict(findings)
    rows = await session.execute(
        select(FindingVersionRow.finding_id, FindingVersionRow.version_no, FindingVersionRow.published).where(
            FindingVersionRow.county_code == county, FindingVersionRow.finding_id.in_(numbers)
        )
    )
    return {finding: told or {} for finding, number, told in rows if numbers[finding] == number}
