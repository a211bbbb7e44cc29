"""A thousand changes made to the journals and the log as superuser, each then exported and verified offline.

What is changed at random: a field of an event, an event deleted, inserted or exchanged with another, a tail cut off, an
old backup restored, a history forked and signed with the stolen key, or signed by a key that nobody announced; each
with as much of the chain, leaves and tiles made right again as the forger thought of. A witness has seen the last
checkpoint. Each change has to be named by its first bad position, or, where everything was forged, by the range or the
checkpoint that cannot be of one log.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg

from benchmarks.result import Bar, Result, significant
from benchmarks.sealed import SealedStand, append, until_sealed
from deploy.onebox.export import export
from services.audit_api.record import notes
from services.audit_api.record.merkle import Frontier
from services.audit_api.record.notes import Signer
from services.audit_api.record.verify import (
    NOTE_KEY,
    SEEN_NOT_AGAIN,
    Bad,
    Checkpoint,
    Key,
    event_hash,
    first_hash,
    leaf_hash,
    leaf_line,
    verify,
)

MUTATIONS: Final = 1_000
BATCHES: Final = 6
PER_BATCH: Final = 110
STREAMS: Final = (("funds", "420322"), ("funds", "420323"), ("audit", "420322"), ("identity", "00"))
_EVENTS: Final = """
SELECT position, id, kind, actor, request_id, idempotency_key, encode(request_hash, 'hex') AS request_hash,
       (extract(epoch FROM recorded_at) * 1000000)::bigint AS micros,
       encode(sha256(convert_to(outcome::text, 'UTF8')), 'hex') AS outcome, body::text AS body, hash
  FROM {schema}.event WHERE stream = $1 ORDER BY position"""


@dataclass
class Forger:
    """A superuser with some patience. `draw` decides; every change is made in a transaction that is undone."""

    connection: asyncpg.Connection
    signer: Signer
    draw: random.Random
    at: int = 0  # the first log position that was touched
    said: list[str] = field(default_factory=list)

    async def victim(self) -> asyncpg.Record:
        """A sealed event; it is the first that is touched."""
        size = await self.connection.fetchval("SELECT size FROM audit.log_head")
        self.at = self.draw.randrange(size)
        found = await self.connection.fetchrow("SELECT * FROM audit.log_leaf WHERE position = $1", self.at)
        if found is None:
            msg = "the log has a hole before anybody made one"
            raise AssertionError(msg)
        return found

    async def edit(self) -> None:
        """A field of an event, and by chance as much of what follows from it as `cover` makes right."""
        leaf = await self.victim()
        column, value = self.draw.choice(
            [
                ("body", """'{{"forged": true}}'::json"""),
                ("actor", "actor || 'x'"),
                ("kind", "'Forged'"),
                ("recorded_at", "recorded_at - interval '1 day'"),
                ("outcome", """'{{"status": 500}}'::json"""),
                ("idempotency_key", "idempotency_key || 'x'"),
                ("hash", "sha256(hash)"),
                ("request_hash", "sha256(request_hash)"),
            ]
        )
        await self._do(leaf, f"UPDATE {{schema}}.event SET {column} = {value} WHERE stream = $1 AND position = $2")
        if column != "hash":
            await self.cover(leaf, self.draw.choice(["nothing", "chain", "leaves", "tiles"]))

    async def delete(self) -> None:
        leaf = await self.victim()
        await self._do(leaf, "DELETE FROM {schema}.event WHERE stream = $1 AND position = $2")
        if self.draw.choice([True, False]):
            await self.connection.execute("DELETE FROM audit.log_leaf WHERE position = $1", self.at)

    async def insert(self) -> None:
        """An event in the middle of a stream, all later ones of it moved up by one."""
        leaf = await self.victim()
        up = "UPDATE {schema}.event SET position = {sign}position{more} WHERE stream = $1 AND position {which}"
        await self._do(leaf, up.format(schema="{schema}", sign="-", more=" - 1", which=">= $2::bigint"))
        await self._do(leaf, up.format(schema="{schema}", sign="-", more="", which="< -$2::bigint"))
        await self._do(
            leaf,
            "INSERT INTO {schema}.event SELECT stream, $2::bigint, gen_random_uuid(), kind, body, actor, request_id,"
            " 'inserted-' || gen_random_uuid(), request_hash, outcome, recorded_at, hash FROM {schema}.event"
            " WHERE stream = $1 AND position = $2::bigint + 1",
        )
        await self.cover(leaf, self.draw.choice(["nothing", "chain"]))

    async def swap(self) -> None:
        """What two events of one stream say."""
        last = 1
        while last == 1:
            leaf = await self.victim()
            service, stream, here = leaf["service"], leaf["stream"], leaf["stream_position"]
            last = await self.connection.fetchval(
                f"SELECT max(position) FROM {service}.event WHERE stream = $1", stream
            )
        there = self.draw.randrange(here + 1, last + 1) if here < last else here - 1
        first = min(here, there)
        self.at = await self.connection.fetchval(
            "SELECT position FROM audit.log_leaf WHERE service = $1 AND stream = $2 AND stream_position = $3",
            *(service, stream, first),
        )
        await self.connection.execute(
            f"UPDATE {service}.event e SET id = o.id, recorded_at = o.recorded_at, body = o.body, actor = o.actor"
            f" FROM {service}.event o WHERE e.stream = $1 AND o.stream = $1 AND"
            " ((e.position = $2 AND o.position = $3) OR (e.position = $3 AND o.position = $2))",
            *(stream, here, there),
        )
        leaf = {**leaf, "stream_position": first}  # type: ignore[assignment]
        await self.cover(leaf, self.draw.choice(["nothing", "chain", "leaves"]))

    async def truncate(self) -> None:
        """The tail of a stream, its head set back with it; by chance its leaves as well."""
        leaf = await self.victim()
        service, stream, position = leaf["service"], leaf["stream"], leaf["stream_position"]
        await self.connection.execute(
            f"DELETE FROM {service}.event WHERE stream = $1 AND position >= $2", stream, position
        )
        await self._set_head(service, stream)
        if self.draw.choice([True, False]):
            await self.connection.execute(
                "DELETE FROM audit.log_leaf WHERE service = $1 AND stream = $2 AND stream_position >= $3",
                *(service, stream, position),
            )

    async def restore(self) -> None:
        """An old backup: everything as it was at an earlier checkpoint."""
        sizes = [row["size"] for row in await self.connection.fetch("SELECT size FROM audit.log_checkpoint ORDER BY 1")]
        self.at = size = self.draw.choice(sizes[:-1])
        for service, stream in STREAMS:
            kept = await self.connection.fetchval(
                "SELECT coalesce(max(stream_position), 0) FROM audit.log_leaf"
                " WHERE service = $1 AND stream = $2 AND position < $3",
                *(service, stream, size),
            )
            await self.connection.execute(
                f"DELETE FROM {service}.event WHERE stream = $1 AND position > $2", stream, kept
            )
            await self._set_head(service, stream)
        await self.connection.execute("DELETE FROM audit.log_leaf WHERE position >= $1", size)
        await self.connection.execute("DELETE FROM audit.log_tile WHERE (index + 1) * 256 > $1", size)
        await self.connection.execute("DELETE FROM audit.log_checkpoint WHERE size > $1", size)

    async def fork(self) -> None:
        """History rewritten from an event on, to the last tile, and signed anew with the log's own key."""
        leaf = await self.victim()
        await self._do(
            leaf, """UPDATE {schema}.event SET body = '{{"forged": true}}'::json WHERE stream = $1 AND position = $2"""
        )
        await self.cover(leaf, "signed")

    async def unannounced(self) -> None:
        """Nothing but a signature: a checkpoint, or all from there on, by a key of the log's name nobody announced."""
        stranger = Signer.of(self.signer.key.name, self.draw.randbytes(32), NOTE_KEY)
        signed = await self.connection.fetch("SELECT size, root FROM audit.log_checkpoint ORDER BY size")
        first = self.draw.randrange(len(signed))
        last = self.draw.choice([first + 1, len(signed)])
        self.at = signed[first]["size"]
        for one in signed[first:last]:
            note = notes.checkpoint(stranger, one["size"], one["root"])
            await self.connection.execute(
                "UPDATE audit.log_checkpoint SET note = $2 WHERE size = $1", one["size"], note
            )

    async def cover(self, leaf: Any, how_far: str) -> None:
        """Make right what follows from a change: the chain, the leaves, the tiles, the signatures."""
        self.said.append(how_far)
        if how_far == "nothing":
            return
        service, stream, start = leaf["service"], leaf["stream"], leaf["stream_position"]
        previous = b""
        for row in await self.connection.fetch(_EVENTS.format(schema=service), stream):
            position = row["position"]
            if position >= start:
                told = (stream, position, *(row[name] for name in ("id", "kind", "actor", "request_id")))
                told += (row["idempotency_key"], row["request_hash"], row["micros"], row["outcome"], row["body"])
                before = previous or first_hash(stream.encode())
                digest = event_hash(before, [str(one).encode() for one in told])
                await self.connection.execute(
                    f"UPDATE {service}.event SET hash = $3 WHERE stream = $1 AND position = $2",
                    *(stream, position, digest),
                )
                previous = digest
            else:
                previous = row["hash"]
        await self._set_head(service, stream)
        if how_far == "chain":
            return
        await self.connection.execute(
            f"UPDATE audit.log_leaf l SET hash = e.hash FROM {service}.event e WHERE l.service = $1 AND l.stream = $2"
            " AND e.stream = l.stream AND e.position = l.stream_position",
            *(service, stream),
        )
        if how_far == "leaves":
            return
        await self._grow_again(sign=how_far == "signed")

    async def _grow_again(self, *, sign: bool) -> None:
        """The tiles over the leaves as they are now, and by choice the signatures."""
        leaves = [
            leaf_hash(leaf_line(row["service"], row["stream"], row["stream_position"], row["hash"].hex()))
            for row in await self.connection.fetch("SELECT * FROM audit.log_leaf ORDER BY position")
        ]
        frontier, done = Frontier(), 0
        for row in await self.connection.fetch("SELECT size FROM audit.log_checkpoint ORDER BY size"):
            for tile in frontier.append(leaves[done : row["size"]]):
                await self.connection.execute(
                    "UPDATE audit.log_tile SET root = $3, hashes = $4 WHERE level = $1 AND index = $2",
                    *(tile.level, tile.index, tile.root, tile.hashes),
                )
            done = row["size"]
            if sign:
                note = notes.checkpoint(self.signer, done, frontier.root())
                await self.connection.execute("UPDATE audit.log_checkpoint SET note = $2 WHERE size = $1", done, note)

    async def _do(self, leaf: Any, statement: str) -> None:
        await self.connection.execute(statement.format(schema=leaf["service"]), leaf["stream"], leaf["stream_position"])

    async def _set_head(self, service: str, stream: str) -> None:
        await self.connection.execute(
            f"UPDATE {service}.stream_head h SET position = coalesce((SELECT max(position) FROM {service}.event"
            f" WHERE stream = $1), 0), hash = coalesce((SELECT hash FROM {service}.event WHERE stream = $1"
            " ORDER BY position DESC LIMIT 1), sha256(convert_to($1, 'UTF8'))) WHERE stream = $1",
            stream,
        )


