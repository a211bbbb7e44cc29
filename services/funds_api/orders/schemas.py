"""Shapes of treasury orders, bank results and the quota chain on the wire."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from chassis.fields import Answer, Body, Code, Day, Instant, Line, PositiveFen, Prose
from chassis.pages import Page
from services.funds_api.funds.schemas import UseCode
from services.funds_api.lots.schemas import LotShare
from services.funds_api.moments import Known
from services.funds_api.orders.states import OrderState, Outcome

Cnaps = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{12}$")]
Short = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=64, pattern=r"^[0-9A-Za-z._/-]+$")]


class OrderBasis(StrEnum):
    """财政直接支付, 财政授权支付, or 报账 (somebody paid first and hands in the invoices)."""

    DIRECT = "direct"
    AUTHORISED = "authorised"
    REIMBURSEMENT = "reimbursement"


class Invoice(Body):
    """One invoice of a claim; its number is claimed once in the county."""

    number: Short
    amount_fen: PositiveFen

    @property
    def key(self) -> str:
        """What makes two invoices the same, in whatever letters their numbers are typed."""
        return self.number.upper()


class TreasuryOrderRequest(Body):
    """支付令: pay this much of a quota to this payee, through this bank."""

    order_number: Line
    basis: OrderBasis
    from_account_id: UUID = Field(description="指标账户")
    bank_account_id: UUID = Field(description="代理银行的在途资金账户（kind=bank）")
    payee_account_id: UUID = Field(description="收款账户：施工单位，或单位、村的资金账户（实拨、报账）")
    payee_bank: Cnaps = Field(description="收款行联行号，12 位")
    fund_code: Code | None = Field(
        default=None, description="只有统筹整合的项目指标及其质保金指标，或从冻结中支付时，可以省略"
    )
    drawn: Literal["oldest", "named", "proportional"] | None = Field(
        default=None,
        description="oldest 先到先出；named 指定批次（lots）；proportional 按各来源余额比例。"
        "省略时：有 lots 为 named，否则 oldest",
    )
    hold_id: UUID | None = Field(default=None, description="从这笔指标冻结中支付；支付后冻结即告结束")
    contract_id: UUID | None = Field(
        default=None, description="从质保金指标支付哪一份合同的质保金；该单位有多份合同的质保金时必填"
    )
    use: UseCode = Field(description="用途代码，见 /funds/v1/uses")
    amount_fen: PositiveFen
    effective_on: Day
    presented_at: Instant | None = Field(
        default=None,
        description="送达银行的时刻；14:00 起下一工作日办理；不晚于现在，与业务日期不超过 policy-values 所定天数",
    )
    document: Line = Field(description="依据：支付申请、合同、验收单或报账单")
    invoices: list[Invoice] = Field(default_factory=list, max_length=200)
    lots: list[LotShare] | None = Field(default=None, min_length=1, max_length=100)
    reissues_order_id: UUID | None = Field(default=None, description="重新签发的退汇支付令；沿用其资金批次与发票")
    note: Prose | None = None

    @model_validator(mode="after")
    def _draws_one_way(self) -> Self:
        if self.drawn is not None and (self.drawn == "named") != (self.lots is not None):
            msg = "drawn=named 须指定资金批次（lots），其他方式不指定"
            raise ValueError(msg)
        if self.hold_id is not None and (self.lots or self.drawn):
            msg = "从冻结中支付时不再指定资金批次或支付顺序"
            raise ValueError(msg)
        if self.reissues_order_id is not None and (self.drawn or self.hold_id):
            msg = "重新签发沿用原支付令的资金批次，不再填写支付顺序或冻结"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.lots is not None and sum(share.amount_fen for share in self.lots) != self.amount_fen:
            msg = "指定资金批次的金额之和必须等于支付金额"
            raise ValueError(msg)
        if self.reissues_order_id is not None and (self.lots or self.invoices):
            msg = "重新签发沿用原支付令的资金批次与发票，不再填写"
            raise ValueError(msg)
        if self.reissues_order_id is None:
            claimed = self.basis is OrderBasis.REIMBURSEMENT
            if claimed != bool(self.invoices):
                msg = "报账（reimbursement）必须附发票，其他依据不附发票"
                raise ValueError(msg)
            if claimed and sum(one.amount_fen for one in self.invoices) != self.amount_fen:
                msg = "发票金额之和必须等于支付金额"
                raise ValueError(msg)
        if len({one.key for one in self.invoices}) != len(self.invoices):
            msg = "同一发票只能列一次"
            raise ValueError(msg)
        return self


class ResultRequest(Body):
    """银行回单: what became of an order. A returned one (退汇) says why."""

    result: Outcome
    bank_serial: Short = Field(description="银行流水号；一个流水号只起一次作用")
    reason_code: Code | None = Field(default=None, description="退汇原因代码")
    effective_on: Day

    @model_validator(mode="after")
    def _returned_says_why(self) -> Self:
        if (self.result is Outcome.RETURNED) != (self.reason_code is not None):
            msg = "退汇必须填写原因代码，支付成功不填"
            raise ValueError(msg)
        return self


class FundShare(Answer):
    """What one fund gave to an order."""

    fund_code: str
    amount_fen: int


class OrderResult(Answer):
    """A bank's result that stands."""

    result: Outcome
    bank_serial: str
    reason_code: str | None
    effective_on: date
    movement_id: UUID


