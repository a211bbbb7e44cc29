"""The documents of an engagement, one use case each: load, decide by the stages, record. None commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from services.audit_api.checking import OwnDecision, must_be_checked, version_hash
from services.audit_api.engagements import shown, stages, store
from services.audit_api.engagements.case import Case, load, must_act_free
from services.audit_api.engagements.periods import ends_on, limit_words, moved_to_work
from services.audit_api.engagements.refusals import DocumentDecided, EngagementDayRefused, NoticeTooLate, StepOutOfTurn
from services.audit_api.engagements.schemas import (
    EngagementCheckRequest,
    EngagementConclusionRequest,
    EngagementDecisionRequest,
    EngagementDeliveryRequest,
    EngagementNoticeRequest,
    EngagementRecordRequest,
    EngagementReplyRequest,
    EngagementReportRequest,
    EngagementStartRequest,
    EngagementWorkingPaperRequest,
    EngagementWritten,
)
from services.audit_api.engagements.stages import PAPERS, STAGES, EngagementPaper, EngagementVerdict
from services.audit_api.missing import Missing
from services.audit_api.moments import Moment
from services.audit_api.policies import store as policies
from services.audit_api.tables import EngagementDocumentRow
from services.audit_api.words import sealed
from services.audit_api.workdays import CHINA
from wire.engagements import EngagementDecisionDelivered, EngagementDocumentChecked, EngagementDocumentDrawn

_CHECKED = {EngagementPaper.WORKING_PAPER: "底稿", EngagementPaper.DECISION: "报告（决定）"}


async def notice(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    engagement: UUID,
    said: EngagementNoticeRequest,
    today: date,
) -> EngagementWritten:
    """Serve the notice, so many days before the start as the law asks; in special circumstances it is brought along."""
    case = await _open(tx, who, act, county, engagement, EngagementPaper.NOTICE, said.on, today)
    if said.starts_on < said.on:
        raise EngagementDayRefused("进点日", said.starts_on, said.on, None)
    value = case.value(f"engagement_notice_days.{case.kind}", said.on)
    if said.at_once is not None and said.at_once.approved_by == who.subject:
        raise OwnDecision("直接持通知书实施的批准")
    if value is not None and said.at_once is None:
        earliest_on = ends_on(said.on, value, CHINA).on
        if said.starts_on < earliest_on:
            raise NoticeTooLate(said.on, said.starts_on, earliest_on, limit_words(value), value.source)
    row = {
        "document": said.document,
        "title": said.title,
        "content": said.content,
        "starts_on": said.starts_on,
        "at_once_because": said.at_once.because if said.at_once else None,
        "at_once_approved_by": said.at_once.approved_by if said.at_once else None,
        "policy_ref": str(value.ref) if value else None,
    }
    return await _record(tx, who, act, case, EngagementPaper.NOTICE, said.on, row, today)


async def start(
    tx: AsyncSession, who: Principal, act: Act, county: str, engagement: UUID, said: EngagementStartRequest, today: date
) -> EngagementWritten:
    """The team comes: not before the announced day, and with a lead and enough people."""
    case = await _open(tx, who, act, county, engagement, EngagementPaper.START, said.on, today)
    if said.on < case.period.starts_on and not stages.of(case.docs, EngagementPaper.NOTICE):
        raise EngagementDayRefused(PAPERS[EngagementPaper.START], said.on, case.period.starts_on, today)
    stages.must_start_in_time(case.docs, said.on)
    case.must_be_on_team(who.subject, said.on, lead=True)
    case.must_be_enough(said.on)
    return await _record(
        tx, who, act, case, EngagementPaper.START, said.on, {"title": "进点实施", "content": said.content}, today
    )


async def record(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    engagement: UUID,
    said: EngagementRecordRequest,
    today: date,
) -> EngagementWritten:
    """Take evidence: from whom, signed on which day or why not (审计法实施条例 (2010) art 38)."""
    case = await _open(tx, who, act, county, engagement, EngagementPaper.RECORD, said.on, today)
    if said.signed_on is not None and said.signed_on > today:
        raise EngagementDayRefused("签名日期", said.signed_on, said.on, today)
    row = said.model_dump(include={"title", "content", "supplier", "signed_on", "unsigned_because"})
    return await _record(tx, who, act, case, EngagementPaper.RECORD, said.on, row, today)


async def working_paper(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    engagement: UUID,
    said: EngagementWorkingPaperRequest,
    today: date,
) -> EngagementWritten:
    """Draw up a working paper on records of this engagement; another person reviews it."""
    case = await _open(tx, who, act, county, engagement, EngagementPaper.WORKING_PAPER, said.on, today)
    records = {one.no: one for one in stages.of(case.docs, EngagementPaper.RECORD)}
    for no in said.rests_on:
        if no not in records:
            raise Missing("取证单", str(no))
        if said.on < records[no].on:
            raise EngagementDayRefused(PAPERS[EngagementPaper.WORKING_PAPER], said.on, records[no].on, today)
    row = said.model_dump(include={"title", "content", "rests_on"})
    return await _record(tx, who, act, case, EngagementPaper.WORKING_PAPER, said.on, row, today)


async def report(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    engagement: UUID,
    said: EngagementReportRequest,
    today: date,
) -> EngagementWritten:
    """Give the team's report to the auditee, once every working paper is reviewed; its days to answer begin."""
    case = await _open(tx, who, act, county, engagement, EngagementPaper.REPORT, said.on, today)
    case.must_be_on_team(who.subject, said.on, lead=True)
    if case.head.auditee_unit_id is None:
        stage = STAGES[stages.stage_of(case.docs)]
        raise StepOutOfTurn(PAPERS[EngagementPaper.REPORT], stage, "该项目没有被监督单位，无处征求意见")
    stages.must_be_reviewed(case.docs)
    value = case.value(f"auditee_reply_days.{case.kind}", said.on)
    row = {
        **said.model_dump(include={"document", "title", "content"}),
        "due_on": ends_on(said.on, value, CHINA).on if value else None,
        "policy_ref": str(value.ref) if value else None,
    }
    return await _record(tx, who, act, case, EngagementPaper.REPORT, said.on, row, today)


