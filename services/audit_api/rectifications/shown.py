"""Orders as they are told: how they stood at a moment, from the rows that were effective and known by then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.audit_api.moments import Moment
from services.audit_api.policies import store as policies
from services.audit_api.rectifications import store
from services.audit_api.rectifications.schemas import (
    DraftStage,
    Extension,
    ExtensionDecision,
    LookBack,
    LookBackDecision,
    LookBackResult,
    Order,
    OrderDraft,
    OrderFile,
    OrderKind,
    Stage,
    StageDay,
    Step,
    Supervision,
)
from services.audit_api.rectifications.stage_days import Granted, deadline_of
from services.audit_api.rectifications.standing import Standing, request_version, standing
from services.audit_api.rectifications.states import OrderStatus, days_overdue, is_overdue
from services.audit_api.rectifications.waiting import KEY, due_on, waits
from services.audit_api.tables import (
    RectificationDraftRow,
    RectificationExtensionRow,
    RectificationExtensionStageRow,
    RectificationLookBackRow,
    RectificationOrderRow,
    RectificationStageRow,
    RectificationStepRow,
    RectificationSupervisionRow,
)

# Who may draw a notice up sees those that are not sent.
DRAFTS: Final = "orders:supervise"


async def orders_of(
    tx: AsyncSession, county: str, rows: Sequence[RectificationOrderRow], moment: Moment
) -> list[Order]:
    """Each order that was issued and known by the moment, as it stood then."""
    there = [row for row in rows if _there(row.issued_on, row.position, moment)]
    stood = await standings(tx, county, there, moment)
    notices: dict[UUID, list[RectificationSupervisionRow]] = {row.id: [] for row in there}
    for sent in await store.supervisions(tx, county, list(notices)):
        if _there(sent.sent_on, sent.decided_position, moment):
            notices[sent.order_id].append(sent)
    days = await after_days(tx, county, moment)
    return [_order(row, stood[row.id], moment.as_of, notices[row.id], days) for row in there]


async def after_days(tx: AsyncSession, county: str, moment: Moment) -> int | None:
    """How many days after a missed deadline an order is supervised in the county on that day; None: not laid down."""
    value = waits(await policies.values(tx, KEY, region=county, known_at=moment.known_at), county, moment.as_of)
    return None if value is None else value.number


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


async def file_of(tx: AsyncSession, who: Principal, row: RectificationOrderRow, moment: Moment) -> OrderFile:
    """The order with its steps, stages and extensions at a moment.

    What inspectors have drawn up and not decided yet is theirs to see.
    """
    county, one = row.county_code, [row.id]
    stood = (await standings(tx, county, [row], moment))[row.id]
    [order] = await orders_of(tx, county, [row], moment)
    steps = [step for step in await store.steps(tx, county, one) if _there(step.done_on, step.position, moment)]
    proofs = await store.proofs(tx, county, one)
    asked = [step for step in steps if step.action == OrderStatus.CLOSURE_REQUESTED]
    named = await store.extension_stages(tx, county, one)
    pending = asked[-1] if stood.status is OrderStatus.CLOSURE_REQUESTED else None
    return OrderFile(
        **order.model_dump(),
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
        stages=await stages_of(tx, row, moment),
        extensions=[
            _extension(more, named.get(more.id, []), moment)
            for more in await store.extensions(tx, county, one)
            if _there(more.asked_on, more.position, moment)
        ],
        supervisions=[
            _supervision(sent, row, moment)
            for sent in await store.supervisions(tx, county, one)
            if _there(sent.drawn_on, sent.position, moment)
            and (_there(sent.sent_on, sent.decided_position, moment) or DRAFTS in who.permissions)
        ],
        look_backs=[
            _look_back(look, moment)
            for look in await store.look_backs(tx, county, one)
            if _there(look.looked_on, look.position, moment) and (_stands(look, moment) or DRAFTS in who.permissions)
        ],
    )


async def drafts_of(
    tx: AsyncSession, county: str, rows: Sequence[RectificationDraftRow], moment: Moment
) -> list[OrderDraft]:
    """Each draft of an order that was drawn up and known by the moment, and what had been decided on it by then."""
    there = [row for row in rows if _there(row.drawn_on, row.position, moment)]
    stages: dict[UUID, list[DraftStage]] = {row.id: [] for row in there}
    for one in await store.draft_stages(tx, county, list(stages)):
        stages[one.draft_id].append(DraftStage(stage_no=one.stage_no, task=one.task, deadline=one.deadline))
    same = ("id", "county_code", "finding_id", "region_code", "unit_id", "unit_name", "demand", "deadline", "drawn_on")
    return [
        OrderDraft(
            **{name: getattr(row, name) for name in same},
            **moment.shown,
            kind=OrderKind(row.kind),
            stages=stages[row.id],
            made_by=row.made_by,
            **_drawn(row, moment),
        )
        for row in there
    ]


async def stages_of(tx: AsyncSession, row: RectificationOrderRow, moment: Moment) -> list[Stage]:
    """The stages of an order at a moment, each with the day that held for it then."""
    county, one = row.county_code, [row.id]
    named = await store.extension_stages(tx, county, one)
    granted: dict[int, list[Granted]] = {}
    for more in await store.extensions(tx, county, one):
        if more.decision != ExtensionDecision.GRANT or not _there(more.decided_on, more.decided_position, moment):
            continue
        for stage in named.get(more.id, []):
            granted.setdefault(stage.stage_no, []).append(Granted(stage.new_deadline, more.decided_position or 0))
    return [_stage(stage, granted.get(stage.stage_no, []), moment) for stage in await store.stages(tx, county, one)]


def _there(on: date | None, position: int | None, moment: Moment) -> bool:
    """Whether a fact of a day, recorded at a position, was effective and known by the moment."""
    return on is not None and position is not None and on <= moment.as_of and position <= moment.position


def _order(
    row: RectificationOrderRow,
    stood: Standing,
    as_of: date,
    notices: Sequence[RectificationSupervisionRow],
    days: int | None,
) -> Order:
    since = None if days is None or stood.closed_on is not None else due_on(stood.deadline, days)
    sent_on = next((sent.sent_on for sent in notices if sent.deadline == stood.deadline), None)
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
        drawn_by=row.drawn_by,
        requested_by=stood.requested_by,
        reviewed_by=stood.reviewed_by,
        closed_on=stood.closed_on,
        as_of=as_of,
        overdue=is_overdue(stood.deadline, stood.closed_on, as_of),
        days_overdue=days_overdue(stood.deadline, stood.closed_on, as_of),
        supervise_from_on=since,
        supervised_on=sent_on,
        supervision_due=since is not None and since <= as_of and sent_on is None,
    )


def _stage(row: RectificationStageRow, granted: Sequence[Granted], moment: Moment) -> Stage:
    done = _there(row.done_on, row.done_position, moment)
    deadline = deadline_of(row.deadline, granted, row.done_position if done else None)
    done_on = row.done_on if done else None
    return Stage(
        stage_no=row.stage_no,
        task=row.task,
        deadline=deadline,
        first_deadline=row.deadline,
        done_on=done_on,
        done_by=row.done_by if done else None,
        overdue=is_overdue(deadline, done_on, moment.as_of),
        days_overdue=days_overdue(deadline, done_on, moment.as_of),
    )


def _extension(
    row: RectificationExtensionRow, stages: Sequence[RectificationExtensionStageRow], moment: Moment
) -> Extension:
    decided = _there(row.decided_on, row.decided_position, moment)
    return Extension(
        id=row.id,
        old_deadline=row.old_deadline,
        new_deadline=row.new_deadline,
        stages=[
            StageDay(stage_no=one.stage_no, old_deadline=one.old_deadline, new_deadline=one.new_deadline)
            for one in stages
        ],
        reason=row.reason,
        asked_on=row.asked_on,
        made_by=row.made_by,
        version_hash=row.version_hash,
        decision=ExtensionDecision(row.decision) if decided and row.decision else None,
        opinion=row.opinion if decided else None,
        decided_on=row.decided_on if decided else None,
        checked_by=row.checked_by if decided else None,
    )


def _stands(look: RectificationLookBackRow, moment: Moment) -> bool:
    return look.decision != LookBackDecision.SEND_BACK and _there(look.decided_on, look.decided_position, moment)


def _drawn(
    row: RectificationDraftRow | RectificationSupervisionRow | RectificationLookBackRow, moment: Moment
) -> dict[str, Any]:
    """The version of what was drawn up, and what another person decided on it by a moment."""
    decided = row.decision is not None and _there(row.decided_on, row.decided_position, moment)
    return {
        "version_hash": row.version_hash,
        "decision": row.decision if decided else None,
        "opinion": row.opinion if decided else None,
        "decided_on": row.decided_on if decided else None,
        "checked_by": row.checked_by if decided else None,
    }


def _look_back(row: RectificationLookBackRow, moment: Moment) -> LookBack:
    return LookBack(
        id=row.id,
        result=LookBackResult(row.result),
        looked_on=row.looked_on,
        made_by=row.made_by,
        note=row.note,
        evidence_ids=sorted(row.evidence_ids),
        stands=_stands(row, moment),
        **_drawn(row, moment),
    )


def _supervision(sent: RectificationSupervisionRow, row: RectificationOrderRow, moment: Moment) -> Supervision:
    return Supervision(
        id=sent.id,
        deadline=sent.deadline,
        due_on=sent.due_on,
        policy=sent.policy,
        document=sent.document,
        unit_name=row.unit_name,
        leader_post=sent.leader_post,
        leader_account=sent.leader_account,
        demand=sent.demand,
        drawn_on=sent.drawn_on,
        sent_on=sent.sent_on if _there(sent.sent_on, sent.decided_position, moment) else None,
        made_by=sent.made_by,
        **_drawn(sent, moment),
    )
