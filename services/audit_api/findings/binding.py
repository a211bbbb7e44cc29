"""The arithmetic of a binding: what a finding takes of each lot, and how draws and reversals change what is put right.

Pure: values in, values out. A finding is bound to fen of lots; a draw counts as put right up to what is bound; a
reversal takes back only what the remaining draws do not cover.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(eq=False)
class LotNotAlerted(Exception):
    """A finding was to be bound to a lot that none of its alerts is about."""

    lot_id: str

    def __str__(self) -> str:
        return f"资金批次 {self.lot_id} 不在所选预警涉及的范围内"


@dataclass(eq=False)
class BoundTooMuch(Exception):
    """A finding was to be bound to more fen of a lot than its alert saw resting there."""

    lot_id: str
    asked_fen: int
    alerted_fen: int

    def __str__(self) -> str:
        return f"资金批次 {self.lot_id} 的预警金额为 {self.alerted_fen} 分，不能认定 {self.asked_fen} 分"


@dataclass(frozen=True, slots=True)
class Alerted:
    """What one alert saw: `amount_fen` resting in a lot, known from `position` of the feed on."""

    alert_id: UUID
    lot_id: UUID
    amount_fen: int
    position: int


@dataclass(frozen=True, slots=True)
class Bound:
    """`bound_fen` of a lot, as its latest alert saw it."""

    alerted: Alerted
    bound_fen: int

    @property
    def lot_id(self) -> UUID:
        return self.alerted.lot_id


def bind(alerts: Sequence[Alerted], asked: Mapping[UUID, int] | None) -> list[Bound]:
    """What a finding is bound to: the lots and fen `asked` for, or all that the alerts saw.

    Several alerts may be about one lot (it stayed past two limits): the latest tells what rests there.
    """
    latest: dict[UUID, Alerted] = {}
    for alert in sorted(alerts, key=lambda one: (one.position, one.alert_id)):
        latest[alert.lot_id] = alert
    if asked is None:
        return [Bound(alert, alert.amount_fen) for alert in latest.values()]
    bound = []
    for lot, fen in asked.items():
        if lot not in latest:
            raise LotNotAlerted(str(lot))
        if fen > latest[lot].amount_fen:
            raise BoundTooMuch(str(lot), fen, latest[lot].amount_fen)
        bound.append(Bound(latest[lot], fen))
    return bound


def counted(bound_fen: int, rectified_fen: int, drawn_fen: int) -> int:
    """How much of a draw is put right: no more than what is bound and not yet put right."""
    return min(drawn_fen, bound_fen - rectified_fen)


def taken_back(rectified_fen: int, drawn_fen: int, undone_fen: int) -> int:
    """How much less is put right when `undone_fen` of `drawn_fen` is reversed: what other draws cover stays."""
    return rectified_fen - min(rectified_fen, drawn_fen - undone_fen)
