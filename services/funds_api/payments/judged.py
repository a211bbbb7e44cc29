"""By what a payment is judged: who its payee belonged to, where that household lived and how it stood on its day.

Told twice: as known when the roster was checked (the list that is frozen with the batch), and as known at the moment
asked for. A correction of the register makes the two differ; the payment keeps what it saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.moments import EVERYTHING, Moment
from services.funds_api.payments.schemas import Belonging, Judged
from services.funds_api.regions.store import names_on
from services.funds_api.tables import PaymentBatchRow

# What a difference is told of, and the figures that make it one.
_COMPARED: Final[dict[str, Sequence[str]]] = {
    "household": ("household_id",),
    "role": ("role",),
    "place": ("region_code",),
    "standing": ("standing",),
}


async def of_payment(tx: AsyncSession, batch: PaymentBatchRow, line: int, moment: Moment) -> Judged:
    """What held on the day of one payment of a batch, as known at its check and at that moment."""
    then = None if batch.list_position is None else await _belonging(tx, batch, line, batch.list_position)
    now = await _belonging(tx, batch, line, moment.position)
    return Judged(
        on=batch.effective_on,
        list_position=batch.list_position,
        list_sha256=batch.list_sha256.hex() if batch.list_sha256 else None,
        then=then,
        now=now,
        differs=[
            name
            for name, of in _COMPARED.items()
            if then is not None and any(getattr(then, one) != getattr(now, one) for one in of)
        ],
    )


async def _belonging(tx: AsyncSession, batch: PaymentBatchRow, line: int, known: int) -> Belonging:
    found = await tx.execute(
        text("SELECT * FROM funds.judged_by(:county, :batch, :line, :known)"),
        {"county": batch.county_code, "batch": batch.id, "line": line, "known": known},
    )
    row = found.one()
    place = None if row.outside or row.household_id is None else row.region_code
    names = await names_on(tx, [place], batch.effective_on) if place else {}
    return Belonging(
        known_position=None if known == EVERYTHING else known,
        household_id=row.household_id,
        role=row.role,
        member_since=row.member_since,
        member_document=row.member_document,
        region_code=place,
        place=names.get(place) if place else None,
        lives_since=row.lives_since,
        lives_document=row.lives_document,
        standing=row.standing,
        stands_since=row.stands_since,
        stands_document=row.stands_document,
    )
