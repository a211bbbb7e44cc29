"""Shapes of what a household received."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer
from services.funds_api.moments import Known
from services.funds_api.payments.schemas import PaymentStatus


class Receipt(Answer):
    """One payment to somebody of the household, masked: the first character of a name, the last four of an account."""

    payment_id: str
    payee: str
    card: str = Field(description="收款账户末四位")
    amount_fen: int
    kept_fen: int = Field(description="amount_fen 减去退回和追缴；整批已冲正的为 0")
    paid_by: str = Field(description="付款单位")
    document: str
    entitlement: str
    fund_code: str
    effective_on: date
    movement_id: UUID
    status: PaymentStatus
    reversed_by: UUID | None = Field(description="整批已冲正时，冲正业务的编号")
    returned_fen: int
    recovered_fen: int
    reissued_as: str | None = Field(description="退回后重发的支付编号（批次-行号）")


class HouseholdReceipts(Answer, Known):
    """All that a household was paid by the moment, and the proof that each fen of it was fed by a lot.

    No ID number, not even its end, and no account in clear: what an office reads here of whom, it reads to follow
    money, and needs to tell payees apart and no more (个人信息保护法 art 6). Whoever needs a number in clear asks for
    it where unmasking has a purpose, a case and a trace; no answer that is frozen as evidence carries one.
    """

    county_code: str
    household_id: UUID
    as_of: date
    head: str = Field(description="户主姓名（已脱敏）")
    region_code: str = Field(description="当日居住的村；已迁出本县的为最后所在的村")
    persons_n: int
    paid_fen: int = Field(description="各笔之和，不含整批已冲正的")
    returned_fen: int
    recovered_fen: int
    kept_fen: int = Field(description="paid_fen 减去 returned_fen 和 recovered_fen")
    elsewhere_fen: int = Field(description="您管辖范围以外的单位支付给该户的，不在 items 中")
    unexplained_fen: int = Field(description="各笔金额减去供给它们的资金批次之和，恒为 0")
    items: list[Receipt]
    empty_because: str | None
