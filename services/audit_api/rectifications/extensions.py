"""More time for an order: asked for by the unit or an inspector, granted or refused by another person."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.checking import must_be_checked, named
from services.audit_api.moments import Moment
from services.audit_api.rectifications import store
from services.audit_api.rectifications.schemas import (
    ExtensionDecision,
    ExtensionDecisionRequest,
    ExtensionRequest,
    OrderFile,
)
from services.audit_api.rectifications.service import LAST_DAY, last_day, locked
from services.audit_api.rectifications.shown import file_of, stages_of, standings
from services.audit_api.rectifications.stage_days import must_name_open_stages
from services.audit_api.rectifications.states import StepAction, must_be_later, must_be_worked_on, must_follow
from services.audit_api.words import sealed
from wire.rectifications import ExtensionAsked, ExtensionDecided


@dataclass(eq=False)
class ExtensionWaits(Exception):
    """More time was asked for already, and nobody has decided on it."""

    extension_id: str

    def __str__(self) -> str:
        return f"该整改通知已有待审批的延期申请 {self.extension_id}"

    def figures(self) -> dict[str, str]:
        return {"extension_id": self.extension_id}


@dataclass(eq=False)
class ExtensionDecidedAlready(Exception):
    """Somebody has decided on this request for more time."""

    extension_id: str
    decision: str

    def __str__(self) -> str:
        done = "同意" if self.decision == ExtensionDecision.GRANT else "不同意"
        return f"延期申请 {self.extension_id} 已审批（{done}）"

    def figures(self) -> dict[str, str]:
        return {"extension_id": self.extension_id, "decision": self.decision}


async def ask(
    tx: AsyncSession, who: Principal, act: Act, county: str, order_id: UUID, request: ExtensionRequest
) -> OrderFile:
    """Ask for a later deadline; the one that stands goes on standing until another person has granted it."""
    await act.claim(tx, county)
    row = await locked(tx, who, county, order_id)

    must_be_worked_on(row.status, "申请延期")
    must_follow("申请日期", request.on, await last_day(tx, row))
    for earlier in await store.extensions(tx, county, [order_id]):
        if earlier.decision is None:
            raise ExtensionWaits(str(earlier.id))
    old = (await standings(tx, county, [row], Moment(LAST_DAY)))[order_id].deadline
    must_be_later(request.deadline, old)
    must_follow("新期限", request.deadline, request.on)
    stages = {one.stage_no: one.deadline for one in request.stages}
    stood = {one.stage_no: one.deadline for one in await stages_of(tx, row, Moment(LAST_DAY)) if one.done_on is None}
    must_name_open_stages(stood, stages, request.deadline, request.on)

    extension_id = new_id()
    values = {
        "county_code": county,
        "id": extension_id,
        "order_id": order_id,
        "region_code": row.region_code,
        "old_deadline": old,
        "new_deadline": request.deadline,
        "reason": request.reason,
        "asked_on": request.on,
        "made_by": who.subject,
    }
    name = named({**values, "stages": [f"{stage_no} {day}" for stage_no, day in stages.items()]})
    await store.add_extension(tx, {**values, **name})
    await store.add_extension_stages(
        tx,
        [
            {
                "county_code": county,
                "extension_id": extension_id,
                "stage_no": stage_no,
                "order_id": order_id,
                "region_code": row.region_code,
                "old_deadline": stood[stage_no],
                "new_deadline": day,
            }
            for stage_no, day in stages.items()
        ],
    )
    await store.add_step(tx, row, StepAction.EXTENSION_ASKED, request.on, who.subject, request.reason)
    answer = await file_of(tx, who, row, Moment(request.on))
    event = ExtensionAsked(
        extension_id=extension_id,
        order_id=order_id,
        finding_id=row.finding_id,
        county_code=county,
        old_deadline=old,
        new_deadline=request.deadline,
        asked_on=request.on,
        version_hash=name["version_hash"],
        text_sha256=sealed(request.reason),
        stages=tuple(sorted(stages.items())),
    )
    await act.record(tx, county, event, answer)
    return answer


async def decide(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    order_id: UUID,
    extension_id: UUID,
    request: ExtensionDecisionRequest,
) -> OrderFile:
    """Grant or refuse more time. A deadline that had passed stays missed until the day of the decision.

    Refused it can be at any state: where closure was asked for meanwhile, or agreed to, nobody needs the time.
    """
    await act.claim(tx, county)
    row = await locked(tx, who, county, order_id)
    found = [one for one in await store.extensions(tx, county, [order_id]) if one.id == extension_id]
    if not found:
        raise Missing("延期申请", str(extension_id))
    [asked] = found

    if asked.decision is not None:
        raise ExtensionDecidedAlready(str(extension_id), asked.decision)
    must_be_checked("延期申请", who.subject, frozenset({asked.made_by}), request.version_hash, asked.version_hash)
    must_follow("审批日期", request.on, await last_day(tx, row))
    if request.decision is ExtensionDecision.GRANT:
        must_be_worked_on(row.status, "同意延期")
        must_follow("所申请的新期限", asked.new_deadline, request.on)

    await store.decide_extension(
        tx,
        asked,
        decision=request.decision.value,
        opinion=request.opinion,
        decided_on=request.on,
        checked_by=who.subject,
    )
    granted = request.decision is ExtensionDecision.GRANT
    action = StepAction.EXTENSION_GRANTED if granted else StepAction.EXTENSION_REFUSED
    await store.add_step(tx, row, action, request.on, who.subject, request.opinion)
    answer = await file_of(tx, who, row, Moment(request.on))
    event = ExtensionDecided(
        extension_id=extension_id,
        order_id=order_id,
        finding_id=row.finding_id,
        county_code=county,
        decision=request.decision,
        old_deadline=asked.old_deadline,
        new_deadline=asked.new_deadline,
        decided_on=request.on,
        version_hash=asked.version_hash,
        text_sha256=sealed(request.opinion),
    )
    await act.record(tx, county, event, answer)
    return answer
