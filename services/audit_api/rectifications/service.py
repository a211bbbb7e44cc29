"""Ordering rectification, asking for closure, and reviewing that request."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from services.audit_api.access import must_hold, must_not_be_requester
from services.audit_api.findings import store as findings
from services.audit_api.findings.states import FindingStatus, after_closing, after_order
from services.audit_api.missing import Missing
from services.audit_api.rectifications import store
from services.audit_api.rectifications.schemas import (
    ClosureRequest,
    Order,
    OrderFile,
    OrderKind,
    OrderRequest,
    ReviewRequest,
    Step,
)
from services.audit_api.rectifications.states import (
    OrderStatus,
    after_request,
    after_review,
    days_overdue,
    is_overdue,
    must_follow,
)
from services.audit_api.tables import RectificationOrderRow
from services.audit_api.words import sealed
from wire.audit import ClosureRequested, ClosureReviewed, RectificationOrdered


def order_of(row: RectificationOrderRow, as_of: date) -> Order:
    return Order(
        id=row.id,
        county_code=row.county_code,
        finding_id=row.finding_id,
        finding_title=row.finding_title,
        region_code=row.region_code,
        unit_id=row.unit_id,
        unit_name=row.unit_name,
        kind=OrderKind(row.kind),
        demand=row.demand,
        issued_on=row.issued_on,
        deadline=row.deadline,
        status=OrderStatus(row.status),
        version=row.version,
        issued_by=row.issued_by,
        requested_by=row.requested_by,
        reviewed_by=row.reviewed_by,
        closed_on=row.closed_on,
        as_of=as_of,
        overdue=is_overdue(row.deadline, row.closed_on, as_of),
        days_overdue=days_overdue(row.deadline, row.closed_on, as_of),
    )


async def file_of(tx: AsyncSession, row: RectificationOrderRow, as_of: date) -> OrderFile:
    """The order with its steps."""
    steps = await store.steps(tx, row.county_code, [row.id])
    shown = [Step.model_validate(step, from_attributes=True) for step in steps]
    return OrderFile(**order_of(row, as_of).model_dump(), steps=shown)


async def order(tx: AsyncSession, who: Principal, act: Act, county: str, request: OrderRequest) -> OrderFile:
    """Demand of one unit that a finding be put right by a day; a closed finding takes no more orders."""
    must_hold(who, county, request.region_code)
    await act.claim(tx, county)
    finding = await findings.lock(tx, who, county, request.finding_id)
    if finding is None:
        raise Missing("问题", str(request.finding_id))

    status = after_order(finding.status, str(finding.id))
    must_follow("下达日期", request.issued_on, finding.found_on)

    order_id = new_id()
    values = request.model_dump()
    await store.add(
        tx,
        {
            **values,
            "county_code": county,
            "id": order_id,
            "finding_title": finding.title,
            "issued_by": who.subject,
        },
    )
    await findings.advance(tx, finding, status)
    row = await _written(tx, who, county, order_id)
    await store.add_step(tx, row, OrderStatus.ISSUED, request.issued_on, who.subject, request.demand)
    answer = await file_of(tx, row, request.issued_on)
    event = RectificationOrdered(
        order_id=order_id,
        county_code=county,
        text_sha256=sealed(request.unit_name, request.demand),
        **request.model_dump(include={"finding_id", "region_code", "unit_id", "kind", "issued_on", "deadline"}),
    )
    await act.record(tx, county, event, answer)
    return answer


async def request_closure(
    tx: AsyncSession, who: Principal, act: Act, county: str, order_id: UUID, request: ClosureRequest
) -> OrderFile:
    """Ask, for the unit, to have an order closed, and say what was done."""
    await act.claim(tx, county)
    row = await _locked(tx, who, county, order_id)

    status = after_request(row.status)
    must_follow("申请日期", request.on, await _last_day(tx, row))

    # The earlier review, if any, stays as a step; the row names only who asks and who decides now.
    await store.advance(tx, row, status=status, requested_by=who.subject, reviewed_by=None)
    await store.add_step(tx, row, status, request.on, who.subject, request.explanation)
    answer = await file_of(tx, await _written(tx, who, county, order_id), request.on)
    event = ClosureRequested(
        order_id=order_id,
        finding_id=row.finding_id,
        county_code=county,
        requested_on=request.on,
        text_sha256=sealed(request.explanation),
    )
    await act.record(tx, county, event, answer)
    return answer


async def review(
    tx: AsyncSession, who: Principal, act: Act, county: str, order_id: UUID, request: ReviewRequest
) -> OrderFile:
    """Close an order or send it back. With its last order the finding closes and lets go of its lots."""
    await act.claim(tx, county)
    seen = await store.one(tx, who, county, order_id)
    if seen is None:
        raise Missing("整改通知", str(order_id))
    finding = await findings.lock(tx, who, county, seen.finding_id)
    if finding is None:
        raise Missing("问题", str(seen.finding_id))
    row = await _locked(tx, who, county, order_id)

    must_not_be_requester(who, row.requested_by, str(order_id))
    status = after_review(row.status, request.decision)
    must_follow("复核日期", request.on, await _last_day(tx, row))

    closes = status == OrderStatus.CLOSED
    await store.advance(tx, row, status=status, reviewed_by=who.subject, closed_on=request.on if closes else None)
    await store.add_step(tx, row, status, request.on, who.subject, request.opinion)
    finding_closed = False
    if closes:
        siblings = await store.of_finding(tx, county, finding.id)
        state = after_closing(one.id == order_id or one.status == OrderStatus.CLOSED for one in siblings)
        finding_closed = state == FindingStatus.CLOSED
        if finding_closed:
            await findings.advance(tx, finding, state, closed_on=request.on)
    answer = await file_of(tx, await _written(tx, who, county, order_id), request.on)
    rectified = await findings.rectified_on(tx, county, [finding.id], request.on)
    event = ClosureReviewed(
        order_id=order_id,
        finding_id=finding.id,
        county_code=county,
        decision=request.decision,
        reviewed_on=request.on,
        amount_fen=finding.amount_fen,
        rectified_fen=rectified.get(finding.id, 0),
        finding_closed=finding_closed,
        text_sha256=sealed(request.opinion),
    )
    await act.record(tx, county, event, answer)
    return answer


async def _locked(tx: AsyncSession, who: Principal, county: str, order_id: UUID) -> RectificationOrderRow:
    row = await store.one(tx, who, county, order_id, locked=True)
    if row is None:
        raise Missing("整改通知", str(order_id))
    return row


async def _written(tx: AsyncSession, who: Principal, county: str, order_id: UUID) -> RectificationOrderRow:
    """The row as this transaction has just written it."""
    return await _locked(tx, who, county, order_id)


async def _last_day(tx: AsyncSession, row: RectificationOrderRow) -> date:
    """The day of the order's latest step; the next step may not lie before it."""
    return max(step.done_on for step in await store.steps(tx, row.county_code, [row.id]))
