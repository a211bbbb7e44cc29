"""What treasury orders and their results refuse, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from services.funds_api import words
from treasury.money import yuan


@dataclass(eq=False)
class OrderNumberUsed(Exception):
    """The number stands on another order of the county and year: of which day and amount, if the caller may see it."""

    order_number: str
    fiscal_year: int
    effective_on: date | None = None
    amount_fen: int | None = None

    def __str__(self) -> str:
        by = f"（{self.effective_on}，{yuan(self.amount_fen)} 元）" if self.amount_fen is not None else ""
        return f"{self.fiscal_year} 年度支付令编号 {self.order_number} 已被使用{by}"


@dataclass(eq=False)
class InvoiceClaimed(Exception):
    """Another order that stands claims the invoice in the county: which is told of those the caller may see."""

    invoice_numbers: list[str]
    amount_fen: int
    order_numbers: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        by = f"由支付令 {'、'.join(self.order_numbers)} " if self.order_numbers else ""
        return f"发票 {'、'.join(self.invoice_numbers)} 已经{by}报过账，不能重复报销"


@dataclass(eq=False)
class OrderSettled(Exception):
    """The order has its result, or was undone; a later word of the bank changes nothing."""

    order_id: str
    order_number: str
    amount_fen: int
    state: str
    bank_serial: str | None
    effective_on: date | None
    reported: str

    def __str__(self) -> str:
        by = f"（银行流水 {self.bank_serial}，{self.effective_on}）" if self.bank_serial else ""
        told = words.said(words.ORDERS, self.reported)
        return f"支付令 {self.order_number} 已{words.said(words.ORDERS, self.state)}{by}，不再接受“{told}”的回单"


@dataclass(eq=False)
class BankSerialUsed(Exception):
    """The bank's serial has said something else before."""

    bank_serial: str
    order_id: str
    result: str
    effective_on: date

    def __str__(self) -> str:
        return f"银行流水 {self.bank_serial} 已于 {self.effective_on} 用于另一份内容不同的回单"


@dataclass(eq=False)
class TransitDrawn(Exception):
    """Part of the order's money is no longer in transit at the bank."""

    order_id: str
    amount_fen: int
    in_transit_fen: int

    def __str__(self) -> str:
        return f"支付令金额 {yuan(self.amount_fen)} 元，在途只剩 {yuan(self.in_transit_fen)} 元，不能按回单入账"


@dataclass(eq=False)
class ReturnedQuotaDrawn(Exception):
    """Part of the quota that came back of the order was drawn meanwhile, so it cannot be issued again as it was."""

    order_id: str
    amount_fen: int
    left_fen: int

    def __str__(self) -> str:
        drawn = f"其中 {yuan(self.amount_fen - self.left_fen)} 元已被动用，只剩 {yuan(self.left_fen)} 元"
        return f"原支付令退回的指标 {yuan(self.amount_fen)} 元，{drawn}，不能重新签发"


@dataclass(eq=False)
class NotReissuable(Exception):
    """Only an order that came back is issued again, once, for the same money."""

    order_id: str
    state: str
    reissued_by: str | None
    amount_fen: int
    asked_fen: int

    def __str__(self) -> str:
        if self.reissued_by:
            return "该退汇已重新签发过一次，不能再次签发"
        if self.state not in {"returned", "reversed"}:
            return f"支付令当前为“{words.said(words.ORDERS, self.state)}”，只有退汇或冲正的支付令可以重新签发"
        amounts = f"原 {yuan(self.amount_fen)} 元，本次 {yuan(self.asked_fen)} 元"
        return f"重新签发须与原支付令的账户、资金和金额一致（{amounts}）"


@dataclass(eq=False)
class PresentedAhead(Exception):
    """Nobody has brought the order to the bank yet: the instant lies in the future."""

    presented_at: str

    def __str__(self) -> str:
        return f"送达银行的时刻 {self.presented_at} 尚未到来"


@dataclass(eq=False)
class PresentedFarOff(Exception):
    """The order is said to have reached the bank long before or after its own day: one of both is a slip of the pen."""

    presented_on: date
    effective_on: date
    limit_days: int

    def __str__(self) -> str:
        return f"支付令日期为 {self.effective_on}，送达银行为 {self.presented_on}，相差超过 {self.limit_days} 天"
