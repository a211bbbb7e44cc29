"""Why a version of a finding is not taken, or not confirmed. Each says the fact with its figures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class LotHeld(Exception):
    """A lot is under another finding that has not been closed."""

    lot_id: str

    def __str__(self) -> str:
        return f"资金批次 {self.lot_id} 已被另一个未销号的问题认定，同一笔钱不能重复认定"


@dataclass(eq=False)
class BooksMovedOn(Exception):
    """Each time the books said where the money rests, the follower had applied something later before it stood."""

    def __str__(self) -> str:
        return "账本正在变动，暂不能确定所涉资金所在的资金批次"


@dataclass(eq=False)
class NoRecordedFact(Exception):
    """A finding was to be confirmed that records no fact."""

    finding_id: str

    def __str__(self) -> str:
        return f"问题 {self.finding_id} 没有记录任何事实，不能认定"


@dataclass(eq=False)
class EvidenceNotOfFinding(Exception):
    """A recorded fact names evidence that is not kept with this finding."""

    evidence_id: str

    def __str__(self) -> str:
        return f"证据 {self.evidence_id} 不在该问题名下"
