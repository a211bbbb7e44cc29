"""How long an inclusion proof takes at 10,000,000 leaves, over HTTP, beside the one lookup that finds the leaf."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import time
from typing import Final

import asyncpg

from benchmarks.result import Bar, Result, quantile, significant, spread
from benchmarks.sealed import SealedStand
from benchmarks.server import COUNTY
from benchmarks.wire import Line
from services.audit_api.record import notes
from services.audit_api.record.merkle import Frontier, Tile
from services.audit_api.record.verify import Checkpoint, inclusion_root, leaf_hash, leaf_line

LEAVES: Final = 10_000_000
PIECE: Final = 500_000
PROOFS: Final = 400
WARM_UP: Final = 20
PER_TOKEN: Final = 100
_PATH: Final = f"/audit/v1/record/inclusion?service=funds&stream={COUNTY}"
LIMIT_MS: Final = 10
# The next leaf's hash is asked for by nobody: any 32 bytes of its own will do.
_LEAVES: Final = f"""
INSERT INTO audit.log_leaf (position, service, stream, stream_position, hash)
SELECT n, 'funds', '{COUNTY}', n + 1, sha256(int8send(n)) FROM generate_series($1::bigint, $2::bigint - 1) n"""


def _hash_of(at: int) -> bytes:
    return hashlib.sha256(at.to_bytes(8, "big")).digest()


async def _seed(stand: SealedStand) -> int:
    """A log of `LEAVES`, as the sealer would have written it, less its cursors; its number of tiles."""
    owner = await stand.as_owner()
    frontier, tiles_n = Frontier(), 0
    for start in range(0, LEAVES, PIECE):
        end = min(start + PIECE, LEAVES)
        writing = asyncio.create_task(owner.execute(_LEAVES, start, end, timeout=600))
        await asyncio.sleep(0)
        tiles = await asyncio.to_thread(_grow, frontier, start, end)
        await writing
        rows = [(one.level, one.index, one.root, one.hashes) for one in tiles]
        await owner.copy_records_to_table(
            "log_tile", schema_name="audit", columns=["level", "index", "root", "hashes"], records=rows
        )
        tiles_n += len(tiles)
    root = frontier.root()
    note = notes.checkpoint(stand.log, LEAVES, root)
    await owner.execute("INSERT INTO audit.log_checkpoint VALUES ($1, $2, $3, now())", LEAVES, root, note)
    await owner.execute("UPDATE audit.log_head SET size = $1", LEAVES)
    await owner.close()
    await stand.settle()
    return tiles_n


def _grow(frontier: Frontier, start: int, end: int) -> list[Tile]:
    leaves = [leaf_hash(leaf_line("funds", COUNTY, at + 1, _hash_of(at).hex())) for at in range(start, end)]
    return list(frontier.append(leaves))


async def _proofs(stand: SealedStand, positions: list[int]) -> list[float]:
    """Seconds for each proof; every one is verified, outside of the time."""
    seconds = []
    for start in range(0, len(positions), PER_TOKEN):
        async with Line(stand.port("audit_api"), stand.internal_token("inspector")) as line:
            for at in positions[start : start + PER_TOKEN]:
                answer = await line.ask("GET", f"{_PATH}&position={at + 1}")
                seconds.append(answer.seconds)
                told = json.loads(answer.body)
                proof = [bytes.fromhex(one) for one in told["proof"]]
                root = inclusion_root(leaf_hash(told["line"].encode()), at, LEAVES, proof)
                if root != Checkpoint.read(told["note"]).root:
                    msg = f"the proof of leaf {at} leads elsewhere"
                    raise AssertionError(msg)
    return seconds


async def _lookups(stand: SealedStand, positions: list[int]) -> list[float]:
    connection = await asyncpg.connect(stand.urls["admin"])
    seconds = []
    for at in positions:
        began = time.perf_counter()
        await connection.fetchrow(
            "SELECT * FROM audit.log_leaf WHERE stream = $1 AND service = 'funds' AND stream_position = $2",
            COUNTY,
            at + 1,
        )
        seconds.append(time.perf_counter() - began)
    await connection.close()
    return seconds


def run() -> Result:
    # As much from the open edge as from anywhere else: there a proof reads what fills no tile yet.
    draw = random.Random(20261123)  # noqa: S311 - which leaves are asked about is no secret
    positions = [draw.randrange(LEAVES) for _ in range(PROOFS // 2)]
    positions += [LEAVES - 1 - draw.randrange(LEAVES % 256 or 256) for _ in range(PROOFS // 2)]
    draw.shuffle(positions)
    with SealedStand() as stand:
        tiles = asyncio.run(_seed(stand))
        asyncio.run(_proofs(stand, positions[:WARM_UP]))
        ours = asyncio.run(_proofs(stand, positions))
        limit = asyncio.run(_lookups(stand, positions))
        version = stand.postgres_version()
    return Result(
        name="inclusion",
        ours=significant(quantile(ours, 0.95) * 1000),
        limit=significant(quantile(limit, 0.95) * 1000),
        unit="ms",
        runs=PROOFS,
        what=f"{LEAVES:,} 条存证中的一个包含证明，经 HTTP，p95 (an inclusion proof over HTTP)",
        beside="同一条的一次按键查询，p95 (one lookup of the same row by its key)",
        bar=Bar("ours", LIMIT_MS),
        details={"ours": spread(ours), "limit": spread(limit), "tiles": tiles, "postgres": version},
    )
