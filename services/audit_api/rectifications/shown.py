"""Orders as they are told: how they stood at a moment, from the rows that were effective and known by then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit_api.moments import Moment
from services.audit_api.rectifications import store
from services.audit_api.rectifications.schemas import (
    Extension,
    ExtensionDecision,
    Order,
    OrderFile,
    OrderKind,
    Stage,
    Step,
)
from services.audit_api.rectifications.standing import Standing, request_version, standing
from services.audit_api.rectifications.states import OrderStatus, days_overdue, is_overdue
from services.audit_api.tables import (
    RectificationExtensionRow,
    RectificationOrderRow,
    RectificationStageRow,
    RectificationStepRow,
)


async def orders_of(
    tx: AsyncSession, county: str, rows: Sequence[RectificationOrderRow], moment: Moment
) -> list[Order]:
    """Each order that was issued and known by the moment, as it stood then."""
    there = [row for row in rows if _there(row.issued_on, row.position, moment)]
    stood = await standings(tx, county, there, moment)
    return [_order(row, stood[row.id], moment.as_of) for row in there]


async def standings(
    tx: AsyncSession, county: str, rows: Sequence[RectificationOrderRow], moment: Moment
) -> dict[UUID, Standing]:
    """How each order stood at a moment."""
    ids = [row.id for row in rows]
    steps: dict[UUID, list[RectificationStepRow]] = {one: [] for one in ids}
    for step in await store.steps(tx, county, ids):
        if _there(step.done_on, step.position, moment):
            steps[step.order_id].append(step)
    granted: dict[UUID, list[date]] = {one: [] for one in ids}
    for more in await store.extensions(tx, county, ids):
        if more.decision == ExtensionDecision.GRANT and _there(more.decided_on, more.decided_position, moment):
            granted[more.order_id].append(more.new_deadline)
    return {row.id: standing(steps[row.id], row.deadline, granted[row.id]) for row in rows}


async def file_of(tx: AsyncSession, row: RectificationOrderRow, moment: Moment) -> OrderFile:
    """The order with its steps, stages and extensions at a moment."""
    county, one = row.county_code, [row.id]
    stood = (await standings(tx, county, [row], moment))[row.id]
    steps = [step for step in await store.steps(tx, county, one) if _there(step.done_on, step.position, moment)]
    proofs = await store.proofs(tx, county, one)
    asked = [step for step in steps if step.action == OrderStatus.CLOSURE_REQUESTED]
    pending = asked[-1] if stood.status is OrderStatus.CLOSURE_REQUESTED else None
    return OrderFile(
        **_order(row, stood, moment.as_of).model_dump(),
        **moment.shown,
        version_hash=pending
        and request_version(row.id, pending, stood.deadline, proofs.get((row.id, pending.step_no), [])),
        steps=[
            Step(
                step_no=step.step_no,
                action=step.action,
                done_on=step.done_on,
                done_by=step.done_by,
                note=step.note,
                evidence_ids=proofs.get((row.id, step.step_no), []),
            )
            for step in steps
        ],
        stages=[_stage(stage, moment) for stage in await store.stages(tx, county, one)],
        extensions=[
            _extension(more, moment)
            for more in await store.extensions(tx, county, one)
            if _there(more.asked_on, more.position, moment)
        ],
    )


def _there(on: date | None, position: int | None, moment: Moment) -> bool:
    """Whether a fact of a day, recorded at a position, was effective and known by the moment."""
    return on is not None and position is not None and on <= moment.as_of and position <= moment.position


def _order(row: RectificationOrderRow, stood: Standing, as_of: date) -> Order:
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
        deadline=stood.deadline,
        first_deadline=row.deadline,
        status=stood.status,
        version=stood.version,
        issued_by=row.issued_by,
        requested_by=stood.requested_by,
        reviewed_by=stood.reviewed_by,
        closed_on=stood.closed_on,
        as_of=as_of,
        overdue=is_overdue(stood.deadline, stood.closed_on, as_of),
        days_overdue=days_overdue(stood.deadline, stood.closed_on, as_of),
    )


def _stage(row: RectificationStageRow, moment: Moment) -> Stage:
    done = _there(row.done_on, row.done_position, moment)
    done_on = row.done_on if done else None
    return Stage(
        stage_no=row.stage_no,
        task=row.task,
        deadline=row.deadline,
        done_on=done_on,
        done_by=row.done_by if done else None,
        overdue=is_overdue(row.deadline, done_on, moment.as_of),
        days_overdue=days_overdue(row.deadline, done_on, moment.as_of),
    )


def _extension(row: RectificationExtensionRow, moment: Moment) -> Extension:
    decided = _there(row.decided_on, row.decided_position, moment)
    return Extension(
        id=row.id,
        old_deadline=row.old_deadline,
        new_deadline=row.new_deadline,
        reason=row.reason,
        asked_on=row.asked_on,
        made_by=row.made_by,
        version_hash=row.version_hash,
        decision=ExtensionDecision(row.decision) if decided and row.decision else None,
        opinion=row.opinion if decided else None,
        decided_on=row.decided_on if decided else None,
        checked_by=row.checked_by if decided else None,
    )
