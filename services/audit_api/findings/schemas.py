"""Shapes of findings on the wire."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, Field

from chassis.fields import Answer, Body, Day, Line, PositiveFen, Prose
from chassis.pages import Page
from services.audit_api.evidence.schemas import Evidence
from services.audit_api.findings.states import FindingStatus
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


class FindingRequest(Body):
    """A finding on alerts. Without `lots` it is bound to all the fen its alerts saw."""

    alert_ids: Annotated[list[UUID], Field(min_length=1, max_length=200), AfterValidator(_each_once)]
    class_code: Annotated[str, Field(pattern=r"^F(0[1-9]|1[0-8])$", description="问题分类 F01–F18")]
    title: Line
    facts: Prose
    found_on: Annotated[Day | None, Field(description="认定日期；省略表示今天")] = None
    lots: Annotated[list[LotRequest], Field(min_length=1, max_length=1000), AfterValidator(_each_lot_once)] | None = (
        None
    )


class FindingLot(Answer):
    """What the finding is bound to in one lot. `came_from`: a reversal brought the money back into this lot."""

    lot_id: UUID
    alert_id: UUID | None
    came_from: UUID | None
    bound_fen: int
    rectified_fen: int


class Finding(Answer):
    """A finding with its money and the proof: `amount_fen` against Σ of what is bound, what is put right and what not.

    `rectified_fen` counts movements effective on `as_of` or before; `rectified_later_fen` those after it.
    """

    id: UUID
    county_code: str
    class_code: str
    class_name: str
    title: str
    facts: str
    status: FindingStatus
    version: int
    found_on: date
    opened_by: str
    closed_on: date | None
    as_of: date
    amount_fen: int
    bound_fen: int
    rectified_fen: int
    rectified_later_fen: int
    outstanding_fen: int = Field(description="截至 as_of 尚未整改的金额 = bound_fen − rectified_fen")
    unexplained_fen: int = Field(description="amount_fen − Σ lots.bound_fen，应为 0")
    alert_ids: list[UUID]
    lots: list[FindingLot]


class FindingFile(Finding):
    """A finding with everything in its file: orders and evidence."""

    orders: list[Order]
    evidence: list[Evidence]


class FindingPage(Page):
    items: list[Finding]
