"""What a payment batch refuses, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.funds_api import words
from treasury.money import yuan


@dataclass(eq=False)
class BatchNotDraft(Exception):
    """A roster for a batch that has one already, or is over."""

    batch_id: str
    status: str

    def __str__(self) -> str:
        return f"该批次当前为“{words.said(words.BATCHES, self.status)}”，不能再上传名册"


@dataclass(eq=False)
class BatchNotChecked(Exception):
    """An approval of a batch that is not waiting for one (any more)."""

    batch_id: str
    status: str

    def __str__(self) -> str:
        return f"该批次当前为“{words.said(words.BATCHES, self.status)}”，不在等待审批"


@dataclass(eq=False)
class BatchOver(Exception):
    """A withdrawal of a batch that was paid or withdrawn."""

    batch_id: str
    status: str

    def __str__(self) -> str:
        return f"该批次当前为“{words.said(words.BATCHES, self.status)}”，不能撤回"


@dataclass(eq=False)
class MakerIsChecker(Exception):
    """Whoever uploaded a roster cannot approve it."""

    batch_id: str

    def __str__(self) -> str:
        return "名册由您本人上传，须由另一人审批"


@dataclass(eq=False)
class RosterChanged(Exception):
    """The approver looked at another file than the one that waits."""

    batch_id: str
    asked_sha256: str
    waiting_sha256: str

    def __str__(self) -> str:
        return "待审批的名册与您审核的文件不是同一份"


@dataclass(eq=False)
class ApprovalDayRefused(Exception):
    """A day of its own for a batch that has one already, or one before that of the list (`earliest_on`)."""

    batch_id: str
    asked_on: date
    earliest_on: date
    waited: bool

    def __str__(self) -> str:
        if not self.waited:
            return f"该批次的发放日为 {self.earliest_on}，审批时不能另定"
        return f"发放日 {self.asked_on} 早于名册的发放日 {self.earliest_on}"


@dataclass(eq=False)
class NothingToPay(Exception):
    """No row of the roster was accepted."""

    batch_id: str
    rows_bad: int

    def __str__(self) -> str:
        return f"名册没有可发放的行（{self.rows_bad} 行全部被退回）"


@dataclass(eq=False)
class RosterBroken(Exception):
    """The stored rows are not the rows that were checked: a count, the total or the running sum does not hold."""

    batch_id: str
    rows_expected: int
    rows_found: int
    total_expected_fen: int
    total_found_fen: int

    def __str__(self) -> str:
        return "名册明细与校验时的行数、合计或累计数不符，已停止发放"


@dataclass(eq=False)
class PaidElsewhere(Exception):
    """Since the check, another batch paid some of these people the same entitlement."""

    batch_id: str
    rows_n: int
    first_line: int
    entitlement: str

    def __str__(self) -> str:
        return f"名册中有 {self.rows_n} 户（首行为第 {self.first_line} 行）的“{self.entitlement}”已由另一批次发放"


@dataclass(eq=False)
class OverHouseholdCap(Exception):
    """Households of a batch, with all that was posted of its entitlement, go beyond what one may get of it."""

    batch_id: str
    entitlement: str
    homes_n: int
    first_line: int
    cap_fen: int
    over_fen: int
    source: str

    def __str__(self) -> str:
        return (
            f"名册中有 {self.homes_n} 户（首行为第 {self.first_line} 行）连同已发放的“{self.entitlement}”"
            f"超过每户上限 {yuan(self.cap_fen)} 元，共超 {yuan(self.over_fen)} 元（依据：{self.source}）"
        )


@dataclass(eq=False)
class PaidOtherwise(Exception):
    """Another batch pays the entitlement to persons where this one would pay households, or the other way round.

    Its id is told to whoever may see it.
    """

    entitlement: str
    per: str
    other_per: str
    county_code: str
    batch_id: str | None
    status: str

    def __str__(self) -> str:
        return (
            f"“{self.entitlement}”已有批次{words.said(words.PER, self.other_per)}发放"
            f"（{words.said(words.BATCHES, self.status)}），不能再{words.said(words.PER, self.per)}发放"
        )


@dataclass(eq=False)
class NoHouseholdsAccount(Exception):
    """There is no account that stands for the cards of this place's households."""

    region_code: str

    def __str__(self) -> str:
        return f"区划 {self.region_code} 及其上级乡镇、县尚未开立“农户一卡通”账户（kind=households）"


@dataclass(eq=False)
class PaymentsStopped(Exception):
    """Since the check, the register changed in effect by the day of payment: these rows may not be paid any more."""

    batch_id: str
    rows_n: int
    first_line: int
    removed_n: int
    left_n: int
    moved_n: int

    def __str__(self) -> str:
        return (
            f"校验后名册有 {self.rows_n} 行须停发（首行为第 {self.first_line} 行）："
            f"清退 {self.removed_n}、离户 {self.left_n}、迁出 {self.moved_n}"
        )


@dataclass(eq=False)
class SheetTooLong(Exception):
    """More rejected rows than a workbook is made of; the CSV has them all."""

    batch_id: str
    rows: int
    limit_rows: int

    def __str__(self) -> str:
        return f"退回的行有 {self.rows} 行，超过 Excel 文件的上限 {self.limit_rows} 行"


@dataclass(eq=False)
class HoldNotForBatch(Exception):
    """The hold keeps nothing of the batch's fund, or keeps a returned row for its own household."""

    hold_id: str
    fund_code: str
    kept_for_return: bool

    def __str__(self) -> str:
        if self.kept_for_return:
            return "该冻结是退汇待重发的资金，只能由原农户的下一次发放使用"
        return f"该冻结中没有资金 {self.fund_code}"
