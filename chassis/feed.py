"""The journal as a feed: rows by stream and position, with the head, for whoever follows at a pace of its own."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.journal_tables import Event, StreamHead

HASHES_PER_PAGE: Final = 5000
# A place, or a part of its journal that is kept apart from it: 420322, 420322.leads.
StreamName = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})([.][a-z]{1,20})?$"),
]


class Envelope(BaseModel):
    """One journal row: `position` is dense within `stream`; `hash` (hex) covers the row and all rows before it."""

    model_config = ConfigDict(frozen=True)
    stream: str
    position: int = Field(ge=1)
    id: UUID
    kind: str
    body: dict[str, Any]
    actor: str
    request_id: str
    recorded_at: datetime
    hash: str


class FeedPage(BaseModel):
    """Events of one stream in order, and the stream's head, so that a follower knows how far behind it is."""

    model_config = ConfigDict(frozen=True)
    events: list[Envelope]
    head_position: int


class Streams(BaseModel):
    """The streams a feed has, with their head positions."""

    model_config = ConfigDict(frozen=True)
    streams: dict[str, int]


class HashPage(BaseModel):
    """The hashes (hex) of the events of one stream right behind position `after`, without a gap, and its head."""

    model_config = ConfigDict(frozen=True)
    stream: str
    after: int
    hashes: list[str]
    head_position: int


async def streams(session: AsyncSession, heads: type[StreamHead], visible: ColumnElement[bool]) -> Streams:
    """The visible streams of a journal."""
    found = await session.execute(select(heads.stream, heads.position).where(visible).order_by(heads.stream))
    return Streams(streams={row.stream: row.position for row in found})


async def page(
    session: AsyncSession, events: type[Event], heads: type[StreamHead], stream: str, after: int, limit: int
) -> FeedPage:
    """Up to `limit` events of a stream behind position `after`."""
    head = await session.scalar(select(heads.position).where(heads.stream == stream))
    rows = await session.scalars(
        select(events).where(events.stream == stream, events.position > after).order_by(events.position).limit(limit)
    )
    found = [
        Envelope(
            stream=row.stream,
            position=row.position,
            id=row.id,
            kind=row.kind,
            body=row.body if isinstance(row.body, dict) else json.loads(row.body),
            actor=row.actor,
            request_id=row.request_id,
            recorded_at=row.recorded_at,
            hash=row.hash.hex(),
        )
        for row in rows
    ]
    return FeedPage(events=found, head_position=head or 0)


async def hashes(
    session: AsyncSession, events: type[Event], heads: type[StreamHead], stream: str, after: int, limit: int
) -> HashPage:
    """Up to `limit` hashes of a stream behind `after`; they end before the first number that is missing."""
    head = await session.scalar(select(heads.position).where(heads.stream == stream))
    rows = await session.execute(
        select(events.position, events.hash)
        .where(events.stream == stream, events.position > after)
        .order_by(events.position)
        .limit(limit)
    )
    found: list[str] = []
    for position, digest in rows:
        if position != after + len(found) + 1:
            break
        found.append(digest.hex())
    return HashPage(stream=stream, after=after, hashes=found, head_position=head or 0)
