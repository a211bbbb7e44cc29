"""The journal as a feed: rows by stream and position, with the head, for whoever follows at a pace of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import ColumnElement, select, text
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


class JournalRow(BaseModel):
    """A journal row with all that its hash covers: the answer it was given by its SHA-256, the body as its text."""

    model_config = ConfigDict(frozen=True)
    position: int
    id: UUID
    kind: str
    actor: str
    request_id: str
    idempotency_key: str
    request_hash: str
    recorded_micros: int
    outcome_sha256: str
    body: str
    previous_hash: str
    hash: str


class JournalRows(BaseModel):
    """Rows of one stream by position, and how many more there are than one answer holds."""

    model_config = ConfigDict(frozen=True)
    stream: str
    rows: list[JournalRow]
    left_out_n: int


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


async def whole_rows(session: AsyncSession, schema: str, stream: str, positions: Sequence[int]) -> list[JournalRow]:
    """These rows of a stream, oldest first; an answer that lost words or its salt is told by the digest kept of it."""
    found = await session.execute(
        text(
            "SELECT e.position, e.id, e.kind, e.actor, e.request_id, e.idempotency_key,"
            " encode(e.request_hash, 'hex') AS request_hash,"
            " (extract(epoch FROM e.recorded_at) * 1000000)::bigint AS recorded_micros,"
            " encode(coalesce(o.outcome_sha256, sha256(convert_to(e.outcome::text, 'UTF8'))), 'hex') AS outcome_sha256,"
            " e.body::text AS body, encode(e.hash, 'hex') AS hash,"
            " encode(coalesce(b.hash, sha256(convert_to(e.stream, 'UTF8'))), 'hex') AS previous_hash"
            f" FROM {schema}.event e LEFT JOIN {schema}.event b ON b.stream = e.stream AND b.position = e.position - 1"
            f" LEFT JOIN {schema}.erased_outcome o ON o.stream = e.stream AND o.position = e.position"
            " WHERE e.stream = :stream AND e.position = ANY(:positions) ORDER BY e.position"
        ),
        {"stream": stream, "positions": list(positions)},
    )
    return [JournalRow.model_validate(dict(row._mapping)) for row in found]  # noqa: SLF001 - SQLAlchemy's public name for it
