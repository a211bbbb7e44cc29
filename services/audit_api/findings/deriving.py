"""To which lots a finding on other things is bound: where the money of a movement, order, batch or project rests.

Pure: what the draft names, what the books answered, and what the alerts of the draft bind already go in. No fen is
bound twice: not by two things that are the same money, and no more of a thing, or of the finding, than the draft says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.audit_api.findings.binding import LOT, Subject

Named = tuple[str, UUID, int | None]  # kind, id, line


@dataclass(frozen=True, slots=True)
class Resting:
    """Fen of a named thing in one lot, as the books had it at `position` of the feed.

    `movement_id` is the thing itself, `depth` how many steps further down than it the fen are.
    """

    lot_id: UUID
    fen: int
    movement_id: UUID
    position: int
    depth: int = 0


@dataclass(frozen=True, slots=True)
class SubjectLot:
    """Of what the draft names as number `subject_no` (from 1), so many fen in one lot are bound."""

    subject_no: int
    lot_id: UUID
    amount_fen: int
    movement_id: UUID
    position: int
    depth: int = 0


def derive(
    subjects: Sequence[Subject], rests: Mapping[Named, Sequence[Resting]], amount_fen: int | None
) -> list[SubjectLot]:
    """The lots that the draft binds beside those of its alerts, by the number of what it names and the lot.

    A row of a roster has its own fen of a lot; whatever else rests in a lot is that lot's, and only once.
    """
    alerted = {one.subject_id: one.amount_fen for one in subjects if one.kind == LOT}
    left_fen = (amount_fen or 0) - sum(alerted.values())
    whole = _whole(subjects, rests)
    taken: Counter[UUID] = Counter()
    found: list[SubjectLot] = []
    for number, subject in enumerate(subjects, 1):
        room_fen = subject.amount_fen
        for one in rests.get((subject.kind, subject.subject_id, subject.line), ()):
            if one.lot_id in alerted:
                continue
            there_fen = min(one.fen, whole[one.lot_id] - taken[one.lot_id]) if one.lot_id in whole else one.fen
            fen = min(there_fen, room_fen, left_fen)
            if fen > 0:
                found.append(SubjectLot(number, one.lot_id, fen, one.movement_id, one.position, one.depth))
                taken[one.lot_id] += fen
                room_fen, left_fen = room_fen - fen, left_fen - fen
    return sorted(found, key=lambda one: (one.subject_no, one.lot_id))


def _whole(subjects: Iterable[Subject], rests: Mapping[Named, Sequence[Resting]]) -> dict[UUID, int]:
    """The fen of each lot that something else than a row of a roster names."""
    return {
        one.lot_id: one.fen
        for subject in subjects
        if subject.line is None
        for one in rests.get((subject.kind, subject.subject_id, None), ())
    }


def by_lot(lots: Iterable[SubjectLot]) -> dict[UUID, int]:
    """Σ fen by lot."""
    sums: Counter[UUID] = Counter()
    for one in lots:
        sums[one.lot_id] += one.amount_fen
    return dict(sums)
