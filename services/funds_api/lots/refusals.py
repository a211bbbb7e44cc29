"""What the ledger refuses beyond arithmetic: wrong kinds of account, money already spent on, a second undoing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from services.funds_api import words
from treasury.money import yuan

# So many movements are named in the sentence; the figures list more.
_NAMED: Final = 3


@dataclass(eq=False)
class WrongAccount(Exception):
    """The account is of a kind that this movement cannot come from or go to."""

    account_id: str
    kind: str
    movement: str

    def __str__(self) -> str:
        return f"{words.said(words.UNITS, self.kind)}账户不能用于“{words.said(words.MOVEMENTS, self.movement)}”"


class SameAccount(WrongAccount):
    """The money was to go where it is."""

    def __str__(self) -> str:
        return f"转出与转入是同一个账户，不能办理“{words.said(words.MOVEMENTS, self.movement)}”"


class NoContractHere(WrongAccount):
    """A contract was named for a payment that does not come out of a retention."""

    def __str__(self) -> str:
        paying = words.said(words.UNITS, self.kind)
        return f"从{paying}账户支付不填 contract_id：它只用于从质保金专户支付某一份合同的质保金"


@dataclass(frozen=True, slots=True)
class Follower:
    """A movement that drew on what another had brought, and stands."""

    movement_id: str
    kind: str
    document: str
    effective_on: date
    drawn_fen: int

    def __str__(self) -> str:
        kind = words.said(words.MOVEMENTS, self.kind)
        return f"“{self.document}”（{kind}，{self.effective_on}）{yuan(self.drawn_fen)} 元"


@dataclass(eq=False)
class SpentOn(Exception):
    """Part of what the movement brought has been moved on, so it cannot be undone.

    `followed_by` are those that drew on it, the latest first; `came_back_fen` of what all of them drew is back.
    """

    movement_id: str
    spent_fen: int
    followed_by: list[Follower]
    came_back_fen: int

    def figures(self) -> dict[str, Any]:
        """The fields, each movement with its own."""
        return {**vars(self), "followed_by": [asdict(one) for one in self.followed_by]}

    def __str__(self) -> str:
        named = [str(one) for one in self.followed_by[:_NAMED]]
        listed = "、".join(named)
        more = "等" if len(self.followed_by) > _NAMED else ""
        back = f"（其中已退回 {yuan(self.came_back_fen)} 元）" if self.came_back_fen else ""
        return f"该笔业务的资金已有 {yuan(self.spent_fen)} 元被后续支出，不能冲正：{listed}{more}{back}"


@dataclass(eq=False)
class PartOfSuccession(Exception):
    """The movement is one side of money that went over to another county: only both sides are undone, at once."""

    movement_id: str
    succession_id: str

    def __str__(self) -> str:
        return "该笔业务是区划改码资金移交的一部分，不能在一个县单独冲正"


@dataclass(eq=False)
class AlreadyReversed(Exception):
    """Law 3: a movement is undone exactly once."""

    movement_id: str
    reversed_by: str

    def __str__(self) -> str:
        return "该笔业务已经冲正过，不能再次冲正"


@dataclass(eq=False)
class NotReversible(Exception):
    """A reversal is not reversed; the movement is recorded again instead."""

    movement_id: str

    def __str__(self) -> str:
        return "冲正本身不能再冲正，请重新登记原业务"


@dataclass(eq=False)
class DatedAhead(Exception):
    """An act dated so far ahead that it bars all others until then: a slip of the pen rather than a day settled on."""

    effective_on: date
    latest_on: date
    what: str = "业务日期"

    def __str__(self) -> str:
        return f"{self.what} {self.effective_on} 过晚，最晚可填 {self.latest_on}"


@dataclass(eq=False)
class ReversalTooEarly(Exception):
    """A reversal before the day of what it undoes."""

    effective_on: date
    undone_on: date

    def __str__(self) -> str:
        return f"冲正日期 {self.effective_on} 早于原业务日期 {self.undone_on}"


@dataclass(eq=False)
class PaidAgain(Exception):
    """The return of a row cannot be undone: the household would have been paid the same entitlement twice."""

    payment_id: str
    reissued_as: str

    def __str__(self) -> str:
        return f"支付 {self.payment_id} 退回后已由 {self.reissued_as} 重发，不能再冲正该笔退回"


@dataclass(eq=False)
class ChainTooLong(Exception):
    """More movements followed from this one than may be undone in one act."""

    movement_id: str
    limit_n: int

    def __str__(self) -> str:
        return f"该笔业务之后还有超过 {self.limit_n} 笔业务，请从最后的业务起分批冲正"


@dataclass(eq=False)
class NowhereToReturn(Exception):
    """The lot came into the county by a notice: nobody in the county handed it down, so nobody can get it back."""

    lot_id: str

    def __str__(self) -> str:
        return "该资金批次由上级文件直接入账，县内没有可以退回的单位"


@dataclass(eq=False)
class NoOutsideAccount(Exception):
    """A receipt can only be undone into the county's `outside` account, and none is open."""

    county_code: str

    def __str__(self) -> str:
        return f"{self.county_code} 尚未开立“县外”单位（kind=outside）及账户，撤销入账、移交后继县的资金无处记账"


