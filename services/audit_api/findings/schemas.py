"""Shapes of findings on the wire."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from chassis.fields import MAX_FEN, Answer, Body, Day, Line, PositiveFen, Prose, RegionCode
from chassis.pages import Page
from services.audit_api.engagements.schemas import EngagementRef
from services.audit_api.evidence.schemas import Evidence
from services.audit_api.findings.states import FindingDecision, FindingStatus
from services.audit_api.moments import Known
from services.audit_api.quarantines.schemas import Quarantine
from services.audit_api.rectifications.schemas import Order

# 审计公告常见问题分类；代码为本系统约定（domain: assumed），条目出自审计署 2016–2018 年扶贫审计公告。
CLASSES: Final = {
    "F01": "闲置滞留",
    "F02": "骗取套取、违规使用",
    "F03": "虚报冒领",
    "F04": "用于非扶贫领域",
    "F05": "弥补经费、发放福利",
    "F06": "违规收费",
    "F07": "项目废弃或未达预期效果",
    "F08": "利益联结弱、垒大户",
    "F09": "平均主义分配",
    "F10": "造血资金直接发放",
    "F11": "识别不准、信息未更新",
    "F12": "提前或虚假脱贫",
    "F13": "应享政策未享受",
    "F14": "贷款贴息违规",
    "F15": "易地搬迁超标准、层层加码",
    "F16": "招投标、采购、施工管理不规范",
    "F17": "未公开公示",
    "F18": "形式主义、超标接待",
}

VersionHash = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{64}$")]
Amount = Annotated[int, Field(strict=True, ge=0, le=MAX_FEN, description="整数，单位：分；不涉及金额为 0")]


def _each_once(items: list[UUID]) -> list[UUID]:
    if len(set(items)) != len(items):
        msg = "同一编号不得重复"
        raise ValueError(msg)
    return items


class LotRequest(Body):
    """How many fen of a lot the finding is about; no more than its alert saw."""

    lot_id: UUID
    amount_fen: PositiveFen


def _each_lot_once(lots: list[LotRequest]) -> list[LotRequest]:
    _each_once([lot.lot_id for lot in lots])
    return lots


class SubjectKind(StrEnum):
    """What a finding may name beside lots: 业务, 支付令, 发放批次或其中一行, 贷款, 项目."""

    MOVEMENT = "movement"
    ORDER = "order"
    BATCH = "batch"
    LOAN = "loan"
    PROJECT = "project"


class SubjectRequest(Body):
    """A movement, an order, a batch of payments (or one line of it), a loan or a project that the finding is about.

    funds_api is asked whether it is there, and for no more fen than it comes to. The finding is bound to the lots where
    that money rests, up to `amount_fen`; with 0 to none. A loan is the bank's money and rests in no lot.
    """

    kind: SubjectKind
    id: UUID = Field(description="业务、支付令、发放批次、贷款或项目的编号")
    line: Annotated[int, Field(strict=True, ge=1, le=10_000_000)] | None = Field(
        default=None, description="发放批次中的行号，只用于 batch"
    )
    amount_fen: Amount

    @model_validator(mode="after")
    def _line_is_of_a_batch(self) -> Self:
        if self.line is not None and self.kind is not SubjectKind.BATCH:
            msg = "line 只与 batch 一并填写"
            raise ValueError(msg)
        return self


def _each_subject_once(subjects: list[SubjectRequest]) -> list[SubjectRequest]:
    if len({(one.kind, one.id, one.line) for one in subjects}) != len(subjects):
        msg = "同一对象不得重复"
        raise ValueError(msg)
    return subjects


class FactRequest(Body):
    """One recorded fact: what happened, on a day or within a period, over how much, by which evidence."""

    what: Prose = Field(description="事实")
    from_on: Day | None = Field(default=None, description="发生期间的首日；只有一天的，首末日相同")
    to_on: Day | None = Field(default=None, description="发生期间的末日")
    amount_fen: PositiveFen | None = None
    evidence_ids: Annotated[list[UUID], Field(default_factory=list, max_length=50), AfterValidator(_each_once)]

    @model_validator(mode="after")
    def _period_in_order(self) -> Self:
        if (self.from_on is None) != (self.to_on is None):
            msg = "from_on 与 to_on 须一并填写"
            raise ValueError(msg)
        if self.from_on is not None and self.to_on is not None and self.to_on < self.from_on:
            msg = "to_on 不得早于 from_on"
            raise ValueError(msg)
        return self


class AmountKnown(StrEnum):
    """exact: 准确; approximate: 约数."""

    EXACT = "exact"
    APPROXIMATE = "approximate"


Number = Annotated[int, Field(strict=True, ge=0, le=10**10)]


class Counts(Body):
    """How many counties, units, persons … a finding is about; empty is not published."""

    counties: Number | None = None
    units: Number | None = None
    persons: Number | None = None
    households: Number | None = None
    projects: Number | None = None
    villages: Number | None = None


class Published(Body):
    """What a report says of a finding beside its amount, as it was printed; empty is not published, never zero."""

    reference: Line | None = Field(default=None, description="报告中的编号")
    category: Line | None = Field(default=None, description="报告自己的分类")
    about: Line | None = Field(default=None, description="所涉地区的名称")
    amount_printed: Line | None = Field(default=None, description="原文的金额或数量，如“300多个项目”")
    base_fen: PositiveFen | None = Field(default=None, description="占比的基数")
    counts: Counts | None = None
    period: Line | None = Field(default=None, description="期间，如“2010—2012”")
    idle: Line | None = Field(default=None, description="闲置时间，如“1年以上”")
    as_of: Line | None = Field(default=None, description="截止日")
    rectification: Line | None = Field(default=None, description="报告所述整改情况")
    rectified_fen: PositiveFen | None = Field(default=None, description="报告所述已整改金额；不计入本系统计量的整改")
    is_total: bool = Field(default=False, description="合计数：属于其内的问题应加总为本问题金额，不符的照列差额")
    note: Prose | None = None


class FindingRequest(Body):
    """What a draft of a finding says. Without `lots` it is bound to all the fen its alerts saw.

    A finding from an audit report may have no alerts and be bound to nothing yet.
    """

    alert_ids: Annotated[list[UUID], Field(default_factory=list, max_length=200), AfterValidator(_each_once)]
    class_code: Annotated[str, Field(pattern=r"^F(0[1-9]|1[0-8])$", description="问题分类 F01–F18")]
    title: Line
    facts: Prose = Field(description="问题概述")
    recorded_facts: list[FactRequest] = Field(
        default_factory=list, max_length=100, description="记录的事实；认定前至少一项"
    )
    found_on: Annotated[Day | None, Field(description="发现日期；省略表示今天")] = None
    amount_fen: PositiveFen | None = Field(
        default=None, description="问题金额；省略表示所涉资金合计，没有所涉资金的为不明"
    )
    amount_known: AmountKnown = Field(default=AmountKnown.EXACT, description="金额是准确的，还是约数")
    within_finding_id: UUID | None = Field(default=None, description="金额属于哪个问题的金额之内；合计时不重复计算")
    report_id: UUID | None = Field(default=None, description="出自哪份入库的审计报告")
    about_region: RegionCode | None = Field(default=None, description="所涉地区的区划代码")
    published: Published | None = None
    lots: Annotated[list[LotRequest], Field(min_length=1, max_length=1000), AfterValidator(_each_lot_once)] | None = (
        None
    )
    subjects: Annotated[
        list[SubjectRequest], Field(default_factory=list, max_length=1000), AfterValidator(_each_subject_once)
    ]


class VersionRequest(FindingRequest):
    """A draft rewritten as a whole; what it said before stays as its earlier version."""

    based_on: VersionHash = Field(description="据以修改的版本的 version_hash")


class FindingReviewRequest(Body):
    """Another person confirms exactly this version, or sends it back."""

    version_hash: VersionHash
    decision: FindingDecision
    opinion: Prose
    on: Day


class FindingLot(Answer):
    """What the finding is bound to in one lot. `came_from`: a reversal brought the money back into this lot."""

    lot_id: UUID
    alert_id: UUID | None
    came_from: UUID | None
    bound_fen: int
    rectified_fen: int


class SubjectLot(Answer):
    """So many fen of a lot, as the books had it at `position` of their feed, `depth` steps below the thing named."""

    lot_id: UUID
    amount_fen: int
    position: int
    depth: int
    batch_id: UUID | None = Field(description="这部分资金属于哪个批次的哪一行；整批或其他的为空")
    line: int | None


class FindingSubject(Answer):
    """One thing the finding is about, as its version names it."""

    kind: str = Field(
        description="lot 资金批次、movement 业务、order 支付令、batch 发放批次、loan 贷款、project 项目等"
    )
    id: UUID
    line: int | None
    alert_id: UUID | None
    amount_fen: int
    lots: list[SubjectLot] = Field(default=[], description="该稿拟稿时这笔资金所在的资金批次；认定后绑定")


class RecordedFact(Answer):
    fact_no: int
    what: str
    from_on: date | None
    to_on: date | None
    amount_fen: int | None
    evidence_ids: list[UUID]


class FindingReceipt(Answer):
    """A finding in figures. Without its prose, which may name a person: the receipt is repeated from the journal."""

    id: UUID
    county_code: str
    class_code: str
    class_name: str
    status: FindingStatus
    version: int
    version_no: int = Field(description="第几稿")
    version_hash: str = Field(description="这一稿全部内容的 SHA-256；审核须写明")
    found_on: date
    opened_by: str
    confirmed_by: str | None
    confirmed_on: date | None
    closed_on: date | None
    as_of: date
    amount_fen: int | None = Field(description="问题金额；未公布或不明为空")
    bound_fen: int = Field(description="落到资金批次的金额；拟稿为拟绑定的金额")
    rectified_fen: int
    rectified_later_fen: int
    outstanding_fen: int = Field(description="截至 as_of 尚未整改的金额 = amount_fen − rectified_fen")
    unexplained_fen: int = Field(description="amount_fen 中未落到具体资金或业务的部分；由预警认定的应为 0")
    amount_known: AmountKnown | None = Field(description="exact 准确、approximate 约数；没有金额也没有原文数量的为空")
    within_finding_id: UUID | None
    report_id: UUID | None
    about_region: str | None
    alert_ids: list[UUID]
    lots: list[FindingLot]


class Finding(FindingReceipt):
    """A finding with its money and the proof: `amount_fen` against Σ of what it is about, what is put right, what not.

    `rectified_fen` counts movements effective on `as_of` or before; `rectified_later_fen` those after it.
    """

    title: str
    facts: str
    engagement: EngagementRef | None = Field(description="在哪个监督项目中认定")
    engagement_terminated_on: date | None = Field(description="该项目未出报告即终止的日期；问题仍然有效")


class VersionMade(Answer):
    """That a version was made, and what another person decided on it."""

    version_no: int
    version_hash: str
    made_by: str
    made_at: datetime
    decision: FindingDecision | None
    checked_by: str | None
    decided_on: date | None
    opinion: str | None


class FindingVersion(VersionMade):
    """Everything a version says."""

    class_code: str
    class_edition: int | None = Field(description="按哪一版分类归类；为空表示分类有版本之前，即第一版")
    title: str
    facts: str
    found_on: date
    amount_fen: int | None
    amount_known: AmountKnown | None
    within_finding_id: UUID | None
    report_id: UUID | None
    about_region: str | None
    published: Published | None
    alert_ids: list[UUID]
    recorded_facts: list[RecordedFact]
    subjects: list[FindingSubject]
    salt: str | None = Field(
        description="version_hash 所含的盐；文字按法定程序删除后为空，此后无人能以猜测的文字与哈希比对"
    )


class NestedFinding(Answer):
    id: UUID
    title: str
    amount_fen: int | None


class FindingFile(Finding, Known):
    """A finding with everything in its file: facts, subjects, versions, orders, evidence and quarantines."""

    published: Published | None
    nested: list[NestedFinding] = Field(description="金额属于本问题之内的已认定问题")
    nested_fen: int | None = Field(description="其金额合计；没有已知金额的为空")
    parts_difference_fen: int | None = Field(description="合计数与其分项之和的差额：amount_fen − nested_fen，照列不改")
    recorded_facts: list[RecordedFact]
    subjects: list[FindingSubject]
    versions: list[VersionMade]
    orders: list[Order]
    evidence: list[Evidence]
    quarantines: list[Quarantine] = Field(description="该问题的各项封存：办理到哪一步、各批次金额、仍在封存的金额")


class FindingVersions(Answer):
    items: list[FindingVersion]


class FindingPage(Page, Known):
    items: list[Finding]


class FindingClass(Answer):
    """A class of findings as it holds on a day; a finding keeps the edition it was classed by."""

    code: str
    edition: int
    valid_from: date
    title: str
    problem_class: str = Field(description="六项问题中的一项")
    articles: list[str] = Field(description="《财政违法行为处罚处分条例》的条号")
    source: str
    basis: str


class FindingClasses(Answer):
    as_of: date
    items: list[FindingClass]
