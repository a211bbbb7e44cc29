"""The documents of an engagement, one use case each: load, decide by the stages, record. None commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.missing import Missing
from policies.workdays import CHINA
from services.audit_api.checking import OwnDecision, named
from services.audit_api.engagements import parts, shown, stages, store
from services.audit_api.engagements.case import Case, Step, load, must_act_free
from services.audit_api.engagements.periods import ends_on, limit_words, must_lie_within
from services.audit_api.engagements.refusals import EngagementDayRefused, NoticeTooLate, StepOutOfTurn
from services.audit_api.engagements.schemas import (
    EngagementConclusionRequest,
    EngagementDecisionRequest,
    EngagementNoticeRequest,
    EngagementRecordRequest,
    EngagementReplyRequest,
    EngagementReportRequest,
    EngagementStartRequest,
    EngagementTerminationRequest,
    EngagementWorkingPaperRequest,
    EngagementWritten,
)
from services.audit_api.engagements.stages import PAPERS, STAGES, Doc, EngagementPaper
from services.audit_api.moments import Moment
from services.audit_api.policies import store as policies
from wire.engagements import EngagementDocumentDrawn


async def notice(step: Step, said: EngagementNoticeRequest) -> EngagementWritten:
    """Serve the notice, so many days before the start as the law asks; in special circumstances it is brought along."""
    case = await _open(step, EngagementPaper.NOTICE, said.on)
    if said.starts_on < said.on:
        raise EngagementDayRefused("进点日", said.starts_on, said.on, None)
    must_lie_within("进点日", said.starts_on, case.period.starts_on, case.period.ends_on)
    value = case.value(f"engagement_notice_days.{case.kind}", said.on)
    if said.at_once is not None and said.at_once.approved_by == step.who.subject:
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
    return await _record(step, case, EngagementPaper.NOTICE, said.on, row)


async def start(step: Step, said: EngagementStartRequest) -> EngagementWritten:
    """The team comes: not before the announced day, and with a lead and enough people."""
    case = await _open(step, EngagementPaper.START, said.on)
    must_lie_within(PAPERS[EngagementPaper.START], said.on, case.period.starts_on, case.period.ends_on)
    stages.must_start_in_time(case.docs, said.on)
    case.must_be_on_team(step.who.subject, said.on, lead=True)
    await case.must_be_enough(step.tx, said.on)
    row = {"title": "进点实施", "content": said.content}
    return await _record(step, case, EngagementPaper.START, said.on, row)


async def record(step: Step, said: EngagementRecordRequest) -> EngagementWritten:
    """Take evidence, by enough people: from whom, signed on which day or why not (审计法实施条例 (2010) art 38)."""
    case = await _open(step, EngagementPaper.RECORD, said.on)
    await case.must_be_enough(step.tx, said.on)
    if said.signed_on is not None and said.signed_on > step.today:
        raise EngagementDayRefused("签名日期", said.signed_on, said.on, step.today)
    row = said.model_dump(include={"title", "content", "supplier", "signed_on", "unsigned_because"})
    return await _record(step, case, EngagementPaper.RECORD, said.on, row)


async def working_paper(step: Step, said: EngagementWorkingPaperRequest) -> EngagementWritten:
    """Draw up a working paper on records of this engagement; another person reviews it."""
    case = await _open(step, EngagementPaper.WORKING_PAPER, said.on)
    records = {one.no: one for one in stages.of(case.docs, EngagementPaper.RECORD)}
    for no in said.rests_on:
        if no not in records:
            raise Missing("取证单", str(no))
        if said.on < records[no].on:
            raise EngagementDayRefused(PAPERS[EngagementPaper.WORKING_PAPER], said.on, records[no].on, step.today)
    row = said.model_dump(include={"title", "content", "rests_on"})
    return await _record(step, case, EngagementPaper.WORKING_PAPER, said.on, row)


async def report(step: Step, said: EngagementReportRequest) -> EngagementWritten:
    """Give the team's report to the auditee, once every working paper is reviewed; its days to answer begin."""
    case = await _open(step, EngagementPaper.REPORT, said.on)
    case.must_be_on_team(step.who.subject, said.on, lead=True)
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
    return await _record(step, case, EngagementPaper.REPORT, said.on, row)


async def reply(step: Step, said: EngagementReplyRequest) -> EngagementWritten:
    """Keep what the auditee says of the report; one that comes after its days is kept, and told as late."""
    case = await _open(step, EngagementPaper.REPLY, said.on)
    row = said.model_dump(include={"document", "title", "content", "stance"})
    return await _record(step, case, EngagementPaper.REPLY, said.on, row)


