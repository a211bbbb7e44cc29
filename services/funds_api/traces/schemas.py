"""Shapes of traces on the wire."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer
from chassis.pages import Page
from services.funds_api.lots.schemas import TrancheAnswer
from services.funds_api.moments import Known


class Hop(Answer):
    """One step of money's way: by which document, when, from whose desk to whose, and how long it had rested there."""

    movement_id: UUID
    kind: str
    document: str
    effective_on: date
    from_unit: str | None
    to_unit: str
    days_rested: int | None = Field(description="在转出单位停留的天数；收到上级资金时为空")


class EarlierHop(Hop):
    """A step in the books of a former county, before its money went over."""

    county_code: str
    tranche_id: UUID


class Way(Answer):
    """How some fen of a payment came: the hops from the notice to the household, oldest first."""

    amount_fen: int
    tranche_id: UUID
    notice_id: UUID
    notice: str
    issuer: str
    fund_code: str
    succession_id: UUID | None = Field(default=None, description="经区划改码由原县移交而来时，移交的编号")
    earlier: list[EarlierHop] = Field(default=[], description="移交以前在原县的各步，由远及近，接在 hops 之前")
    hops: list[Hop]


class PaymentTrace(Answer, Known):
    """A household's payment traced up to its notices: the payment's figure, the ways that feed it, and the proof."""

    payment_id: str
    line: int
    payee: str
    as_of: date
    amount_fen: int
    traced_fen: int
    unexplained_fen: int
    reversed_by: UUID | None = Field(default=None, description="整批已冲正时，冲正业务的编号")
    returned_fen: int = Field(default=0, description="其中已退回（退汇）的金额")
    recovered_fen: int = Field(default=0, description="其中已追缴的金额")
    returned_by: list[UUID] = Field(default=[], description="退回、追缴业务的编号")
    reissued_as: str | None = Field(default=None, description="退回后重发的支付编号（批次-行号）")
    ways: list[Way]
    empty_because: str | None = None


class Resting(Answer):
    """What one account holds of a tranche on a day."""

    account_id: UUID
    unit_name: str
    region_code: str
    kind: str
    fen: int
    oldest_arrived_on: date


class PaidFromTranche(Answer):
    """One household payment, and how much of it this tranche fed."""

    payment_id: str
    payee: str
    region_code: str
    amount_fen: int
    from_tranche_fen: int
    returned_fen: int = Field(default=0, description="from_tranche_fen 中已退回（退汇）或追缴的金额；重发的另列一行")
    effective_on: date


class Succeeded(Answer):
    """What of a tranche went over to, or came from, a tranche of another county."""

    succession_id: UUID
    county_code: str
    tranche_id: UUID
    document: str
    effective_on: date
    fen: int


class TrancheTrace(Page):
    """A tranche traced down: where every fen of it is, and page by page the households it reached."""

    tranche: TrancheAnswer
    accounts: list[Resting] = Field(description="您管辖范围内各账户持有的部分（到户部分记在“农户一卡通”账户）")
    elsewhere_fen: int = Field(description="您管辖范围以外的部分")
    unexplained_fen: int = Field(description="received_fen 减去 accounts 之和与 elsewhere_fen，恒为 0")
    came_from: list[Succeeded] = Field(default=[], description="由哪个原县的哪笔资金移交而来")
    went_to: list[Succeeded] = Field(default=[], description="移交给哪个后继县，成为哪笔资金，可在该县继续追溯")
    items: list[PaidFromTranche]
