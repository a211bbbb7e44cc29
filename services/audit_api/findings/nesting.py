"""Amounts that lie within the amounts of other findings (属…之内): none is ever counted twice. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(eq=False)
class NestedInCircle(Exception):
    """A finding was to lie within one that lies within it."""

    finding_id: str
    within_finding_id: str

    def __str__(self) -> str:
        return f"问题 {self.within_finding_id} 的金额已属于本问题 {self.finding_id} 之内，不能互为包含"


@dataclass(eq=False)
class NestedTooMuch(Exception):
    """A finding was to lie within one that comes to less."""

    amount_fen: int
    within_fen: int

    def __str__(self) -> str:
        return f"本问题金额 {self.amount_fen} 分大于所属问题的金额 {self.within_fen} 分"


@dataclass(frozen=True, slots=True)
class Amount:
    """What a finding comes to, None where that is not known, and the finding within whose amount it lies."""

    id: UUID
    amount_fen: int | None
    within_id: UUID | None = None


def outer_of(one: UUID, within: Mapping[UUID, UUID | None]) -> list[UUID]:
    """The findings within whose amounts this one lies, the nearest first; ends also where the relation is a circle."""
    found: list[UUID] = []
    at = within.get(one)
    while at is not None and at != one and at not in found:
        found.append(at)
        at = within.get(at)
    return found


def counted_once_fen(amounts: Iterable[Amount]) -> int:
    """Σ fen of the findings, leaving out what lies within another one of them whose amount is known."""
    of = {one.id: one for one in amounts}
    within = {one.id: one.within_id for one in of.values()}
    return sum(
        one.amount_fen or 0
        for one in of.values()
        if not any(outer in of and of[outer].amount_fen is not None for outer in outer_of(one.id, within))
    )


def parts_fen(total: UUID, amounts: Iterable[Amount]) -> int | None:
    """Σ fen of what lies directly within a finding; None where nothing does whose amount is known."""
    parts = [one.amount_fen for one in amounts if one.within_id == total and one.amount_fen is not None]
    return sum(parts) if parts else None
