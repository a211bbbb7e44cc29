"""Shapes of projects on the wire."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic.types import Strict

from chassis.fields import MAX_FEN, Answer, Body, Code, Day, Line, PositiveFen, Prose, RegionCode
from chassis.pages import Page
from services.funds_api.moments import Known
from services.funds_api.objections import Objection
from services.funds_api.projects.stages import Stage

Number = Annotated[str, StringConstraints(strict=True, pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,4})?$")]
Count = Annotated[int, Strict(), Field(ge=0, le=100_000_000)]
Ppm = Annotated[int, Strict(), Field(ge=0, le=1_000_000)]
Year = Annotated[int, Strict(), Field(ge=2000, le=2100)]


class ProjectKind(StrEnum):
    """What a project is for, by the uses of special funds and the programmes of the county."""

    INDUSTRY = "industry"
    INFRASTRUCTURE = "infrastructure"
    EDUCATION = "education"
    HEALTH = "health"
    RELOCATION = "relocation"
    HOUSING = "housing"
    PUBLIC_POSTS = "public_posts"
    LOAN_INTEREST = "loan_interest"
    DRINKING_WATER = "drinking_water"
    FARMLAND = "farmland"
    ECOLOGY = "ecology"
    PHOTOVOLTAIC = "photovoltaic"
    MANAGEMENT_FEE = "management_fee"
    OTHER = "other"


class ProjectNature(StrEnum):
    NEW = "new"
    CONTINUED = "continued"


class ChangeState(StrEnum):
    """Where a version stands: a change waits until another person approves or refuses it or its author withdraws it."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @classmethod
    def of(cls, effective_on: date | None, closed_as: str | None) -> Self:
        """The state of a version that is in force from a day, or was closed (refused, withdrawn), or neither."""
        if effective_on is not None:
            return cls("approved")
        return cls(closed_as or "waiting")


class Target(Body):
    """A performance target (绩效目标); `target` is a decimal number as text."""

    code: Code
    text: Line
    unit: Line
    target: Number


class TargetReached(Body):
    """What one target reached; `reached` is a decimal number as text, in the target's unit."""

    code: Code
    reached: Number


