"""The log in SQL: its head and edge, what the sealer adds, and the entries of the tree that a proof asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import Select, insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import driver
from chassis.identity import Principal
from services.audit_api.access import visible_to
from services.audit_api.record.merkle import TILE, TILE_HEIGHT, Frontier, Tile
from services.audit_api.record.tiles import Place, is_full
from services.audit_api.record.verify import leaf_line
from services.audit_api.tables import (
    EventNamedRow,
    LogCheckpointRow,
    LogCosignatureRow,
    LogCursorRow,
    LogHeadRow,
    LogKeyAnnouncementRow,
    LogKeyChangeRow,
    LogLeafRow,
    LogTileRow,
)

Stream = tuple[str, str]  # service, stream
Look = Callable[..., Awaitable[asyncpg.Record | None]]  # what only reads; arguments behind the region


def within(tx: AsyncSession) -> Look:
    """Looks inside a transaction, for what is asked for alone as well (`chassis.connections.Alone.look`)."""

    async def look(statement: str, *arguments: Any) -> asyncpg.Record | None:
        return await (await driver(tx)).fetchrow(statement, "", *arguments)

    return look


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
    edge = [(level, size >> (TILE_HEIGHT * (level + 1))) for level, length in enumerate(lengths) if length]
    found = await tiles(within(tx), edge, size)
    opened: list[list[bytes]] = [[] for _ in lengths]
    for (level, _), entries in found.items():
        opened[level] = [entries[at : at + 32] for at in range(0, lengths[level] * 32, 32)]
    return Frontier(size, opened)


# Full tiles, and what is to fill the open ones: hashes of leaves, or the roots of the tiles below. `$1` is the region
# that goes with every statement that is alone (chassis/connections.py); these are shown to every region.
_TILES: Final = """
SELECT (SELECT array_agg(t.hashes ORDER BY f.n)
          FROM unnest($2::smallint[], $3::bigint[]) WITH ORDINALITY AS f (level, index, n)
          JOIN audit.log_tile t USING (level, index)) AS whole,
       (SELECT array_agg((SELECT coalesce(string_agg(t.root, ''::bytea ORDER BY t.index), ''::bytea)
                            FROM audit.log_tile t WHERE t.level = o.level - 1
                             AND t.index >= o.start AND t.index < o.start + 256) ORDER BY o.n)
          FROM unnest($4::smallint[], $5::bigint[]) WITH ORDINALITY AS o (level, start, n)) AS opened,
       (SELECT string_agg(l.leaf, ''::bytea ORDER BY l.at)
          FROM audit.log_leaf_hashes($6::bigint, $6::bigint + 256) l) AS leaves
 WHERE $1::text IS NOT NULL"""


async def tiles(look: Look, places: Collection[Place], log_size: int) -> dict[Place, bytes]:
    """The entries of these tiles of the log of `log_size`, as far as they are filled, in one statement."""
    full = [place for place in places if is_full(place, log_size)]
    opened = [place for place in places if place not in full]
    leaves = next((index * TILE for level, index in opened if level == 0), None)
    above = [place for place in opened if place[0]]
    row = await look(
        _TILES,
        [level for level, _ in full],
        [index for _, index in full],
        [level for level, _ in above],
        [index * TILE for _, index in above],
        leaves,
    )
    found: dict[Place, bytes] = {}
    if row is not None:
        found |= zip(full, row["whole"] or [], strict=True)
        found |= zip(above, row["opened"] or [], strict=True)
        if leaves is not None:
            found[0, leaves // TILE] = row["leaves"] or b""
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


async def key_changes(tx: AsyncSession) -> Sequence[LogKeyChangeRow]:
    """Which key followed which, the first change first; a handful."""
    return (await tx.scalars(select(LogKeyChangeRow).order_by(LogKeyChangeRow.size))).all()


async def key_announcements(tx: AsyncSession) -> Sequence[LogKeyAnnouncementRow]:
    """Every key that was announced to be the next, the last announcement first."""
    return (await tx.scalars(select(LogKeyAnnouncementRow).order_by(LogKeyAnnouncementRow.position.desc()))).all()


async def last_key(tx: AsyncSession) -> str | None:
    """The key that signs since the last change; None where there was no change."""
    return await tx.scalar(select(LogKeyChangeRow.key).order_by(LogKeyChangeRow.size.desc()).limit(1))


async def add_key_change(
    tx: AsyncSession, size: int, by: LogKeyAnnouncementRow, leaf_position: int, note: str, changed_at: datetime
) -> None:
    values = {"announced_position": by.position, "key_before": by.key_before, "key": by.key}
    values |= {"size": size, "leaf_position": leaf_position, "note": note, "changed_at": changed_at}
    await tx.execute(insert(LogKeyChangeRow).values(values))


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


async def place(look: Look, service: str, stream: str, position: int, size: int | None) -> asyncpg.Record:
    """Where an event of the caller's region stands, its tile, and the checkpoint of `size` (None: the last).

    `at`, `hash` and `tile` are null where there is no such leaf (the last also where its tile is not full), `size`,
    `root` and `note` where there is no checkpoint.
    """
    row = await look("SELECT * FROM audit.log_place($1, $2, $3, $4, $5)", service, stream, position, size)
    if row is None:  # pragma: no cover - the function answers with one row
        msg = "the log has no head"
        raise RuntimeError(msg)
    return row


async def leaf_of(tx: AsyncSession, stream: Stream, position: int) -> tuple[int, bytes]:
    """Where an event stands in the log and its line, in the transaction that sealed it or later."""
    query = select(LogLeafRow).where(
        LogLeafRow.stream == stream[1], LogLeafRow.service == stream[0], LogLeafRow.stream_position == position
    )
    row = (await tx.scalars(query)).one()
    return row.position, leaf_line(*stream, position, row.hash.hex())


async def leaves(tx: AsyncSession, service: str, stream: str, positions: Collection[int]) -> dict[int, int]:
    """Where events of a stream stand in the log, by their position in the stream."""
    query = select(LogLeafRow.stream_position, LogLeafRow.position).where(
        LogLeafRow.stream == stream, LogLeafRow.service == service, LogLeafRow.stream_position.in_(positions)
    )
    return {row.stream_position: row.position for row in await tx.execute(query)}


async def checkpoint_over(tx: AsyncSession, leaves: int) -> LogCheckpointRow | None:
    """The first checkpoint of a log of at least so many leaves."""
    query = select(LogCheckpointRow).where(LogCheckpointRow.size >= leaves).order_by(LogCheckpointRow.size).limit(1)
    return await tx.scalar(query)


def naming(who: Principal, stream: str, names: Collection[UUID], known: int) -> Select[int]:
    """Asks for the positions by `known` of the events of a stream that name one of these things, oldest first."""
    row = EventNamedRow
    return (
        select(row.position)
        .where(row.stream == stream, visible_to(who, row.stream), row.name.in_(names), row.position <= known)
        .distinct()
        .order_by(row.position)
    )
