"""Ordering rectification (责令整改): one person draws an order up, and another issues it or sends it back.

A draft is no order: nobody owes anything by it, and the unit sees nothing of it. What drawing up checked is checked
again at the issue, from which the deadline counts; the order then has the id of its draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.access import must_hold
from services.audit_api.checking import must_be_checked, must_be_undecided, named
from services.audit_api.findings import store as findings
from services.audit_api.findings.states import after_order
from services.audit_api.moments import Moment
from services.audit_api.rectifications import store
from services.audit_api.rectifications.schemas import OrderDecision, OrderDecisionRequest, OrderDraft, OrderRequest
from services.audit_api.rectifications.service import locked
from services.audit_api.rectifications.shown import drafts_of
from services.audit_api.rectifications.states import StepAction, must_follow, must_leave_time
from services.audit_api.tables import FindingRow, RectificationDraftRow, RectificationDraftStageRow
from services.audit_api.words import sealed
from wire.audit import RectificationOrdered
from wire.rectifications import RectificationOrderDrawn, RectificationOrderSentBack

WHAT: Final = "整改通知"
# What a draft says and the order that is issued of it says too, word for word.
_SAID: Final = ("finding_id", "region_code", "unit_id", "unit_name", "kind", "demand", "deadline")


async def draw_up(tx: AsyncSession, who: Principal, act: Act, county: str, request: OrderRequest) -> OrderDraft:
    """Draw up a demand of one unit that a confirmed finding be put right by a day; another person issues it."""
    must_hold(who, county, request.region_code)
    await act.claim(tx, county)
    finding = await _finding(tx, who, county, request.finding_id)

    after_order(finding.status, str(finding.id))
    must_follow("拟稿日期", request.on, finding.confirmed_on or finding.found_on)

    draft_id = new_id()
    values = {
        **request.model_dump(include=set(_SAID)),
        "county_code": county,
        "id": draft_id,
        "drawn_on": request.on,
        "made_by": who.subject,
    }
    spelled = [f"{number:02} {stage.deadline} {stage.task}" for number, stage in enumerate(request.stages, start=1)]
    name = named({**values, "stages": spelled})
    stages = [
        {
            "county_code": county,
            "draft_id": draft_id,
            "stage_no": number,
            "region_code": request.region_code,
            **stage.model_dump(),
        }
        for number, stage in enumerate(request.stages, start=1)
    ]
    await store.add_draft(tx, {**values, **name}, stages)
    [answer] = await drafts_of(tx, county, [await _draft(tx, who, county, draft_id)], Moment(request.on))
    event = RectificationOrderDrawn(
        order_id=draft_id,
        county_code=county,
        drawn_on=request.on,
        version_hash=name["version_hash"],
        text_sha256=sealed(request.unit_name, request.demand, *(stage.task for stage in request.stages)),
        stages=tuple(stage.deadline for stage in request.stages),
        **request.model_dump(include={"finding_id", "region_code", "unit_id", "kind", "deadline"}),
    )
    await act.record(tx, county, event, answer)
    return answer


async def decide(
    tx: AsyncSession, who: Principal, act: Act, county: str, order_id: UUID, request: OrderDecisionRequest
) -> OrderDraft:
    """Issue the order, if its finding still takes one and its deadline has not passed, or send it back."""
    await act.claim(tx, county)
    seen = await _draft(tx, who, county, order_id)
    finding = await _finding(tx, who, county, seen.finding_id)
    made = await _draft(tx, who, county, order_id)

    must_be_undecided(WHAT, made.decided_on)
    must_be_checked(WHAT, who.subject, frozenset({made.made_by}), request.version_hash, made.version_hash)
    must_follow("审核日期", request.on, made.drawn_on)
    stages = await store.draft_stages(tx, county, [order_id])
    issues = request.decision is OrderDecision.ISSUE
    if issues:
        status = after_order(finding.status, str(finding.id))
        must_leave_time(made.deadline, {stage.stage_no: stage.deadline for stage in stages}, request.on)

    await store.decide_draft(
        tx,
        made,
        decision=request.decision.value,
        opinion=request.opinion,
        decided_on=request.on,
        checked_by=who.subject,
    )
    told: RectificationOrdered | RectificationOrderSentBack
    if issues:
        await findings.advance(tx, finding, status)
        told = await _issued(tx, who, made, stages, finding, request)
    else:
        told = RectificationOrderSentBack(
            order_id=order_id,
            finding_id=made.finding_id,
            county_code=county,
            decided_on=request.on,
            version_hash=made.version_hash,
            text_sha256=sealed(request.opinion),
        )
    [answer] = await drafts_of(tx, county, [await _draft(tx, who, county, order_id)], Moment(request.on))
    await act.record(tx, county, told, answer)
    return answer


async def _issued(
    tx: AsyncSession,
    who: Principal,
    made: RectificationDraftRow,
    stages: Sequence[RectificationDraftStageRow],
    finding: FindingRow,
    request: OrderDecisionRequest,
) -> RectificationOrdered:
    """The order of a draft, with its stages and its first step; what is told of it."""
    county = made.county_code
    place = {"county_code": county, "region_code": made.region_code}
    said = {name: getattr(made, name) for name in _SAID}
    own = {
        "id": made.id,
        "finding_title": finding.title,
        "issued_on": request.on,
        "issued_by": who.subject,
        "drawn_by": made.made_by,
    }
    await store.add(tx, {**said, **place, **own})
    if stages:
        rows = [
            {**place, "order_id": made.id, "stage_no": one.stage_no, "task": one.task, "deadline": one.deadline}
            for one in stages
        ]
        await store.add_stages(tx, rows)
    row = await locked(tx, who, county, made.id)
    await store.add_step(tx, row, StepAction.ISSUED, request.on, who.subject, made.demand)
    return RectificationOrdered(
        order_id=made.id,
        finding_id=made.finding_id,
        county_code=county,
        region_code=made.region_code,
        unit_id=made.unit_id,
        kind=made.kind,
        issued_on=request.on,
        deadline=made.deadline,
        text_sha256=sealed(made.unit_name, made.demand, *(stage.task for stage in stages), request.opinion),
        stages=tuple(stage.deadline for stage in stages),
        version_hash=made.version_hash,
    )


async def _finding(tx: AsyncSession, who: Principal, county: str, finding_id: UUID) -> FindingRow:
    finding = await findings.lock(tx, who, county, finding_id)
    if finding is None:
        raise Missing("问题", str(finding_id))
    return finding


async def _draft(tx: AsyncSession, who: Principal, county: str, draft_id: UUID) -> RectificationDraftRow:
    """The draft as it stands; whoever has locked its finding may decide on it alone."""
    row = await store.draft(tx, who, county, draft_id)
    if row is None:
        raise Missing(WHAT, str(draft_id))
    return row