async def decision(step: Step, said: EngagementDecisionRequest) -> EngagementWritten:
    """Draw up the office's report or decision, once the auditee answered or let its days pass.

    A transfer that cannot wait is drawn up at any stage, with the reason: whom it is about is not heard before.
    """
    ahead = said.ahead_because is not None
    case = await _open(step, EngagementPaper.DECISION, said.on, by_team=False, ahead=ahead)
    if not ahead:
        stages.must_be_first_of_form(case.docs, said.form, said.on)
        stages.must_be_heard(case.docs, said.on)
        stages.must_not_wait(case.docs)
    row = said.model_dump(include={"document", "title", "content", "form", "ahead_because"})
    return await _record(step, case, EngagementPaper.DECISION, said.on, row)


async def conclude(step: Step, said: EngagementConclusionRequest) -> EngagementWritten:
    """Draw up that nothing is left to do (结项); once another has agreed the engagement is over."""
    case = await _open(step, EngagementPaper.CONCLUSION, said.on)
    case.must_be_on_team(step.who.subject, said.on, lead=True)
    stages.must_not_wait(case.docs)
    await parts.must_be_over(step, said.on)
    row = said.model_dump(include={"title", "content"})
    return await _record(step, case, EngagementPaper.CONCLUSION, said.on, row)


async def terminate(step: Step, said: EngagementTerminationRequest) -> EngagementWritten:
    """Draw up that the engagement is given up before its report (终止), by a document; its findings stay."""
    case = await _open(step, EngagementPaper.TERMINATION, said.on)
    case.must_be_on_team(step.who.subject, said.on, lead=True)
    await parts.must_be_over(step, said.on)
    row = said.model_dump(include={"document", "title", "content"})
    return await _record(step, case, EngagementPaper.TERMINATION, said.on, row)


async def must_still_end(step: Step, case: Case, ending: Doc) -> None:
    """Refuse to agree to an end when what was recorded since it was drawn up speaks against it."""
    docs = [one for one in case.docs if one.no != ending.no]
    stages.must_be_possible(docs, ending.paper, of_a_unit=case.of_a_unit)
    stages.must_be_dated(docs, ending.paper, ending.on, step.today, case.head.planned_on)
    if ending.paper is EngagementPaper.CONCLUSION:
        stages.must_not_wait(docs)
    await parts.must_be_over(step, ending.on)


async def _open(step: Step, paper: EngagementPaper, on: date, *, by_team: bool = True, ahead: bool = False) -> Case:
    """The engagement, when this document is in turn on its day, and the caller may draw it up."""
    await step.act.claim(step.tx, step.county)
    case = await load(step)
    needed = case.value(f"engagement_notice_days.{case.kind}", on) is not None
    stages.must_be_possible(case.docs, paper, of_a_unit=case.of_a_unit, notice_needed=needed, ahead=ahead)
    stages.must_be_dated([] if ahead else case.docs, paper, on, step.today, case.head.planned_on)
    if by_team:
        case.must_be_on_team(step.who.subject, on)
    await must_act_free(step.tx, step.who, step.county, case.about)
    return case


async def _record(
    step: Step, case: Case, paper: EngagementPaper, on: date, said: Mapping[str, Any]
) -> EngagementWritten:
    no = await store.next_no(step.tx, case.head)
    content = {**said, "no": no, "paper": paper.value, "done_on": on, "made_by": step.who.subject}
    content |= {"county_code": step.county, "engagement_id": step.engagement, "region_code": case.head.region_code}
    name = named(content)
    await store.add_document(step.tx, {**content, **name})
    answer = await written(step, no)
    event = EngagementDocumentDrawn(
        engagement_id=step.engagement,
        county_code=step.county,
        no=no,
        paper=paper.value,
        form=content.get("form"),
        done_on=on,
        due_on=content.get("due_on"),
        version_hash=name["version_hash"],
        stage=answer.stage.value,
    )
    await step.act.record(step.tx, step.county, event, answer)
    return answer


async def written(step: Step, no: int) -> EngagementWritten:
    """Where the engagement stands after this act, as of today, with the document as it is now."""
    case, moment = await load(step, lock=False), Moment(step.today)
    rows = shown.seen(case.parts.documents, moment)
    values = await policies.versions(step.tx, shown.refs_of([case.parts]))
    stage = stages.stage_of([shown.doc_of(one, moment) for one in rows])
    return EngagementWritten(
        engagement_id=step.engagement,
        stage=stage,
        stage_name=STAGES[stage],
        document=shown.receipts(rows, moment)[no],
        periods=shown.periods(case.parts, rows, values, moment),
    )
