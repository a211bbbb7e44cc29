"""Shapes of holds on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer, Body, Code, Day, Line, PositiveFen, Prose
from chassis.pages import Page
from services.funds_api.lots.schemas import LotShare
from services.funds_api.moments import Known


class HoldStatus(StrEnum):
    """held until posted (paid from) or voided; expired when its last day has passed, by itself."""

    HELD = "held"
    POSTED = "posted"
    VOIDED = "voided"
    EXPIRED = "expired"


class HoldRequest(Body):
    """Fen to keep for one payment: of the named lots, or the oldest of the fund (of every fund, when none is named)."""

    account_id: UUID
    fund_code: Code | None = None
    amount_fen: PositiveFen
    document: Line = Field(description="依据：合同、支付申请、通知书等")
    purpose: Line
    expires_on: Day | None = Field(default=None, description="最后有效日；省略表示不自动失效")
    lots: list[LotShare] | None = Field(default=None, min_length=1, max_length=100)


class VoidRequest(Body):
    reason: Prose


class HeldLot(Answer):
    lot_id: UUID
    amount_fen: int


class Hold(Answer):
    """A hold with the lots it keeps: amount = Σ lots."""

    id: UUID
    county_code: str
    account_id: UUID
    region_code: str
    fund_code: str | None
    amount_fen: int
    document: str
    purpose: str
    expires_on: date | None
    status: HoldStatus
    placed_on: date = Field(description="冻结的业务日期：退回留存的为退回日，其他为登记日")
    ended_on: date | None = Field(description="支付或解除的业务日期；仍有效或自动到期的为空")
    posted_fen: int = Field(description="凭本冻结支付的金额")
    freed_fen: int = Field(description="支付、解除或到期后放开的余额")
    lots: list[HeldLot]
    unexplained_fen: int = Field(description="amount_fen 减去各批次之和，恒为 0")


class HoldPage(Page, Known):
    as_of: date
    items: list[Hold]
