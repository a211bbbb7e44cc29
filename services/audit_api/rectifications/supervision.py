"""Supervision (督办) of an order open past its deadline: told from dates, drawn up by one and sent by another.

The notice has two recipients, the unit and the leader in charge of it. It is due a number of days after the deadline,
which is a policy value; one is sent per deadline that was missed.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.checking import DecisionWaits, must_be_checked, must_be_undecided, named
from services.audit_api.moments import Moment
from services.audit_api.policies import store as policies
from services.audit_api.rectifications import store
from services.audit_api.rectifications.schemas import (
    OrderFile,
    SupervisionDecision,
    SupervisionDecisionRequest,
    SupervisionRequest,
)
from services.audit_api.rectifications.service import LAST_DAY, last_day, locked
from services.audit_api.rectifications.shown import file_of, standings
from services.audit_api.rectifications.states import OrderStatus, StepAction, StepNotPossible, must_follow
from services.audit_api.rectifications.waiting import (
    KEY,
    SupervisionNotDue,
    SupervisionSentAlready,
    due_on,
    must_be_due,
    waits,
)
from services.audit_api.words import sealed
from wire.rectifications import SupervisionDrawnUp, SupervisionSent, SupervisionSentBack

WHAT: Final = "督办通知"


async def draw_up(
    tx: AsyncSession, who: Principal, act: Act, county: str, order_id: UUID, request: SupervisionRequest
) -> OrderFile:
    """Draw up the notice to the unit and to the leader in charge of it; another person sends it."""
    await act.claim(tx, county)
    row = await locked(tx, who, county, order_id)

    if row.status == OrderStatus.CLOSED:
        raise StepNotPossible(row.status, "督办")
    must_follow("督办日期", request.on, await last_day(tx, row))
    deadline = (await standings(tx, county, [row], Moment(LAST_DAY)))[order_id].deadline
    for earlier in await store.supervisions(tx, county, [order_id]):
        if earlier.sent_on is not None and earlier.deadline == deadline:
            raise SupervisionSentAlready(deadline, earlier.sent_on)
        if earlier.sent_on is None and earlier.decision is None:
            raise DecisionWaits(WHAT, str(earlier.id))
    value = waits(await policies.values(tx, KEY, region=county), county, request.on)
    since = must_be_due(deadline, value, request.on)

    notice_id = new_id()
    values = {
        "county_code": county,
        "id": notice_id,
        "order_id": order_id,
        "region_code": row.region_code,
        "deadline": deadline,
        "due_on": since,
        "policy": str(value.ref) if value else "",
        "document": request.document,
        "leader_post": request.leader_post,
        "leader_account": request.leader_account,
        "demand": request.demand,
        "drawn_on": request.on,
        "made_by": who.subject,
    }
    name = named(values)
    await store.add_supervision(tx, {**values, **name})
    answer = await file_of(tx, who, row, Moment(request.on))
    event = SupervisionDrawnUp(
        notice_id=notice_id,
        order_id=order_id,
        finding_id=row.finding_id,
        county_code=county,
        deadline=deadline,
        due_on=since,
        drawn_on=request.on,
        version_hash=name["version_hash"],
        text_sha256=sealed(request.leader_post, request.demand),
    )
    await act.record(tx, county, event, answer)
    return answer


async def decide(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    order_id: UUID,
    notice_id: UUID,
    request: SupervisionDecisionRequest,
) -> OrderFile:
    """Send the notice, or send it back to whoever drew it up; it is not sent once more time was granted."""
    await act.claim(tx, county)
    row = await locked(tx, who, county, order_id)
    found = [one for one in await store.supervisions(tx, county, [order_id]) if one.id == notice_id]
    if not found:
        raise Missing(WHAT, str(notice_id))
    [made] = found

    must_be_undecided(WHAT, made.decided_on)
    stands = made.version_hash or ""
    must_be_checked(WHAT, who.subject, frozenset({made.made_by}), request.version_hash, stands)
    must_follow("审核日期", request.on, max(made.drawn_on, await last_day(tx, row)))
    told: SupervisionSent | SupervisionSentBack
    this = {"notice_id": notice_id, "order_id": order_id, "finding_id": row.finding_id, "county_code": county}
    if request.decision is SupervisionDecision.SEND:
        if row.status == OrderStatus.CLOSED:
            raise StepNotPossible(row.status, "督办")
        deadline = (await standings(tx, county, [row], Moment(LAST_DAY)))[order_id].deadline
        if deadline != made.deadline:
            value = waits(await policies.values(tx, KEY, region=county), county, request.on)
            since = None if value is None else due_on(deadline, value.number)
            raise SupervisionNotDue(deadline, since, request.on)
        told = SupervisionSent(
            **this,
            region_code=row.region_code,
            unit_id=row.unit_id,
            leader_account=made.leader_account,
            deadline=made.deadline,
            due_on=made.due_on,
            sent_on=request.on,
            document=made.document,
            text_sha256=sealed(made.leader_post, made.demand, request.opinion),
            version_hash=stands,
        )
    else:
        told = SupervisionSentBack(
            **this, decided_on=request.on, version_hash=stands, text_sha256=sealed(request.opinion)
        )
    sends = request.decision is SupervisionDecision.SEND
    await store.decide_supervision(
        tx,
        made,
        decision=request.decision.value,
        opinion=request.opinion,
        decided_on=request.on,
        checked_by=who.subject,
        sent_on=request.on if sends else None,
    )
    if sends:
        await store.add_step(tx, row, StepAction.SUPERVISED, request.on, who.subject, made.demand)
    answer = await file_of(tx, who, row, Moment(request.on))
    await act.record(tx, county, told, answer)
    return answer
