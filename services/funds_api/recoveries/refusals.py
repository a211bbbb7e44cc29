"""What a recovery that names its finding refuses."""

from __future__ import annotations

from dataclasses import dataclass

from treasury.printing import yuan


@dataclass(eq=False)
class FindingNotHeardOf(Exception):
    """A recovery named a finding that the books have not heard of: there is none, or it is younger than their feed."""

    finding_id: str

    def __str__(self) -> str:
        return f"资金账尚未收到问题 {self.finding_id} 的认定：刚刚认定的，一般几秒内收到"


@dataclass(eq=False)
class RecoveryOfOtherMoney(Exception):
    """A recovery named a finding, and draws money that neither is what the finding is bound to nor came of it."""

    finding_id: str
    lot_id: str

    def __str__(self) -> str:
        return f"资金批次 {self.lot_id} 不是该问题认定的资金，也不是由其转出的资金，不能登记为该问题的追缴"


@dataclass(eq=False)
class RecoveredBeyondFinding(Exception):
    """A recovery named a finding, and with what was recovered for it before comes to more than it is bound to."""

    finding_id: str
    bound_fen: int
    recovered_fen: int
    asked_fen: int

    def __str__(self) -> str:
        left = self.bound_fen - self.recovered_fen
        return (
            f"该问题认定资金 {yuan(self.bound_fen)} 元，已追缴 {yuan(self.recovered_fen)} 元，"
            f"最多还能追缴 {yuan(left)} 元，不能登记 {yuan(self.asked_fen)} 元"
        )
