"""Shapes of quarantines on the wire."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer
from chassis.pages import Page
from services.funds_api.moments import Known


class QuarantinedLot(Answer):
    lot_id: UUID
    asked_fen: int = Field(description="要求封存的金额")
    kept_fen: int = Field(description="实际封存的金额：封存时在账且未为其他支付冻结的部分")
    hold_id: UUID | None = Field(description="承载封存的冻结；没有可封存的资金时为空")


class QuarantineChange(Answer):
    """Fen that a recovery for the finding took out of the quarantine (negative), or that its undoing brought back."""

    movement_id: UUID
    lot_id: UUID = Field(description="追缴动用的资金批次；冲正后为退回所成的批次")
    change_fen: int
    effective_on: date


class Quarantine(Answer):
    """A quarantine of money: asked = kept + missing, kept = Σ lots, and what stands = kept less what was recovered.

    `unexplained_fen` holds what was told of it against the holds of the books.
    """

    id: UUID
    county_code: str
    document: str = Field(description="封存决定的文号")
    ordered_on: date = Field(description="决定之日")
    kept_on: date = Field(description="账上开始封存之日")
    asked_fen: int
    kept_fen: int
    missing_fen: int = Field(description="要求封存而未能封存的金额：当时已转出，或已为其他支付冻结")
    recovered_fen: int = Field(description="为该问题追缴而动用的封存金额，已扣除冲正")
    stands_fen: int = Field(description="所查时点仍在封存的金额；解除后为0")
    in_force: bool = Field(description="所查时点是否仍在封存")
    released_on: date | None = Field(description="解除决定之日")
    release_document: str | None
    lifted_on: date | None = Field(description="账上解除封存之日")
    lots: list[QuarantinedLot]
    changes: list[QuarantineChange]
    unexplained_fen: int = Field(description="该时点已登记的封存余额减去账上各冻结之和，恒为 0")


class QuarantinePage(Page, Known):
    as_of: date
    items: list[Quarantine]


class QuarantineFile(Quarantine, Known):
    as_of: date
