"""Our postings through the gateway beside pgledger's transfers inside the same database, 32 clients each.

Ours goes over HTTP twice, checks who asks, draws lots, keeps a journal with its hash chain and answers; pgledger is
called by pgbench without any of that. So the bar is a tenth.
"""

from __future__ import annotations

import asyncio
import statistics
from typing import Final

from benchmarks import pgledger
from benchmarks.load import measured, orders
from benchmarks.offices import open_offices
from benchmarks.result import Bar, Result, Skipped, significant
from benchmarks.server import Stand

CLIENTS: Final = 32
RUNS: Final = 3


def run() -> Result | Skipped:
    if not pgledger.files():
        return Skipped("pgledger_http", pgledger.ABSENT)
    ours, limit = [], []
    with Stand() as stand:
        offices, token = open_offices(stand, 1), stand.access_token("shiju")
        given = asyncio.run(pgledger.install(stand))
        for _ in range(RUNS):
            ours.append(measured(stand, token, orders(offices), CLIENTS))
            limit.append(pgledger.per_second(stand, given, CLIENTS))
        version = stand.postgres_version()
    return Result(
        name="pgledger_http",
        ours=statistics.median(one.per_second for one in ours),
        limit=statistics.median(limit),
        unit="1/s",
        runs=RUNS,
        what=f"单笔下达：{CLIENTS} 个客户端经网关 (hand-downs through the gateway, {CLIENTS} clients)",
        beside=f"pgledger 在同一个库内逐笔转账，{CLIENTS} 个连接 (pgledger transfers by pgbench)",
        bar=Bar("ratio", at_least=0.1),
        details={
            "rounds": [one.shown() for one in ours],
            "limit_per_second": [significant(one) for one in limit],
            "postgres": version,
        },
    )