async def reply(
    tx: AsyncSession, who: Principal, act: Act, county: str, engagement: UUID, said: EngagementReplyRequest, today: date
) -> EngagementWritten:
    """Keep what the auditee says of the report; one that comes after its days is kept, and told as late."""
    case = await _open(tx, who, act, county, engagement, EngagementPaper.REPLY, said.on, today)
    row = said.model_dump(include={"document", "title", "content", "stance"})
    return await _record(tx, who, act, case, EngagementPaper.REPLY, said.on, row, today)


async def decision(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    engagement: UUID,
    said: EngagementDecisionRequest,
    today: date,
) -> EngagementWritten:
    """Draw up the office's report or decision, once the auditee answered or let its days pass."""
    case = await _open(tx, who, act, county, engagement, EngagementPaper.DECISION, said.on, today, by_team=False)
    stages.must_be_first_of_form(case.docs, said.form, said.on)
    stages.must_be_heard(case.docs, said.on)
    stages.must_not_wait(case.docs)
    row = said.model_dump(include={"document", "title", "content", "form"})
    return await _record(tx, who, act, case, EngagementPaper.DECISION, said.on, row, today)


async def conclude(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    engagement: UUID,
    said: EngagementConclusionRequest,
    today: date,
) -> EngagementWritten:
    """End the engagement (结项), and with it its countdown."""
    case = await _open(tx, who, act, county, engagement, EngagementPaper.CONCLUSION, said.on, today)
    case.must_be_on_team(who.subject, said.on, lead=True)
    stages.must_not_wait(case.docs)
    row = said.model_dump(include={"title", "content"})
    return await _record(tx, who, act, case, EngagementPaper.CONCLUSION, said.on, row, today)


async def check(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    engagement: UUID,
    no: int,
    paper: EngagementPaper,
    said: EngagementCheckRequest,
    today: date,
) -> EngagementWritten:
    """Agree to a working paper or a decision in exactly this version, or send it back; never by its author."""
    await act.claim(tx, county)
    case = await load(tx, who, county, engagement)
    row = _document(case, no, paper)
    if row.checked_on is not None:
        verdict = "审定通过" if row.verdict == EngagementVerdict.AGREED else "退回"
        raise DocumentDecided(_CHECKED[paper], no, verdict, row.checked_on)
    must_be_checked(_CHECKED[paper], who.subject, frozenset({row.made_by}), said.version_hash, row.version_hash)
    if not row.done_on <= said.on <= today:
        what = f"{_CHECKED[paper]}审核日期"
        raise EngagementDayRefused(what, said.on, row.done_on, today)
    if paper is EngagementPaper.WORKING_PAPER:
        case.must_be_on_team(who.subject, said.on)
    elif said.decision is EngagementVerdict.AGREED:
        stages.must_have_heard_all(case.docs, next(one for one in case.docs if one.no == no))
    await must_act_free(tx, who, case)

    told = {"checked_on": said.on, "checked_by": who.subject, "verdict": said.decision.value, "opinion": said.opinion}
    await store.add_to_document(tx, case.head, no, told)
    answer = await _written(tx, who, county, engagement, no, today)
    event = EngagementDocumentChecked(
        engagement_id=engagement,
        county_code=county,
        no=no,
        paper=paper.value,
        verdict=said.decision.value,
        checked_on=said.on,
        version_hash=row.version_hash,
        stage=answer.stage.value,
        text_sha256=sealed(said.opinion),
    )
    await act.record(tx, county, event, answer)
    return answer


