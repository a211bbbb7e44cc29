"""Shapes of engagements on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Self, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from chassis.fields import Answer, Body, Code, Day, Line, Prose, RegionCode
from chassis.pages import Page
from services.audit_api.engagements.periods import PeriodOutcome
from services.audit_api.engagements.stages import (
    OF_A_UNIT,
    EngagementKind,
    EngagementPaper,
    EngagementStage,
    EngagementVerdict,
)
from services.audit_api.findings.states import FindingStatus
from services.audit_api.moments import Known

Person = Annotated[
    str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$"), Field(description="登录名")
]
VersionHash = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{64}$")]


T = TypeVar("T")


def _each_once(items: list[T]) -> list[T]:
    if len(set(items)) != len(items):
        msg = "同一项不得重复"
        raise ValueError(msg)
    return items


class EngagementRole(StrEnum):
    """lead 组长, member 组员."""

    LEAD = "lead"
    MEMBER = "member"


class EngagementStance(StrEnum):
    """no_objection 无异议, objection 有异议."""

    NO_OBJECTION = "no_objection"
    OBJECTION = "objection"


class EngagementForm(StrEnum):
    """report 审计（巡察、督查）报告, decision 审计决定书, transfer 移送处理书."""

    REPORT = "report"
    DECISION = "decision"
    TRANSFER = "transfer"


class EngagementMemberRequest(Body):
    """Who is on the team, and from which unit; who belongs to the audited unit, or declared a tie to it, is refused."""

    person: Person
    role: EngagementRole = EngagementRole.MEMBER
    from_on: Day
    unit_id: UUID | None = Field(default=None, description="本人所在单位；为被监督单位的应当回避")


class EngagementRequest(Body):
    """What is looked into: by which office, where, of which funds, with which question, from when to when."""

    kind: EngagementKind
    title: Line
    question: Prose = Field(description="监督事项、要回答的问题")
    office: Line = Field(description="实施单位")
    regions: Annotated[list[RegionCode], Field(min_length=1, max_length=200), AfterValidator(_each_once)]
    fund_codes: Annotated[list[Code], Field(max_length=200), AfterValidator(_each_once)] = Field(
        default_factory=list, description="资金代码；为空表示不限"
    )
    auditee_unit_id: UUID | None = Field(default=None, description="被监督单位；审计项目必填，巡察除整轮立项外必填")
    auditee_name: Line | None = None
    part_of: UUID | None = Field(default=None, description="所属的专项整治或巡察（没有被监督单位的）；立项后不变")
    planned_on: Day | None = Field(default=None, description="立项日期；省略为今天，但不晚于开始日")
    starts_on: Day
    ends_on: Day | None = Field(default=None, description="截止日；省略时按该类项目通常的月数推定，组成部分同所属项目")
    team: Annotated[list[EngagementMemberRequest], Field(max_length=50)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.auditee_unit_id is None) != (self.auditee_name is None):
            msg = "被监督单位的标识和名称须一并填写"
            raise ValueError(msg)
        round_of_patrols = self.kind is EngagementKind.PATROL and self.part_of is None
        if self.kind in OF_A_UNIT and not round_of_patrols and self.auditee_unit_id is None:
            msg = "审计项目和属于某轮巡察的巡察须写明被监督单位"
            raise ValueError(msg)
        if self.ends_on is not None and self.ends_on < self.starts_on:
            msg = f"截止日 {self.ends_on} 早于开始日 {self.starts_on}"
            raise ValueError(msg)
        if self.planned_on is not None and self.planned_on > self.starts_on:
            msg = f"立项日期 {self.planned_on} 晚于开始日 {self.starts_on}"
            raise ValueError(msg)
        if len({one.person for one in self.team}) != len(self.team):
            msg = "同一人不得重复列入项目组"
            raise ValueError(msg)
        return self


class EngagementMemberEndRequest(Body):
    until_on: Day = Field(description="最后在组日")


class EngagementPeriodRequest(Body):
    """Another last day, by a document, as one person draws it up."""

    ends_on: Day
    document: Line
    on: Day = Field(description="批准日期")


class NoticeAtOnce(Body):
    """Special circumstances: the notice is brought along (审计法 2021 art 42, 审计法实施条例 art 36).

    Whoever is named here approves it, over the notice's version_hash; until then the team does not start.
    """

    because: Prose
    approved_by: Person = Field(description="批准的审计机关负责人，不得为办理人本人；进点前须由其本人批准")


class EngagementNoticeRequest(Body):
    """The notice as it was served, and the day on which the team comes."""

    document: Line = Field(description="通知书文号")
    title: Line
    content: Prose
    on: Day = Field(description="送达日期（送达回证所载签收日，审计法实施条例第四十六条）")
    starts_on: Day = Field(description="实施（进点）日期")
    at_once: NoticeAtOnce | None = None


class EngagementStartRequest(Body):
    """The team comes (进点)."""

    on: Day
    content: Prose


class EngagementRecordRequest(Body):
    """An evidence-taking record (取证单): signed by its supplier, or the reason why not; one of both."""

    title: Line
    content: Prose = Field(description="取证事实")
    on: Day
    supplier: Line = Field(description="证明材料提供者")
    signed_on: Day | None = None
    unsigned_because: Line | None = Field(default=None, description="不能取得签名或者盖章的原因")

    @model_validator(mode="after")
    def _signed_or_why_not(self) -> Self:
        if (self.signed_on is None) == (self.unsigned_because is None):
            msg = "签名（盖章）日期和不能取得签名的原因须填且只填一项（审计法实施条例第三十八条）"
            raise ValueError(msg)
        if self.signed_on is not None and self.signed_on < self.on:
            msg = f"签名日期 {self.signed_on} 早于取证日期 {self.on}"
            raise ValueError(msg)
        return self


class EngagementWorkingPaperRequest(Body):
    """A working paper (底稿) and the evidence-taking records it rests on, by their numbers."""

    title: Line
    content: Prose
    on: Day
    rests_on: Annotated[list[int], Field(max_length=200), AfterValidator(_each_once)] = Field(
        default_factory=list, description="所依据的取证单编号"
    )


class EngagementReportRequest(Body):
    """The team's report as the auditee received it, to be heard about it."""

    document: Line | None = None
    title: Line
    content: Prose
    on: Day = Field(description="被监督单位接到报告之日")


