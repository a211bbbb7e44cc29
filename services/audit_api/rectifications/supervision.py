"""Supervision (督办) of an order that stays open past its deadline: told from dates, recorded when the notice is sent.

The notice has two recipients, the unit and the leader in charge of it. It is due a number of days after the deadline,
which is a policy value; one is sent per deadline that was missed.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from services.audit_api.moments import Moment
from services.audit_api.policies import store as policies
from services.audit_api.rectifications import store
from services.audit_api.rectifications.schemas import OrderFile, SupervisionRequest
from services.audit_api.rectifications.service import LAST_DAY, last_day, locked
from services.audit_api.rectifications.shown import file_of, standings
from services.audit_api.rectifications.states import OrderStatus, StepAction, StepNotPossible, must_follow
from services.audit_api.rectifications.waiting import KEY, SupervisionSentAlready, must_be_due, waits
from services.audit_api.words import sealed
from wire.rectifications import SupervisionSent


async def send(
    tx: AsyncSession, who: Principal, act: Act, county: str, order_id: UUID, request: SupervisionRequest
) -> OrderFile:
    """Record the notice that went to the unit and to the leader in charge of it."""
    await act.claim(tx, county)
    row = await locked(tx, who, county, order_id)

    if row.status == OrderStatus.CLOSED:
        raise StepNotPossible(row.status, "督办")
    must_follow("督办日期", request.on, await last_day(tx, row))
    deadline = (await standings(tx, county, [row], Moment(LAST_DAY)))[order_id].deadline
    for earlier in await store.supervisions(tx, county, [order_id]):
        if earlier.deadline == deadline:
            raise SupervisionSentAlready(deadline, earlier.sent_on)
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
        "sent_on": request.on,
        "made_by": who.subject,
    }
    await store.add_supervision(tx, values)
    await store.add_step(tx, row, StepAction.SUPERVISED, request.on, who.subject, request.demand)
    answer = await file_of(tx, row, Moment(request.on))
    event = SupervisionSent(
        notice_id=notice_id,
        order_id=order_id,
        finding_id=row.finding_id,
        county_code=county,
        region_code=row.region_code,
        unit_id=row.unit_id,
        leader_account=request.leader_account,
        deadline=deadline,
        due_on=since,
        sent_on=request.on,
        document=request.document,
        text_sha256=sealed(request.leader_post, request.demand),
    )
    await act.record(tx, county, event, answer)
    return answer