async def deliver(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    engagement: UUID,
    no: int,
    said: EngagementDeliveryRequest,
    today: date,
) -> EngagementWritten:
    """Deliver a confirmed report or decision: from that day it is in effect (审计法 (2021) art 45)."""
    await act.claim(tx, county)
    case = await load(tx, who, county, engagement)
    row = _document(case, no, EngagementPaper.DECISION)
    stage = stages.stage_of(case.docs)
    if row.verdict != EngagementVerdict.AGREED or row.checked_on is None:
        raise StepOutOfTurn("送达报告（决定）", STAGES[stage], "应先经另一人审定")
    if row.delivered_on is not None:
        raise StepOutOfTurn("送达报告（决定）", STAGES[stage], f"已于 {row.delivered_on} 送达")
    if not row.checked_on <= said.on <= today:
        raise EngagementDayRefused("送达日期", said.on, row.checked_on, today)
    await must_act_free(tx, who, case)

    value = case.value("decision_ruling_days", said.on) if row.form == "decision" else None
    until_on = moved_to_work(ends_on(said.on, value, CHINA), CHINA).on if value else None
    told = {
        "delivered_on": said.on,
        "delivered_by": who.subject,
        "ruling_until_on": until_on,
        "ruling_ref": str(value.ref) if value else None,
    }
    await store.add_to_document(tx, case.head, no, told)
    answer = await _written(tx, who, county, engagement, no, today)
    event = EngagementDecisionDelivered(
        engagement_id=engagement,
        county_code=county,
        no=no,
        form=row.form or "",
        delivered_on=said.on,
        ruling_until_on=until_on,
        version_hash=row.version_hash,
    )
    await act.record(tx, county, event, answer)
    return answer


def _document(case: Case, no: int, paper: EngagementPaper) -> EngagementDocumentRow:
    row = next((one for one in case.parts.documents if one.no == no and one.paper == paper), None)
    if row is None:
        raise Missing(_CHECKED[paper], str(no))
    return row


async def _open(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    engagement: UUID,
    paper: EngagementPaper,
    on: date,
    today: date,
    *,
    by_team: bool = True,
) -> Case:
    """The engagement, when this document is in turn on its day, and the caller may draw it up."""
    await act.claim(tx, county)
    case = await load(tx, who, county, engagement)
    needed = case.value(f"engagement_notice_days.{case.kind}", on) is not None
    stages.must_be_possible(case.kind, case.docs, paper, notice_needed=needed)
    stages.must_be_dated(case.docs, paper, on, today, case.head.planned_on)
    if by_team:
        case.must_be_on_team(who.subject, on)
    await must_act_free(tx, who, case)
    return case


async def _record(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    case: Case,
    paper: EngagementPaper,
    on: date,
    said: Mapping[str, Any],
    today: date,
) -> EngagementWritten:
    county, engagement = case.head.county_code, case.head.id
    no = await store.next_no(tx, case.head)
    content = {**said, "no": no, "paper": paper.value, "done_on": on, "made_by": who.subject}
    named = {key: one.isoformat() if isinstance(one, date) else one for key, one in content.items()}
    version = version_hash({**named, "county_code": county, "engagement_id": str(engagement)})
    await store.add_document(
        tx,
        {
            **content,
            "county_code": county,
            "engagement_id": engagement,
            "region_code": case.head.region_code,
            "version_hash": version,
        },
    )
    answer = await _written(tx, who, county, engagement, no, today)
    event = EngagementDocumentDrawn(
        engagement_id=engagement,
        county_code=county,
        no=no,
        paper=paper.value,
        form=content.get("form"),
        done_on=on,
        due_on=content.get("due_on"),
        version_hash=version,
        stage=answer.stage.value,
    )
    await act.record(tx, county, event, answer)
    return answer


async def _written(
    tx: AsyncSession, who: Principal, county: str, engagement: UUID, no: int, today: date
) -> EngagementWritten:
    """Where the engagement stands after this act, as of today, with the document as it is now."""
    case, moment = await load(tx, who, county, engagement, lock=False), Moment(today)
    rows = shown.seen(case.parts.documents, moment)
    values = await policies.versions(tx, shown.refs_of([case.parts]))
    due_on = next((one.due_on for one in rows if one.paper == EngagementPaper.REPORT), None)
    stage = stages.stage_of([shown.doc_of(one, moment) for one in rows])
    return EngagementWritten(
        engagement_id=engagement,
        stage=stage,
        stage_name=STAGES[stage],
        document=shown.receipt(next(one for one in rows if one.no == no), moment, due_on),
        periods=shown.periods(case.parts, rows, values, moment),
    )
