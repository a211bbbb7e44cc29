"""The arithmetic of a binding: what a finding is about, and how draws and reversals change what is put right.

Pure: values in, values out. A finding is bound to fen of lots (and may name other things); a draw counts as put right
up to what is bound; a reversal takes back only what the remaining draws do not cover.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from treasury.printing import yuan

# What a finding can be about, in words.
KINDS: Final = {
    "lot": "资金批次",
    "payment": "到户付款",
    "person": "人员",
    "household": "农户",
    "batch": "发放批次",
    "project": "项目",
    "order": "支付令",
    "movement": "业务",
    "loan": "贷款",
    "unit": "单位",
    "account": "账户",
    "region": "区划",
}


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
        return f"资金批次 {self.lot_id} 的预警金额为 {yuan(self.alerted_fen)} 元，不能认定 {yuan(self.asked_fen)} 元"


@dataclass(eq=False)
class AmountNotTold(Exception):
    """The subjects are of several kinds, whose money may be the same, so their sum is no amount."""

    kinds: str

    def __str__(self) -> str:
        return f"所涉对象有多种（{self.kinds}），金额可能重叠，请填写认定金额"


@dataclass(eq=False)
class SubjectsExceedAmount(Exception):
    """What the finding is bound to comes to more than its own amount."""

    amount_fen: int
    subjects_fen: int

    def __str__(self) -> str:
        return f"所涉资金合计 {yuan(self.subjects_fen)} 元，超过认定金额 {yuan(self.amount_fen)} 元"


@dataclass(frozen=True, slots=True)
class Alerted:
    """What one alert saw of its subject, for lots what rests there; known from `position` of the feed on."""

    alert_id: UUID
    kind: str
    subject_id: UUID
    amount_fen: int
    position: int


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing a finding is about, with its fen: a lot as its latest alert saw it, or what the inspector names."""

    kind: str
    subject_id: UUID
    amount_fen: int
    line: int | None = None
    alert_id: UUID | None = None


LOT: Final = "lot"


def bind(alerts: Sequence[Alerted], lots: Mapping[UUID, int] | None) -> list[Subject]:
    """What a finding on alerts is about: the lots and fen asked for, or all of them; and what else the alerts saw.

    Several alerts may be about one lot (it stayed past two limits): the latest tells what rests there.
    """
    latest: dict[tuple[str, UUID], Alerted] = {}
    for alert in sorted(alerts, key=lambda one: (one.position, one.alert_id)):
        latest[alert.kind, alert.subject_id] = alert
    found = [
        Subject(one.kind, one.subject_id, one.amount_fen, alert_id=one.alert_id)
        for one in latest.values()
        if lots is None or one.kind != LOT
    ]
    for lot, fen in (lots or {}).items():
        if (LOT, lot) not in latest:
            raise LotNotAlerted(str(lot))
        alert = latest[LOT, lot]
        if fen > alert.amount_fen:
            raise BoundTooMuch(str(lot), fen, alert.amount_fen)
        found.append(Subject(LOT, lot, fen, alert_id=alert.alert_id))
    return found


def by_kind(subjects: Iterable[Subject]) -> dict[str, int]:
    """Σ fen of the subjects of each kind. Kinds are never added: a payment's fen may be those of a lot as well."""
    sums: dict[str, int] = {}
    for one in subjects:
        sums[one.kind] = sums.get(one.kind, 0) + one.amount_fen
    return sums


def amount_of(told_fen: int | None, subjects: Sequence[Subject]) -> int | None:
    """What the finding comes to: as told, or Σ of its subjects, all of one kind; None where neither is known."""
    sums = by_kind(subjects)
    if told_fen is None:
        if len(sums) > 1:
            raise AmountNotTold("、".join(KINDS.get(kind, kind) for kind in sorted(sums)))
        return next(iter(sums.values()), 0) or None
    if (most := max(sums.values(), default=0)) > told_fen:
        raise SubjectsExceedAmount(told_fen, most)
    return told_fen


def counted(bound_fen: int, rectified_fen: int, drawn_fen: int) -> int:
    """How much of a draw is put right: no more than what is bound and not yet put right."""
    return min(drawn_fen, bound_fen - rectified_fen)


def taken_back(rectified_fen: int, drawn_fen: int, undone_fen: int) -> int:
    """How much less is put right when `undone_fen` of `drawn_fen` is reversed: what other draws cover stays."""
    return rectified_fen - min(rectified_fen, drawn_fen - undone_fen)
