"""What a quarantine refuses, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass, field

from treasury.errors import MoneyHeld
from treasury.money import yuan


@dataclass(eq=False)
class MoneyQuarantined(MoneyHeld):
    """There is enough, but `quarantined_fen` of what is held is quarantined by the inspectors, by these documents."""

    quarantined_fen: int = 0
    documents: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        named = "、".join(f"“{one}”" for one in self.documents)
        others = self.held_fen - self.quarantined_fen
        besides = f"，另有 {yuan(others)} 元已为其他支付冻结" if others else ""
        known = f"{self.on} 可用 {yuan(self.free_fen)} 元，{yuan(self.quarantined_fen)} 元已由{named}封存{besides}"
        return f"{known}，不足以支付 {yuan(self.asked_fen)} 元"


@dataclass(eq=False)
class HoldOfQuarantine(Exception):
    """A hold that keeps quarantined money was to be paid from or voided."""

    hold_id: str
    document: str
    amount_fen: int

    def __str__(self) -> str:
        return f"该冻结是“{self.document}”的封存，共 {yuan(self.amount_fen)} 元，解除封存前不能支付，也不能解除冻结"