class EngagementReplyRequest(Body):
    """What the auditee says of the report, in writing."""

    document: Line | None = None
    title: Line
    content: Prose
    on: Day = Field(description="收到书面意见之日")
    stance: EngagementStance


class EngagementDecisionRequest(Body):
    """The office's report or decision as drawn up; another person confirms it."""

    form: EngagementForm
    document: Line
    title: Line
    content: Prose
    on: Day
    ahead_because: Prose | None = Field(
        default=None, description="先行移送的理由（涉嫌职务违法、职务犯罪等，不待征求意见）；只用于移送处理书"
    )

    @model_validator(mode="after")
    def _only_a_transfer_goes_ahead(self) -> Self:
        if self.ahead_because is not None and self.form is not EngagementForm.TRANSFER:
            msg = "只有移送处理书可以先行办理；报告和决定须先征求意见"
            raise ValueError(msg)
        return self


class EngagementCheckRequest(Body):
    """What another person says of exactly this version."""

    version_hash: VersionHash
    decision: EngagementVerdict
    opinion: Prose
    on: Day


class EngagementDeliveryRequest(Body):
    on: Day = Field(description="送达日期；决定自送达之日起生效")


class EngagementFindingRequest(Body):
    """A finding that was made in the engagement."""

    finding_id: UUID
    on: Day


class EngagementConclusionRequest(Body):
    """That nothing is left to do, as the lead draws it up; another person agrees."""

    title: Line
    content: Prose
    on: Day


class EngagementTerminationRequest(Body):
    """That the engagement is given up before its report, by a document and for a reason; another person agrees."""

    document: Line = Field(description="终止所依据的文号")
    title: Line
    content: Prose = Field(description="终止的理由")
    on: Day


class EngagementPeriodName(StrEnum):
    """engagement 项目期限, reply 书面意见期限, ruling 提请裁决期限."""

    ENGAGEMENT = "engagement"
    REPLY = "reply"
    RULING = "ruling"


class EngagementPeriod(Answer):
    """A period as the day sees it; told from its dates, no process waits for it."""

    name: EngagementPeriodName
    title: str
    began_on: date
    ends_on: date
    outcome: PeriodOutcome
    days_left: int = Field(description="至期限届满还有多少日")
    days_over: int = Field(description="超过期限多少日")
    said: str = Field(description="一句话说明")
    policy_ref: str | None = Field(default=None, description="所依据的政策数值版本")
    source: str | None = None
    assumed: bool = Field(default=False, description="期间内有节假日安排尚未公布的年份，按周一至周五推定")


class EngagementPeriodWaiting(Answer):
    """Another last day that one person drew up and nobody has decided on: the one that held holds on."""

    no: int
    ends_on: date
    document: str | None
    on: date
    made_by: str
    version_hash: str | None = Field(description="审核时须带上的版本哈希；由一人变更的旧记录为空")


class EngagementPeriodChange(EngagementPeriodWaiting):
    """Another last day with what was decided on it; one of before there were two holds without anybody's decision."""

    decision: EngagementVerdict | None
    decided_on: date | None
    checked_by: str | None
    opinion: str | None


class EngagementMember(Answer):
    member_no: int
    person: str
    role: EngagementRole
    unit_id: UUID | None
    from_on: date
    until_on: date | None


