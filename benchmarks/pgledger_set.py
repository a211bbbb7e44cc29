"""Rows posted per second when a roster is approved, beside pgledger's transfers per second in the same database.

A row is one household's payment of a roster of 100,000, checked before; approval draws the lots, writes the spans that
say which lot fed which row, and posts. pgledger writes a transfer and two entries per payment; its own batch function
(1,000 transfers in one call) is told as a detail.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Final

from benchmarks import pgledger
from benchmarks.county import open_place
from benchmarks.result import Bar, Result, Skipped, significant
from benchmarks.rosters import LOTS_PER_ROSTER, ROWS, registered, upload
from benchmarks.server import Stand

CLIENTS: Final = 32
RUNS: Final = 3
AT_ONCE: Final = 1000
_BATCH: Final = """
SELECT count(*) FROM pgledger_create_transfers(
  ARRAY(SELECT ROW(($1::text[])[1 + n % 16], ($2::text[])[1 + n % 16], 7)::transfer_request
          FROM generate_series(1, $3) n))"""


async def _by_its_batches(stand: Stand, given: dict[str, str]) -> float:
    """How many transfers it makes per second, 1,000 to a call."""
    owner = await stand.as_owner()
    try:
        sources, targets = (given[name].strip("{}").split(",") for name in ("sources", "targets"))
        began = time.perf_counter()
        for _ in range(RUNS):
            await owner.fetchval(_BATCH, sources, targets, AT_ONCE)
        return RUNS * AT_ONCE / (time.perf_counter() - began)
    finally:
        await owner.close()


def run() -> Result | Skipped:
    if not pgledger.files():
        return Skipped("pgledger_set", pgledger.ABSENT)
    ours, limit, batches = [], [], []
    with Stand() as stand:
        place = open_place(stand)
        roster = registered(place, ROWS)
        place.receive(2 * RUNS * roster.total_fen)
        place.hand_down("国库", "扶贫办", roster.total_fen // LOTS_PER_ROSTER + 1, RUNS * LOTS_PER_ROSTER)
        given = asyncio.run(pgledger.install(stand))
        for at in range(RUNS):
            batch = place.open_batch("扶贫办", f"奖补{at}")
            upload(place, batch, roster)
            began = time.perf_counter()
            place.reviewer.post(f"/funds/v1/payment-batches/{batch}/approval")
            ours.append(ROWS / (time.perf_counter() - began))
            limit.append(pgledger.per_second(stand, given, CLIENTS))
            batches.append(asyncio.run(_by_its_batches(stand, given)))
        version = stand.postgres_version()
    return Result(
        name="pgledger_set",
        ours=statistics.median(ours),
        limit=statistics.median(limit),
        unit="1/s",
        runs=RUNS,
        what=f"审批一份 {ROWS:,} 行名册：每秒记账行数，一行是一户的一笔发放 (rows posted per second by an approval)",
        beside=f"pgledger 在同一个库内逐笔转账，{CLIENTS} 个连接 (pgledger transfers by pgbench)",
        bar=Bar("ratio", at_least=10),
        details={
            "ours_per_second": [significant(one) for one in ours],
            "limit_per_second": [significant(one) for one in limit],
            "pgledger_batches_per_second": [significant(one) for one in batches],
            "postgres": version,
        },
    )
