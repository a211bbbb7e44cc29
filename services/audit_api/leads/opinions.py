"""What becomes of a lead: one member draws an opinion up, another decides on that very version."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.checking import must_be_checked, named
from services.audit_api.leads import service, store
from services.audit_api.leads.reading import judged, talked
from services.audit_api.leads.schemas import (
    LeadDecisionRequest,
    LeadOpinionRequest,
    LeadReceipt,
)
from services.audit_api.leads.states import (
    OpinionDecided,
    last_day,
    must_not_be_ahead,
    must_take,
)
from services.audit_api.rectifications.states import must_follow
from services.audit_api.words import sealed
from wire.leads import LeadOpinionDecided, LeadOpinionDrawn


async def draw_up(
    tx: AsyncSession, who: Principal, act: Act, county: str, lead_id: UUID, request: LeadOpinionRequest, today: date
) -> LeadReceipt:
    """Propose a disposition or an outcome; it counts once another member has approved it."""
    must_not_be_ahead("意见日期", request.on, today)
    lead = await service.held(tx, who, act, county, lead_id)
    rows = await store.opinions(tx, county, [lead_id])
    said = [judged(one) for one in rows]
    talks = [talked(one) for one in await store.talks(tx, county, [lead_id])]

    must_take(said, talks, outcome=request.outcome is not None)
    must_follow("意见日期", request.on, last_day(lead.received_on, said, talks))

    number = len(rows) + 1
    classes = request.model_dump(mode="json", include={"disposition", "outcome", "form"})
    values = {
        **classes,
        "county_code": county,
        "region_code": lead.region_code,
        "lead_id": lead_id,
        "opinion_no": number,
        "opinion": request.opinion,
        "drawn_on": request.on,
        "drawn_by": who.subject,
    }
    name = named({**values, "matter_sha256": sealed(lead.subject_unit_name, lead.matter)})
    await store.add_opinion(tx, {**values, **name})
    receipt = LeadReceipt(id=lead_id, county_code=county, opinion_no=number, version_hash=name["version_hash"])
    event = LeadOpinionDrawn(
        **classes,
        lead_id=lead_id,
        county_code=county,
        opinion_no=number,
        drawn_on=request.on,
        version_hash=name["version_hash"],
        text_sha256=sealed(request.opinion),
    )
    await act.record(tx, store.stream_of(county), event, receipt)
    return receipt


async def decide(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    lead_id: UUID,
    opinion_no: int,
    request: LeadDecisionRequest,
    today: date,
) -> LeadReceipt:
    """Approve an opinion of another member, or send it back, by the hash of what was read."""
    must_not_be_ahead("审批日期", request.on, today)
    await service.held(tx, who, act, county, lead_id)
    rows = await store.opinions(tx, county, [lead_id])
    row = next((one for one in rows if one.opinion_no == opinion_no), None)
    if row is None:
        raise Missing("线索意见", str(opinion_no))

    if row.decision is not None:
        raise OpinionDecided(opinion_no)
    must_be_checked("该意见", who.subject, frozenset({row.drawn_by}), request.version_hash, row.version_hash)
    must_follow("审批日期", request.on, row.drawn_on)

    await store.decide(
        tx,
        row,
        decision=str(request.decision),
        decision_opinion=request.opinion,
        decided_on=request.on,
        decided_by=who.subject,
        decided_at=func.now(),
    )
    receipt = LeadReceipt(id=lead_id, county_code=county, opinion_no=opinion_no)
    event = LeadOpinionDecided(
        lead_id=lead_id,
        county_code=county,
        opinion_no=opinion_no,
        decision=request.decision,
        decided_on=request.on,
        version_hash=row.version_hash,
        text_sha256=sealed(request.opinion),
    )
    await act.record(tx, store.stream_of(county), event, receipt)
    return receipt
