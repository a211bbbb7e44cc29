"""Looking back (回头看) at a closed order: did what was put right stay so? Seen by one person and confirmed by another.

Neither of them agreed to close the order, and what was seen counts when it was confirmed.

A closed order stays closed and its finding too: nothing that was decided is unsaid. What relapsed is a finding of its
own, a repeat (屡审屡犯) that is linked to the earlier one, here or when it has been confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.checking import DecisionWaits, must_be_checked, must_be_undecided, named
from services.audit_api.moments import Moment
from services.audit_api.rectifications import store
from services.audit_api.rectifications.schemas import (
    LookBackDecision,
    LookBackDecisionRequest,
    LookBackRequest,
    LookBackResult,
    OrderFile,
)
from services.audit_api.rectifications.service import last_day, locked, must_be_evidence
from services.audit_api.rectifications.shown import file_of
from services.audit_api.rectifications.states import OrderStatus, StepAction, StepNotPossible, must_follow
from services.audit_api.words import sealed
from wire.rectifications import LookBackDrawnUp, LookBackSentBack, OrderLookedBack

WHAT: Final = "回头看结果"


@dataclass(eq=False)
class OwnClosure(Exception):
    """Whoever agreed to close an order wanted to look back at it, or to confirm what another saw."""

    order_id: str

    def __str__(self) -> str:
        return "同意销号的人不能自己回头看，也不能审核回头看结果，请由另一名监督人员办理"


async def look_back(
    tx: AsyncSession, who: Principal, act: Act, county: str, order_id: UUID, request: LookBackRequest
) -> OrderFile:
    """Record what was seen on a day at a closed order; it counts when another person has confirmed it."""
    await act.claim(tx, county)
    row = await locked(tx, who, county, order_id)

    if row.status != OrderStatus.CLOSED or row.reviewed_by is None:
        raise StepNotPossible(row.status, "回头看")
    if who.subject == row.reviewed_by:
        raise OwnClosure(str(order_id))
    for earlier in await store.look_backs(tx, county, [order_id]):
        if earlier.decided_on is None:
            raise DecisionWaits(WHAT, str(earlier.id))
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
        "note": request.note,
        "evidence_ids": request.evidence_ids,
        "made_by": who.subject,
        "closed_by": row.reviewed_by,
    }
    name = named(values)
    await store.add_look_back(tx, {**values, **name})
    answer = await file_of(tx, who, row, Moment(request.on))
    event = LookBackDrawnUp(
        look_back_id=look_id,
        order_id=order_id,
        finding_id=row.finding_id,
        county_code=county,
        result=request.result,
        looked_on=request.on,
        evidence_ids=sorted(request.evidence_ids),
        version_hash=name["version_hash"],
        text_sha256=sealed(request.note),
    )
    await act.record(tx, county, event, answer)
    return answer


async def decide(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    order_id: UUID,
    look_id: UUID,
    request: LookBackDecisionRequest,
) -> OrderFile:
    """Confirm what was seen, or send it back to whoever saw it."""
    await act.claim(tx, county)
    row = await locked(tx, who, county, order_id)
    found = [one for one in await store.look_backs(tx, county, [order_id]) if one.id == look_id]
    if not found:
        raise Missing(WHAT, str(look_id))
    [made] = found

    must_be_undecided(WHAT, made.decided_on)
    if who.subject == made.closed_by:
        raise OwnClosure(str(order_id))
    stands, note = made.version_hash or "", made.note or ""
    must_be_checked(WHAT, who.subject, frozenset({made.made_by}), request.version_hash, stands)
    must_follow("审核日期", request.on, max(made.looked_on, await last_day(tx, row)))

    await store.decide_look_back(
        tx,
        made,
        decision=request.decision.value,
        opinion=request.opinion,
        decided_on=request.on,
        checked_by=who.subject,
    )
    told: OrderLookedBack | LookBackSentBack
    this = {"look_back_id": look_id, "order_id": order_id, "finding_id": row.finding_id, "county_code": county}
    if request.decision is LookBackDecision.CONFIRM:
        action = StepAction.HELD if made.result == LookBackResult.HELD else StepAction.RELAPSED
        await store.add_step(tx, row, action, request.on, who.subject, note, made.evidence_ids)
        told = OrderLookedBack(
            **this,
            result=made.result,
            looked_on=made.looked_on,
            evidence_ids=sorted(made.evidence_ids),
            text_sha256=sealed(note, request.opinion),
            decided_on=request.on,
            version_hash=stands,
        )
    else:
        told = LookBackSentBack(**this, decided_on=request.on, version_hash=stands, text_sha256=sealed(request.opinion))
    answer = await file_of(tx, who, row, Moment(request.on))
    await act.record(tx, county, told, answer)
    return answer