class EngagementDocumentReceipt(Answer):
    """A document with its hash, author and what became of it by the moment of the answer, without what it says.

    The answer to a write is kept in the journal to be repeated, and the journal holds no prose: that is read.
    """

    no: int
    paper: EngagementPaper
    on: date
    starts_on: date | None
    at_once_approved_by: str | None
    signed_on: date | None
    rests_on: list[int]
    stance: EngagementStance | None
    form: EngagementForm | None
    due_on: date | None
    late: bool | None = Field(default=None, description="书面意见是否在期限届满后收到")
    weighed: bool | None = Field(
        default=None, description="书面意见在所作报告、决定拟稿时是否已登记；登记在后的为 false，尚未作出的为空"
    )
    ahead: bool = Field(default=False, description="先行移送：不待征求意见")
    version_hash: str
    made_by: str
    position: int
    verdict: EngagementVerdict | None
    checked_on: date | None
    checked_by: str | None
    delivered_on: date | None
    ruling_until_on: date | None


class EngagementDocument(EngagementDocumentReceipt):
    """A document with what it says."""

    document: str | None
    title: str
    content: str
    at_once_because: str | None
    ahead_because: str | None
    supplier: str | None
    unsigned_because: str | None
    opinion: str | None


class EngagementFinding(Answer):
    """A finding that was made in the engagement, as the moment knew it."""

    finding_id: UUID
    named_on: date
    named_by: str
    title: str
    class_code: str
    class_name: str
    status: FindingStatus
    amount_fen: int | None
    within_finding_id: UUID | None
    counted_fen: int | None = Field(description="计入合计的金额：属其他问题之内的不重复计；拟稿尚不计入，为空")


class EngagementTotals(Answer):
    """What confirmed findings come to, each fen once; `said_fen` is what they say one by one."""

    findings_n: int = Field(description="已认定的问题")
    drafts_n: int = Field(description="尚在拟稿的问题，不计金额")
    closed_n: int
    amount_fen: int = Field(description="问题金额合计，每一分只计一次")
    nested_fen: int = Field(description="属其他问题之内、或前后两个问题先后所涉的同一资金，计在他处")
    said_fen: int = Field(description="各问题所述金额相加")
    rectified_fen: int
    outstanding_fen: int
    unexplained_fen: int = Field(description="said_fen − nested_fen − amount_fen，应为 0")


class EngagementRef(Answer):
    """An engagement as others name it."""

    id: UUID
    title: str
    kind: EngagementKind
    kind_name: str


class EngagementStageCount(Answer):
    stage: EngagementStage
    stage_name: str
    parts_n: int


class EngagementOwed(Answer):
    """A document of a part that did not come by its day."""

    engagement_id: UUID
    title: str
    paper: EngagementPaper
    paper_name: str
    due_on: date
    days_over: int


class EngagementCampaign(Answer):
    """How the parts of a campaign or a round of patrols stand: by stage, what was found, what is overdue, days left."""

    parts_n: int
    open_n: int = Field(description="尚未结项、也未终止的组成部分")
    stages: list[EngagementStageCount]
    totals: EngagementTotals = Field(description="本项目和各组成部分所列问题的合计，每一分只计一次")
    owed_n: int
    owed: list[EngagementOwed] = Field(description="逾期未到的文书，逾期最久的在前")
    ends_on: date
    days_left: int
    days_over: int
    empty_because: str | None = None


class EngagementStanding(Answer):
    """Where an engagement stands, without what was written of it: the answer to a write, which the journal keeps."""

    id: UUID
    county_code: str
    kind: EngagementKind
    kind_name: str
    regions: list[str]
    fund_codes: list[str]
    auditee_unit_id: UUID | None
    part_of: UUID | None = Field(description="所属的专项整治或巡察")
    planned_on: date
    planned_by: str
    as_of: date
    stage: EngagementStage
    stage_name: str
    starts_on: date
    ends_on: date
    period_waits: EngagementPeriodWaiting | None = Field(description="待另一人审核的截止日变更")
    periods: list[EngagementPeriod]
    lead: list[str]
    members_n: int
    documents_n: int
    findings_n: int


class Engagement(EngagementStanding):
    """An engagement in a list."""

    title: str
    question: str
    office: str
    auditee_name: str | None


class EngagementFile(Engagement, Known):
    """All there is of an engagement by a moment."""

    team: list[EngagementMember]
    period_changes: list[EngagementPeriodChange] = Field(description="截止日的历次变更：待审核的、退回的和同意的")
    documents: list[EngagementDocument]
    findings: list[EngagementFinding]
    totals: EngagementTotals = Field(description="本项目所列问题的合计")
    campaign: EngagementRef | None = Field(description="所属的专项整治或巡察")
    parts: EngagementCampaign | None = Field(description="组成部分的进展；不分解的项目为空")
    empty_because: str | None = None


class EngagementPage(Page, Known):
    as_of: date
    items: list[Engagement]


class EngagementWritten(Answer):
    """What an act on an engagement left: where it stands, and the document with its hash."""

    engagement_id: UUID
    stage: EngagementStage
    stage_name: str
    document: EngagementDocumentReceipt
    periods: list[EngagementPeriod]
