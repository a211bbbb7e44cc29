"""How much of what is to be quarantined can be, and what a finding's own recovery may draw of it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from treasury.lots import Lot, draw_oldest_first


@dataclass(frozen=True, slots=True)
class Kept:
    """Of `asked_fen` of a lot `kept_fen` are kept; the rest had gone, or is held for a payment."""

    lot_id: UUID
    asked_fen: int
    kept_fen: int

    @property
    def missing_fen(self) -> int:
        return self.asked_fen - self.kept_fen


def kept(asked: Mapping[UUID, int], lots: Iterable[Lot]) -> list[Kept]:
    """What can be kept of each lot that was asked for, by lot id; of one that is not open nothing."""
    free = {lot.id: lot.free_fen for lot in lots}
    return [Kept(lot, fen, min(fen, max(free.get(lot, 0), 0))) for lot, fen in sorted(asked.items())]


def for_its_finding(lots: Iterable[Lot], own: Mapping[UUID, int]) -> list[Lot]:
    """The lots as a recovery for a finding may draw them: what is quarantined for that very finding is free for it."""
    return [replace(lot, held_fen=lot.held_fen - own.get(lot.id, 0)) for lot in lots]


def own_first(lots: Sequence[Lot], own: Mapping[UUID, int], amount_fen: int, on: date) -> dict[UUID, int]:
    """How much of each lot a recovery for a finding draws: what is quarantined for it, then what is free, oldest first.

    `lots` as the books hold them. Refuses as any drawing does, by what the finding may draw of all of them.
    """
    draw_oldest_first(for_its_finding(lots, own), amount_fen, on)
    kept = [
        replace(lot, remaining_fen=own[lot.id], held_fen=0) for lot in lots if lot.id in own and lot.arrived_on <= on
    ]
    of_own = min(amount_fen, sum(lot.remaining_fen for lot in kept))
    wanted: Counter[UUID] = Counter()
    for source, fen in ((kept, of_own), (lots, amount_fen - of_own)):
        for draw in draw_oldest_first(source, fen, on) if fen else ():
            wanted[draw.lot.id] += draw.amount_fen
    return dict(wanted)
