"""The stages of an engagement as a pure machine over its documents: which may follow which, and on which day.

审计法 (2021) art 42–45: notice, fieldwork, the team's report to the auditee, its opinion within ten days, the office's
report and decision, which takes effect on delivery. A stage is no state of its own: it is read off the documents that
were there on a day and known by a moment. Knows no database, clock or permission table: days and people are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from services.audit_api.engagements.refusals import (
    EngagementDayRefused,
    PapersUnreviewed,
    ReplyPeriodOpen,
    StepOutOfTurn,
)


class EngagementKind(StrEnum):
    """audit 审计项目, campaign 专项整治, patrol 巡察, inspection 督查."""

    AUDIT = "audit"
    CAMPAIGN = "campaign"
    PATROL = "patrol"
    INSPECTION = "inspection"


KINDS: Final = {
    EngagementKind.AUDIT: "审计项目",
    EngagementKind.CAMPAIGN: "专项整治",
    EngagementKind.PATROL: "巡察",
    EngagementKind.INSPECTION: "督查",
}
# The form of a decision of which there may be several: each goes to an office of its own.
REPEATED: Final = "transfer"
# These look at one unit, hear it and decide about it; a campaign, an inspection or a round of patrols goes without one.
OF_A_UNIT: Final = frozenset({EngagementKind.AUDIT, EngagementKind.PATROL})


class EngagementPaper(StrEnum):
    """What a document of an engagement is.

    notice 通知书, start 进点, record 取证单, working_paper 底稿, report 征求意见的报告, reply 书面意见,
    decision 报告（决定、移送）, conclusion 结项, termination 终止.
    """

    NOTICE = "notice"
    START = "start"
    RECORD = "record"
    WORKING_PAPER = "working_paper"
    REPORT = "report"
    REPLY = "reply"
    DECISION = "decision"
    CONCLUSION = "conclusion"
    TERMINATION = "termination"


PAPERS: Final = {
    EngagementPaper.NOTICE: "送达通知书",
    EngagementPaper.START: "进点实施",
    EngagementPaper.RECORD: "取证",
    EngagementPaper.WORKING_PAPER: "编制底稿",
    EngagementPaper.REPORT: "报告征求意见",
    EngagementPaper.REPLY: "登记书面意见",
    EngagementPaper.DECISION: "作出报告或决定",
    EngagementPaper.CONCLUSION: "结项",
    EngagementPaper.TERMINATION: "终止",
}
# With one of these, once another person has agreed to it, an engagement is over.
ENDINGS: Final = frozenset({EngagementPaper.CONCLUSION, EngagementPaper.TERMINATION})


class EngagementVerdict(StrEnum):
    """agreed 同意, returned 退回重拟."""

    AGREED = "agreed"
    RETURNED = "returned"


class EngagementStage(StrEnum):
    """Where an engagement stands, in this order; what nothing asks for (notice, report, decision) is skipped."""

    PLANNED = "planned"
    NOTICED = "noticed"
    FIELDWORK = "fieldwork"
    CONSULTED = "consulted"
    DRAWN = "drawn"
    DECIDED = "decided"
    EFFECTIVE = "effective"
    CONCLUDED = "concluded"
    TERMINATED = "terminated"


STAGES: Final = {
    EngagementStage.PLANNED: "已立项",
    EngagementStage.NOTICED: "已送达通知书",
    EngagementStage.FIELDWORK: "现场实施",
    EngagementStage.CONSULTED: "征求意见",
    EngagementStage.DRAWN: "报告（决定）待审定",
    EngagementStage.DECIDED: "报告（决定）已审定",
    EngagementStage.EFFECTIVE: "已送达生效",
    EngagementStage.CONCLUDED: "已结项",
    EngagementStage.TERMINATED: "已终止",
}
OVER: Final = frozenset({EngagementStage.CONCLUDED, EngagementStage.TERMINATED})


@dataclass(frozen=True, slots=True)
class Doc:
    """A document as a moment knew it: its number, kind and day, who drew it up, and what became of it by then."""

    no: int
    paper: EngagementPaper
    on: date
    made_by: str = ""
    starts_on: date | None = None
    at_once: bool = False
    due_on: date | None = None
    source: str = ""
    form: str | None = None
    ahead: bool = False  # a transfer that does not wait for the report (先行移送)
    verdict: EngagementVerdict | None = None
    checked_on: date | None = None
    delivered_on: date | None = None
    was_delivered: bool = False  # on whatever day: its delivery was recorded by the moment


def of(docs: Iterable[Doc], paper: EngagementPaper) -> list[Doc]:
    """The documents of one kind, in their order."""
    return [one for one in docs if one.paper is paper]


def notices(docs: Iterable[Doc]) -> list[Doc]:
    """The notice that stands or waits for its approval: not one that was sent back."""
    return [one for one in of(docs, EngagementPaper.NOTICE) if one.verdict is not EngagementVerdict.RETURNED]


def decisions_in_hand(docs: Sequence[Doc]) -> list[Doc]:
    """The report, the decision and the transfers that wait, stand or took effect.

    Not one that was sent back or that an opinion overtook; a transfer made ahead is no end of the engagement.
    """
    return [
        one
        for one in of(docs, EngagementPaper.DECISION)
        if one.verdict is not EngagementVerdict.RETURNED and not one.ahead and overtaken_by(docs, one) is None
    ]


def overtaken_by(docs: Sequence[Doc], decision: Doc) -> Doc | None:
    """The opinion that came in time and was recorded after this was drawn up, so that it was not weighed.

    What was delivered by then is in effect, and stays so: that opinion is told as not weighed.
    """
    if decision.ahead or decision.was_delivered or decision.delivered_on is not None:
        return None
    last_on = next((one.due_on for one in of(docs, EngagementPaper.REPORT)), None)
    replies = of(docs, EngagementPaper.REPLY)
    return next((one for one in replies if one.no > decision.no and (last_on is None or one.on <= last_on)), None)


def was_weighed(docs: Sequence[Doc], reply: Doc) -> bool | None:
    """Whether all that was decided was drawn up with this opinion on record; None while nothing is decided."""
    made = decisions_in_hand(docs)
    return all(one.no > reply.no for one in made) if made else None


def endings(docs: Iterable[Doc]) -> list[Doc]:
    """The end of the engagement that waits or was agreed to: not one that was sent back."""
    return [one for one in docs if one.paper in ENDINGS and one.verdict is not EngagementVerdict.RETURNED]


def stage_of(docs: Sequence[Doc]) -> EngagementStage:
    """The stage that these documents make; of several decisions the one that is least far says it."""
    there = {one.paper for one in docs}
    for one in endings(docs):
        if one.verdict is EngagementVerdict.AGREED:
            concluded = one.paper is EngagementPaper.CONCLUSION
            return EngagementStage.CONCLUDED if concluded else EngagementStage.TERMINATED
    if decisions := decisions_in_hand(docs):
        if any(one.verdict is None for one in decisions):
            return EngagementStage.DRAWN
        if any(one.delivered_on is None for one in decisions):
            return EngagementStage.DECIDED
        return EngagementStage.EFFECTIVE
    for paper, stage in (
        (EngagementPaper.REPORT, EngagementStage.CONSULTED),
        (EngagementPaper.START, EngagementStage.FIELDWORK),
    ):
        if paper in there:
            return stage
    return EngagementStage.NOTICED if notices(docs) else EngagementStage.PLANNED


_HEARD: Final = frozenset(
    {EngagementStage.CONSULTED, EngagementStage.DRAWN, EngagementStage.DECIDED, EngagementStage.EFFECTIVE}
)
# The stages in which a document of each kind may be added.
_WHEN: Final = {
    EngagementPaper.NOTICE: frozenset({EngagementStage.PLANNED}),
    EngagementPaper.START: frozenset({EngagementStage.PLANNED, EngagementStage.NOTICED}),
    EngagementPaper.RECORD: frozenset({EngagementStage.FIELDWORK, EngagementStage.CONSULTED}),
    EngagementPaper.WORKING_PAPER: frozenset({EngagementStage.FIELDWORK, EngagementStage.CONSULTED}),
    EngagementPaper.REPORT: frozenset({EngagementStage.FIELDWORK}),
    # What was said is kept, also after the end.
    EngagementPaper.REPLY: _HEARD | OVER,
    EngagementPaper.DECISION: _HEARD | {EngagementStage.FIELDWORK},
    EngagementPaper.CONCLUSION: frozenset({EngagementStage.FIELDWORK, EngagementStage.EFFECTIVE}),
    # Given up before it reports: nothing is decided about anybody, so nobody needs to be heard.
    EngagementPaper.TERMINATION: frozenset(
        {EngagementStage.PLANNED, EngagementStage.NOTICED, EngagementStage.FIELDWORK, EngagementStage.CONSULTED}
    ),
}


def must_be_possible(
    docs: Sequence[Doc], paper: EngagementPaper, *, of_a_unit: bool, notice_needed: bool = False, ahead: bool = False
) -> None:
    """Refuse a document that is not in turn; what looks at a unit hears it before it decides, and decides to end.

    A transfer made ahead (`ahead`) is in turn at every stage, and after the end: 监察法 (2018) art 34, (2024) art 37
    has an audit office hand on what it finds of 职务违法 or 职务犯罪, and knows no hearing of the unit before it.
    """
    if ahead:
        return
    stage = stage_of(docs)
    if stage not in _WHEN[paper]:
        stages = "、".join(STAGES[one] for one in EngagementStage if one in _WHEN[paper])
        raise StepOutOfTurn(PAPERS[paper], STAGES[stage], f"应在“{stages}”阶段办理")
    if paper is EngagementPaper.START and notice_needed and stage is EngagementStage.PLANNED:
        raise StepOutOfTurn(PAPERS[paper], STAGES[stage], "应先送达通知书")
    waiting = [one for one in notices(docs) if one.at_once and one.verdict is None]
    if paper is EngagementPaper.START and waiting:
        needs = f"直接持通知书实施（第 {waiting[0].no} 号）尚待所列批准人批准"
        raise StepOutOfTurn(PAPERS[paper], STAGES[stage], needs)
    _must_be_the_only_one(docs, paper, stage)
    if stage is EngagementStage.FIELDWORK and of_a_unit:
        if paper is EngagementPaper.DECISION:
            raise StepOutOfTurn(PAPERS[paper], STAGES[stage], "应先将报告送达被监督单位征求意见")
        if paper is EngagementPaper.CONCLUSION:
            raise StepOutOfTurn(PAPERS[paper], STAGES[stage], "应先作出报告或决定并送达")


def _must_be_the_only_one(docs: Sequence[Doc], paper: EngagementPaper, stage: EngagementStage) -> None:
    """Refuse a second opinion, one on no report, and an end beside one that waits."""
    if paper is EngagementPaper.REPLY and of(docs, EngagementPaper.REPLY):
        raise StepOutOfTurn(PAPERS[paper], STAGES[stage], "书面意见已登记")
    if paper is EngagementPaper.REPLY and not of(docs, EngagementPaper.REPORT):
        raise StepOutOfTurn(PAPERS[paper], STAGES[stage], "没有送达征求意见的报告")
    waiting = [one for one in endings(docs) if one.verdict is None]
    if paper in ENDINGS and waiting:
        needs = f"“{PAPERS[waiting[0].paper]}”（第 {waiting[0].no} 号）待另一人审定，先审定或退回"
        raise StepOutOfTurn(PAPERS[paper], STAGES[stage], needs)


# What a document may not be dated before.
_FOLLOWS: Final = {
    EngagementPaper.START: (EngagementPaper.NOTICE,),
    EngagementPaper.RECORD: (EngagementPaper.START,),
    EngagementPaper.WORKING_PAPER: (EngagementPaper.START,),
    EngagementPaper.REPORT: (EngagementPaper.START, EngagementPaper.WORKING_PAPER),
    EngagementPaper.REPLY: (EngagementPaper.REPORT,),
    EngagementPaper.DECISION: (EngagementPaper.START, EngagementPaper.REPORT, EngagementPaper.REPLY),
    EngagementPaper.CONCLUSION: tuple(EngagementPaper),
    EngagementPaper.TERMINATION: tuple(EngagementPaper),
}


def must_be_dated(
    docs: Sequence[Doc], paper: EngagementPaper, on: date, today: date, not_before: date | None = None
) -> None:
    """Refuse a day before what the document follows (its review and delivery included), or after today."""
    days = [not_before] if not_before else []
    for one in docs:
        if one.paper in _FOLLOWS.get(paper, ()):
            days += [day for day in (one.on, one.checked_on, one.delivered_on) if day is not None]
    earliest_on = max(days, default=None)
    if (earliest_on is not None and on < earliest_on) or on > today:
        raise EngagementDayRefused(PAPERS[paper], on, earliest_on, today)


def must_start_in_time(docs: Sequence[Doc], on: date) -> None:
    """Refuse a start before the day that the notice announced."""
    for notice in notices(docs):
        if notice.starts_on is not None and on < notice.starts_on:
            raise EngagementDayRefused(PAPERS[EngagementPaper.START], on, notice.starts_on, None)


def must_be_reviewed(docs: Sequence[Doc]) -> None:
    """Refuse to report while a working paper waits for its review, or none was agreed to."""
    papers = of(docs, EngagementPaper.WORKING_PAPER)
    agreed_n = sum(one.verdict is EngagementVerdict.AGREED for one in papers)
    waiting_n = sum(one.verdict is None for one in papers)
    if waiting_n or not agreed_n:
        raise PapersUnreviewed(len(papers), agreed_n, waiting_n)


def must_be_heard(docs: Sequence[Doc], on: date) -> None:
    """Refuse a decision while the auditee has not answered and still may; silence past the last day is no objection.

    Where nothing says by which day it answers, silence says nothing: its opinion has to be there.
    """
    if of(docs, EngagementPaper.REPLY):
        return
    for report in of(docs, EngagementPaper.REPORT):
        if report.due_on is None:
            needs = "没有答复期限的规定，不能推定无异议，应先登记书面意见"
            raise StepOutOfTurn(PAPERS[EngagementPaper.DECISION], STAGES[stage_of(docs)], needs)
        if on <= report.due_on:
            raise ReplyPeriodOpen(report.on, report.due_on, on, report.source)


def must_be_first_of_form(docs: Sequence[Doc], form: str, on: date) -> None:
    """Refuse a second report or decision beside one in hand, and one dated before that of its form was sent back.

    An audit may end in a report, a decision and several transfers (审计法实施条例 (2010) art 40); a transfer goes to an
    office of its own.
    """
    alike = [one for one in of(docs, EngagementPaper.DECISION) if one.form == form and not one.ahead]
    in_hand = [one for one in decisions_in_hand(docs) if one.form == form]
    if in_hand and form != REPEATED:
        raise StepOutOfTurn(
            PAPERS[EngagementPaper.DECISION],
            STAGES[stage_of(docs)],
            f"同类文书（第 {in_hand[0].no} 号）已拟定，退回后方可重拟",
        )
    last_on = max((one.checked_on for one in alike if one.checked_on is not None), default=None)
    if form != REPEATED and last_on is not None and on < last_on:
        raise EngagementDayRefused(PAPERS[EngagementPaper.DECISION], on, last_on, None)


def must_not_wait(docs: Sequence[Doc]) -> None:
    """Refuse to decide or to end while a working paper waits for its review."""
    papers = of(docs, EngagementPaper.WORKING_PAPER)
    waiting_n = sum(one.verdict is None for one in papers)
    if waiting_n:
        raise PapersUnreviewed(len(papers), sum(one.verdict is EngagementVerdict.AGREED for one in papers), waiting_n)


def must_have_heard_all(docs: Sequence[Doc], decision: Doc, step: str, instead: str) -> None:
    """Refuse a step on what was drawn up before an opinion that came in time was recorded: it was not weighed.

    审计法 (2021) art 44, 45: the opinion goes to the office with the report, and the office decides having studied it.
    """
    if (reply := overtaken_by(docs, decision)) is not None:
        needs = f"期限内的书面意见（第 {reply.no} 号）登记在拟稿之后，{instead}"
        raise StepOutOfTurn(step, STAGES[stage_of(docs)], needs)
