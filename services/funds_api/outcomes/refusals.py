"""What deciding a flag refuses, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.funds_api import words
from treasury.money import yuan


@dataclass(eq=False)
class OutcomeStands(Exception):
    """The flag's outcome does not go over into the one asked: what was decided is reopened first, and only then."""

    flag_id: str
    stands: str
    asked: str

    def __str__(self) -> str:
        stands, asked = (words.said(words.OUTCOMES, one) for one in (self.stands, self.asked))
        return f"该预警现为“{stands}”，不能登记“{asked}”"


@dataclass(eq=False)
class RecoveredTooMuch(Exception):
    """More is said to be recovered than the flag is about."""

    recovered_fen: int
    amount_fen: int

    def __str__(self) -> str:
        return f"累计追回 {yuan(self.recovered_fen)} 元，超过该预警涉及的 {yuan(self.amount_fen)} 元"


@dataclass(eq=False)
class RecoveredFell(Exception):
    """Recovered so far is less than was recorded before."""

    recovered_fen: int
    before_fen: int

    def __str__(self) -> str:
        return f"累计追回 {yuan(self.recovered_fen)} 元，少于此前登记的 {yuan(self.before_fen)} 元"


@dataclass(eq=False)
class OutcomeDateRefused(Exception):
    """Decided on a day before what it decides, or that has not come."""

    decided_on: date
    earliest_on: date
    latest_on: date

    def __str__(self) -> str:
        return f"结论日期 {self.decided_on} 应在 {self.earliest_on} 至 {self.latest_on} 之间"


@dataclass(eq=False)
class RuleNotKnown(Exception):
    """No rule, and no term of a fund, has this code."""

    code: str

    def __str__(self) -> str:
        return f"没有代码为 {self.code} 的规则"
