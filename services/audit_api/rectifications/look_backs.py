"""Looking back (回头看) at a closed order: did what was put right stay so? By another person than closed it.

A closed order stays closed and its finding too: nothing that was decided is unsaid. What relapsed is a finding of its
own, a repeat (屡审屡犯) that is linked to the earlier one, here or when it has been confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from services.audit_api.moments import Moment
from services.audit_api.rectifications import store
from services.audit_api.rectifications.schemas import LookBackRequest, LookBackResult, OrderFile
from services.audit_api.rectifications.service import last_day, locked, must_be_evidence
from services.audit_api.rectifications.shown import file_of
from services.audit_api.rectifications.states import OrderStatus, StepAction, StepNotPossible, must_follow
from services.audit_api.words import sealed
from wire.rectifications import OrderLookedBack


@dataclass(eq=False)
class OwnClosure(Exception):
    """Whoever agreed to close an order wanted to be the one to look back at it."""

    order_id: str

    def __str__(self) -> str:
        return "同意销号的人不能自己回头看，请由另一名监督人员办理"


async def look_back(
    tx: AsyncSession, who: Principal, act: Act, county: str, order_id: UUID, request: LookBackRequest
) -> OrderFile:
    """Record what was seen on a day at a closed order."""
    await act.claim(tx, county)
    row = await locked(tx, who, county, order_id)

    if row.status != OrderStatus.CLOSED or row.reviewed_by is None:
        raise StepNotPossible(row.status, "回头看")
    if who.subject == row.reviewed_by:
        raise OwnClosure(str(order_id))
    must_follow("回头看日期", request.on, await last_day(tx, row))
    await must_be_evidence(tx, who, row, request.evidence_ids)

    look_id = new_id()
    values = {
        "county_code": county,
        "id": look_id,
        "order_id": order_id,
        "region_code": row.region_code,
        "result": request.result.value,
        "looked_on": request.on,
        "made_by": who.subject,
        "closed_by": row.reviewed_by,
    }
    await store.add_look_back(tx, values)
    action = StepAction.HELD if request.result is LookBackResult.HELD else StepAction.RELAPSED
    await store.add_step(tx, row, action, request.on, who.subject, request.note, request.evidence_ids)
    answer = await file_of(tx, row, Moment(request.on))
    event = OrderLookedBack(
        look_back_id=look_id,
        order_id=order_id,
        finding_id=row.finding_id,
        county_code=county,
        result=request.result,
        looked_on=request.on,
        evidence_ids=sorted(request.evidence_ids),
        text_sha256=sealed(request.note),
    )
    await act.record(tx, county, event, answer)
    return answer
