"""Versions of findings in SQL: what each said, with its facts and subjects, and what was decided on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit_api.tables import (
    EvidenceRow,
    FindingFactEvidenceRow,
    FindingFactRow,
    FindingReviewRow,
    FindingSubjectLotRow,
    FindingSubjectRow,
    FindingVersionRow,
)

Exact = tuple[UUID, int]  # a finding and the number of its version


async def add(
    session: AsyncSession,
    version: Mapping[str, Any],
    facts: Sequence[Mapping[str, Any]],
    subjects: Sequence[Mapping[str, Any]],
    lots: Sequence[Mapping[str, Any]],
) -> None:
    """Write one version with its facts, its subjects and the lots of these."""
    await session.execute(insert(FindingVersionRow).values(dict(version)))
    key = {name: version[name] for name in ("county_code", "region_code", "finding_id", "version_no")}
    numbered = [{**key, "fact_no": number, **fact} for number, fact in enumerate(facts, 1)]
    if numbered:
        told = [{name: value for name, value in fact.items() if name != "evidence_ids"} for fact in numbered]
        await session.execute(insert(FindingFactRow), told)
    named = [
        {**key, "fact_no": fact["fact_no"], "evidence_id": one} for fact in numbered for one in fact["evidence_ids"]
    ]
    if named:
        await session.execute(insert(FindingFactEvidenceRow), named)
    if subjects:
        rows = [{**key, "subject_no": number, **subject} for number, subject in enumerate(subjects, 1)]
        await session.execute(insert(FindingSubjectRow), rows)
    if lots:  # one statement: their sums are looked at when it ends
        await session.execute(
            insert(FindingSubjectLotRow).values(
                [{**key, "lot_no": number, **lot} for number, lot in enumerate(lots, 1)]
            )
        )


async def latest(
    session: AsyncSession, county: str, findings: Collection[UUID], position: int
) -> dict[UUID, FindingVersionRow]:
    """The version of each finding that stood by `position` of the journal."""
    rows = await session.scalars(
        select(FindingVersionRow)
        .where(
            FindingVersionRow.county_code == county,
            FindingVersionRow.finding_id.in_(findings),
            FindingVersionRow.position <= position,
        )
        .order_by(FindingVersionRow.finding_id, FindingVersionRow.version_no.desc())
        .ext(distinct_on(FindingVersionRow.finding_id))
    )
    return {row.finding_id: row for row in rows}


async def every(session: AsyncSession, county: str, finding: UUID, position: int) -> Sequence[FindingVersionRow]:
    """Every version of a finding made by `position`, the first one first."""
    rows = await session.scalars(
        select(FindingVersionRow)
        .where(
            FindingVersionRow.county_code == county,
            FindingVersionRow.finding_id == finding,
            FindingVersionRow.position <= position,
        )
        .order_by(FindingVersionRow.version_no)
    )
    return rows.all()


async def reviews(session: AsyncSession, county: str, finding: UUID, position: int) -> dict[int, FindingReviewRow]:
    """What was decided by `position` on the versions of a finding, by their numbers."""
    rows = await session.scalars(
        select(FindingReviewRow).where(
            FindingReviewRow.county_code == county,
            FindingReviewRow.finding_id == finding,
            FindingReviewRow.position <= position,
        )
    )
    return {row.version_no: row for row in rows}


async def add_review(session: AsyncSession, values: Mapping[str, Any]) -> None:
    await session.execute(insert(FindingReviewRow).values(dict(values)))


async def subjects(
    session: AsyncSession, county: str, versions: Collection[Exact]
) -> dict[Exact, list[FindingSubjectRow]]:
    """What each version is about, in the order it named it."""
    found: dict[Exact, list[FindingSubjectRow]] = {exact: [] for exact in versions}
    rows = await session.scalars(
        select(FindingSubjectRow)
        .where(
            FindingSubjectRow.county_code == county,
            tuple_(FindingSubjectRow.finding_id, FindingSubjectRow.version_no).in_(sorted(versions)),
        )
        .order_by(FindingSubjectRow.finding_id, FindingSubjectRow.version_no, FindingSubjectRow.subject_no)
    )
    for row in rows:
        found[row.finding_id, row.version_no].append(row)
    return found


async def subject_lots(
    session: AsyncSession, county: str, versions: Collection[Exact]
) -> dict[Exact, list[FindingSubjectLotRow]]:
    """The lots in which the money of what each version names rested, in the order of what it names."""
    found: dict[Exact, list[FindingSubjectLotRow]] = {exact: [] for exact in versions}
    row = FindingSubjectLotRow
    rows = await session.scalars(
        select(row)
        .where(row.county_code == county, tuple_(row.finding_id, row.version_no).in_(sorted(versions)))
        .order_by(row.finding_id, row.version_no, row.lot_no)
    )
    for one in rows:
        found[one.finding_id, one.version_no].append(one)
    return found


async def names_money(session: AsyncSession, county: str, finding: UUID) -> bool:
    """Whether any version of a finding names lots that no alert saw."""
    row = FindingSubjectLotRow
    query = select(row.lot_id).where(row.county_code == county, row.finding_id == finding).limit(1)
    return await session.scalar(query) is not None


async def facts(
    session: AsyncSession, county: str, versions: Collection[Exact]
) -> dict[Exact, list[tuple[FindingFactRow, list[UUID]]]]:
    """The recorded facts of each version, each with the evidence it rests on."""
    found: dict[Exact, list[tuple[FindingFactRow, list[UUID]]]] = {exact: [] for exact in versions}
    of = (
        FindingFactEvidenceRow.county_code == county,
        tuple_(FindingFactEvidenceRow.finding_id, FindingFactEvidenceRow.version_no).in_(sorted(versions)),
    )
    by_fact: dict[tuple[UUID, int, int], list[UUID]] = {}
    for one in await session.scalars(
        select(FindingFactEvidenceRow).where(*of).order_by(FindingFactEvidenceRow.evidence_id)
    ):
        by_fact.setdefault((one.finding_id, one.version_no, one.fact_no), []).append(one.evidence_id)
    rows = await session.scalars(
        select(FindingFactRow)
        .where(
            FindingFactRow.county_code == county,
            tuple_(FindingFactRow.finding_id, FindingFactRow.version_no).in_(sorted(versions)),
        )
        .order_by(FindingFactRow.finding_id, FindingFactRow.version_no, FindingFactRow.fact_no)
    )
    for row in rows:
        evidence = by_fact.get((row.finding_id, row.version_no, row.fact_no), [])
        found[row.finding_id, row.version_no].append((row, evidence))
    return found


async def kept_with(session: AsyncSession, county: str, finding: UUID, evidence: Collection[UUID]) -> set[UUID]:
    """Those of `evidence` that are kept with the finding."""
    rows = await session.scalars(
        select(EvidenceRow.id).where(
            EvidenceRow.county_code == county, EvidenceRow.finding_id == finding, EvidenceRow.id.in_(evidence)
        )
    )
    return set(rows)
