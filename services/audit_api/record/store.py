"""The log in SQL: its head and edge, what the sealer adds, and the entries of the tree that a proof asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import driver
from chassis.identity import Principal
from services.audit_api.access import visible_to
from services.audit_api.record.merkle import TILE, TILE_HEIGHT, Entry, Frontier, Tile
from services.audit_api.tables import (
    EventRow,
    LogCheckpointRow,
    LogCosignatureRow,
    LogCursorRow,
    LogHeadRow,
    LogLeafRow,
    LogTileRow,
)

Stream = tuple[str, str]  # service, stream


@dataclass(frozen=True, slots=True)
class Sealed:
    """How far a stream is sealed: its last sealed event and hash, and how large the log was then."""

    position: int
    hash: bytes
    at_size: int
    stopped_because: str | None = None


@dataclass(frozen=True, slots=True)
class Addition:
    """Events of one stream that are sealed together: their hashes right behind `after`, and the stream's end."""

    stream: Stream
    after: int
    hashes: list[bytes]
    head_position: int


async def head(tx: AsyncSession) -> LogHeadRow:
    return (await tx.scalars(select(LogHeadRow))).one()


async def lock_head(tx: AsyncSession) -> int:
    """How many leaves there are; no other sealer writes until this transaction ends."""
    return (await tx.scalars(select(LogHeadRow.size).with_for_update())).one()


async def move_head(tx: AsyncSession, size: int, looked_at: datetime, complete_at: datetime | None) -> None:
    """Let the log have `size` leaves; `complete_at` (None: as before) is when every journal was sealed to its end."""
    values: dict[str, Any] = {"size": size, "looked_at": looked_at}
    if complete_at is not None:
        values["complete_at"] = complete_at
    await tx.execute(update(LogHeadRow).values(values))


async def cursors(tx: AsyncSession) -> dict[Stream, Sealed]:
    """How far each stream is sealed, of all that the transaction's region shows."""
    rows = await tx.scalars(select(LogCursorRow))
    return {
        (row.service, row.stream): Sealed(row.position, row.hash, row.sealed_at_size, row.stopped_because)
        for row in rows
    }


async def frontier(tx: AsyncSession, size: int) -> Frontier:
    """The right edge of the tree of `size`: a few hundred hashes, whatever the size."""
    lengths = Frontier.lengths(size)
    wanted: list[Entry] = []
    for level, length in enumerate(lengths):
        first = (size >> (TILE_HEIGHT * (level + 1))) << TILE_HEIGHT
        wanted += [(level, first + at) for at in range(length)]
    found = await entries(tx, wanted, size)
    opened: list[list[bytes]] = [[] for _ in lengths]
    for entry in wanted:
        opened[entry[0]].append(found[entry])
    return Frontier(size, opened)


# Full tiles, then what is to fill the open ones: hashes of leaves, or the roots of the tiles below.
_ENTRIES: Final = """
SELECT t.level::int AS level, t.index AS at, t.hashes AS hashes FROM audit.log_tile t
  JOIN unnest($1::smallint[], $2::bigint[]) AS f (level, index) USING (level, index)
UNION ALL
SELECT -1, l.at, l.leaf FROM unnest($3::bigint[]) o (start), LATERAL audit.log_leaf_hashes(o.start, o.start + 256) l
UNION ALL
SELECT -2 - t.level, t.index, t.root FROM unnest($4::smallint[], $5::bigint[]) AS o (level, start)
  JOIN audit.log_tile t ON t.level = o.level - 1 AND t.index >= o.start AND t.index < o.start + 256"""


