"""How far each stream of the funds feed was applied here, and how far the flags of its next event were read.

The row of a stream is locked by whoever moves it, so of two followers each event, and each page of flags, acts once.
Asks nothing over HTTP: what is read comes here when it is there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import clock
from chassis.feed import Envelope
from services.audit_api.alerts import store as alerts
from services.audit_api.tables import FollowerCursorRow

FIRST_PAGE = ""


class HistoryBroken(Exception):
    """A stream is not what it was, or not whole: a number is missing, or an applied event is gone or differs."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last applied event of a stream: its position (0 before the first) and hash."""

    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the flags of an event were read: the mark of the next page (None: no more), and how many are staged."""

    after: str | None
    staged_n: int


def genesis(stream: str) -> bytes:
    """The hash a stream begins with, as journal_append has it."""
    return hashlib.sha256(stream.encode()).digest()


async def recalled(tx: AsyncSession, region: str) -> dict[str, Cursor]:
    """The cursor of every stream of `region` that was followed before."""
    rows = await tx.scalars(select(FollowerCursorRow).where(FollowerCursorRow.stream.startswith(region)))
    return {row.stream: Cursor(row.position, row.hash) for row in rows}


async def lock(tx: AsyncSession, stream: str) -> FollowerCursorRow:
    """The row of a stream, locked, made at position 0 if it is new."""
    await tx.execute(
        insert(FollowerCursorRow)
        .values(stream=stream, position=0, hash=genesis(stream), moved_at=clock.now())
        .on_conflict_do_nothing()
    )
    this = select(FollowerCursorRow).where(FollowerCursorRow.stream == stream)
    return (await tx.scalars(this.with_for_update())).one()


def is_next(row: FollowerCursorRow, envelope: Envelope) -> bool:
    """Whether the event follows the last applied one; False if it was applied before. `HistoryBroken` over a gap."""
    if envelope.position > row.position + 1:
        msg = f"event {row.position + 1} is missing; {envelope.position} came after {row.position}"
        raise HistoryBroken(msg)
    return envelope.position == row.position + 1


async def move(tx: AsyncSession, envelope: Envelope) -> Cursor:
    """Let the event be the last applied one of its locked stream; nothing is being read any more."""
    moved = Cursor(envelope.position, bytes.fromhex(envelope.hash))
    await _set(
        tx,
        envelope.stream,
        position=moved.position,
        hash=moved.hash,
        moved_at=clock.now(),
        reading_hash=None,
        reading_after=None,
    )
    return moved


async def page_due(tx: AsyncSession, envelope: Envelope) -> str | None:
    """Lock the stream; the mark of the page of the event's flags to be read next, None when there is none.

    What was staged of another event counts for nothing: one that was here before the feed was set back, or one that a
    follower of an earlier release applied meanwhile. It is forgotten, and the first page is due.
    """
    row = await lock(tx, envelope.stream)
    if not is_next(row, envelope):
        return None
    if row.reading_hash == bytes.fromhex(envelope.hash):
        return row.reading_after
    await alerts.unstage(tx, envelope.stream)
    await _set(tx, envelope.stream, reading_hash=bytes.fromhex(envelope.hash), reading_after=FIRST_PAGE)
    return FIRST_PAGE


async def reading(tx: AsyncSession, envelope: Envelope) -> Reading:
    """How far the flags of an event were read, by whichever follower; its stream is locked."""
    after = await page_due(tx, envelope)
    return Reading(after, await alerts.staged_n(tx, envelope.stream, envelope.position))


async def read_on(tx: AsyncSession, stream: str, after: str | None) -> None:
    """Let the page that `after` marks be due in the locked stream, or none."""
    await _set(tx, stream, reading_after=after)


async def forget(tx: AsyncSession, stream: str) -> None:
    """Let whoever goes on with the stream read the flags of its next event anew."""
    await _set(tx, stream, reading_hash=None, reading_after=None)
    await alerts.unstage(tx, stream)


async def _set(tx: AsyncSession, stream: str, **values: object) -> None:
    await tx.execute(update(FollowerCursorRow).where(FollowerCursorRow.stream == stream).values(**values))
