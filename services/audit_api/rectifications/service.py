"""Asking for closure of an order, and reviewing that request."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.access import must_not_be_requester
from services.audit_api.checking import must_be_checked
from services.audit_api.findings import store as findings
from services.audit_api.findings.states import FindingStatus, after_closing
from services.audit_api.moments import Moment
from services.audit_api.quarantines.service import must_keep_nothing
from services.audit_api.rectifications import store
from services.audit_api.rectifications.schemas import (
    ClosureRequest,
    OrderFile,
    ReviewRequest,
)
from services.audit_api.rectifications.shown import file_of
from services.audit_api.rectifications.states import (
    OrderStatus,
    after_request,
    after_review,
    must_be_done,
    must_follow,
)
from services.audit_api.tables import RectificationOrderRow
from services.audit_api.words import sealed
from wire.audit import ClosureRequested, ClosureReviewed

# What stands by all that is recorded, whatever its day: a decision is made on nothing less.
LAST_DAY = date.max


async def request_closure(
    tx: AsyncSession, who: Principal, act: Act, county: str, order_id: UUID, request: ClosureRequest
) -> OrderFile:
    """Ask, for the unit, to have an order closed, and say what was done; every stage has to be done by then."""
    await act.claim(tx, county)
    row = await locked(tx, who, county, order_id)

    status = after_request(row.status)
    must_follow("申请日期", request.on, await last_day(tx, row))
    await _must_have_its_stages_done(tx, row)
    await must_be_evidence(tx, who, row, request.evidence_ids)

    # The earlier review, if any, stays as a step; the row names only who asks and who decides now.
    await store.advance(tx, row, status=status, requested_by=who.subject, reviewed_by=None)
    await store.add_step(tx, row, status, request.on, who.subject, request.explanation, request.evidence_ids)
    answer = await file_of(tx, who, await locked(tx, who, county, order_id), Moment(request.on))
    event = ClosureRequested(
        order_id=order_id,
        finding_id=row.finding_id,
        county_code=county,
        requested_on=request.on,
        text_sha256=sealed(request.explanation),
        version_hash=answer.version_hash,
        evidence_ids=tuple(sorted(request.evidence_ids)),
    )
    await act.record(tx, county, event, answer)
    return answer


async def review(
    tx: AsyncSession, who: Principal, act: Act, county: str, order_id: UUID, request: ReviewRequest
) -> OrderFile:
    """Close an order or send it back. With its last order the finding closes and lets go of its lots.

    Not while fen of it are quarantined: these are released, or recovered, first.
    """
    await act.claim(tx, county)
    seen = await store.one(tx, who, county, order_id)
    if seen is None:
        raise Missing("整改通知", str(order_id))
    finding = await findings.lock(tx, who, county, seen.finding_id)
    if finding is None:
        raise Missing("问题", str(seen.finding_id))
    row = await locked(tx, who, county, order_id)

    must_not_be_requester(who, row.requested_by, str(order_id))
    status = after_review(row.status, request.decision)
    asked = await file_of(tx, who, row, Moment(LAST_DAY))
    must_be_checked("销号申请", who.subject, frozenset(), request.version_hash, asked.version_hash or "")
    must_follow("复核日期", request.on, await last_day(tx, row))

    closes = status == OrderStatus.CLOSED
    finding_closed = False
    if closes:
        await _must_have_its_stages_done(tx, row)
        siblings = await store.of_finding(tx, county, finding.id)
        state = after_closing(one.id == order_id or one.status == OrderStatus.CLOSED for one in siblings)
        finding_closed = state == FindingStatus.CLOSED
        if finding_closed:
            await must_keep_nothing(tx, finding)
            await findings.advance(tx, finding, state, closed_on=request.on)
    await store.advance(tx, row, status=status, reviewed_by=who.subject, closed_on=request.on if closes else None)
    await store.add_step(tx, row, status, request.on, who.subject, request.opinion)
    answer = await file_of(tx, who, await locked(tx, who, county, order_id), Moment(request.on))
    rectified = await findings.rectified_on(tx, county, [finding.id], request.on)
    event = ClosureReviewed(
        order_id=order_id,
        finding_id=finding.id,
        county_code=county,
        decision=request.decision,
        reviewed_on=request.on,
        amount_fen=finding.amount_fen or 0,
        rectified_fen=rectified.get(finding.id, 0),
        finding_closed=finding_closed,
        text_sha256=sealed(request.opinion),
        version_hash=request.version_hash,
    )
    await act.record(tx, county, event, answer)
    return answer


async def locked(tx: AsyncSession, who: Principal, county: str, order_id: UUID) -> RectificationOrderRow:
    """The order as it stands, locked against other decisions."""
    row = await store.one(tx, who, county, order_id, locked=True)
    if row is None:
        raise Missing("整改通知", str(order_id))
    return row


async def last_day(tx: AsyncSession, row: RectificationOrderRow) -> date:
    """The day of the order's latest step; the next step may not lie before it."""
    return max(step.done_on for step in await store.steps(tx, row.county_code, [row.id]))


async def must_be_evidence(
    tx: AsyncSession, who: Principal, row: RectificationOrderRow, evidence_ids: Collection[UUID]
) -> None:
    """Refuse proof that is no kept evidence of the order's finding, or that the caller may not see."""
    if not evidence_ids:
        return
    known = await store.evidence_known(tx, who, row, evidence_ids)
    for missing in sorted(set(evidence_ids) - known):
        raise Missing("证据", str(missing))


async def _must_have_its_stages_done(tx: AsyncSession, row: RectificationOrderRow) -> None:
    must_be_done(
        {stage.stage_no: stage.done_on is not None for stage in await store.stages(tx, row.county_code, [row.id])}
    )
