"""Quarantines as they are told, as of a moment: how far each is, what the books keep of it, and who decided what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit_api.moments import Moment
from services.audit_api.quarantines import store
from services.audit_api.quarantines.schemas import (
    Quarantine,
    QuarantineChange,
    QuarantineLotStand,
    QuarantineStepTaken,
)
from services.audit_api.quarantines.states import IN_FORCE, WORDS, QuarantineStep, stands_fen
from services.audit_api.quarantines.store import Kept


async def of_finding(tx: AsyncSession, county: str, finding: UUID, moment: Moment) -> list[Quarantine]:
    """The quarantines of a finding that were drawn up and known by a moment, the earliest first."""
    return shown_all(await store.of_finding(tx, county, finding, moment))


def shown_all(found: Sequence[Kept]) -> list[Quarantine]:
    """Each of these; one that was not drawn up by its moment is left out."""
    return [shown(one) for one in found if one.steps]


def shown(kept: Kept) -> Quarantine:
    """A quarantine as it stood at the moment it was read for."""
    row, last = kept.row, kept.steps[-1]
    told, freed = kept.told.get("kept"), kept.told.get("freed")
    by_lot = {one["lot_id"]: one["kept_fen"] for one in told.lots} if told else {}
    status = QuarantineStep(last.step)
    changed_fen = sum(one.change_fen for one in kept.changes)
    return Quarantine(
        id=row.id,
        county_code=row.county_code,
        finding_id=row.finding_id,
        document=row.document,
        status=status,
        status_words=WORDS[status],
        version_hash=last.version_hash,
        asked_fen=row.asked_fen,
        kept_fen=told.fen if told else None,
        missing_fen=told.missing_fen if told else None,
        recovered_fen=-changed_fen,
        stands_fen=stands_fen(status, row.asked_fen, told.fen if told else None, changed_fen),
        freed_fen=freed.fen if freed else None,
        lots=[
            QuarantineLotStand(lot_id=one.lot_id, amount_fen=one.amount_fen, kept_fen=by_lot.get(str(one.lot_id)))
            for one in kept.lots
        ],
        changes=[QuarantineChange.model_validate(one, from_attributes=True) for one in kept.changes],
        steps=[
            QuarantineStepTaken(
                step_no=one.step_no,
                step=QuarantineStep(one.step),
                on=one.done_on,
                by=one.done_by,
                document=one.document,
                words=one.words,
                version_hash=one.version_hash,
            )
            for one in kept.steps
        ],
        unexplained_fen=row.asked_fen - sum(one.amount_fen for one in kept.lots),
    )


def standing_by_lot(quarantines: Sequence[Kept]) -> dict[UUID, int]:
    """Fen by lot that stand quarantined, or drawn up to be: what the books could not keep may be asked for again."""
    found: Counter[UUID] = Counter()
    for one in quarantines:
        status = QuarantineStep(one.steps[-1].step)
        if status not in IN_FORCE and status is not QuarantineStep.DRAWN:
            continue
        told = one.told.get("kept")
        kept = {lot["lot_id"]: lot["kept_fen"] for lot in told.lots} if told else {}
        for lot in one.lots:
            found[lot.lot_id] += kept.get(str(lot.lot_id), lot.amount_fen)
        for change in one.changes:
            found[change.lot_id] += change.change_fen
    return dict(found)