async def entries(tx: AsyncSession, wanted: Iterable[Entry], log_size: int) -> dict[Entry, bytes]:
    """Each wanted entry of the log of `log_size`, in one statement: from its tile, or from what is to fill that."""
    by_tile: dict[tuple[int, int], list[int]] = defaultdict(list)
    for level, at in wanted:
        by_tile[level, at // TILE].append(at)
    if not by_tile:
        return {}
    full = [(level, index) for level, index in by_tile if (index + 1) << (TILE_HEIGHT * (level + 1)) <= log_size]
    opened = [(level, index * TILE) for level, index in by_tile if (level, index) not in full]
    rows = await (await driver(tx)).fetch(
        _ENTRIES,
        [level for level, _ in full],
        [index for _, index in full],
        [start for level, start in opened if level == 0],
        [level for level, _ in opened if level],
        [start for level, start in opened if level],
    )
    found: dict[Entry, bytes] = {}
    for level, at, hashes in rows:
        if level < 0:
            found[-1 - level, at] = hashes
        else:
            first = at * TILE
            found |= {(level, one): hashes[(one - first) * 32 : (one - first) * 32 + 32] for one in by_tile[level, at]}
    return found


_LEAVES: Final = """
INSERT INTO audit.log_leaf (position, service, stream, stream_position, hash)
SELECT $1::bigint + n - 1, $2, $3, $4::bigint + n, h FROM unnest($5::bytea[]) WITH ORDINALITY AS u (h, n)"""


async def add_leaves(tx: AsyncSession, size: int, addition: Addition) -> None:
    """Put the events of one stream behind the `size` leaves that are there."""
    service, stream = addition.stream
    await (await driver(tx)).execute(_LEAVES, size, service, stream, addition.after, addition.hashes)


async def add_tiles(tx: AsyncSession, tiles: Sequence[Tile]) -> None:
    if tiles:
        rows = [{"level": one.level, "index": one.index, "root": one.root, "hashes": one.hashes} for one in tiles]
        await tx.execute(insert(LogTileRow), rows)


async def add_checkpoint(tx: AsyncSession, size: int, root: bytes, note: str, made_at: datetime) -> None:
    await tx.execute(insert(LogCheckpointRow).values(size=size, root=root, note=note, made_at=made_at))


async def move_cursor(tx: AsyncSession, stream: Stream, sealed: Sealed, head_position: int) -> None:
    """Let a stream be sealed this far, or say why it is not."""
    values = {
        "position": sealed.position,
        "hash": sealed.hash,
        "head_position": max(head_position, sealed.position),
        "sealed_at_size": sealed.at_size,
        "stopped_because": sealed.stopped_because,
    }
    query = upsert(LogCursorRow).values(service=stream[0], stream=stream[1], **values)
    await tx.execute(query.on_conflict_do_update(index_elements=["stream", "service"], set_=values))


async def visible_cursors(tx: AsyncSession, who: Principal) -> Sequence[LogCursorRow]:
    """The streams of the caller's region, without those that are kept apart from it."""
    query = select(LogCursorRow).where(visible_to(who, LogCursorRow.stream), LogCursorRow.stream.not_like("%.%"))
    return (await tx.scalars(query.order_by(LogCursorRow.stream, LogCursorRow.service))).all()


async def checkpoint(tx: AsyncSession, size: int | None) -> LogCheckpointRow | None:
    """The checkpoint of a size, or the last one."""
    query = select(LogCheckpointRow).order_by(LogCheckpointRow.size.desc()).limit(1)
    return await tx.scalar(query if size is None else query.where(LogCheckpointRow.size == size))


async def cosignatures(tx: AsyncSession, size: int) -> Sequence[LogCosignatureRow]:
    query = select(LogCosignatureRow).where(LogCosignatureRow.size == size).order_by(LogCosignatureRow.witness)
    return (await tx.scalars(query)).all()


async def add_cosignature(tx: AsyncSession, values: dict[str, Any]) -> None:
    """Keep a witness's line; a witness that signed this size before keeps the first one."""
    await tx.execute(upsert(LogCosignatureRow).values(values).on_conflict_do_nothing())


async def cosigned_sizes(tx: AsyncSession) -> dict[str, tuple[int, datetime]]:
    """The largest size that each witness signed, and when."""
    rows = await tx.scalars(
        select(LogCosignatureRow)
        .ext(distinct_on(LogCosignatureRow.witness))
        .order_by(LogCosignatureRow.witness, LogCosignatureRow.size.desc())
    )
    return {row.witness: (row.size, row.signed_at) for row in rows}


_PLACE: Final = """
SELECT h.size AS log_size, l.position, l.hash, c.size, c.root, c.note || coalesce((
         SELECT string_agg(s.line, '' ORDER BY s.witness)
           FROM audit.log_cosignature s WHERE s.size = c.size), '') AS note
  FROM audit.log_head h
  LEFT JOIN audit.log_leaf l ON l.stream = $1 AND l.service = $2 AND l.stream_position = $3
        AND l.stream >= $4 AND l.stream < $4 || '~'
  LEFT JOIN LATERAL (SELECT * FROM audit.log_checkpoint c WHERE $5::bigint IS NULL OR c.size = $5
                      ORDER BY c.size DESC LIMIT 1) c ON true"""


async def place(
    tx: AsyncSession, who: Principal, service: str, stream: str, position: int, size: int | None
) -> asyncpg.Record:
    """Where an event of the caller's region stands, with the checkpoint of `size` (None: the last), in one statement.

    `position` and `hash` are null where there is no such leaf, `size`, `root` and `note` where there is no checkpoint.
    """
    row = await (await driver(tx)).fetchrow(_PLACE, stream, service, position, who.region, size)
    if row is None:  # pragma: no cover - the head is always there
        msg = "the log has no head"
        raise RuntimeError(msg)
    return row


async def leaves(tx: AsyncSession, stream: str, positions: Sequence[int]) -> dict[int, int]:
    """Where events of this service's own journal stand in the log, by their position in the stream."""
    query = select(LogLeafRow.stream_position, LogLeafRow.position).where(
        LogLeafRow.stream == stream, LogLeafRow.service == "audit", LogLeafRow.stream_position.in_(positions)
    )
    return {row.stream_position: row.position for row in await tx.execute(query)}


async def events_naming(tx: AsyncSession, who: Principal, stream: str, name: str) -> list[int]:
    """The positions of the events of a stream that name a row by its id, oldest first."""
    found = await tx.execute(
        text(
            "SELECT e.position FROM audit.event e WHERE e.stream = :stream AND e.stream >= :region"
            " AND strpos(e.body::text, :name) > 0 ORDER BY e.position"
        ),
        {"stream": stream, "region": who.region, "name": name},
    )
    return [row.position for row in found]


async def events(tx: AsyncSession, stream: str, positions: Sequence[int]) -> Sequence[Any]:
    """These events, each with the text its hash covers and the hash before it."""
    found = await tx.execute(
        text(
            "SELECT e.position, e.id, e.kind, e.actor, e.request_id, e.idempotency_key,"
            " encode(e.request_hash, 'hex') AS request_hash,"
            " (extract(epoch FROM e.recorded_at) * 1000000)::bigint AS recorded_micros,"
            " encode(coalesce(o.outcome_sha256, sha256(convert_to(e.outcome::text, 'UTF8'))), 'hex') AS outcome_sha256,"
            " e.body::text AS body,"
            " encode(e.hash, 'hex') AS hash, encode(coalesce(b.hash, sha256(convert_to(e.stream, 'UTF8'))), 'hex')"
            " AS previous_hash"
            " FROM audit.event e LEFT JOIN audit.event b ON b.stream = e.stream AND b.position = e.position - 1"
            # What lost words is proven by the digest that was kept of it (migrations/audit_erasures_v1.py).
            " LEFT JOIN audit.erased_outcome o ON o.county_code = e.stream AND o.position = e.position"
            " WHERE e.stream = :stream AND e.position = ANY(:positions) ORDER BY e.position"
        ),
        {"stream": stream, "positions": list(positions)},
    )
    return found.all()


async def journal_head(tx: AsyncSession, stream: str) -> int:
    """The last position of a stream of this service's own journal."""
    return await tx.scalar(select(func.max(EventRow.position)).where(EventRow.stream == stream)) or 0
