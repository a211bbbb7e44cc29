"""What reports are made of: findings and orders as they stood on a day, by what was known then. Pure values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

from services.audit_api.findings.nesting import Amount, Share, counted_once, outer_of
from services.audit_api.rectifications.states import days_overdue

STEP_NAMES: Final = {
    "issued": "下达",
    "closure_requested": "申请销号",
    "sent_back": "退回",
    "closed": "销号",
    "progress": "填报进展",
    "stage_done": "阶段完成",
    "extension_asked": "申请延期",
    "extension_granted": "同意延期",
    "extension_refused": "不同意延期",
    "supervised": "督办",
    "held": "回头看未反弹",
    "relapsed": "回头看反弹",
}
# A step that is none of these leaves an order in the state it was in.
STATE_NAMES: Final = {
    "issued": "整改中",
    "closure_requested": "已申请销号",
    "sent_back": "退回整改",
    "closed": "已销号",
}
KIND_NAMES: Final = {"at_once": "立行立改", "in_stages": "分阶段整改", "continuing": "持续整改"}


@dataclass(frozen=True, slots=True)
class StepFact:
    """One thing that happened to an order."""

    action: str
    done_on: date


@dataclass(frozen=True, slots=True)
class OrderFact:
    """An order with the steps it had taken by the day of the report; `place` is what its place is called there."""

    id: UUID
    finding_id: UUID
    unit_id: UUID
    unit_name: str
    region_code: str
    place: str
    kind: str
    demand: str
    issued_on: date
    deadline: date
    steps: tuple[StepFact, ...]

    @property
    def state(self) -> str:
        """The state that the last step to change it left it in."""
        return next((step.action for step in reversed(self.steps) if step.action in STATE_NAMES), "issued")

    @property
    def closed_on(self) -> date | None:
        """The day of 销号; None of an order that is open."""
        if self.state != "closed":
            return None
        return next(step.done_on for step in reversed(self.steps) if step.action == "closed")

    def days_overdue(self, as_of: date) -> int:
        return days_overdue(self.deadline, self.closed_on, as_of)

    def is_overdue(self, as_of: date) -> bool:
        """Whether it stands open past its deadline."""
        return self.closed_on is None and self.deadline < as_of


@dataclass(frozen=True, slots=True)
class FindingFact:
    """A finding with its money and its orders by the day of the report.

    Not every finding is over an amount. `within` is the finding whose amount holds this one's (属…之内): its fen are
    counted there. `engagement` is what the engagement is called that it was made in. `approximate`: the amount is told
    as about so much (约数). `lots`: of those that several findings held in turn, the fen that it bound and how many of
    them were put right.
    """

    id: UUID
    class_code: str
    class_name: str
    title: str
    found_on: date
    closed_on: date | None
    amount_fen: int | None
    rectified_fen: int
    orders: tuple[OrderFact, ...]
    within: UUID | None = None
    approximate: bool = False
    engagement: str | None = None
    lots: Mapping[UUID, tuple[int, int]] = field(default_factory=dict)

    @property
    def outstanding_fen(self) -> int | None:
        return None if self.amount_fen is None else self.amount_fen - self.rectified_fen

    @property
    def state(self) -> str:
        if self.closed_on is not None:
            return "已销号"
        return "整改中" if self.orders else "已认定"

    @property
    def first_order(self) -> OrderFact | None:
        """The order by which a finding is counted for a unit and a place, so that it is counted once."""
        return self.orders[0] if self.orders else None


@dataclass(frozen=True, slots=True)
class Sums:
    """What the tables themselves say of the same question, added up there and not from the rows."""

    findings_n: int
    amount_fen: int
    rectified_fen: int
    orders_n: int
    ordered_fen: int
    ordered_rectified_fen: int


def nested(findings: Sequence[FindingFact], outer: Mapping[UUID, UUID]) -> list[FindingFact]:
    """Each finding with the nearest of them within whose amount it lies, and with what was put right of all within it.

    `outer` says of every finding of the county, listed or not, directly within which other it lies. A lot is held by
    one finding at a time, so what was put right of a finding and of those within it are different fen. Nothing lies
    within a finding whose amount is not known.
    """
    listed = {one.id for one in findings if one.amount_fen is not None}
    within = {one.id: _nearest(one.id, outer, listed) for one in findings}
    rectified = {one.id: one.rectified_fen for one in findings}
    for one in findings:
        for holder in outer_of(one.id, within):
            rectified[holder] += one.rectified_fen
    return [replace(one, within=within[one.id], rectified_fen=rectified[one.id]) for one in findings]


def counted(findings: Sequence[FindingFact], chosen: Iterable[FindingFact]) -> dict[UUID, Share]:
    """What each of `chosen` adds to a sum over them, every fen once; `findings` are all of the report.

    One that is not its own holder lies within another one of them, and is shown without being counted.
    """
    amounts = [Amount(one.id, one.amount_fen, one.within, one.found_on, lots=one.lots) for one in findings]
    return counted_once(amounts, {one.id for one in chosen})


def again_fen(shares: Mapping[UUID, Share]) -> int:
    """How many fen of what lies within no other were held again later, and are counted there."""
    return sum(share.nested_fen for one, share in shares.items() if share.holder == one)


def _nearest(finding: UUID, outer: Mapping[UUID, UUID], listed: set[UUID]) -> UUID | None:
    return next((one for one in outer_of(finding, outer) if one in listed), None)