async def _seed(stand: SealedStand, owner: asyncpg.Connection) -> None:
    draw = random.Random(1)  # noqa: S311 - a mixture, no secret
    for _ in range(BATCHES):
        for _ in range(PER_BATCH):
            await append(owner, *draw.choice(STREAMS))
        await until_sealed(owner)
    stand.sealer.stop()


def _named(bad: Bad, forger: Forger, sizes: list[int]) -> bool:
    """Whether the verdict names the first bad position, or the checkpoints between which it lies, or the fork."""
    if bad.position == forger.at:
        return True
    good = max((size for size in sizes if size <= forger.at), default=0)
    between = bad.position == good and "之间" in bad.reason
    return between or (bad.position is None and SEEN_NOT_AGAIN in bad.reason)


async def _tampered(stand: SealedStand) -> dict[str, Any]:
    owner = await stand.as_owner()
    await _seed(stand, owner)
    signer, key = stand.log, stand.log_key
    rows = await owner.fetch("SELECT size, note FROM audit.log_checkpoint ORDER BY size")
    sizes, seen = [row["size"] for row in rows], [Checkpoint.read(rows[-1]["note"])]
    forger = Forger(owner, signer, random.Random(20261123))  # noqa: S311 - which changes are made is no secret
    kinds: list[Callable[[], Awaitable[None]]] = [
        *(forger.edit, forger.delete, forger.insert, forger.swap, forger.truncate, forger.restore, forger.fork),
        forger.unannounced,
    ]
    made: Counter[str] = Counter()
    detected: Counter[str] = Counter()
    missed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="qingliu-bench-") as scratch:
        folder = Path(scratch)
        await export(owner, folder)
        verify(folder, key, seen)  # before anybody touched it, it passes
        for n in range(MUTATIONS):
            change = kinds[n % len(kinds)]
            forger.said = [change.__name__]
            undone = owner.transaction(isolation="repeatable_read")
            await undone.start()
            try:
                await change()
                await export(owner, folder)
            finally:
                await undone.rollback()
            name = change.__name__
            made[name] += 1
            verdict = _verdict(folder, key, seen)
            if verdict is not None and _named(verdict, forger, sizes):
                detected[name] += 1
            else:
                missed.append(f"{'/'.join(forger.said)} at {forger.at}: {verdict}")
        await export(owner, folder)
        verify(folder, key, seen)
    await owner.close()
    return {"made": dict(made), "detected": dict(detected), "missed": missed[:20], "log_size": sizes[-1]}


def _verdict(folder: Path, key: Key, seen: list[Checkpoint]) -> Bad | None:
    try:
        verify(folder, key, seen)
    except Bad as bad:
        return bad
    return None


def run() -> Result:
    began = time.monotonic()
    with SealedStand() as stand:
        stand.sealer.start()
        details = asyncio.run(_tampered(stand))
        version = stand.postgres_version()
    return Result(
        name="tamper",
        ours=sum(details["detected"].values()),
        limit=sum(details["made"].values()),
        unit="次",
        runs=MUTATIONS,
        what="超级用户改动后离线核验：发现并指明首个错误位置或分叉 (changes detected and named)",
        beside="改动次数 (changes made: edit, delete, insert, swap, truncate, restore, fork, an unannounced key)",
        bar=Bar("ratio", at_least=1.0),
        details={**details, "seconds": significant(time.monotonic() - began), "postgres": version},
    )
