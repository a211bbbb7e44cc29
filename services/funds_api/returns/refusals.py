"""What a return refuses, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.funds_api import words
from treasury.money import yuan


@dataclass(eq=False)
class NotPaid(Exception):
    """Money is said to come back from a row that was not paid, or whose payment was undone."""

    payment_id: str
    status: str

    def __str__(self) -> str:
        return f"支付 {self.payment_id} 当前为“{words.said(words.PAYMENTS, self.status)}”，没有可以退回的资金"


@dataclass(eq=False)
class ReturnTooLarge(Exception):
    """More is said to come back than the household still has of this payment."""

    payment_id: str
    asked_fen: int
    paid_fen: int
    returned_fen: int

    def __str__(self) -> str:
        return (
            f"支付 {self.payment_id} 共 {yuan(self.paid_fen)} 元，已退回 {yuan(self.returned_fen)} 元，"
            f"不能再退回 {yuan(self.asked_fen)} 元"
        )


@dataclass(eq=False)
class ReturnTooEarly(Exception):
    """Money is said to come back before it was paid."""

    payment_id: str
    effective_on: date
    paid_on: date

    def __str__(self) -> str:
        return f"退回日期 {self.effective_on} 早于支付日期 {self.paid_on}"


@dataclass(eq=False)
class ReturnSerialReused(Exception):
    """The serial or voucher has returned other money."""

    document: str
    return_id: str
    returned_fen: int

    def __str__(self) -> str:
        return f"流水号“{self.document}”已用于另一笔内容不同的退回（{yuan(self.returned_fen)} 元）"
