"""Findings as they stood at a moment: the version known then, how far it had come, and what was put right by a day.

Read with everything known, this is what there is: the same way of telling, so that an answer of today can be asked for
again later to the same figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit_api.engagements.shown import ref
from services.audit_api.engagements.store import named_in
from services.audit_api.findings import deriving, store, versions
from services.audit_api.findings.binding import LOT, Subject, by_kind
from services.audit_api.findings.deriving import by_lot
from services.audit_api.findings.schemas import (
    CLASSES,
    AmountKnown,
    Finding,
    FindingLot,
    FindingSubject,
    FindingVersion,
    Published,
    RecordedFact,
    SubjectLot,
    VersionMade,
)
from services.audit_api.findings.states import FindingDecision, FindingStatus, status_at
from services.audit_api.moments import Moment
from services.audit_api.tables import (
    EngagementRow,
    FindingFactRow,
    FindingLotRow,
    FindingReviewRow,
    FindingRow,
    FindingSubjectLotRow,
    FindingSubjectRow,
    FindingVersionRow,
)


async def shown(tx: AsyncSession, county: str, rows: Sequence[FindingRow], moment: Moment) -> list[Finding]:
    """Each finding with its money at the moment and the proof of it; one not drawn up by then is left out."""
    ids = [row.id for row in rows]
    said = await versions.latest(tx, county, ids, moment.position)
    exact = [(one.finding_id, one.version_no) for one in said.values()]
    about = await versions.subjects(tx, county, exact)
    named = await versions.subject_lots(tx, county, exact)
    lots = await store.lots_of(tx, county, ids, moment.position)
    rectified = await store.rectified_of(tx, county, ids, moment.as_of, moment.position)
    made_in = await named_in(tx, county, ids, moment)
    return [
        _told(
            row,
            said[row.id],
            about[row.id, said[row.id].version_no],
            named[row.id, said[row.id].version_no],
            lots[row.id],
            rectified.get(row.id, {}),
            made_in.get(row.id),
            moment,
        )
        for row in rows
        if row.id in said
    ]


def _told(
    row: FindingRow,
    version: FindingVersionRow,
    about: Sequence[FindingSubjectRow],
    named: Sequence[FindingSubjectLotRow],
    lots: Sequence[FindingLotRow],
    rectified: Mapping[UUID, tuple[int, int]],
    made_in: tuple[EngagementRow, date | None] | None,
    moment: Moment,
) -> Finding:
    status = status_at(moment.position, row.confirmed_position, row.ordered_position, row.closed_position)
    confirmed = status is not FindingStatus.DRAFT
    bound = bound_then(lots, rectified) if confirmed else _would_bind(about, named)
    sums = by_kind(Subject(one.kind, one.subject_id, one.amount_fen) for one in about)
    then_fen = sum(fen for fen, _ in rectified.values())
    amount_fen = version.amount_fen or 0
    return Finding(
        id=row.id,
        county_code=row.county_code,
        class_code=version.class_code,
        class_name=CLASSES[version.class_code],
        title=version.title,
        facts=version.facts,
        engagement=ref(made_in[0]) if made_in else None,
        engagement_terminated_on=made_in[1] if made_in else None,
        status=status,
        version=row.version,
        version_no=version.version_no,
        version_hash=version.version_hash,
        found_on=version.found_on,
        opened_by=row.opened_by,
        confirmed_by=row.confirmed_by if confirmed else None,
        confirmed_on=row.confirmed_on if confirmed else None,
        closed_on=row.closed_on if status is FindingStatus.CLOSED else None,
        as_of=moment.as_of,
        amount_fen=version.amount_fen,
        bound_fen=sum(one.bound_fen for one in bound),
        rectified_fen=then_fen,
        rectified_later_fen=sum(fen for _, fen in rectified.values()),
        outstanding_fen=amount_fen - then_fen,
        unexplained_fen=amount_fen - max(sums.values(), default=0),
        alert_ids=version.alert_ids,
        amount_known=AmountKnown(version.amount_known) if version.amount_known else None,
        within_finding_id=version.within_finding_id,
        report_id=version.report_id,
        about_region=version.about_region,
        lots=bound,
    )


def bound_then(lots: Sequence[FindingLotRow], rectified: Mapping[UUID, tuple[int, int]]) -> list[FindingLot]:
    """What was bound in each of the lots known by then: what was bound at first, less what had moved on into others."""
    moved_on: dict[UUID, int] = {}
    for lot in lots:
        if lot.came_from is not None:
            moved_on[lot.came_from] = moved_on.get(lot.came_from, 0) + lot.first_fen
    return [
        FindingLot(
            lot_id=lot.lot_id,
            alert_id=lot.alert_id,
            came_from=lot.came_from,
            bound_fen=lot.first_fen - moved_on.get(lot.lot_id, 0),
            rectified_fen=sum(rectified.get(lot.lot_id, (0, 0))),
        )
        for lot in lots
    ]


def _would_bind(about: Sequence[FindingSubjectRow], named: Sequence[FindingSubjectLotRow]) -> list[FindingLot]:
    bound = [(one.subject_id, one.alert_id, one.amount_fen) for one in about if one.kind == LOT]
    bound += [(lot, None, fen) for lot, fen in sorted(by_lot(map(lot_of, named)).items())]
    return [
        FindingLot(lot_id=lot, alert_id=alert, came_from=None, bound_fen=fen, rectified_fen=0)
        for lot, alert, fen in bound
    ]


def fact_of(row: FindingFactRow, evidence: list[UUID]) -> RecordedFact:
    return RecordedFact(
        fact_no=row.fact_no,
        what=row.what,
        from_on=row.from_on,
        to_on=row.to_on,
        amount_fen=row.amount_fen,
        evidence_ids=evidence,
    )


def subjects_of(rows: Sequence[FindingSubjectRow], named: Sequence[FindingSubjectLotRow]) -> list[FindingSubject]:
    """What a version names, each with the lots in which its money rested."""
    lots: dict[int, list[SubjectLot]] = {}
    for one in named:
        lots.setdefault(one.subject_no, []).append(SubjectLot.model_validate(one, from_attributes=True))
    return [
        FindingSubject(
            kind=row.kind,
            id=row.subject_id,
            line=row.line,
            alert_id=row.alert_id,
            amount_fen=row.amount_fen,
            lots=lots.get(row.subject_no, []),
        )
        for row in rows
    ]


def lot_of(row: FindingSubjectLotRow) -> deriving.SubjectLot:
    """The same as `deriving` has it."""
    return deriving.SubjectLot(
        row.subject_no,
        row.lot_id,
        row.amount_fen,
        row.movement_id,
        row.position,
        row.depth,
        row.batch_id,
        row.line,
    )


def _made(row: FindingVersionRow, review: FindingReviewRow | None) -> dict[str, Any]:
    return {
        "version_no": row.version_no,
        "version_hash": row.version_hash,
        "made_by": row.made_by,
        "made_at": row.made_at,
        "decision": FindingDecision(review.decision) if review else None,
        "checked_by": review.checked_by if review else None,
        "decided_on": review.decided_on if review else None,
        "opinion": review.opinion if review else None,
    }


async def versions_made(tx: AsyncSession, county: str, finding: UUID, position: int) -> list[VersionMade]:
    """The versions of a finding made by `position`, and what was decided on each by then."""
    decided = await versions.reviews(tx, county, finding, position)
    made = await versions.every(tx, county, finding, position)
    return [VersionMade(**_made(row, decided.get(row.version_no))) for row in made]


async def versions_whole(tx: AsyncSession, county: str, finding: UUID, position: int) -> list[FindingVersion]:
    """The same with everything each version says."""
    decided = await versions.reviews(tx, county, finding, position)
    made = await versions.every(tx, county, finding, position)
    exact = [(finding, row.version_no) for row in made]
    facts = await versions.facts(tx, county, exact)
    subjects = await versions.subjects(tx, county, exact)
    lots = await versions.subject_lots(tx, county, exact)
    return [
        FindingVersion(
            **_made(row, decided.get(row.version_no)),
            class_code=row.class_code,
            class_edition=row.class_edition,
            title=row.title,
            facts=row.facts,
            found_on=row.found_on,
            amount_fen=row.amount_fen,
            amount_known=AmountKnown(row.amount_known) if row.amount_known else None,
            within_finding_id=row.within_finding_id,
            report_id=row.report_id,
            about_region=row.about_region,
            published=Published.model_validate(row.published) if row.published else None,
            alert_ids=row.alert_ids,
            recorded_facts=[fact_of(one, kept) for one, kept in facts[finding, row.version_no]],
            subjects=subjects_of(subjects[finding, row.version_no], lots[finding, row.version_no]),
            salt=row.salt,
        )
        for row in made
    ]
