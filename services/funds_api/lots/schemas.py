"""Shapes of lots, movements, tranches and traces on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from chassis.fields import Answer, Body, Code, Day, Line, PositiveFen, Prose
from chassis.pages import Page


class LotShare(Body):
    """So many fen of this lot."""

    lot_id: UUID
    amount_fen: PositiveFen


class _Order(Body):
    document: Line = Field(description="依据文件或凭证号")
    effective_on: Day = Field(description="业务日期（Asia/Shanghai）")
    note: Prose | None = None


class OutLine(Body):
    """One recipient of a hand-down or payment; without `lots` the oldest lots of the fund are drawn first."""

    to_account_id: UUID
    amount_fen: PositiveFen
    lots: list[LotShare] | None = Field(default=None, min_length=1, max_length=100)

    @model_validator(mode="after")
    def _lots_make_the_amount(self) -> Self:
        if self.lots is not None and sum(share.amount_fen for share in self.lots) != self.amount_fen:
            msg = "指定资金批次的金额之和必须等于本行金额"
            raise ValueError(msg)
        return self


class OutOrder(_Order):
    """分解下达/拨付 (hand_down: to an office or village) or 支付 (pay: to a contractor), by one document."""

    kind: Literal["hand_down", "pay"]
    from_account_id: UUID
    fund_code: Code
    lines: Annotated[list[OutLine], Field(min_length=1, max_length=200)]


class BackOrder(_Order):
    """退回 (return: the holder gives back) or 收回/追缴 (recover: the office above takes), to where it came from."""

    kind: Literal["return", "recover"]
    account_id: UUID = Field(description="资金现在所在的账户")
    fund_code: Code
    amount_fen: PositiveFen
    lots: list[LotShare] | None = Field(default=None, min_length=1, max_length=100)

    @model_validator(mode="after")
    def _lots_make_the_amount(self) -> Self:
        if self.lots is not None and sum(share.amount_fen for share in self.lots) != self.amount_fen:
            msg = "指定资金批次的金额之和必须等于总金额"
            raise ValueError(msg)
        return self


class ReverseOrder(_Order):
    """冲正: undo one movement, whole, once, while nothing of it has been spent on."""

    kind: Literal["reverse"]
    movement_id: UUID


MovementOrder = Annotated[OutOrder | BackOrder | ReverseOrder, Field(discriminator="kind")]


class DrawAnswer(Answer):
    """`amount_fen` out of one lot after `days_rested` days, and the lot it became."""

    from_lot_id: UUID
    to_lot_id: UUID
    amount_fen: int
    days_rested: int


class MovementAnswer(Answer):
    id: UUID
    kind: str
    document: str
    effective_on: date
    from_account_id: UUID | None
    to_account_id: UUID
    amount_fen: int
    reverses_id: UUID | None = None
    recorded_at: datetime | None = None
    draws: list[DrawAnswer] | None = None


class MovementsAnswer(Answer):
    """What one order moved: the order's figure, the movements, and the proof that they tie."""

    total_fen: int
    unexplained_fen: int = Field(description="total_fen 减去各笔之和，恒为 0")
    movements: list[MovementAnswer]


class MovementPage(Page):
    items: list[MovementAnswer]


class LotAnswer(Answer):
    """A lot as it stood on a day."""

    id: UUID
    tranche_id: UUID
    fund_code: str
    account_id: UUID
    region_code: str
    arrived_on: date
    clock_from: date
    amount_fen: int
    remaining_fen: int
    days_rested: int


class LotPage(Page):
    as_of: date
    items: list[LotAnswer]


class TrancheAnswer(Answer):
    """The money of one notice line on a day, with its proof: received = resting + spent + outside (law 1)."""

    id: UUID
    county_code: str
    notice_id: UUID
    document: str
    fund_code: str
    fiscal_year: int
    purpose: str
    received_on: date
    as_of: date
    received_fen: int
    resting_fen: int = Field(description="停留在各单位账户，尚未支出")
    spent_fen: int = Field(description="已到施工单位或农户")
    outside_fen: int = Field(description="已退出本县（撤销入账、上级收回）")
    unexplained_fen: int


class TranchePage(Page):
    as_of: date
    items: list[TrancheAnswer]
