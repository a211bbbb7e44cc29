"""How much of what is to be quarantined can be: what rests in a lot and is held for nobody. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from treasury.lots import Lot


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
