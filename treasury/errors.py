"""What the ledger refuses, as facts with their figures. No HTTP and no database is known here.

Every refusal says three things: what is wrong (its class), with which figures (its fields), and in Chinese what an
official reads (`str(refusal)`). A service maps each class to a stable slug and to advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from treasury.printing import yuan


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
        return f"金额必须大于零，收到的是 {yuan(self.asked_fen)} 元"


@dataclass(eq=False)
class MoneyNotThere(Refusal):
    """Law 2: the open lots hold less than was asked for on that day; the other figures are what else the account has.

    `arrives_on` is the day by which what arrives later makes up what is missing, or all of it has arrived; `release_on`
    likewise of what is retained. What movements of later days drew was there on the day, and is gone.
    """

    asked_fen: int
    available_fen: int
    on: date
    arrives_later_fen: int = 0
    arrives_on: date | None = None
    retained_fen: int = 0
    release_on: date | None = None
    drawn_later_fen: int = 0

    def __str__(self) -> str:
        besides = [
            f"另有 {yuan(self.drawn_later_fen)} 元已由以后日期的业务动用" if self.drawn_later_fen else "",
            f"另有质保金 {yuan(self.retained_fen)} 元到 {self.release_on} 才可支付" if self.retained_fen else "",
            f"另有 {yuan(self.arrives_later_fen)} 元到 {self.arrives_on} 才到账" if self.arrives_later_fen else "",
        ]
        short = f"{self.on} 可用余额 {yuan(self.available_fen)} 元，不足以支付 {yuan(self.asked_fen)} 元"
        return "；".join([short, *filter(None, besides)])


class MoneyDrawnLater(MoneyNotThere):
    """It would do but for movements of later days that were recorded before and drew it."""


class MoneyRetained(MoneyNotThere):
    """It would do but for quality retentions (质保金) that are not released by that day."""


class MoneyArrivesLater(MoneyNotThere):
    """It would do but for money that arrives after that day: law 4."""


@dataclass(eq=False)
class MovementPredatesArrival(Refusal):
    """Law 4: a lot was to be drawn on a day before it had arrived."""

    lot: str
    arrived_on: date
    effective_on: date

    def __str__(self) -> str:
        return f"指定的资金批次于 {self.arrived_on} 才到账，不能在 {self.effective_on} 支出"


@dataclass(eq=False)
class LotNotOpen(Refusal):
    """A lot that was named to be drawn is not resting on that account, or holds nothing any more."""

    lot: str

    def __str__(self) -> str:
        return "指定的资金批次不在该账户上，或已无余额"


@dataclass(eq=False)
class MoneyHeld(Refusal):
    """There is enough, but too much of it is held for other payments."""

    asked_fen: int
    free_fen: int
    held_fen: int
    on: date

    def __str__(self) -> str:
        known = f"{self.on} 可用 {yuan(self.free_fen)} 元，另有 {yuan(self.held_fen)} 元已为其他支付冻结"
        return f"{known}，不足以支付 {yuan(self.asked_fen)} 元"


@dataclass(eq=False)
class LotRetained(Refusal):
    """A quality retention (质保金) was to be paid out before its release."""

    lot: str
    release_on: date
    effective_on: date

    def __str__(self) -> str:
        return f"指定的资金批次是质保金，{self.release_on} 起才可支付，不能在 {self.effective_on} 支出"


@dataclass(eq=False)
class DaysReversed(Refusal):
    """A day was said to lie between two days of which the first is the later one."""

    earliest: date
    latest: date

    def __str__(self) -> str:
        return f"日期区间的最早一天 {self.earliest} 晚于最晚一天 {self.latest}"


@dataclass(eq=False)
class EndsBeforeReceipt(Refusal):
    """The rest of some money was to end before the money can have come."""

    received_from: date
    ended_to: date

    def __str__(self) -> str:
        return f"截止日期最晚为 {self.ended_to}，早于最早可能的到账日期 {self.received_from}"


@dataclass(eq=False)
class DaysContradict(Refusal):
    """Two facts about one rest leave it no possible length: by one it was longer than the other allows."""

    min_days: int
    max_days: int

    def __str__(self) -> str:
        return f"所给事实互相矛盾：一项表明至少 {self.min_days} 天，另一项表明至多 {self.max_days} 天"
