"""What the ledger refuses beyond arithmetic: wrong kinds of account, money already spent on, a second undoing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(eq=False)
class WrongAccount(Exception):
    """The account is of a kind that this movement cannot come from or go to."""

    account_id: str
    kind: str
    movement: str

    def __str__(self) -> str:
        return f"账户 {self.account_id}（{self.kind}）不能用于本业务（{self.movement}）"


@dataclass(eq=False)
class SpentOn(Exception):
    """Part of what the movement brought has been moved on, so it cannot be undone."""

    movement_id: str
    spent_fen: int

    def __str__(self) -> str:
        return f"该笔业务的资金已有 {self.spent_fen} 分被后续支出，不能冲正"


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
class ReversalTooEarly(Exception):
    """A reversal before the day of what it undoes."""

    effective_on: date
    undone_on: date

    def __str__(self) -> str:
        return f"冲正日期 {self.effective_on} 早于原业务日期 {self.undone_on}"


@dataclass(eq=False)
class NowhereToReturn(Exception):
    """The lot came into the county by a notice: nobody in the county handed it down, so nobody can get it back."""

    lot_id: str

    def __str__(self) -> str:
        return f"资金批次 {self.lot_id} 由上级文件直接入账，县内没有可以退回的单位"


@dataclass(eq=False)
class NoOutsideAccount(Exception):
    """A receipt can only be undone into the county's `outside` account, and none is open."""

    county_code: str

    def __str__(self) -> str:
        return f"{self.county_code} 尚未开立“县外”单位（kind=outside）及账户，撤销入账的资金无处记账"


@dataclass(eq=False)
class MixedLines(Exception):
    """Some lines name their lots and some do not, so which money is drawn would depend on their order."""

    named: int
    unnamed: int

    def __str__(self) -> str:
        return f"{self.named} 行指定了资金批次而 {self.unnamed} 行没有，请统一"
