"""Shapes of payment batches, rosters and payments on the wire."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path
from pydantic import Field, StringConstraints, field_validator

from chassis.fields import Answer, Body, Code, Day, Line
from chassis.pages import Page
from services.funds_api.funds.judge import MANAGEMENT_FEE
from services.funds_api.funds.schemas import UseCode
from services.funds_api.households.schemas import Role
from services.funds_api.households.standings import StandingKind
from services.funds_api.moments import Known
from services.funds_api.publications.schemas import PublicityRequired

# The row of a roster that a payment is: its batch and its line in the file.
PaymentId = Annotated[
    str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-[1-9][0-9]{0,6}$", description="批次编号-行号")
]


def row_of(payment_id: str) -> tuple[UUID, int]:
    """The batch and the line that a `PaymentId` names."""
    batch, _, line = payment_id.rpartition("-")
    return UUID(batch), int(line)


class BatchStatus(StrEnum):
    """draft: no roster yet; checked: rows wait for a second person; posted: paid; withdrawn: given up.

    divided: approved with objected rows; its parts are batches of their own.
    """

    DRAFT = "draft"
    CHECKED = "checked"
    POSTED = "posted"
    WITHDRAWN = "withdrawn"
    DIVIDED = "divided"


class PaymentStatus(StrEnum):
    """What one row's money did, seen from a day: `scheduled` is approved for a later day than the one asked about.

    `returned` came back whole (退汇) and waits; `reissued` was paid again by a later payment; `recovered` came back
    whole, and some of it by recovery (追缴). `divided`: the row goes on in a part of its list (`continues_as`).
    """

    WAITING = "waiting"
    SCHEDULED = "scheduled"
    PAID = "paid"
    REVERSED = "reversed"
    WITHDRAWN = "withdrawn"
    RETURNED = "returned"
    REISSUED = "reissued"
    RECOVERED = "recovered"
    DIVIDED = "divided"


class UploadOutcome(StrEnum):
    """finished: judged and kept; refused: the file was at fault; undone: cut off, and nothing of it was kept."""

    UNDER_WAY = "under_way"
    FINISHED = "finished"
    REFUSED = "refused"
    UNDONE = "undone"


class BatchRequest(Body):
    """A payment to households: from which account and fund, for what, by which document, on which day."""

    account_id: UUID
    fund_code: Code
    entitlement: Annotated[Line, Field(description="享受项目，如“2017年产业奖补第一批”；同一户同一项目只发放一次")]
    document: Line
    effective_on: Day
    per: Annotated[
        Literal["household", "person"], Field(description="每户一份（同户只发一人）或每人一份（如学生资助）")
    ] = "household"
    use: UseCode | None = Field(
        default=None,
        description="用途代码，见 /funds/v1/uses；从项目账户发放的可省略，按项目类型认定；"
        "其他省略的，按资金规定拒绝或预警。管理费不得按名册发放",
    )

    hold_id: UUID | None = Field(default=None, description="审批时从这笔冻结中支付；冻结须在同一账户并仍有效")

    @field_validator("use")
    @classmethod
    def _is_no_fee(cls, use: str | None) -> str | None:
        if use == MANAGEMENT_FEE:
            msg = "项目管理费不发给农户"
            raise ValueError(msg)
        return use


class ApprovalRequest(Body):
    """An approval; with `file_sha256` it holds for exactly the roster with that hash.

    A row that waited for an answer may be paid on a later day than its list.
    """

    file_sha256: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{64}$")] | None = None
    effective_on: Day | None = Field(
        default=None, description="只用于因异议单独成批的一行：实际发放日，不早于名册的发放日；省略即名册的发放日"
    )


class WithdrawalRequest(Body):
    reason: Line


class Batch(Answer):
    id: UUID
    county_code: str
    region_code: str
    account_id: UUID
    fund_code: str
    entitlement: str
    document: str
    effective_on: date
    status: BatchStatus
    file_name: str | None
    file_sha256: str | None
    file_format: str | None
    rows_good: int
    rows_bad: int
    total_fen: int
    printed_total_fen: int | None
    uploaded_by: str | None
    uploaded_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    created_by: str
    created_at: datetime
    per: str = "household"
    use: str | None = Field(default=None, description="用途代码")
    hold_id: UUID | None = Field(default=None, description="审批时从这笔冻结中支付")
    list_on: date | None = Field(default=None, description="名单日：按这一天谁属于哪一户校验")
    list_position: int | None = Field(default=None, description="校验时该县日志的位置")
    list_sha256: str | None = Field(default=None, description="名单哈希：逐行领款人与户")
    part_of: UUID | None = Field(default=None, description="由哪个名册（已公示）分出；公示与异议以该名册为准")
    part_line: int | None = Field(
        default=None, description="0 表示该名册中没有异议、当即发放的各行；其他为单独成批的那一行的行号"
    )


class BatchList(Answer):
    """The list a batch was judged by, read again as it was known then, and what has stopped it since.

    `unexplained_n` is the rows of the batch less the rows of the list read again: 0, with the same hash.
    """

    batch_id: UUID
    list_on: date
    list_position: int
    rows_n: int
    sha256: str
    again_n: int
    again_sha256: str
    unexplained_n: int
    stopped_n: int = Field(description="校验后按发放日已清退、离户或迁出的行数")
    stopped_first_line: int | None


class BatchPage(Page):
    items: list[Batch]


class UploadAttempt(Answer):
    """A file that arrived for a batch, and how its upload ended."""

    begun_at: datetime
    file_sha256: str
    outcome: UploadOutcome = Field(
        description="under_way 处理中，finished 已校验入库，refused 被退回，undone 中断并已撤销"
    )
    told: str = Field(description="结局的中文说明")
    advice: str = Field(description="接下来该怎么办")


class Part(Answer):
    """A part of a divided roster: the rows that nobody objects to (`line` 0), or one row by itself."""

    batch_id: UUID
    line: int
    rows: int
    amount_fen: int
    status: BatchStatus = Field(description="checked 待核、资金冻结，posted 已发放，withdrawn 已终止")
    movement_id: UUID | None
    reversed_on: date | None
    hold_id: UUID | None = Field(description="为该行冻结资金的冻结编号；资金本已作为退汇冻结的为 null")
    frozen_fen: int = Field(description="目前仍冻结的金额")
    frozen_since: date | None


class Division(Answer):
    """A published roster and its parts: total = paid + reversed + waiting + ended, to the fen."""

    batch_id: UUID
    list_sha256: str = Field(description="公示名单的哈希；各部分合起来就是这份名单")
    rows: int
    total_fen: int
    paid_fen: int
    reversed_fen: int
    waiting_fen: int = Field(description="有异议、等待处理或等待发放的金额")
    ended_fen: int = Field(description="异议成立或已撤回、不再发放的金额")
    frozen_fen: int = Field(description="为等待的各行冻结的金额")
    parts: list[Part]
    unexplained_fen: int = Field(description="total_fen 减去四项之和，恒为 0")


class BatchProof(Answer):
    """A batch with the movement that paid it: what the roster says, what left the account, and the gap (0)."""

    batch: Batch
    movement_id: UUID | None
    paid_fen: int
    returned_fen: int = Field(
        default=0, description="paid_fen 中已逐行退回（退汇）的金额，见 /funds/v1/payment-returns"
    )
    recovered_fen: int = Field(default=0, description="paid_fen 中已逐户追缴的金额")
    recovered_at_large_fen: int = Field(
        default=0, description="paid_fen 中从农户账户笼统追缴、没有落到名册某一行的金额；明细行仍显示为已支付"
    )
    reversed_on: date | None
    unexplained_fen: int
    last_upload: UploadAttempt | None = Field(description="最近一次上传及其结局；尚未上传时为 null")
    division: Division | None = Field(default=None, description="因异议分批办理的名册，其各部分")


class RosterAnswer(Answer):
    """A judged roster. `printed_*` is about all readable rows of the file, good or bad; nothing is adjusted to it."""

    batch: Batch
    rows_good: int
    rows_bad: int
    total_fen: int
    by_reason: dict[str, int] = Field(description="拒绝原因 → 行数；一行可有多个原因")
    unit: str = Field(description="名册金额的单位：元或万元")
    printed_sum_fen: int = Field(description="名册中可识别金额之和")
    printed_total_fen: int | None = Field(description="名册自己印的合计；没有合计行时为 null")
    printed_difference_fen: int | None = Field(description="可识别金额之和减去印出的合计")
    available_fen: int = Field(
        description="发放日账户中该资金可用的余额（不含冻结与质保金）；批次指明冻结的，为其冻结的金额"
    )
    kept_fen: int = Field(default=0, description="另为同一项目退汇冻结、只用于重发的金额")
    cap_fen: int | None
    cap_source: str | None
    foreseen: list[dict[str, Any]] = Field(
        default_factory=list,
        description="若现在审批，资金规定对用途、收款对象的意见：on_breach 为 refuse 的将被拒绝，flag 的将预警",
    )


class Reason(Answer):
    code: str
    text: str
    figures: dict[str, Any]
    advice: str


class RejectedRow(Answer):
    line: int
    name: str
    id_number: str
    amount: str
    reasons: list[Reason]


class RejectedPage(Page):
    items: list[RejectedRow]


class SpanPaid(Answer):
    """One source lot and the interval of the roster's running sum it pays."""

    from_lot_id: UUID
    to_lot_id: UUID
    lo_fen: int
    hi_fen: int
    amount_fen: int
    first_line: int
    last_line: int
    days_rested: int


