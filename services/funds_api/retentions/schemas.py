"""Shapes of retentions (质保金) on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer
from chassis.pages import Page
from services.funds_api.moments import Known


class RetentionState(StrEnum):
    """What became of a retention: it rests (kept, or due from its day on), is ordered (released), or rests no more."""

    KEPT = "kept"
    DUE = "due"
    RELEASED = "released"
    PAID = "paid"
    FORFEITED = "forfeited"
    UNDONE = "undone"


class RetentionFigures(Answer):
    """What was kept back and where it is: amount = kept + in transit + paid + forfeited + undone."""

    amount_fen: int = Field(description="预留金额")
    kept_fen: int = Field(description="仍在质保金账户")
    in_transit_fen: int = Field(description="已签发支付令，银行尚未回单")
    paid_fen: int = Field(description="已付给施工单位，减去退回的")
    forfeited_fen: int = Field(description="凭文件退回项目或收回国库，不再支付")
    undone_fen: int = Field(description="预留业务已冲正")
    unexplained_fen: int = Field(description="amount_fen 减去其余各项之和，恒为 0")


class Retention(RetentionFigures):
    """One retention, by the movement that kept it back; `overdue_days` counts from `release_on`, 0 unless due."""

    id: UUID = Field(description="预留业务编号")
    county_code: str
    region_code: str = Field(description="质保金账户所在区划")
    account_id: UUID
    contractor_id: UUID
    contractor_name: str
    contract_id: UUID | None = Field(description="不是项目预留的为空")
    contract_number: str | None
    project_id: UUID | None
    document: str
    kept_on: date = Field(description="预留日期")
    release_on: date | None = Field(description="到期日")
    state: RetentionState
    overdue_days: int


class RetentionTotal(RetentionFigures):
    """All that was asked for, whatever the page: Σ of the items of all pages."""

    retentions_n: int
    due_n: int
    due_fen: int = Field(description="到期未退的金额")


class RetentionPage(Page, Known):
    """By day of release, the earliest first."""

    as_of: date
    total: RetentionTotal
    items: list[Retention]
