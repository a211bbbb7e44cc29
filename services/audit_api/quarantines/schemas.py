"""Shapes of quarantines on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from chassis.fields import Answer, Body, Day, Line, PositiveFen, Prose
from chassis.pages import Page
from services.audit_api.moments import Known
from services.audit_api.quarantines.states import QuarantineStep


class QuarantineLotRequest(Body):
    """So many fen of a lot."""

    lot_id: UUID
    amount_fen: PositiveFen


def _each_once(lots: list[QuarantineLotRequest]) -> list[QuarantineLotRequest]:
    if len({one.lot_id for one in lots}) != len(lots):
        msg = "同一资金批次不得重复"
        raise ValueError(msg)
    return lots


class QuarantineRequest(Body):
    """Exact fen of a confirmed finding's lots, to stay where they are."""

    finding_id: UUID
    document: Line = Field(description="封存决定的文号；资金方凭此知道是谁封存的")
    lots: Annotated[list[QuarantineLotRequest], Field(min_length=1, max_length=1000), AfterValidator(_each_once)]
    reason: Prose
    on: Day


class QuarantineReleaseRequest(Body):
    document: Line = Field(description="解除封存决定的文号")
    reason: Prose
    on: Day


class QuarantineVerdict(StrEnum):
    """confirm: 同意; refuse: 不同意."""

    CONFIRM = "confirm"
    REFUSE = "refuse"


class QuarantineDecisionRequest(Body):
    version_hash: Annotated[
        str, Field(pattern=r"^[0-9a-f]{64}$", description="所审核版本的哈希，见该封存的 version_hash")
    ]
    decision: QuarantineVerdict
    opinion: Prose
    on: Day


class QuarantineStepTaken(Answer):
    step_no: int
    step: QuarantineStep
    on: date
    by: str
    document: str
    words: str = Field(description="理由或审核意见")
    version_hash: str


class QuarantineLotStand(Answer):
    lot_id: UUID
    amount_fen: int = Field(description="决定封存的金额")
    kept_fen: int | None = Field(description="账上实际封存的金额；资金方尚未回告的为空")


class QuarantineChange(Answer):
    """Fen that a recovery for the finding took out of the quarantine (negative), or that undoing it brought back."""

    movement_id: UUID
    lot_id: UUID = Field(description="追缴动用的资金批次；冲正后为退回所成的批次")
    change_fen: int
    effective_on: date


class Quarantine(Answer):
    """A quarantine as far as it is: what was decided by whom, and what the books could keep of it."""

    id: UUID
    county_code: str
    finding_id: UUID
    document: str
    status: QuarantineStep
    status_words: str
    version_hash: str = Field(description="最近所拟版本（封存或解除）的哈希，审核时须带上")
    asked_fen: int
    kept_fen: int | None = Field(description="账上实际封存的金额；尚未回告的为空")
    missing_fen: int | None = Field(description="决定封存而账上未能封存的金额：当时已转出，或已为其他支付冻结")
    recovered_fen: int = Field(description="为该问题追缴而动用的封存金额，已扣除冲正")
    stands_fen: int = Field(description="仍在封存的金额；账上尚未回告的按决定封存的金额计，未同意或已解除的为0")
    freed_fen: int | None = Field(description="解除后账上放开的金额；尚未解除或尚未回告的为空")
    lots: list[QuarantineLotStand]
    changes: list[QuarantineChange]
    steps: list[QuarantineStepTaken]
    unexplained_fen: int = Field(description="asked_fen 减去各批次之和，恒为 0")


class QuarantineFile(Quarantine, Known):
    as_of: date


class QuarantinePage(Page, Known):
    as_of: date
    items: list[Quarantine]
