"""What the ledger refuses, as facts with their figures. No HTTP and no database is known here.

Every refusal says three things: what is wrong (its class), with which figures (its fields), and in Chinese what an
official reads (`str(refusal)`). A service maps each class to a stable slug and to advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


class Refusal(Exception):
    """Something the books do not accept. Subclasses are dataclasses; their fields are the figures."""


@dataclass(eq=False)
class MoneyUnreadable(Refusal):
    """A printed amount that is not a number of fen."""

    printed: str
    reason: str

    def __str__(self) -> str:
        return f"金额“{self.printed}”无法识别：{self.reason}"


@dataclass(eq=False)
class AmountNotPositive(Refusal):
    """Nothing, or less than nothing, was to be moved."""

    asked_fen: int

    def __str__(self) -> str:
        return f"金额必须大于零，收到的是 {self.asked_fen} 分"


@dataclass(eq=False)
class MoneyNotThere(Refusal):
    """Law 2: the open lots hold less than was asked for on that day."""

    asked_fen: int
    available_fen: int
    on: date

    def __str__(self) -> str:
        return f"{self.on} 可用余额 {self.available_fen} 分，不足以支付 {self.asked_fen} 分"


@dataclass(eq=False)
class MovementPredatesArrival(Refusal):
    """Law 4: a lot was to be drawn on a day before it had arrived."""

    lot: str
    arrived_on: date
    effective_on: date

    def __str__(self) -> str:
        return f"资金批次 {self.lot} 于 {self.arrived_on} 才到账，不能在 {self.effective_on} 支出"


@dataclass(eq=False)
class LotNotOpen(Refusal):
    """A lot that was named to be drawn is not resting on that account, or holds nothing any more."""

    lot: str

    def __str__(self) -> str:
        return f"资金批次 {self.lot} 不在该账户上，或已无余额"


@dataclass(eq=False)
class MoneyHeld(Refusal):
    """There is enough, but too much of it is held for other payments."""

    asked_fen: int
    free_fen: int
    held_fen: int
    on: date

    def __str__(self) -> str:
        known = f"{self.on} 可用 {self.free_fen} 分，另有 {self.held_fen} 分已为其他支付冻结"
        return f"{known}，不足以支付 {self.asked_fen} 分"


@dataclass(eq=False)
class LotRetained(Refusal):
    """A quality retention (质保金) was to be paid out before its release."""

    lot: str
    release_on: date
    effective_on: date

    def __str__(self) -> str:
        return f"资金批次 {self.lot} 是质保金，{self.release_on} 起才可支付，不能在 {self.effective_on} 支出"