@dataclass(eq=False)
class WrongBook(Exception):
    """The two accounts keep different books, or the wrong one for this movement."""

    account_id: str
    book: str
    movement: str

    def __str__(self) -> str:
        return f"{words.said(words.BOOKS, self.book)}账的账户不能用于“{words.said(words.MOVEMENTS, self.movement)}”"


class BookNotKept(WrongBook):
    """The other account keeps the other book, and this movement stays in its own: each account alone would do."""

    def __str__(self) -> str:
        [other] = words.BOOKS.keys() - {self.book}
        given, got = words.said(words.BOOKS, other), words.said(words.BOOKS, self.book)
        return f"转出的是{given}账，转入的是{got}账，“{words.said(words.MOVEMENTS, self.movement)}”不换账"


class OrderCrossesBooks(WrongBook):
    """A treasury order was to be drawn on cash, or to end in a quota."""

    def __str__(self) -> str:
        if self.book == "cash":
            return "支付令从指标账户支取，转出的却是资金账户"
        return "支付令付入资金账户，在途账户或收款账户却是指标账户"


@dataclass(eq=False)
class BooksClosed(Exception):
    """The day lies in a period whose books are closed: it takes reversals only."""

    county_code: str
    effective_on: date
    closed_through: date

    def __str__(self) -> str:
        return f"账已结至 {self.closed_through}，不能再登记 {self.effective_on} 的业务（冲正除外）"


@dataclass(eq=False)
class DocumentUsed(Exception):
    """The same document has moved money from this account before, and was not reversed."""

    document: str
    movement_id: str
    effective_on: date
    amount_fen: int

    def __str__(self) -> str:
        return f"文件“{self.document}”已于 {self.effective_on} 办理过 {yuan(self.amount_fen)} 元，同一文件不重复办理"


@dataclass(eq=False)
class HoldOver(Exception):
    """The hold is not in force: posted, voided, run out, or on another account."""

    hold_id: str
    status: str

    def __str__(self) -> str:
        return f"该冻结不能再用：{words.said(words.HOLDS, self.status)}"


@dataclass(eq=False)
class HoldForObjectedRow(Exception):
    """The hold freezes the money of a row of a published list that waits for an answer, or for its payment."""

    hold_id: str
    batch_id: str
    list_batch_id: str
    line: int
    frozen_fen: int
    row_fen: int

    def __str__(self) -> str:
        return (
            f"该冻结为公示名册第 {self.line} 行（{yuan(self.row_fen)} 元，有异议待核）冻结 {yuan(self.frozen_fen)} 元，"
            "只能由该行的批次支付"
        )


@dataclass(eq=False)
class ExpiryPassed(Exception):
    """A hold would have run out before it is placed."""

    expires_on: date
    today: date

    def __str__(self) -> str:
        return f"有效期 {self.expires_on} 已过（今天 {self.today}），不能据此冻结"


@dataclass(eq=False)
class DocumentHolds(Exception):
    """The same document keeps money of this account already."""

    document: str
    hold_id: str
    amount_fen: int

    def __str__(self) -> str:
        return f"文件“{self.document}”已冻结该账户 {yuan(self.amount_fen)} 元且仍有效，同一文件不重复冻结"


@dataclass(eq=False)
class HoldTooSmall(Exception):
    """More was to be paid from a hold than it holds."""

    hold_id: str
    asked_fen: int
    held_fen: int

    def __str__(self) -> str:
        return f"该冻结只有 {yuan(self.held_fen)} 元可用，不足以支付 {yuan(self.asked_fen)} 元"


@dataclass(eq=False)
class FundNeeded(Exception):
    """Only a pooled project's account, or a retention's, pays without naming the fund."""

    account_id: str
    kind: str

    def __str__(self) -> str:
        return "请指明资金代码：只有统筹整合的项目及其质保金账户可以不分资金支付"


@dataclass(eq=False)
class NothingToCarry(Exception):
    """The account holds nothing of that year's budget, or nothing beyond what holds keep of it."""

    account_id: str
    fiscal_year: int
    held_fen: int

    def __str__(self) -> str:
        held = f"：该年度 {yuan(self.held_fen)} 元全部已冻结，冻结结束后另行结转" if self.held_fen else ""
        return f"该账户没有 {self.fiscal_year} 年度可结转的资金{held}"


@dataclass(eq=False)
class MixedLines(Exception):
    """Some lines name their lots and some do not, so which money is drawn would depend on their order."""

    named: int
    unnamed: int

    def __str__(self) -> str:
        return f"{self.named} 行指定了资金批次而 {self.unnamed} 行没有，请统一"
