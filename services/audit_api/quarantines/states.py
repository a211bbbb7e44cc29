"""The steps of a quarantine, pure: drawn up → confirmed or refused; then a release, drawn up and confirmed or refused.

Whoever draws a step up never decides on it, and a decision names the version that was drawn up (`checking.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from treasury.printing import yuan


class QuarantineStep(StrEnum):
    """拟封存, 同意封存, 不同意封存, 拟解除, 同意解除, 不同意解除."""

    DRAWN = "drawn"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    RELEASE_DRAWN = "release_drawn"
    RELEASE_CONFIRMED = "release_confirmed"
    RELEASE_REFUSED = "release_refused"


WORDS: Final[Mapping[QuarantineStep, str]] = {
    QuarantineStep.DRAWN: "拟封存，待审核",
    QuarantineStep.CONFIRMED: "封存中",
    QuarantineStep.REFUSED: "未同意封存",
    QuarantineStep.RELEASE_DRAWN: "封存中，拟解除待审核",
    QuarantineStep.RELEASE_CONFIRMED: "已解除封存",
    QuarantineStep.RELEASE_REFUSED: "封存中，未同意解除",
}
_AFTER: Final[Mapping[QuarantineStep, frozenset[QuarantineStep]]] = {
    QuarantineStep.DRAWN: frozenset({QuarantineStep.CONFIRMED, QuarantineStep.REFUSED}),
    QuarantineStep.CONFIRMED: frozenset({QuarantineStep.RELEASE_DRAWN}),
    QuarantineStep.REFUSED: frozenset(),
    QuarantineStep.RELEASE_DRAWN: frozenset({QuarantineStep.RELEASE_CONFIRMED, QuarantineStep.RELEASE_REFUSED}),
    QuarantineStep.RELEASE_CONFIRMED: frozenset(),
    QuarantineStep.RELEASE_REFUSED: frozenset({QuarantineStep.RELEASE_DRAWN}),
}
# While a quarantine stands at one of these, its fen are to be kept by the books.
IN_FORCE: Final = frozenset({QuarantineStep.CONFIRMED, QuarantineStep.RELEASE_DRAWN, QuarantineStep.RELEASE_REFUSED})


@dataclass(eq=False)
class QuarantineStepNotPossible(Exception):
    """The quarantine is not at a step from which this one can be taken."""

    status: str
    step: str

    def __str__(self) -> str:
        return f"该封存当前为“{_said(WORDS, self.status)}”，不能办理“{_said(_ASKED, self.step)}”"


_ASKED: Final[Mapping[QuarantineStep, str]] = {
    QuarantineStep.DRAWN: "拟封存",
    QuarantineStep.CONFIRMED: "审核封存",
    QuarantineStep.REFUSED: "审核封存",
    QuarantineStep.RELEASE_DRAWN: "拟解除封存",
    QuarantineStep.RELEASE_CONFIRMED: "审核解除封存",
    QuarantineStep.RELEASE_REFUSED: "审核解除封存",
}


def _said(words: Mapping[QuarantineStep, str], step: str) -> str:
    """The word for a step; a step that has none is shown as it is."""
    return {one.value: word for one, word in words.items()}.get(step, step)


@dataclass(eq=False)
class LotNotOfFinding(Exception):
    """A lot was to be quarantined that the finding is not bound to."""

    lot_id: str

    def __str__(self) -> str:
        return f"资金批次 {self.lot_id} 不属于该问题，不能据此封存"


@dataclass(eq=False)
class QuarantinedTooMuch(Exception):
    """More fen of a lot were to be quarantined than the finding is bound to and has not quarantined yet."""

    lot_id: str
    asked_fen: int
    bound_fen: int
    quarantined_fen: int

    def __str__(self) -> str:
        return (
            f"资金批次 {self.lot_id} 认定 {yuan(self.bound_fen)} 元，已封存或拟封存 {yuan(self.quarantined_fen)} 元，"
            f"不能再封存 {yuan(self.asked_fen)} 元"
        )


@dataclass(eq=False)
class FindingQuarantined(Exception):
    """A finding was to be closed while fen of it are quarantined."""

    finding_id: str
    quarantined_fen: int
    documents: list[str]

    def __str__(self) -> str:
        by = "、".join(f"“{one}”" for one in self.documents)
        return f"该问题尚有 {yuan(self.quarantined_fen)} 元由{by}封存，须先解除封存或追缴归还原渠道，方可销号"


def must_follow(last: str, step: QuarantineStep) -> None:
    """Refuse a step that does not follow on the last one."""
    if step not in _AFTER[QuarantineStep(last)]:
        raise QuarantineStepNotPossible(last, step.value)


def must_be_of_finding(asked: Mapping[UUID, int], bound: Mapping[UUID, int], quarantined: Mapping[UUID, int]) -> None:
    """Refuse fen beyond what the finding is bound to, lot by lot, those that stand quarantined already included."""
    for lot, fen in sorted(asked.items()):
        if lot not in bound:
            raise LotNotOfFinding(str(lot))
        if fen + quarantined.get(lot, 0) > bound[lot]:
            raise QuarantinedTooMuch(str(lot), fen, bound[lot], quarantined.get(lot, 0))


def stands_fen(status: QuarantineStep, asked_fen: int, kept_fen: int | None, changed_fen: int) -> int:
    """What is quarantined: what the books kept (all that was asked, while they have not told), with what changed since.

    Nothing before it was confirmed, nor once its release was.
    """
    return (asked_fen if kept_fen is None else kept_fen) + changed_fen if status in IN_FORCE else 0
