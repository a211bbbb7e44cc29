"""Shapes of recoveries on the wire."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer
from services.funds_api.moments import Known


class Recovery(Answer):
    """One movement that brought money back to where it came from."""

    movement_id: UUID
    document: str
    effective_on: date
    from_account_id: UUID = Field(description="追缴自")
    to_account_id: UUID = Field(description="归还到：资金原来的账户")
    amount_fen: int
    undone_on: date | None = Field(description="冲正之日；未冲正为空")


class Recoveries(Known, Answer):
    """What was recovered for a finding: the sum of those that were not undone."""

    finding_id: UUID
    as_of: date
    bound_fen: int = Field(description="问题认定的金额")
    recovered_fen: int = Field(description="追缴并归还原渠道的金额，不含已冲正的")
    items: list[Recovery]
    unexplained_fen: int = Field(description="recovered_fen 减去未冲正各笔所动用的资金批次之和，恒为 0")
    empty_because: str | None
