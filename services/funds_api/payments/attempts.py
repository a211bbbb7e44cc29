"""How each upload of a roster ended: finished, refused, or cut off and undone. Changes nothing of what is uploaded.

An attempt is written down in a transaction of its own, before the one that judges the roster. That one begins by
writing `finished`: the row is locked while it lasts, and the word stands only if everything else does. An attempt that
nobody holds and that has no outcome was cut off, and PostgreSQL has undone it; a process says so when it starts, and
before every upload.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from sqlalchemy import Update, insert, select, text, update
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.connections import FAILURES, OutcomeUnknown
from chassis.database import Database
from chassis.identity import Principal
from chassis.ids import new_id
from services.funds_api.payments import store
from services.funds_api.payments.schemas import BatchStatus, UploadAttempt, UploadOutcome
from services.funds_api.tables import UploadAttemptRow

log = logging.getLogger("uploads")

_INTERRUPTED: Final = (*FAILURES, OutcomeUnknown, PoolTimeout)


async def settle(tx: AsyncSession) -> None:
    """Mark every attempt that was cut off as undone, of any county, and name it in the log."""
    for county, batch, begun_at in await tx.execute(text("SELECT * FROM funds.settle_uploads()")):
        told = {"county": county, "batch": str(batch), "begun_at": begun_at.isoformat()}
        log.warning("upload cut off and undone; the batch is a draft as before", extra=told)


async def settle_at_start(database: Database) -> None:
    """Say what the last end of a process cut off; the transactions themselves are undone already."""
    async with database.writing("") as tx:
        await settle(tx)


@asynccontextmanager
async def noted(
    database: Database, who: Principal, county: str, batch_id: UUID, file_sha256: bytes
) -> AsyncIterator[UUID | None]:
    """Write an attempt down for the block that judges the roster, and how it ended if it did not finish.

    Gives None for a batch that is not visible or no draft: there is nothing to attempt, and the block will say why.
    """
    attempt = None
    async with database.writing(who.region) as tx:
        await settle(tx)
        batch = await store.batch(tx, who, county, batch_id)
        if batch is not None and batch.status == BatchStatus.DRAFT:
            attempt = new_id()
            row = {
                "county_code": county,
                "id": attempt,
                "batch_id": batch_id,
                "region_code": batch.region_code,
                "file_sha256": file_sha256,
                "begun_by": who.subject,
            }
            await tx.execute(insert(UploadAttemptRow), row)
    try:
        yield attempt
    except _INTERRUPTED:
        with contextlib.suppress(*_INTERRUPTED):  # the server may be away; the next attempt or start says it then
            await _ended(database, who, county, attempt, UploadOutcome.UNDONE)
        raise
    except Exception:
        with contextlib.suppress(*_INTERRUPTED):
            await _ended(database, who, county, attempt, UploadOutcome.REFUSED)
        raise


async def finish(tx: AsyncSession, county: str, attempt: UUID | None) -> None:
    """Say, first in the transaction that judges the roster, that it finished: so it did, if this is ever seen."""
    if attempt is not None:
        await tx.execute(_of(county, attempt).values(outcome=UploadOutcome.FINISHED))


async def last(tx: AsyncSession, county: str, batch_id: UUID) -> UploadAttempt | None:
    """The attempt that finished, else the latest, and how it ended; None before the first.

    A retry that came while the first was under way is refused, which says nothing about the batch.
    """
    query = (
        select(UploadAttemptRow)
        .where(UploadAttemptRow.county_code == county, UploadAttemptRow.batch_id == batch_id)
        .order_by((UploadAttemptRow.outcome == UploadOutcome.FINISHED).desc().nulls_last(), UploadAttemptRow.id.desc())
        .limit(1)
    )
    row = (await tx.scalars(query)).one_or_none()
    if row is None:
        return None
    outcome = UploadOutcome(row.outcome) if row.outcome else UploadOutcome.UNDER_WAY
    return UploadAttempt(begun_at=row.begun_at, file_sha256=row.file_sha256.hex(), outcome=outcome)


async def _ended(database: Database, who: Principal, county: str, attempt: UUID | None, outcome: UploadOutcome) -> None:
    if attempt is not None:
        async with database.writing(who.region) as tx:
            await tx.execute(_of(county, attempt).where(UploadAttemptRow.outcome.is_(None)).values(outcome=outcome))


def _of(county: str, attempt: UUID) -> Update:
    return update(UploadAttemptRow).where(UploadAttemptRow.county_code == county, UploadAttemptRow.id == attempt)