class Approval(Answer):
    """A paid batch. Σ of the spans is the total; `unexplained_fen` is their difference.

    Of a roster with objected rows `batch` is the part that was paid, and `division` tells of all parts.
    """

    batch: Batch
    movement_id: UUID
    rows: int
    total_fen: int
    spans: list[SpanPaid]
    flagged: list[dict[str, Any]] = Field(default_factory=list, description="违反资金规定但允许办理、已预警的事项")
    unexplained_fen: int
    publicity: list[PublicityRequired] = Field(
        default_factory=list, description="该批次须满的公示天数；decides 为其中最严、起决定作用的一项"
    )
    division: Division | None = Field(default=None, description="有异议的名册分批办理：已发放、等待与终止的各部分")


class Belonging(Answer):
    """Whom the payee belonged to on the day of payment, where that household lived and how it stood, by documents."""

    known_position: int | None = Field(description="按该县日志的这一位置所知；为空表示目前所知")
    household_id: UUID | None = Field(description="为空表示当日不属于任何户")
    role: Role | None
    member_since: date | None
    member_document: str | None
    region_code: str | None = Field(description="当日居住的村；为空表示不在本县")
    place: str | None = Field(description="该村当日的名称")
    lives_since: date | None
    lives_document: str | None
    standing: StandingKind | None
    stands_since: date | None
    stands_document: str | None


