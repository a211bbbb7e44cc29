"""How each upload of a roster ended: finished, refused, or cut off and undone. Changes nothing of what is uploaded.

An attempt is written down in a transaction of its own, before the one that judges the roster. That one begins by
writing `finished`: the row is locked while it lasts, and the word stands only if everything else does. An attempt that
nobody holds and that has no outcome was cut off, and PostgreSQL has undone it; a process says so when it starts, and
before every upload.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
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

# What each outcome means, and what to do next.
TOLD: Final[Mapping[UploadOutcome, tuple[str, str]]] = {
    UploadOutcome.UNDER_WAY: (
        "名册正在校验，还没有结果",
        "请稍候再查；长时间没有结果的，用同一个 Idempotency-Key 重新上传",
    ),
    UploadOutcome.FINISHED: ("名册已校验入库", "请核对校验结果，由另一人审批"),
    UploadOutcome.REFUSED: ("名册被退回，一行也没有入库", "请按上传时答复的原因改正文件后重新上传"),
    UploadOutcome.UNDONE: (
        "上传中断，已全部撤销，一行也没有入库",
        "批次仍待上传名册；请用同一个 Idempotency-Key 重新上传原文件",
    ),
}


async def settle(tx: AsyncSession) -> int:
    """Mark every attempt that was cut off as undone, of any county, and name it in the log; returns how many."""
    undone = (await tx.execute(text("SELECT * FROM funds.settle_uploads()"))).all()
    for county, batch, begun_at in undone:
        _name(county, batch, begun_at, UploadOutcome.UNDONE)
    return len(undone)


async def settle_at_start(database: Database) -> None:
    """Say what the last end of a process cut off; the transactions themselves are undone already."""
    async with database.writing("") as tx:
        log.info("started; uploads that were cut off are undone", extra={"undone": await settle(tx)})


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
            await _cut_off(database, who, county, attempt)
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
    told, advice = TOLD[outcome]
    return UploadAttempt(
        begun_at=row.begun_at, file_sha256=row.file_sha256.hex(), outcome=outcome, told=told, advice=advice
    )


async def _cut_off(database: Database, who: Principal, county: str, attempt: UUID | None) -> None:
    """Name in the log how an attempt ended whose answer was lost: undone, or finished if its commit went through."""
    await _ended(database, who, county, attempt, UploadOutcome.UNDONE)
    if attempt is not None:
        async with database.reading(who.region) as tx:
            of = (UploadAttemptRow.county_code == county) & (UploadAttemptRow.id == attempt)
            row = (await tx.scalars(select(UploadAttemptRow).where(of))).one()
            _name(county, row.batch_id, row.begun_at, UploadOutcome(row.outcome or UploadOutcome.UNDER_WAY))


def _name(county: str, batch: UUID, begun_at: datetime, outcome: UploadOutcome) -> None:
    """One line of the log for an upload that was cut off, as the console of `make up` reads it."""
    told = {"county": county, "batch": str(batch), "begun_at": begun_at.isoformat(), "outcome": outcome.value}
    log.warning("upload cut off: %s", outcome, extra=told)


async def _ended(database: Database, who: Principal, county: str, attempt: UUID | None, outcome: UploadOutcome) -> None:
    """Write down how an attempt ended; whoever took it for cut off while it was locked by nobody knew less."""
    if attempt is not None:
        unless = UploadAttemptRow.outcome.is_distinct_from(UploadOutcome.FINISHED)
        async with database.writing(who.region) as tx:
            await tx.execute(_of(county, attempt).where(unless).values(outcome=outcome))


def _of(county: str, attempt: UUID) -> Update:
    return update(UploadAttemptRow).where(UploadAttemptRow.county_code == county, UploadAttemptRow.id == attempt)
