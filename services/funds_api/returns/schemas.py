"""Shapes of returned payments on the wire."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from chassis.fields import Answer, Body, Day, Line, PositiveFen, Prose
from chassis.pages import Page
from services.funds_api.moments import Known


class ReturnReason(StrEnum):
    """Why a card did not take the money, or why the household gave it back; `recovered`: it was made to (追缴)."""

    ACCOUNT_CLOSED = "account_closed"
    NAME_MISMATCH = "name_mismatch"
    WRONG_NUMBER = "wrong_number"
    DECEASED = "deceased"
    RECOVERED = "recovered"
    OTHER = "other"


class ReturnStatus(StrEnum):
    """waiting: its fen are kept for the next payment of the same; reissued: that payment was made; free: its fen are
    nobody's in particular (given up by `voiding` the hold, or never kept); undone: entered by mistake and reversed.
    """

    WAITING = "waiting"
    REISSUED = "reissued"
    FREE = "free"
    UNDONE = "undone"


class ReturnRequest(Body):
    """What came back of one payment. Without an amount: all that is left of it.

    `document` is the bank's serial or the voucher; one of a source acts once for ever in its county. What comes back
    whole is kept for the next payment of the same entitlement to the same payee, unless `keep` says otherwise. What is
    recovered is owed to nobody and kept for nobody.
    """

    document: Line = Field(description="银行退汇流水号或凭证号，同一来源只生效一次")
    effective_on: Day = Field(description="退回款到账日（Asia/Shanghai）")
    reason: ReturnReason
    reason_text: Prose | None = Field(default=None, description="说明；原因为 other 时必填")
    amount_fen: PositiveFen | None = Field(default=None, description="省略表示全部退回")
    keep: bool | None = Field(default=None, description="是否冻结待重发；省略时全额退回冻结、部分退回不冻结")

    @model_validator(mode="after")
    def _other_is_explained(self) -> Self:
        if self.reason == ReturnReason.OTHER and not self.reason_text:
            msg = "原因为 other 时须填写 reason_text"
            raise ValueError(msg)
        if self.reason == ReturnReason.RECOVERED and self.keep:
            msg = "追缴的资金不冻结待重发"
            raise ValueError(msg)
        return self


class LotRestored(Answer):
    """Fen that went back to stand for the lot which had fed them."""

    restored_lot_id: UUID = Field(description="当初支付这笔钱的资金批次")
    lot_id: UUID = Field(description="退回后形成的资金批次")
    from_lot_id: UUID = Field(description="退回前在农户账户的资金批次")
    amount_fen: int


class Return(Answer):
    """One return with the lots it restored: amount = Σ lots. Only `hold_id` changes, when its reissue is undone."""

    id: UUID = Field(description="退回业务编号")
    payment_id: str
    county_code: str
    region_code: str
    amount_fen: int
    effective_on: date
    document: str
    source: str
    reason: ReturnReason
    reason_text: str
    hold_id: UUID | None = Field(
        description="待重发冻结的编号（重发被冲正后为重新冻结的编号）；解除见 /funds/v1/holds/编号/voiding"
    )
    actor: str
    recorded_at: datetime
    lots: list[LotRestored]
    unexplained_fen: int = Field(description="amount_fen 减去各批次之和，恒为 0")


class ReturnState(Return):
    """A return as it stands: whether it still waits, since when, and which payment drew it again.

    What came back before the rest of its row waits under the hold of the return that completed it, told as `hold_id`.
    """

    status: ReturnStatus
    waits_days: int = Field(description="到账至重发（或所查日期）的天数")
    reissued_as: str | None = Field(default=None, description="重发的支付编号（批次-行号）")
    reissued_on: date | None = None
    undone_on: date | None = None


class ReturnPage(Page, Known):
    as_of: date
    items: list[ReturnState]
