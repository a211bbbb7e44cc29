"""What is known of evidence files, in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_unless_there
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.audit_api.access import visible_to
from services.audit_api.moments import EVERYTHING
from services.audit_api.tables import EvidenceRow, EvidenceSignatureRow, EvidenceWithdrawalRow


async def of_finding(
    session: AsyncSession,
    who: Principal,
    county: str,
    finding: UUID,
    window: Window | None = None,
    known: int = EVERYTHING,
) -> Sequence[EvidenceRow]:
    """Visible evidence of a finding by id, as known by a position: all of it, or one more than the page holds."""
    query = (
        select(EvidenceRow)
        .where(
            EvidenceRow.county_code == county,
            EvidenceRow.finding_id == finding,
            EvidenceRow.position <= known,
            visible_to(who, EvidenceRow.region_code),
        )
        .order_by(EvidenceRow.id)
    )
    if window is not None:
        query = query.limit(window.limit + 1)
        if after := window.key(UUID):
            query = query.where(EvidenceRow.id > after[0])
    return (await session.scalars(query)).all()


async def of_order(
    session: AsyncSession, who: Principal, county: str, order: UUID, window: Window, known: int
) -> Sequence[EvidenceRow]:
    """Visible proof kept for an order by id, as known by a position: one more than the page holds."""
    query = (
        select(EvidenceRow)
        .where(
            EvidenceRow.county_code == county,
            EvidenceRow.order_id == order,
            EvidenceRow.position <= known,
            visible_to(who, EvidenceRow.region_code),
        )
        .order_by(EvidenceRow.id)
        .limit(window.limit + 1)
    )
    if after := window.key(UUID):
        query = query.where(EvidenceRow.id > after[0])
    return (await session.scalars(query)).all()


async def one(session: AsyncSession, who: Principal, county: str, evidence_id: UUID) -> EvidenceRow | None:
    return await session.scalar(
        select(EvidenceRow).where(
            EvidenceRow.county_code == county, EvidenceRow.id == evidence_id, visible_to(who, EvidenceRow.region_code)
        )
    )


async def same_content(
    session: AsyncSession, county: str, finding: UUID, order: UUID | None, sha256: bytes
) -> UUID | None:
    """The evidence of this finding, or of this order on it, that has the same content, or None."""
    return await session.scalar(
        select(EvidenceRow.id).where(
            EvidenceRow.county_code == county,
            EvidenceRow.finding_id == finding,
            EvidenceRow.order_id.is_not_distinct_from(order),
            EvidenceRow.sha256 == sha256,
        )
    )


async def forgotten(session: AsyncSession, county: str, sha256: bytes) -> EvidenceRow | None:
    """An evidence of the county that names this content and whose content was erased or stopped, or None."""
    return await session.scalar(
        select(EvidenceRow)
        .where(
            EvidenceRow.county_code == county,
            EvidenceRow.sha256 == sha256,
            or_(EvidenceRow.content_erased_on.is_not(None), EvidenceRow.content_stopped_on.is_not(None)),
        )
        .limit(1)
    )


async def naming(session: AsyncSession, county: str, keys: Collection[str]) -> dict[str, bool]:
    """Of these keys those that a row of the county names, and whether each such row says its content is forgotten."""
    rows = await session.execute(
        select(EvidenceRow.path_key, func.bool_and(EvidenceRow.content_erased_on.is_not(None)).label("forgotten"))
        .where(EvidenceRow.county_code == county, EvidenceRow.path_key.in_(keys))
        .group_by(EvidenceRow.path_key)
    )
    return {row.path_key: row.forgotten for row in rows}


async def add(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Register a file; False where the finding, or the order, has this very content already."""
    written = (
        insert_unless_there(EvidenceRow)
        .values(values)
        .on_conflict_do_nothing(
            index_elements=[
                EvidenceRow.county_code,
                EvidenceRow.finding_id,
                EvidenceRow.order_id,
                EvidenceRow.sha256,
            ]
        )
    )
    return (await session.scalar(written.returning(EvidenceRow.id))) is not None


async def lock(session: AsyncSession, who: Principal, county: str, evidence_id: UUID) -> EvidenceRow | None:
    """The evidence, locked against other decisions about it."""
    return await session.scalar(
        select(EvidenceRow)
        .where(
            EvidenceRow.county_code == county, EvidenceRow.id == evidence_id, visible_to(who, EvidenceRow.region_code)
        )
        .with_for_update(key_share=True)
    )


async def signatures(
    session: AsyncSession, county: str, evidence: Collection[UUID], known: int = EVERYTHING
) -> Sequence[EvidenceSignatureRow]:
    """What is told of the suppliers' signatures, as known by a position, oldest first."""
    found = await session.scalars(
        select(EvidenceSignatureRow)
        .where(
            EvidenceSignatureRow.county_code == county,
            EvidenceSignatureRow.evidence_id.in_(evidence),
            EvidenceSignatureRow.position <= known,
        )
        .order_by(EvidenceSignatureRow.evidence_id, EvidenceSignatureRow.signature_no)
    )
    return found.all()


async def signatures_n(session: AsyncSession, county: str, evidence_id: UUID) -> int:
    counted = select(func.count()).where(
        EvidenceSignatureRow.county_code == county, EvidenceSignatureRow.evidence_id == evidence_id
    )
    return await session.scalar(counted) or 0


async def withdrawals(
    session: AsyncSession, county: str, evidence: Collection[UUID], known: int = EVERYTHING
) -> Sequence[EvidenceWithdrawalRow]:
    """Requests to withdraw, as known by a position, oldest first."""
    found = await session.scalars(
        select(EvidenceWithdrawalRow)
        .where(
            EvidenceWithdrawalRow.county_code == county,
            EvidenceWithdrawalRow.evidence_id.in_(evidence),
            EvidenceWithdrawalRow.position <= known,
        )
        .order_by(EvidenceWithdrawalRow.evidence_id, EvidenceWithdrawalRow.withdrawal_no)
    )
    return found.all()


async def add_signature(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(EvidenceSignatureRow).values(values))


async def add_withdrawal(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(EvidenceWithdrawalRow).values(values))


async def decide_withdrawal(session: AsyncSession, row: EvidenceWithdrawalRow, decided: dict[str, Any]) -> None:
    await session.execute(
        update(EvidenceWithdrawalRow)
        .where(
            EvidenceWithdrawalRow.county_code == row.county_code,
            EvidenceWithdrawalRow.evidence_id == row.evidence_id,
            EvidenceWithdrawalRow.withdrawal_no == row.withdrawal_no,
        )
        .values(decided)
        .execution_options(synchronize_session=False)
    )


async def mark_withdrawn(session: AsyncSession, row: EvidenceRow, on: date) -> None:
    await session.execute(
        update(EvidenceRow)
        .where(EvidenceRow.county_code == row.county_code, EvidenceRow.id == row.id)
        .values(withdrawn_on=on)
        .execution_options(synchronize_session=False)
    )
