"""How far each stream of another service's feed was applied here: the position and hash of the event applied last.

The row of a stream is locked by whoever moves it, in the transaction of the effect, so of two followers each event acts
once. Each service keeps the rows in a table of its own schema. Asks nothing over HTTP.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import clock
from chassis.feed import Envelope
from chassis.journal_tables import FollowerCursor

RowT = TypeVar("RowT", bound=FollowerCursor)


class HistoryBroken(Exception):
    """A stream is not what it was, or not whole: a number is missing, or an applied event is gone or differs."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last applied event of a stream: its position (0 before the first) and hash."""

    position: int
    hash: bytes


def genesis(stream: str) -> bytes:
    """The hash a stream begins with, as journal_append has it."""
    return hashlib.sha256(stream.encode()).digest()


async def recalled(tx: AsyncSession, rows: type[FollowerCursor], region: str) -> dict[str, Cursor]:
    """The cursor of every stream of `region` that was followed before."""
    found = await tx.scalars(select(rows).where(rows.stream.startswith(region)))
    return {row.stream: Cursor(row.position, row.hash) for row in found}


async def lock(tx: AsyncSession, rows: type[RowT], stream: str) -> RowT:
    """The row of a stream, locked, made at position 0 if it is new."""
    await tx.execute(
        insert(rows)
        .values(stream=stream, position=0, hash=genesis(stream), moved_at=clock.now())
        .on_conflict_do_nothing()
    )
    return (await tx.scalars(select(rows).where(rows.stream == stream).with_for_update())).one()


def is_next(row: FollowerCursor, envelope: Envelope) -> bool:
    """Whether the event follows the last applied one; False if it was applied before. `HistoryBroken` over a gap."""
    if envelope.position > row.position + 1:
        msg = f"event {row.position + 1} is missing; {envelope.position} came after {row.position}"
        raise HistoryBroken(msg)
    return envelope.position == row.position + 1


async def move(tx: AsyncSession, rows: type[FollowerCursor], envelope: Envelope) -> Cursor:
    """Let the event be the last applied one of its locked stream."""
    moved = Cursor(envelope.position, bytes.fromhex(envelope.hash))
    await change(tx, rows, envelope.stream, position=moved.position, hash=moved.hash, moved_at=clock.now())
    return moved


async def change(tx: AsyncSession, rows: type[FollowerCursor], stream: str, **values: object) -> None:
    """Write what a follower knows of a stream."""
    await tx.execute(update(rows).where(rows.stream == stream).values(**values))
