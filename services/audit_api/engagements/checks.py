"""What another person says of a document of an engagement, and its delivery: each once. None commits."""

from __future__ import annotations

from typing import Final

from chassis.missing import Missing
from policies.workdays import CHINA
from services.audit_api.checking import must_be_checked
from services.audit_api.engagements import stages, store
from services.audit_api.engagements.case import Case, Step, load, must_act_free
from services.audit_api.engagements.documents import must_still_end, written
from services.audit_api.engagements.periods import ends_on, moved_to_work
from services.audit_api.engagements.refusals import DocumentDecided, EngagementDayRefused, NotApprover, StepOutOfTurn
from services.audit_api.engagements.schemas import (
    EngagementCheckRequest,
    EngagementDeliveryRequest,
    EngagementWritten,
)
from services.audit_api.engagements.stages import (
    ENDINGS,
    OVER,
    STAGES,
    Doc,
    EngagementPaper,
    EngagementVerdict,
)
from services.audit_api.tables import EngagementDocumentRow
from services.audit_api.words import sealed
from wire.engagements import EngagementDecisionDelivered, EngagementDocumentChecked

_CHECKED: Final = {
    EngagementPaper.NOTICE: "通知书",
    EngagementPaper.WORKING_PAPER: "底稿",
    EngagementPaper.DECISION: "报告（决定）",
    EngagementPaper.CONCLUSION: "结项",
    EngagementPaper.TERMINATION: "终止",
}
_AT_ONCE: Final = "批准直接持通知书实施"


async def check(step: Step, no: int, paper: EngagementPaper, said: EngagementCheckRequest) -> EngagementWritten:
    """Agree to a document in exactly this version, or send it back; never by its author.

    A working paper is reviewed by a member, a notice that is brought along is approved by the person it names.
    """
    await step.act.claim(step.tx, step.county)
    case = await load(step)
    row = _document(case, no, paper)
    _must_not_be_over(case, row, f"审核{_CHECKED[paper]}")
    if row.checked_on is not None:
        verdict = "审定通过" if row.verdict == EngagementVerdict.AGREED else "退回"
        raise DocumentDecided(_CHECKED[paper], no, verdict, row.checked_on)
    must_be_checked(_CHECKED[paper], step.who.subject, frozenset({row.made_by}), said.version_hash, row.version_hash)
    if not row.done_on <= said.on <= step.today:
        what = f"{_CHECKED[paper]}审核日期"
        raise EngagementDayRefused(what, said.on, row.done_on, step.today)
    if paper is EngagementPaper.NOTICE:
        _must_be_approver(step, case, row)
    elif paper is EngagementPaper.WORKING_PAPER:
        case.must_be_on_team(step.who.subject, said.on)
    elif said.decision is EngagementVerdict.AGREED:
        await _must_still_stand(step, case, next(one for one in case.docs if one.no == no))
    await must_act_free(step.tx, step.who, step.county, case.about)

    told = {
        "checked_on": said.on,
        "checked_by": step.who.subject,
        "verdict": said.decision.value,
        "opinion": said.opinion,
    }
    await store.add_to_document(step.tx, case.head, no, told)
    answer = await written(step, no)
    event = EngagementDocumentChecked(
        engagement_id=step.engagement,
        county_code=step.county,
        no=no,
        paper=paper.value,
        verdict=said.decision.value,
        checked_on=said.on,
        version_hash=row.version_hash,
        stage=answer.stage.value,
        text_sha256=sealed(said.opinion),
    )
    await step.act.record(step.tx, step.county, event, answer)
    return answer


def _must_not_be_over(case: Case, row: EngagementDocumentRow, what: str) -> None:
    """Refuse a step on a document of an engagement that is over; what was handed on ahead goes its own way."""
    stage = stages.stage_of(case.docs)
    if stage in OVER and row.ahead_because is None and row.checked_on is None:
        raise StepOutOfTurn(what, STAGES[stage], "项目已结束")


async def _must_still_stand(step: Step, case: Case, doc: Doc) -> None:
    """Refuse to agree to an end or a decision that something recorded since speaks against."""
    if doc.paper in ENDINGS:
        await must_still_end(step, case, doc)
    else:
        stages.must_have_heard_all(case.docs, doc, "审定报告（决定）", "应退回重拟")


def _must_be_approver(step: Step, case: Case, row: EngagementDocumentRow) -> None:
    """Refuse to approve a notice that was served in time, or once the team is there, and whoever it does not name."""
    stage = stages.stage_of(case.docs)
    if row.at_once_approved_by is None:
        raise StepOutOfTurn(_AT_ONCE, STAGES[stage], "该通知书按期送达，无须批准")
    if stages.of(case.docs, EngagementPaper.START):
        raise StepOutOfTurn(_AT_ONCE, STAGES[stage], "应在进点以前批准")
    if step.who.subject != row.at_once_approved_by:
        raise NotApprover(step.who.subject, row.at_once_approved_by)


async def deliver(step: Step, no: int, said: EngagementDeliveryRequest) -> EngagementWritten:
    """Deliver a confirmed report or decision: from that day it is in effect (审计法 (2021) art 45)."""
    await step.act.claim(step.tx, step.county)
    case = await load(step)
    row = _document(case, no, EngagementPaper.DECISION)
    stage = stages.stage_of(case.docs)
    if row.verdict != EngagementVerdict.AGREED or row.checked_on is None:
        raise StepOutOfTurn("送达报告（决定）", STAGES[stage], "应先经另一人审定")
    if row.delivered_on is not None:
        raise StepOutOfTurn("送达报告（决定）", STAGES[stage], f"已于 {row.delivered_on} 送达")
    doc = next(one for one in case.docs if one.no == no)
    stages.must_have_heard_all(case.docs, doc, "送达报告（决定）", "应研究意见后另行拟定")
    if stage in OVER and not doc.ahead:
        raise StepOutOfTurn("送达报告（决定）", STAGES[stage], "项目已结束")
    if not row.checked_on <= said.on <= step.today:
        raise EngagementDayRefused("送达日期", said.on, row.checked_on, step.today)
    await must_act_free(step.tx, step.who, step.county, case.about)

    value = case.value("decision_ruling_days", said.on) if row.form == "decision" else None
    until_on = moved_to_work(ends_on(said.on, value, CHINA), CHINA).on if value else None
    told = {
        "delivered_on": said.on,
        "delivered_by": step.who.subject,
        "ruling_until_on": until_on,
        "ruling_ref": str(value.ref) if value else None,
    }
    await store.add_to_document(step.tx, case.head, no, told)
    answer = await written(step, no)
    event = EngagementDecisionDelivered(
        engagement_id=step.engagement,
        county_code=step.county,
        no=no,
        form=row.form or "",
        delivered_on=said.on,
        ruling_until_on=until_on,
        version_hash=row.version_hash,
    )
    await step.act.record(step.tx, step.county, event, answer)
    return answer


def _document(case: Case, no: int, paper: EngagementPaper) -> EngagementDocumentRow:
    row = next((one for one in case.parts.documents if one.no == no and one.paper == paper), None)
    if row is None:
        raise Missing(_CHECKED[paper], str(no))
    return row