class TargetResultsRequest(Body):
    """绩效目标完成情况, measured at acceptance."""

    document: Line = Field(description="验收报告或绩效自评报告")
    reached_on: Day
    results: Annotated[list[TargetReached], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _each_target_once(self) -> Self:
        if len({one.code for one in self.results}) != len(self.results):
            msg = "同一绩效目标只能出现一次"
            raise ValueError(msg)
        return self


class TargetOutcome(Answer):
    """A target with what it reached at the last acceptance; nulls while nobody has said."""

    code: str
    text: str
    unit: str
    target: str
    reached: str | None
    reached_ppm: int | None = Field(description="完成率，百万分率：1000000 = 100%；不进位")
    reached_on: date | None
    document: str | None


class TargetOutcomes(Answer):
    project_id: UUID
    items: list[TargetOutcome]


class Source(Body):
    """What is planned to come from one fund."""

    fund_code: Code
    planned_fen: PositiveFen


class Described(Body):
    """What a project is: task, place, money planned by source, who benefits, and what is to be reached."""

    name: Annotated[Line, Field(max_length=100)]
    kind: ProjectKind
    nature: ProjectNature
    fiscal_year: Year
    responsible_unit: Line
    task: Prose
    planned_fen: PositiveFen
    sources: Annotated[list[Source], Field(min_length=1, max_length=50)]
    households_n: Count
    persons_n: Count
    villages: list[RegionCode] = Field(default_factory=list, max_length=200)
    targets: list[Target] = Field(default_factory=list, max_length=100, description="没有绩效目标的项目不得入库")
    participation: Prose = Field(description="群众参与方式")
    benefit_mechanism: Prose = Field(description="带贫减贫（利益联结）机制")
    starts_on: Day
    ends_on: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_on < self.starts_on:
            msg = "完工日期不得早于开工日期"
            raise ValueError(msg)
        if len({one.code for one in self.targets}) != len(self.targets):
            msg = "绩效目标编号不得重复"
            raise ValueError(msg)
        return self


class ProjectRequest(Body):
    """A project listed for the library (申报)."""

    region_code: RegionCode
    code: Code = Field(description="项目编号，县内唯一")
    document: Line = Field(description="申报文件")
    effective_on: Day
    plan: Described


class StepRequest(Body):
    """One step: to the next stage, back to an earlier one (退回, with `reason`), or out of the library (出库)."""

    stage: Stage
    document: Line = Field(description="依据文件")
    effective_on: Day
    reason: Prose | None = Field(default=None, description="退回或出库的理由")


class ObjectionRequest(Body):
    raised_on: Day
    text: Prose = Field(description="异议内容，不写个人身份信息")


class ContractRequest(Body):
    """A contract with the unit that won the bid; `retention_ppm` of each payment is kept back until `release_on`."""

    contractor_id: UUID
    number: Line
    winning_bid: Line = Field(description="中标通知书或采购审批文号")
    signed_on: Day
    amount_fen: PositiveFen
    retention_ppm: Ppm = Field(default=0, description="质保金比例，百万分率：30000 = 3%")
    release_on: Day | None = Field(default=None, description="质保金释放日期")

    @model_validator(mode="after")
    def _retention_has_its_day(self) -> Self:
        if (self.retention_ppm == 0) != (self.release_on is None):
            msg = "质保金比例与释放日期须同时填写"
            raise ValueError(msg)
        if self.release_on is not None and self.release_on < self.signed_on:
            msg = "质保金释放日期不得早于签订日期"
            raise ValueError(msg)
        return self


class CancellationRequest(Body):
    """解除合同: nothing more is paid under it than what it was settled at."""

    document: Line = Field(description="解除合同的文件或协议")
    cancelled_on: Day
    settled_fen: Annotated[int, Strict(), Field(ge=0, le=MAX_FEN)] = Field(
        description="结算金额：按本合同已付（含在途），加上仍应返还的质保金"
    )


class ProgressRequest(Body):
    """How far the work of a contract had come on a day."""

    progress_ppm: Annotated[Ppm, Field(ge=1)] = Field(description="形象进度，百万分率：500000 = 50%")
    document: Line
    reached_on: Day


class ProgressAcceptance(Body):
    document: Line = Field(description="验收单")
    accepted_on: Day


class Progress(Answer):
    id: UUID
    progress_ppm: int
    document: str
    reached_on: date
    reported_by: str
    accepted_by: str | None
    accepted_on: date | None
    acceptance_document: str | None


class Contract(Answer):
    """A contract as it stood on a day; what is due follows accepted progress, or the advance before any."""

    id: UUID
    project_id: UUID
    contractor_id: UUID
    number: str
    winning_bid: str
    signed_on: date
    amount_fen: int
    retention_ppm: int
    release_on: date | None
    cancelled_on: date | None = Field(default=None, description="合同解除之日；此后只认结算金额")
    cancellation_document: str | None = None
    settled_fen: int | None = None
    progress_ppm: int
    due_fen: int = Field(description="按已验收进度（或预付款比例）应付")
    kept_fen: int = Field(description="其中应扣留的质保金")
    retained_fen: int = Field(description="已转入质保金专户、尚未支付或退回的")
    progress: list[Progress]


class ContractorMoney(Answer):
    """What one contractor may get from the project by a day, over all its contracts, and what it has got."""

    contractor_id: UUID
    contracts_fen: int
    due_fen: int
    kept_fen: int
    paid_fen: int
    in_transit_fen: int = Field(description="支付令已签发、银行尚未回单")
    payable_fen: int = Field(description="due_fen - kept_fen - paid_fen - in_transit_fen，尚可支付")


class StepAnswer(Answer):
    """A step as recorded, with the days the project then stayed (until the next step or the day asked for)."""

    seq: int
    way: str
    from_stage: Stage | None
    stage: Stage
    document: str
    effective_on: date
    reason: str | None
    actor: str
    recorded_at: datetime
    days: int


class Reported(Answer):
    """How a version was reported, and what became of it; in force from `effective_on`, null unless approved."""

    version: int
    state: ChangeState
    document: str
    reason: str
    is_change: bool = Field(description="入库以后的变更，须由他人批准")
    reported_on: date
    reported_by: str
    approved_by: str | None
    approval_document: str | None
    effective_on: date | None
    closed_by: str | None
    closed_on: date | None = Field(description="驳回或撤回之日")
    closing_document: str | None
    closing_reason: str | None


class Version(Reported):
    """A version of the plan."""

    plan: Described


class SourceMoney(Answer):
    """One fund of a pooled project: what was planned and what came, went and rests, on the day asked for."""

    fund_code: str
    planned_fen: int
    received_fen: int
    given_back_fen: int
    paid_fen: int
    retained_fen: int
    in_transit_fen: int
    resting_fen: int
    unexplained_fen: int = Field(description="收到 - 退回 - 支付 - 质保金 - 在途 - 停留，恒为 0")
    coming_fen: int


class TrancheMoney(Answer):
    """One tranche in a pooled project: every source keeps its trace."""

    tranche_id: UUID
    fund_code: str
    received_fen: int
    given_back_fen: int
    paid_fen: int
    retained_fen: int
    in_transit_fen: int
    resting_fen: int
    unexplained_fen: int
    trace: str = Field(description="这笔来文资金的完整去向")


class ProjectMoney(Answer):
    """The project's money on a day, from the ledger, with its proof: Σ of its sources."""

    planned_fen: int
    received_fen: int
    given_back_fen: int
    paid_fen: int = Field(description="已到施工单位或农户；按支付令报账的，已到报账单位")
    retained_fen: int = Field(description="转入质保金专户")
    in_transit_fen: int = Field(description="以项目指标签发的支付令，银行尚未回单")
    resting_fen: int
    unexplained_fen: int
    coming_fen: int = Field(description="以其他指标签发、付给项目账户的支付令，银行尚未回单；占用计划，尚未收到")


class ProjectLine(Answer):
    """A project in a list, as it stood on the day asked for."""

    id: UUID
    county_code: str
    region_code: str
    code: str
    name: str
    kind: ProjectKind
    fiscal_year: int
    version: int
    stage: Stage
    stage_since: date
    days_in_stage: int
    money: ProjectMoney


class ProjectPage(Page, Known):
    as_of: date
    items: list[ProjectLine]


class Project(ProjectLine, Known):
    """A project with every version, step, objection and source."""

    as_of: date
    unit_id: UUID | None
    cash_account_id: UUID | None
    quota_account_id: UUID | None
    plan: Described
    versions: list[Version]
    steps: list[StepAnswer]
    objections: list[Objection]
    sources: list[SourceMoney]
    tranches: list[TrancheMoney]
    contracts: list[Contract]
    contractors: list[ContractorMoney]
    target_outcomes: list[TargetOutcome] = Field(description="绩效目标与完成情况")


class Declared(Answer):
    """What a write answers: the project's place in the library after it."""

    id: UUID
    county_code: str
    region_code: str
    code: str
    version: int
    stage: Stage
    stage_since: date
    waiting_version: int | None = None
    unit_id: UUID | None = None
    cash_account_id: UUID | None = None
    quota_account_id: UUID | None = None
