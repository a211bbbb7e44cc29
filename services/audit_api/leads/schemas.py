"""Shapes of leads on the wire. Writes answer with a receipt: what people wrote stays in rows, not in the journal."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from chassis.fields import Answer, Body, Day, Line, Prose, RegionCode
from chassis.pages import Page
from services.audit_api.erasures.places import Erased
from services.audit_api.erasures.schemas import Erasure, ErasureBasis, Fields, must_be_words
from services.audit_api.leads.states import LeadDecision, LeadDisposition, LeadForm, LeadOutcome, LeadSource, LeadStage

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="所审批版本的 version_hash")]


def _each_once(people: list[str]) -> list[str]:
    if len(set(people)) != len(people):
        msg = "同一人员不得重复"
        raise ValueError(msg)
    return people


class LeadRequest(Body):
    """A lead about a unit, where it came from, and who may know of it: its members, at least one, and nobody else."""

    source: LeadSource
    finding_id: Annotated[UUID | None, Field(description="来源为 finding 时必填，其他来源不填")] = None
    subject_unit_id: UUID
    subject_unit_name: Line
    subject_region_code: RegionCode
    matter: Annotated[Prose, Field(description="反映的主要问题；只写单位与事项")]
    received_on: Day
    members: Annotated[list[Line], Field(min_length=1, max_length=20), AfterValidator(_each_once)]

    @model_validator(mode="after")
    def _finding_is_named(self) -> Self:
        if (self.source is LeadSource.FINDING) != (self.finding_id is not None):
            msg = "来源为 finding 时须填 finding_id，其他来源不得填"
            raise ValueError(msg)
        return self


class LeadMemberRequest(Body):
    person: Line


class LeadDepartureRequest(Body):
    """Who leaves the lead, once another member has agreed; the last member only with a successor, who agrees."""

    person: Line
    successor: Annotated[Line | None, Field(description="接替人员，自拟稿之日起即为成员；最后一名成员退出时必填")] = (
        None
    )


class LeadDepartureDecision(StrEnum):
    """agree: 同意退出; send_back: 退回."""

    AGREE = "agree"
    SEND_BACK = "send_back"


class LeadDepartureDecisionRequest(Body):
    """What another member, not the one who leaves, decides today on the exact version that was read."""

    version_hash: Hash
    decision: LeadDepartureDecision
    opinion: Prose


class LeadOpinionRequest(Body):
    """A disposition (处置意见), or an outcome with its form (办理结果), to be decided on by another member."""

    disposition: LeadDisposition | None = None
    outcome: LeadOutcome | None = None
    form: LeadForm | None = None
    opinion: Prose
    on: Day

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.disposition is None) == (self.outcome is None) or (self.outcome is None) != (self.form is None):
            msg = "须填 disposition，或者同时填 outcome 与 form"
            raise ValueError(msg)
        if self.outcome is LeadOutcome.NOT_SUBSTANTIATED and self.form is not LeadForm.NONE:
            msg = "不属实的线索，form 只能为 none"
            raise ValueError(msg)
        return self


class LeadDecisionRequest(Body):
    """What another member decides on the exact version that was read."""

    version_hash: Hash
    decision: LeadDecision
    opinion: Prose
    on: Day


class LeadLetterRequest(Body):
    """The letter (函询) reached whom it asks on this day: the reply is due from it."""

    received_on: Day


class LeadReplyRequest(Body):
    """The written reply (书面说明) to the letter, received on this day."""

    reply: Prose
    on: Day


class LeadTalkRequest(Body):
    """The talk ended on this day, also where it was held because a letter had no answer."""

    ended_on: Day


class LeadReportRequest(Body):
    report: Prose
    on: Day


class LeadErasureRequest(Body):
    """Take the words out of these fields of a lead. The request names no person: its document does."""

    fields: Fields
    basis: ErasureBasis = Field(description="个人信息保护法第四十七条第一款所列情形，依次")
    document: Line = Field(description="个人请求或决定的文号（不写姓名）")
    on: Annotated[Day | None, Field(description="申请日期；省略表示今天")] = None

    @model_validator(mode="after")
    def _fields_are_words(self) -> Self:
        must_be_words(Erased.LEAD, self.fields)
        return self


class LeadErasures(Answer):
    items: list[Erasure]
    empty_because: str | None


class LeadReceipt(Answer):
    """That an act on a lead was recorded; `version_hash` names what now waits for another member's decision."""

    id: UUID
    county_code: str
    opinion_no: int | None = None
    departure_no: int | None = None
    version_hash: str | None = None
    due_on: date | None = Field(default=None, description="下一步的期限；没有期限的为空")


class LeadMember(Answer):
    """Who may know of a lead, since when; ended ones tell why: left 退出, recused 回避."""

    person: str
    from_on: date
    appointed_by: str
    until_on: date | None
    ended_by: str | None
    ended_because: Literal["left", "recused"] | None


class LeadDeparture(Answer):
    """That a member leaves, as it was drawn up, and what another decided."""

    departure_no: int
    person: str
    drawn_on: date
    made_by: str
    version_hash: str
    decision: LeadDepartureDecision | None
    opinion: str | None
    decided_on: date | None
    checked_by: str | None


class LeadOpinion(Answer):
    opinion_no: int
    disposition: LeadDisposition | None
    outcome: LeadOutcome | None
    form: LeadForm | None
    opinion: str
    drawn_on: date
    drawn_by: str
    version_hash: str
    decision: LeadDecision | None
    decision_opinion: str | None
    decided_on: date | None
    decided_by: str | None


class LeadLetter(Answer):
    opinion_no: int
    received_on: date
    reply_due_on: date | None
    reply_limit: str | None
    replied_on: date | None
    reply: str | None
    reply_recorded_by: str | None
    days_overdue: int


class LeadTalk(Answer):
    opinion_no: int
    ended_on: date
    report_due_on: date | None
    report_limit: str | None
    reported_on: date | None
    report: str | None
    reported_by: str | None
    days_overdue: int


class Lead(Answer):
    """A lead as it stood on `as_of`, for a member of it."""

    id: UUID
    county_code: str
    source: LeadSource
    finding_id: UUID | None
    subject_unit_id: UUID
    subject_unit_name: str
    subject_region_code: str
    received_on: date
    opinion_due_on: date | None = Field(description="处置意见的最后一日；收到之日无现行期限的为空")
    opinion_limit: str | None = Field(description="所依据的政策数值")
    stage: LeadStage
    as_of: date
    overdue: bool = Field(description="截至 as_of 处置意见、书面说明或情况报告已过期限而尚未提出")
    opinion_days_overdue: int


class LeadFile(Lead):
    """A lead with all that was recorded of it. How many acts there were in the county is told to nobody."""

    matter: str
    referred_by: str
    members: list[LeadMember]
    departures: list[LeadDeparture]
    opinions: list[LeadOpinion]
    letters: list[LeadLetter]
    talks: list[LeadTalk]
    known_at: str | None = Field(description="只含此时点以前登记的内容；为 null 表示全部")


class LeadPage(Page):
    items: list[Lead]


class LeadCells(Answer):
    """How many leads per class; null where it is not told: nought, fewer than `cell_min_n`, or of one county only."""

    cells: dict[str, int | None]
    total_n: int | None = Field(description="只在各格都公布时给出")


class LeadCounts(Answer):
    """Leads of a place above the county in a month that is over, by the month in which each fact was recorded."""

    region_code: str
    month: str
    cell_min_n: int | None = Field(description="少于此数的格不公布；该月没有规定时为空，各格均不公布")
    source: LeadCells
    disposition: LeadCells
    form: LeadCells
