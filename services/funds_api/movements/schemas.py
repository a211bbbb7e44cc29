"""Shapes of a movement that is looked at by itself."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer
from services.funds_api.moments import Known


class MovementEnd(Answer):
    """An account that money left or came to, and whose desk that is."""

    account_id: UUID
    unit_name: str
    region_code: str
    kind: str
    book: str


class Undoing(Answer):
    """The movement that undid this one."""

    movement_id: UUID
    document: str
    effective_on: date


class Moved(Answer):
    """A movement with the names of its ends; `reversed_by` as far as that was effective and known."""

    id: UUID
    kind: str
    document: str
    effective_on: date
    recorded_at: datetime
    from_end: MovementEnd | None = Field(description="为空表示由来文带来")
    to_end: MovementEnd
    amount_fen: int
    reverses_id: UUID | None
    reversed_by: Undoing | None


class MovedPart(Answer):
    """A lot that the movement made, the lot that fed it, and the document that once brought the money."""

    lot_id: UUID
    amount_fen: int
    tranche_id: UUID
    notice_id: UUID
    notice: str = Field(description="带来这笔资金的文件：文号，未印文号的为标题")
    fund_code: str
    fiscal_year: int
    from_lot_id: UUID | None = Field(description="转出的资金批次；为空表示由来文带来")
    days_rested: int | None = Field(description="在转出账户停留的天数；由来文带来的为空")
    restores_lot_id: UUID | None
    first_line: int | None = Field(description="到户发放时，这一部分支付的名册行：自此行起")
    last_line: int | None


class MovedSource(Answer):
    """How much of the movement is money of one document."""

    notice_id: UUID
    notice: str
    issuer: str
    fund_code: str
    amount_fen: int


class MovementDetail(Moved, Known):
    """A movement with its draws and the documents of its money: amount = Σ parts = Σ sources."""

    county_code: str
    as_of: date
    batch_id: UUID | None = Field(description="到户发放的批次")
    use: str | None
    drawn: str = Field(description="oldest 先到先出；named 指定批次；proportional 按比例；none 入账")
    parts: list[MovedPart]
    sources: list[MovedSource]
    unexplained_fen: int = Field(description="amount_fen 减去 parts 之和，恒为 0")
