"""What becomes of a lead: one member draws an opinion up, another decides on that very version; talks and reports."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.checking import must_be_checked, version_hash
from services.audit_api.leads import service, store
from services.audit_api.leads.reading import judged, talked
from services.audit_api.leads.schemas import (
    LeadDecisionRequest,
    LeadOpinionRequest,
    LeadReceipt,
    LeadReportRequest,
    LeadTalkRequest,
)
from services.audit_api.leads.states import (
    REPORT_LIMIT,
    OpinionDecided,
    due,
    last_day,
    must_not_be_ahead,
    must_take,
    talked_under,
    unreported,
)
from services.audit_api.policies import store as policies
from services.audit_api.rectifications.states import must_follow
from services.audit_api.words import new_salt, sealed
from wire.leads import LeadOpinionDecided, LeadOpinionDrawn, LeadTalkEnded, LeadTalkReported


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

    number, salt = len(rows) + 1, new_salt()
    classes = request.model_dump(mode="json", include={"disposition", "outcome", "form"})
    named = version_hash(
        {
            **classes,
            "county_code": county,
            "lead_id": str(lead_id),
            "opinion_no": number,
            "matter_sha256": sealed(lead.subject_unit_name, lead.matter),
            "opinion": request.opinion,
            "drawn_on": request.on.isoformat(),
            "drawn_by": who.subject,
            "salt": salt,
        }
    )
    await store.add_opinion(
        tx,
        {
            **classes,
            "county_code": county,
            "region_code": lead.region_code,
            "lead_id": lead_id,
            "opinion_no": number,
            "opinion": request.opinion,
            "drawn_on": request.on,
            "drawn_by": who.subject,
            "version_hash": named,
            "salt": salt,
        },
    )
    receipt = LeadReceipt(id=lead_id, county_code=county, opinion_no=number, version_hash=named)
    event = LeadOpinionDrawn(
        **classes,
        lead_id=lead_id,
        county_code=county,
        opinion_no=number,
        drawn_on=request.on,
        version_hash=named,
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


async def end_talk(
    tx: AsyncSession, who: Principal, act: Act, county: str, lead_id: UUID, request: LeadTalkRequest, today: date
) -> LeadReceipt:
    """Say when the talk ended or the letter was answered: from then on the report is due."""
    must_not_be_ahead("谈话结束或函询回复日期", request.ended_on, today)
    lead = await service.held(tx, who, act, county, lead_id)
    said = [judged(one) for one in await store.opinions(tx, county, [lead_id])]
    talks = [talked(one) for one in await store.talks(tx, county, [lead_id])]
    values = await policies.values(tx, REPORT_LIMIT, region=county)

    under = talked_under(said, talks)
    must_follow("谈话结束或函询回复日期", request.ended_on, under.decided_on or lead.received_on)
    limit = due(values, REPORT_LIMIT, county, request.ended_on)

    await store.add_talk(
        tx,
        {
            "county_code": county,
            "region_code": lead.region_code,
            "lead_id": lead_id,
            "opinion_no": under.opinion_no,
            "ended_on": request.ended_on,
            "report_due_on": limit.on,
            "report_limit": limit.limit,
            "recorded_by": who.subject,
        },
    )
    receipt = LeadReceipt(id=lead_id, county_code=county, opinion_no=under.opinion_no, due_on=limit.on)
    event = LeadTalkEnded(
        lead_id=lead_id,
        county_code=county,
        opinion_no=under.opinion_no,
        ended_on=request.ended_on,
        report_due_on=limit.on,
    )
    await act.record(tx, store.stream_of(county), event, receipt)
    return receipt


async def report_talk(
    tx: AsyncSession, who: Principal, act: Act, county: str, lead_id: UUID, request: LeadReportRequest, today: date
) -> LeadReceipt:
    """Report on the talk or letter; then something can be proposed upon it."""
    must_not_be_ahead("报告日期", request.on, today)
    await service.held(tx, who, act, county, lead_id)
    said = [judged(one) for one in await store.opinions(tx, county, [lead_id])]
    talks = [talked(one) for one in await store.talks(tx, county, [lead_id])]

    talk = unreported(said, talks)
    must_follow("报告日期", request.on, talk.ended_on)

    await store.report(
        tx, county, lead_id, talk.opinion_no, reported_on=request.on, report=request.report, reported_by=who.subject
    )
    receipt = LeadReceipt(id=lead_id, county_code=county, opinion_no=talk.opinion_no)
    event = LeadTalkReported(
        lead_id=lead_id,
        county_code=county,
        opinion_no=talk.opinion_no,
        reported_on=request.on,
        text_sha256=sealed(request.report),
    )
    await act.record(tx, store.stream_of(county), event, receipt)
    return receipt
