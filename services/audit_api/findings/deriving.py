"""To which lots a finding on other things is bound: where the money of a movement, order, batch or project rests.

Pure: what the draft names, what the books answered, and what the alerts of the draft bind already go in. No fen is
bound twice: not by two things that are the same money, and no more of a thing, or of the finding, than the draft says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.audit_api.findings.binding import LOT, Subject
from services.audit_api.findings.following import RosterRow

Named = tuple[str, UUID, int | None]  # kind, id, line
FLAG: Final = "flag"


@dataclass(frozen=True, slots=True)
class Resting:
    """Fen of a named thing in one lot, as the books had it at `position` of the feed.

    `movement_id` is the thing itself, `depth` how many steps further down than it the fen are; `batch_id` and `line`
    are of the row of a roster whose fen alone these are.
    """

    lot_id: UUID
    fen: int
    movement_id: UUID
    position: int
    depth: int = 0
    batch_id: UUID | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class SubjectLot:
    """Of what the draft names as number `subject_no` (from 1), so many fen in one lot are bound."""

    subject_no: int
    lot_id: UUID
    amount_fen: int
    movement_id: UUID
    position: int
    depth: int = 0
    batch_id: UUID | None = None
    line: int | None = None


def named(subject: Subject) -> Named:
    """How the books were asked about a subject: what an alert saw by its flag."""
    if subject.alert_id is not None:
        return FLAG, subject.alert_id, None
    return subject.kind, subject.subject_id, subject.line


def derive(
    subjects: Sequence[Subject], rests: Mapping[Named, Sequence[Resting]], amount_fen: int | None
) -> list[SubjectLot]:
    """The lots that the draft binds beside those of its alerts, in the order in which it names things.

    A row of a roster has its own fen of a lot; whatever else rests in a lot is that lot's, and only once.
    """
    alerted = {one.subject_id: one.amount_fen for one in subjects if one.kind == LOT}
    left_fen = (amount_fen or 0) - sum(alerted.values())
    whole = _whole(subjects, rests)
    taken: Counter[UUID] = Counter()
    found: list[SubjectLot] = []
    for number, subject in enumerate(subjects, 1):
        room_fen = subject.amount_fen
        for one in () if subject.kind == LOT else rests.get(named(subject), ()):
            if one.lot_id in alerted:
                continue
            there_fen = min(one.fen, whole[one.lot_id] - taken[one.lot_id]) if one.lot_id in whole else one.fen
            fen = min(there_fen, room_fen, left_fen)
            if fen > 0:
                found.append(_bound(number, one, fen))
                taken[one.lot_id] += fen
                room_fen, left_fen = room_fen - fen, left_fen - fen
    return found


def _bound(number: int, one: Resting, fen: int) -> SubjectLot:
    return SubjectLot(number, one.lot_id, fen, one.movement_id, one.position, one.depth, one.batch_id, one.line)


def _whole(subjects: Iterable[Subject], rests: Mapping[Named, Sequence[Resting]]) -> dict[UUID, int]:
    """The fen of each lot that something else than a row of a roster names."""
    return {
        one.lot_id: one.fen
        for subject in subjects
        if subject.kind != LOT
        for one in rests.get(named(subject), ())
        if one.line is None
    }


def by_lot(lots: Iterable[SubjectLot]) -> dict[UUID, int]:
    """Σ fen by lot."""
    sums: Counter[UUID] = Counter()
    for one in lots:
        sums[one.lot_id] += one.amount_fen
    return dict(sums)


def rows_alone(lots: Iterable[SubjectLot]) -> dict[UUID, frozenset[RosterRow]]:
    """The lots of which only rows of rosters are bound, each with these rows: others may hold other rows of it."""
    found: dict[UUID, frozenset[RosterRow]] = {}
    whole: set[UUID] = set()
    for one in lots:
        if one.batch_id is None or one.line is None:
            whole.add(one.lot_id)
        else:
            found[one.lot_id] = found.get(one.lot_id, frozenset()) | {(one.batch_id, one.line)}
    return {lot: rows for lot, rows in found.items() if lot not in whole}
