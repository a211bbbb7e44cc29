"""Talks and letters (谈话函询): a letter is answered within its days, a talk ends, and what came of it is reported."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from policies.workdays import CHINA
from services.audit_api.leads import service, store
from services.audit_api.leads.reading import judged, talked, written
from services.audit_api.leads.schemas import (
    LeadLetterRequest,
    LeadReceipt,
    LeadReplyRequest,
    LeadReportRequest,
    LeadTalkRequest,
)
from services.audit_api.leads.states import (
    REPLY_LIMIT,
    REPORT_LIMIT,
    Due,
    Letter,
    Opinion,
    Talk,
    due,
    must_not_be_ahead,
    reply_due,
    talked_under,
    unanswered,
    unreported,
    written_under,
)
from services.audit_api.policies import store as policies
from services.audit_api.rectifications.states import must_follow
from services.audit_api.tables import LeadRow
from services.audit_api.words import sealed
from wire.leads import LeadLetterAnswered, LeadLetterServed, LeadTalkEnded, LeadTalkReported


async def _standing(tx: AsyncSession, county: str, lead_id: UUID) -> tuple[list[Opinion], list[Letter], list[Talk]]:
    """The opinions on a lead, its letters and its talks, as the rules read them."""
    return (
        [judged(one) for one in await store.opinions(tx, county, [lead_id])],
        [written(one) for one in await store.letters(tx, county, [lead_id])],
        [talked(one) for one in await store.talks(tx, county, [lead_id])],
    )


async def _ended(tx: AsyncSession, who: Principal, lead: LeadRow, opinion_no: int, on: date) -> Due:
    """Keep that the talk or letter of an opinion ended on a day; by when the report is due."""
    county = lead.county_code
    limit = due(await policies.values(tx, REPORT_LIMIT, region=county), REPORT_LIMIT, county, on)
    await store.add_talk(
        tx,
        {
            "county_code": county,
            "region_code": lead.region_code,
            "lead_id": lead.id,
            "opinion_no": opinion_no,
            "ended_on": on,
            "report_due_on": limit.on,
            "report_limit": limit.limit,
            "recorded_by": who.subject,
        },
    )
    return limit


async def serve_letter(
    tx: AsyncSession, who: Principal, act: Act, county: str, lead_id: UUID, request: LeadLetterRequest, today: date
) -> LeadReceipt:
    """Say when the letter reached whom it asks: from then on the reply is due."""
    must_not_be_ahead("函件送达日期", request.received_on, today)
    lead = await service.held(tx, who, act, county, lead_id)
    said, letters, talks = await _standing(tx, county, lead_id)
    values = await policies.values(tx, REPLY_LIMIT, region=county)

    under = written_under(said, talks, letters)
    must_follow("函件送达日期", request.received_on, under.decided_on or lead.received_on)
    limit = reply_due(values, county, request.received_on, CHINA)

    await store.add_letter(
        tx,
        {
            "county_code": county,
            "region_code": lead.region_code,
            "lead_id": lead_id,
            "opinion_no": under.opinion_no,
            "received_on": request.received_on,
            "reply_due_on": limit.on,
            "reply_limit": limit.limit,
            "recorded_by": who.subject,
        },
    )
    receipt = LeadReceipt(id=lead_id, county_code=county, opinion_no=under.opinion_no, due_on=limit.on)
    event = LeadLetterServed(
        lead_id=lead_id,
        county_code=county,
        opinion_no=under.opinion_no,
        received_on=request.received_on,
        reply_due_on=limit.on,
    )
    await act.record(tx, store.stream_of(county), event, receipt)
    return receipt


async def answer_letter(
    tx: AsyncSession, who: Principal, act: Act, county: str, lead_id: UUID, request: LeadReplyRequest, today: date
) -> LeadReceipt:
    """Keep the reply to a letter, in time or late; it ends the letter, and the report is due from that day on."""
    must_not_be_ahead("收到书面说明日期", request.on, today)
    lead = await service.held(tx, who, act, county, lead_id)
    said, letters, talks = await _standing(tx, county, lead_id)

    letter = unanswered(said, talks, letters)
    must_follow("收到书面说明日期", request.on, letter.received_on)

    number = letter.opinion_no
    await store.reply(
        tx, county, lead_id, number, replied_on=request.on, reply=request.reply, reply_recorded_by=who.subject
    )
    limit = await _ended(tx, who, lead, number, request.on)
    receipt = LeadReceipt(id=lead_id, county_code=county, opinion_no=number, due_on=limit.on)
    event = LeadLetterAnswered(
        lead_id=lead_id,
        county_code=county,
        opinion_no=number,
        replied_on=request.on,
        report_due_on=limit.on,
        text_sha256=sealed(request.reply),
    )
    await act.record(tx, store.stream_of(county), event, receipt)
    return receipt


async def end_talk(
    tx: AsyncSession, who: Principal, act: Act, county: str, lead_id: UUID, request: LeadTalkRequest, today: date
) -> LeadReceipt:
    """Say when the talk ended: from then on the report is due."""
    must_not_be_ahead("谈话结束日期", request.ended_on, today)
    lead = await service.held(tx, who, act, county, lead_id)
    said, letters, talks = await _standing(tx, county, lead_id)

    under = talked_under(said, talks)
    since = [one.received_on for one in letters if one.opinion_no == under.opinion_no]
    must_follow("谈话结束日期", request.ended_on, max(since, default=under.decided_on or lead.received_on))

    limit = await _ended(tx, who, lead, under.opinion_no, request.ended_on)
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
    said, _, talks = await _standing(tx, county, lead_id)

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