class Judged(Answer):
    """By what a payment is judged: as its frozen list had it, and as it is known at the moment asked for."""

    on: date
    list_position: int | None = Field(description="名单冻结时该县日志的位置")
    list_sha256: str | None = Field(description="名单的校验值，见 /funds/v1/payment-batches/编号/list")
    then: Belonging | None = Field(description="校验名册时所知；没有名单的批次为空")
    now: Belonging
    differs: list[str] = Field(description="两者不同之处：household、role、place、standing")


class Payment(Answer):
    """One household's row of a roster, masked."""

    id: str
    county_code: str
    region_code: str
    batch_id: UUID
    line: int
    household_id: UUID
    name: str
    id_number: str
    card: str
    amount_fen: int
    entitlement: str
    fund_code: str
    document: str
    effective_on: date
    status: PaymentStatus
    movement_id: UUID | None
    payee_role: Role | None = Field(default=None, description="发放日领款人在该户中是户主还是成员")
    returned_fen: int = Field(default=0, description="其中已退回（退汇）的金额")
    recovered_fen: int = Field(default=0, description="其中已追缴的金额")
    reissued_as: str | None = Field(default=None, description="退回后重发的支付编号（批次-行号）")
    continues_as: str | None = Field(default=None, description="名册分批办理后，该行所在的支付编号（批次-行号）")
    judged: Judged | None = Field(default=None, description="只在查询单笔时给出：发放日所属户、居住地与登记状态")


class PaymentPage(Page, Known):
    as_of: date
    recovered_at_large_fen: int = Field(
        default=0, description="该批次资金中从农户账户笼统追缴、没有落到名册某一行的金额"
    )
    items: list[Payment]
