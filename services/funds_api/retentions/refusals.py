"""What retentions refuse, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass

from treasury.money import yuan


@dataclass(eq=False)
class ContractNeeded(Exception):
    """Which contract's retention is meant is not said, and is not plain; `kept` has the fen of each, where known."""

    account_id: str
    kept: dict[str, int]

    def __str__(self) -> str:
        if not self.kept:
            return "从项目预留质保金，须写明是哪一份合同的；不是项目的，须写明是哪家施工单位的"
        held = "、".join(f"合同 {one}：{yuan(fen)} 元" for one, fen in self.kept.items())
        return f"该施工单位在此有多份合同的质保金（{held}），须写明支付哪一份"


@dataclass(eq=False)
class RetainedForAnother(Exception):
    """A deposit would pay more than is kept for that contractor (and contract), out of what is kept for others."""

    account_id: str
    contractor_id: str
    asked_fen: int
    kept_fen: int
    others_fen: int

    def __str__(self) -> str:
        return (
            f"需要 {yuan(self.asked_fen)} 元；这里为该施工单位（合同）预留的质保金只有 {yuan(self.kept_fen)} 元，"
            f"其余 {yuan(self.others_fen)} 元是为别的施工单位或合同预留的"
        )
