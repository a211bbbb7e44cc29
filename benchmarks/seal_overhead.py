"""Postings per second through the gateway while the sealer seals all journals, beside the same without it, in turns."""

from __future__ import annotations

import asyncio
import statistics
from typing import Final

from benchmarks.load import Round, measured, orders
from benchmarks.offices import open_offices
from benchmarks.result import Bar, Result, significant
from benchmarks.sealed import SealedStand, until_sealed

CLIENTS: Final = 8
RUNS: Final = 5


async def _sealed(stand: SealedStand) -> int:
    owner = await stand.as_owner()
    try:
        return await until_sealed(owner)
    finally:
        await owner.close()


def run() -> Result:
    on: list[Round] = []
    off: list[Round] = []
    with SealedStand() as stand:
        given, token = orders(open_offices(stand, 1)), stand.access_token("shiju")
        leaves = 0
        for at in range(RUNS):
            # What was written without it is sealed before the next round: each seals what it writes itself.
            for sealing in (True, False) if at % 2 else (False, True):
                if sealing:
                    stand.sealer.start()
                    leaves = asyncio.run(_sealed(stand))
                found = measured(stand, token, given, CLIENTS)
                (on if sealing else off).append(found)
                if sealing:
                    leaves = asyncio.run(_sealed(stand))
                    stand.sealer.stop()
        version = stand.postgres_version()
    return Result(
        name="seal_overhead",
        ours=statistics.median(one.per_second for one in on),
        limit=statistics.median(one.per_second for one in off),
        unit="1/s",
        runs=RUNS,
        what=f"单笔下达，{CLIENTS} 个客户端经网关，封存进程同时封存全部日志 (postings while the journals are sealed)",
        beside="同样的写入，不封存 (the same without the sealer)",
        bar=Bar("ratio", at_least=0.8),
        details={
            "on_per_second": [significant(one.per_second) for one in on],
            "off_per_second": [significant(one.per_second) for one in off],
            "sealer_ms_per_posting": [significant(one.processor_ms.get("sealer", 0.0)) for one in on],
            "leaves": leaves,
            "postgres": version,
        },
    )
