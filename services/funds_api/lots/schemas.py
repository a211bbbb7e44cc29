"""Shapes of lots, movements, tranches and traces on the wire."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from chassis.fields import Answer, Body, Code, Day, Line, PositiveFen, Prose
from chassis.pages import Page
from services.funds_api.moments import Known


class MovementKind(StrEnum):
    """What a movement is called in the ledger."""

    RECEIVE = "receive"
    HAND_DOWN = "hand_down"
    ORDER = "order"
    PAY = "pay"
    DISBURSE = "disburse"
    RETAIN = "retain"
    RETURN = "return"
    RECOVER = "recover"
    TAKE_BACK = "take_back"
    CARRY_OVER = "carry_over"
    REVERSE = "reverse"
    SUCCEED = "succeed"


class LotShare(Body):
    """So many fen of this lot."""

    lot_id: UUID
    amount_fen: PositiveFen


class _Order(Body):
    document: Line = Field(description="依据文件或凭证号")
    effective_on: Day = Field(description="业务日期（Asia/Shanghai）")
    note: Prose | None = None


def _shares_make(amount_fen: int, lots: list[LotShare] | None) -> None:
    if lots is not None and sum(share.amount_fen for share in lots) != amount_fen:
        msg = "指定资金批次的金额之和必须等于本行金额"
        raise ValueError(msg)


class OutLine(Body):
    """One recipient; without `lots` the order's `drawn` says which lots give."""

    to_account_id: UUID
    amount_fen: PositiveFen
    lots: list[LotShare] | None = Field(default=None, min_length=1, max_length=100)

    @model_validator(mode="after")
    def _lots_make_the_amount(self) -> Self:
        _shares_make(self.amount_fen, self.lots)
        return self


