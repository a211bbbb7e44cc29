"""How far the flags of the next event of the funds feed were read, beside how far its streams were applied.

The row of a stream is locked by whoever moves it, so of two followers each event, and each page of flags, acts once.
Asks nothing over HTTP: what is read comes here when it is there.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import cursors
from chassis.cursors import Cursor
from chassis.feed import Envelope
from services.audit_api.alerts import store as alerts
from services.audit_api.tables import FollowerCursorRow

FIRST_PAGE = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the flags of an event were read: the mark of the next page (None: no more), and how many are staged."""

    after: str | None
    staged_n: int


async def move(tx: AsyncSession, envelope: Envelope) -> Cursor:
    """Let the event be the last applied one of its locked stream; nothing is being read any more."""
    moved = await cursors.move(tx, FollowerCursorRow, envelope)
    await cursors.change(tx, FollowerCursorRow, envelope.stream, reading_hash=None, reading_after=None)
    return moved


async def page_due(tx: AsyncSession, envelope: Envelope) -> str | None:
    """Lock the stream; the mark of the page of the event's flags to be read next, None when there is none.

    What was staged of another event counts for nothing: one that was here before the feed was set back, or one that a
    follower of an earlier release applied meanwhile. It is forgotten, and the first page is due.
    """
    row = await cursors.lock(tx, FollowerCursorRow, envelope.stream)
    if not cursors.is_next(row, envelope):
        return None
    if row.reading_hash == bytes.fromhex(envelope.hash):
        return row.reading_after
    await alerts.unstage(tx, envelope.stream)
    reading_hash = bytes.fromhex(envelope.hash)
    await cursors.change(tx, FollowerCursorRow, envelope.stream, reading_hash=reading_hash, reading_after=FIRST_PAGE)
    return FIRST_PAGE


async def reading(tx: AsyncSession, envelope: Envelope) -> Reading:
    """How far the flags of an event were read, by whichever follower; its stream is locked."""
    after = await page_due(tx, envelope)
    return Reading(after, await alerts.staged_n(tx, envelope.stream, envelope.position))


async def read_on(tx: AsyncSession, stream: str, after: str | None) -> None:
    """Let the page that `after` marks be due in the locked stream, or none."""
    await cursors.change(tx, FollowerCursorRow, stream, reading_after=after)


async def forget(tx: AsyncSession, stream: str) -> None:
    """Let whoever goes on with the stream read the flags of its next event anew."""
    await cursors.change(tx, FollowerCursorRow, stream, reading_hash=None, reading_after=None)
    await alerts.unstage(tx, stream)