class TreasuryOrder(Answer):
    """An order as it stood on a day."""

    id: UUID
    county_code: str
    region_code: str
    fiscal_year: int
    order_number: str
    basis: OrderBasis
    from_account_id: UUID
    bank_account_id: UUID
    payee_account_id: UUID
    payee_bank: str
    fund_code: str | None = Field(description="为空：统筹整合，见 by_fund")
    drawn: str = Field(description="oldest 先到先出；named 指定批次、冻结或重新签发；proportional 按比例")
    hold_id: UUID | None = Field(default=None, description="支付所凭的冻结")
    use: str
    amount_fen: int
    document: str
    effective_on: date
    presented_at: datetime | None
    handled_by: date | None = Field(description="银行应办理的日期（工作日）")
    reissues_order_id: UUID | None
    movement_id: UUID
    state: OrderState
    result: OrderResult | None = None
    invoices: list[Invoice] | None = None
    by_fund: list[FundShare] | None = Field(default=None, description="各项资金出了多少；合计等于 amount_fen")
    flagged: list[dict[str, Any]] = Field(default_factory=list, description="违反资金规定但允许办理、已预警的事项")


class TreasuryOrderPage(Known, Page):
    as_of: date
    items: list[TreasuryOrder]


class DeskQuota(Answer):
    """The quota of one desk on a day: in = out + resting, and what was ordered = in transit + paid + came back."""

    unit_id: UUID | None = Field(description="合计行为空")
    unit_name: str | None
    region_code: str | None
    received_fen: int = Field(description="上级文件直接下达")
    handed_in_fen: int = Field(description="由本县其他单位分解下达")
    returned_in_fen: int = Field(description="退回、收回、退汇恢复的指标")
    split_fen: int = Field(description="已分解下达")
    returned_out_fen: int = Field(description="已退回或被收回")
    retention_in_fen: int = Field(description="转入的质保金指标")
    retention_out_fen: int = Field(description="已转出作质保金的指标")
    succeeded_fen: int = Field(description="区划改码时移交后继县")
    ordered_fen: int = Field(description="已签发支付令")
    resting_fen: int = Field(description="停留的指标：未分解也未支付")
    unexplained_fen: int
    in_transit_fen: int = Field(description="支付令在途，银行尚无结果")
    paid_fen: int
    bounced_fen: int = Field(description="退汇，已恢复指标")
    orders_unexplained_fen: int


class QuotaPage(Known, Page):
    """Every desk with quota; `total` is the sum over all visible desks, not over the page."""

    as_of: date
    total: DeskQuota
    items: list[DeskQuota]