class OutOrder(_Order):
    """分解下达/拨付 (hand_down), 支付 (pay) or 预留质保金 (retain), by one document.

    A pooled project (统筹整合) may leave out the fund: then the money of all its sources pays, oldest first, in
    proportion to what each source has left, or as named.
    """

    kind: Literal["hand_down", "pay", "retain"]
    from_account_id: UUID
    fund_code: Code | None = Field(default=None, description="只有统筹整合的项目及其质保金账户可以省略")
    drawn: Literal["oldest", "proportional"] = Field(
        default="oldest", description="oldest 先到先出；proportional 按各来源余额比例"
    )
    use: Code | None = Field(
        default=None,
        description="资金用途代码，见 /funds/v1/uses；从项目或其质保金支付时可省略，按项目类型认定；"
        "其他支付省略的，按资金规定拒绝或预警",
    )
    release_on: Day | None = Field(default=None, description="质保金可以支付的日期，仅用于 retain")
    hold_id: UUID | None = Field(default=None, description="从这笔冻结中支付")
    contract_id: UUID | None = Field(
        default=None,
        description="质保金属于哪一份合同：从项目预留时必填；从质保金支付时，该单位有多份合同的质保金须填",
    )
    contractor_id: UUID | None = Field(default=None, description="为哪家施工单位预留，仅用于不是项目的 retain，必填")
    lines: Annotated[list[OutLine], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        named = any(line.lots for line in self.lines)
        if (self.kind == "retain") != (self.release_on is not None):
            msg = "release_on 用于且必须用于 retain"
            raise ValueError(msg)
        if (self.contractor_id and (self.kind != "retain" or self.contract_id)) or (
            self.contract_id and self.kind == "hand_down"
        ):
            msg = "contract_id 用于 retain 和从质保金支付，contractor_id 仅用于没有合同的 retain"
            raise ValueError(msg)
        if self.release_on is not None and self.release_on < self.effective_on:
            msg = "release_on 不能早于预留之日"
            raise ValueError(msg)
        if self.hold_id is not None and (named or self.drawn != "oldest"):
            msg = "从冻结中支付时不再指定资金批次或比例"
            raise ValueError(msg)
        if self.drawn == "proportional" and named:
            msg = "按比例支付时不再指定资金批次"
            raise ValueError(msg)
        return self


class BackOrder(_Order):
    """退回 (return: the holder gives back) or 收回/追缴 (recover: the office above takes), to where it came from."""

    kind: Literal["return", "recover"]
    account_id: UUID = Field(description="资金现在所在的账户")
    fund_code: Code
    amount_fen: PositiveFen
    lots: list[LotShare] | None = Field(default=None, min_length=1, max_length=100)
    finding_id: UUID | None = Field(default=None, description="追缴所依据的问题；只用于 recover，资金须属于该问题")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _shares_make(self.amount_fen, self.lots)
        if self.finding_id is not None and self.kind != "recover":
            msg = "finding_id 只用于 recover"
            raise ValueError(msg)
        return self


class TakeBackOrder(_Order):
    """收回: unused money goes by document to the treasury, wherever it came from (预算法 2018 art 42).

    What the level above takes back (上级收回, 上缴) goes on from the treasury to the account of kind `outside`.
    """

    kind: Literal["take_back"]
    account_id: UUID = Field(description="资金现在所在的账户")
    to_account_id: UUID = Field(
        description="国库账户，与转出账户同为指标账或资金账；上级收回时由国库账户转入 kind=outside 的县外账户"
    )
    fund_code: Code | None = Field(default=None, description="省略表示不分资金")
    amount_fen: PositiveFen
    lots: list[LotShare] | None = Field(default=None, min_length=1, max_length=100)

    @model_validator(mode="after")
    def _lots_make_the_amount(self) -> Self:
        _shares_make(self.amount_fen, self.lots)
        return self


class CarryOverOrder(_Order):
    """结转: by document what an account has free of one budget year goes on into the next; no clock starts anew.

    What is held stays in its year and is told in `left_held`.
    """

    kind: Literal["carry_over"]
    account_id: UUID
    from_year: Annotated[int, Field(strict=True, ge=1949, le=2200)]
    fund_code: Code | None = Field(default=None, description="省略表示该账户的全部资金")


class ReverseOrder(_Order):
    """冲正: undo one movement, whole, once; with `cascade` also what its money went on to, the last first."""

    kind: Literal["reverse"]
    movement_id: UUID
    cascade: bool = Field(default=False, description="连同后续业务一并冲正，由后到先，全部成功或全部不办")


MovementOrder = Annotated[
    OutOrder | BackOrder | TakeBackOrder | CarryOverOrder | ReverseOrder, Field(discriminator="kind")
]


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
    drawn: str | None = Field(
        default=None, description="oldest 先到先出；named 指定批次；proportional 按比例；none 入账"
    )
    use: str | None = None
    draws: list[DrawAnswer] | None = None


class LeftHeld(Answer):
    """What one hold keeps in its budget year, which a carry-over therefore left; freed, it is carried over later."""

    hold_id: UUID
    purpose: str
    document: str
    expires_on: date | None = Field(description="最后有效日；空表示不自动失效，待支付、重发或解除")
    amount_fen: int


class MovementsAnswer(Answer):
    """What one order moved: the order's figure, the movements, and the proof that they tie."""

    total_fen: int
    unexplained_fen: int = Field(description="total_fen 减去各笔之和，恒为 0")
    flagged: list[dict[str, Any]] = Field(default_factory=list, description="违反资金规定但允许办理、已预警的事项")
    holds: list[UUID] = Field(default_factory=list, description="冲正从冻结中支付的款项后，继续冻结退回资金的新冻结")
    left_held: list[LeftHeld] = Field(default_factory=list, description="结转时因冻结留在原年度的资金，逐笔冻结")
    left_held_fen: int = Field(default=0, description="结转时因冻结留在原年度的金额，为 left_held 之和")
    finding_id: UUID | None = Field(default=None, description="追缴所依据的问题")
    movements: list[MovementAnswer]


class MovementPage(Page, Known):
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
    fiscal_year: int
    release_on: date | None = Field(default=None, description="质保金可以支付的日期")


class LotPage(Page, Known):
    as_of: date
    items: list[LotAnswer]


class TrancheAnswer(Answer, Known):
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
    outside_fen: int = Field(description="已退出本县（撤销入账、上级收回、移交后继县）")
    unexplained_fen: int


class TranchePage(Page, Known):
    as_of: date
    items: list[TrancheAnswer]
