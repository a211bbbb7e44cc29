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


class RestsThere(Answer):
    """Fen that came of a bound lot and lie here: on a desk, or spent (`spent`) with a contractor or a household."""

    county_code: str
    lot_id: UUID
    account_id: UUID
    unit_name: str
    region_code: str
    kind: str
    spent: bool = Field(description="已到施工单位、农户，或退出本县")
    fen: int


class WentOver(Answer):
    """Fen that went over to a county out of the caller's sight: that county's inspectors find them by this lot."""

    county_code: str
    lot_id: UUID = Field(description="在该县的资金批次")
    succession_id: UUID
    fen: int


class BoundLot(Answer):
    """A lot that a finding is bound to, and where all of its money is: fen of one lot are not told apart.

    Where `bound_fen` is less than `amount_fen`, which of the places hold the bound fen nobody can say.
    """

    lot_id: UUID
    bound_fen: int
    amount_fen: int
    rests: list[RestsThere]
    went_over: list[WentOver]
    unexplained_fen: int = Field(description="amount_fen 减去 rests 与 went_over 之和，恒为 0")


class BoundMoney(Known, Answer):
    """Where the money is that a finding is bound to, by trace: over every desk, and over borders with changes of code.

    A lot that came of another one that the finding is bound to as well is told with each.
    """

    finding_id: UUID
    county_code: str
    as_of: date
    bound_fen: int = Field(description="问题认定的金额")
    lots: list[BoundLot]
    unexplained_fen: int = Field(description="各批次差额的绝对值之和，恒为 0")
