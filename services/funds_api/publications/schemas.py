"""Shapes of publications and objections on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer, Body, Day, Line, Prose
from services.funds_api.objections import Objection, ObjectionAnswer
from treasury.clocks import Counted
from treasury.policy import Basis


class ObjectionVerdict(StrEnum):
    """What was found: there was reason to object, there was none, or whoever objected took it back."""

    UPHELD = "upheld"
    UNFOUNDED = "unfounded"
    WITHDRAWN = "withdrawn"


class PublicationRequest(Body):
    """The roster of a batch was put on show: by which document, where, from which day."""

    document: Line = Field(description="公示文件或公示单编号")
    place: Line = Field(description="公示地点，如“村务公开栏”，不写网址")
    from_on: Day = Field(description="张贴之日；公示天数从此日起算")


class Publication(Answer):
    """A publication as recorded. The latest one of a batch counts: publishing anew begins the days anew."""

    batch_id: UUID
    seq: int
    document: str
    place: str
    from_on: date
    before_upload_days: int = Field(
        description="张贴之日比名册上传之日早几天；0 表示上传当日或之后张贴，大于 0 是补录，公示的内容由登记人负责"
    )
    list_sha256: str = Field(description="公示的名单，与批次的 list_sha256 一致")
    recorded_by: str


class BatchObjectionRequest(Body):
    raised_on: Day
    line: Annotated[int, Field(strict=True, ge=1, le=9_999_999)] | None = Field(
        default=None, description="有异议的名册行号；省略表示对整个批次有异议"
    )
    text: Prose = Field(description="异议内容，不写个人身份信息")


class BatchObjectionAnswer(ObjectionAnswer):
    """What was found out about an objection to a roster; a row that was objected to with reason is not paid."""

    verdict: ObjectionVerdict = Field(
        default=ObjectionVerdict.UNFOUNDED,
        description="upheld 异议成立：该行（或整个名册）不再发放，冻结的资金放开；unfounded 不成立、"
        "withdrawn 异议人撤回：该行可以发放",
    )


class BatchObjection(Objection):
    """Somebody objects to a row (`line`) or the whole of a published roster."""

    batch_id: UUID
    line: int | None
    verdict: ObjectionVerdict | None = Field(default=None, description="处理结论；未处理或早先处理的为 null")


class PublicityRequired(Answer):
    """So many days a list has to be on show; the stricter of all decides."""

    by: Literal["policy", "term"] = Field(description="policy 本地政策数值，term 资金规定")
    days: int
    counted: Counted = Field(description="calendar 按自然日，working 按工作日")
    region: str = Field(description="由哪一级区划规定；00 为全国")
    source: str
    basis: Basis
    refuses: bool = Field(description="false 表示未满只预警，不拒绝")
    payable_on: date | None = Field(description="按最近一次公示，最早可以发放的日期；没有公示的为 null")
    decides: bool = Field(description="各项要求中最严的一项")


class ContestedRow(Answer):
    """A row of a published list that was objected to, and what is frozen for it."""

    line: int
    amount_fen: int
    state: Literal["open", "upheld", "answered"] = Field(
        description="open 异议未处理，upheld 异议成立（不再发放），answered 不成立或已撤回（可以发放）"
    )
    objections_open_n: int
    raised_on: date = Field(description="最早一件异议的提出日期")
    batch_id: UUID | None = Field(description="审批时为该行单独形成的批次；尚未审批或该行已随其余各行发放的为 null")
    status: str | None = Field(description="该批次目前的状态：checked 待发放，posted 已发放，withdrawn 已终止")
    hold_id: UUID | None
    frozen_fen: int = Field(description="截至该日为该行冻结的金额")
    frozen_since: date | None


class Publicity(Answer):
    """How long a batch had been on show by a day, what was objected, and what is frozen until it is answered."""

    batch_id: UUID
    as_of: date
    published_days: int | None = Field(description="截至该日已公示天数；null 表示没有公示记录")
    objections_open_n: int
    publications: list[Publication]
    objections: list[BatchObjection]
    required: list[PublicityRequired] = Field(
        default_factory=list, description="该名册待发放时须满的公示天数；没有要求或已发放的为空"
    )
    contested: list[ContestedRow] = Field(default_factory=list, description="有过异议的行")
    frozen_fen: int = Field(default=0, description="截至该日因异议冻结的金额")
