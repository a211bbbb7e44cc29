"""Amounts of findings that are the same money (属…之内, or a lot that two held): none is ever counted twice. Pure.

This is the one place that says so: rates, reports and the totals of engagements and filed reports all ask it. An amount
within another finding's is counted with that one. A lot that one finding let go of and a later one took up is, as far
as the first did not put it right, the same money: it is counted under the later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias
from uuid import UUID

from treasury.printing import yuan

# Some fen of a lot, and the findings that held them, one after the other.
Piece: TypeAlias = tuple[int, tuple[UUID, ...]]


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
        return f"本问题金额 {yuan(self.amount_fen)} 元大于所属问题的金额 {yuan(self.within_fen)} 元"


@dataclass(eq=False)
class PartTooLarge(Exception):
    """A finding was to come to less than a confirmed one that lies within it."""

    part_id: str
    part_fen: int
    amount_fen: int

    def __str__(self) -> str:
        return (
            f"属于本问题之内的问题 {self.part_id} 已认定 {yuan(self.part_fen)} 元，"
            f"本问题金额 {yuan(self.amount_fen)} 元不能比它小"
        )


@dataclass(frozen=True, slots=True)
class Amount:
    """What a finding comes to, None where that is not known, and the finding within whose amount it lies.

    `lots`: by lot, how many fen it bound and how many of them were put right; only of lots that more than one finding
    held do they matter. The findings held a lot in the order of their days.
    """

    id: UUID
    amount_fen: int | None
    within_id: UUID | None = None
    found_on: date = date.min
    rectified_fen: int = 0
    lots: Mapping[UUID, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Share:
    """What a finding adds to a sum: of what it says, `counted_fen`; the rest, `nested_fen`, is counted elsewhere.

    `holder` is the finding with which it is counted, itself where it lies within no other; what was put right of a
    finding is told with its holder.
    """

    holder: UUID
    counted_fen: int
    nested_fen: int
    rectified_fen: int


def outer_of(one: UUID, within: Mapping[UUID, UUID | None]) -> list[UUID]:
    """The findings within whose amounts this one lies, the nearest first; ends also where the relation is a circle."""
    found: list[UUID] = []
    at = within.get(one)
    while at is not None and at != one and at not in found:
        found.append(at)
        at = within.get(at)
    return found


def counted_once(
    amounts: Iterable[Amount],
    chosen: Collection[UUID] | None = None,
    outer: Mapping[UUID, UUID | None] | None = None,
) -> dict[UUID, Share]:
    """What each of the `chosen` findings adds to the sum over them, so that every fen is in it once.

    `amounts` are the chosen ones and what else is known of; what lies within a chosen one adds to what is put right of
    it. `outer` tells of findings that are not among them within which other they lie, for one may lie within another
    by way of a third. Nothing lies within a finding whose amount is not known.
    """
    of = {one.id: one for one in amounts}
    listed = of.keys() if chosen is None else of.keys() & set(chosen)
    within = {**(outer or {}), **{one.id: one.within_id for one in of.values() if one.within_id is not None}}
    holders = {one for one in listed if of[one].amount_fen is not None}
    holder_of = {one: _holder(one, within, holders, listed) for one in of}

    again_fen = dict.fromkeys(listed, 0)
    rectified_fen = dict.fromkeys(listed, 0)
    for fen, held_by in _pieces(of.values()):
        in_turn = [holder for one in held_by if (holder := holder_of[one]) is not None]
        for earlier in set(in_turn[:-1]) - set(in_turn[-1:]):
            again_fen[earlier] += fen
    for one, holder in holder_of.items():
        if holder is not None:
            rectified_fen[holder] += of[one].rectified_fen

    shares = {}
    for one in listed:
        holder, said_fen = holder_of[one] or one, of[one].amount_fen or 0
        # Of an amount that says less than its lots no more can be counted elsewhere than it says.
        nested_fen = min(again_fen[one], said_fen) if holder == one else said_fen
        shares[one] = Share(holder, said_fen - nested_fen, nested_fen, rectified_fen[one])
    return shares


def _holder(
    one: UUID, within: Mapping[UUID, UUID | None], holders: Collection[UUID], listed: Collection[UUID]
) -> UUID | None:
    """The outermost finding that holds its amount; itself where none does, and None of one that nobody asks about."""
    outermost = next((outer for outer in reversed(outer_of(one, within)) if outer in holders), None)
    return outermost or (one if one in listed else None)


def _pieces(amounts: Iterable[Amount]) -> list[Piece]:
    """The fen of all lots, told apart by who held them in turn: each finding first takes up what the last one left."""
    done: list[Piece] = []
    left: dict[UUID, list[Piece]] = {}
    for one in sorted(amounts, key=lambda amount: (amount.found_on, amount.id)):
        for lot, (bound_fen, rectified_fen) in one.lots.items():
            waiting = left.setdefault(lot, [])
            held = [(fen, (*before, one.id)) for fen, before in _taken(waiting, bound_fen)]
            held.reverse()
            done += _taken(held, rectified_fen)
            waiting += held
    return [*done, *(piece for pieces in left.values() for piece in pieces)]


def _taken(pieces: list[Piece], asks_fen: int) -> list[Piece]:
    """Take so many fen off the end of `pieces`; what they do not have is held by nobody before."""
    taken: list[Piece] = []
    while asks_fen and pieces:
        fen, held_by = pieces.pop()
        part_fen = min(asks_fen, fen)
        if fen > part_fen:
            pieces.append((fen - part_fen, held_by))
        taken.append((part_fen, held_by))
        asks_fen -= part_fen
    return [*taken, (asks_fen, ())] if asks_fen else taken


def parts_fen(total: UUID, amounts: Iterable[Amount]) -> int | None:
    """Σ fen of what lies directly within a finding; None where nothing does whose amount is known."""
    parts = [one.amount_fen for one in amounts if one.within_id == total and one.amount_fen is not None]
    return sum(parts) if parts else None
