"""A day's run of the idle rule over ten million open lots of which 100,000 cross its line that day.

Beside it, in the same run: a plain INSERT of as many rows chosen by the same index into a bare table with a key, and
for the finding alone a full scan of the lots.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any, Final

from benchmarks import open_lots
from benchmarks.county import open_place
from benchmarks.result import Bar, Result, significant, spread
from benchmarks.server import COUNTY, Stand
from chassis.database import Database, Limits
from services.funds_api.runs.runner import Runner

RUNS: Final = 15  # five told 1.8 to 3.7 of the very same code
SCANNING: Final = (
    "SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_indexonlyscan = off"
)
_CHOSEN: Final = """FROM funds.lot l WHERE l.county_code = $1 AND l.is_resting AND l.clock_from = $2"""
_PLAIN: Final = f"INSERT INTO plain SELECT l.county_code, l.id, l.clock_from, l.remaining_fen {_CHOSEN}"
_FOUND: Final = f"SELECT count(*), sum(l.remaining_fen) {_CHOSEN}"
_SCAN: Final = "SELECT count(*), sum(l.remaining_fen) FROM funds.lot l WHERE l.county_code = $1 AND l.clock_from = $2"


async def _measure(stand: Stand) -> dict[str, Any]:
    owner = await stand.as_owner()
    place = await asyncio.to_thread(open_place, stand)
    began = time.perf_counter()
    await open_lots.fill(owner, place)
    seeded = time.perf_counter() - began
    await owner.execute(
        'CREATE TABLE plain (county_code text COLLATE "C", id uuid, clock_from date, fen bigint,'
        " PRIMARY KEY (county_code, id))"
    )
    database = Database(stand.urls["funds"], Limits(pool=2), application="benchmark")
    seen: dict[str, list[float]] = {"ours": [], "plain": [], "found": [], "scan": []}
    crossing = (COUNTY, open_lots.CROSSING)
    flags = 0
    await open_lots.yesterday(owner)
    for at in range(RUNS + 1):
        await open_lots.ask_today(owner)
        began = time.perf_counter()
        await Runner(database, [COUNTY], every_day=False).round()
        ours = time.perf_counter() - began
        flags = await owner.fetchval("SELECT count(*) FROM funds.flag WHERE county_code = $1", COUNTY)
        if flags != open_lots.A_DAY:
            msg = f"{flags} flags were raised, not {open_lots.A_DAY}"
            raise AssertionError(msg)
        await open_lots.forget(owner)
        began = time.perf_counter()
        await owner.execute(_PLAIN, *crossing)
        plain = time.perf_counter() - began
        await owner.execute("TRUNCATE plain")
        began = time.perf_counter()
        await owner.fetch(_FOUND, *crossing)
        found = time.perf_counter() - began
        async with owner.transaction():
            await owner.execute(SCANNING)
            began = time.perf_counter()
            await owner.fetch(_SCAN, *crossing)
            scan = time.perf_counter() - began
        if at:  # the first round warms up
            for name, seconds in (("ours", ours), ("plain", plain), ("found", found), ("scan", scan)):
                seen[name].append(seconds)
    await database.close()
    await owner.close()
    return {**seen, "seeded_s": significant(seeded), "flags": flags}


def run() -> Result:
    with Stand() as stand:
        seen = asyncio.run(_measure(stand))
        version = stand.postgres_version()
    found = statistics.median(seen["found"]) / statistics.median(seen["scan"])
    return Result(
        name="idle_daily",
        ours=statistics.median(seen["ours"]),
        limit=statistics.median(seen["plain"]),
        unit="s",
        runs=RUNS,
        what="千万笔停留资金中当日有十万笔过线：找出并写入十万条预警，连同日志提交 (a day's run, committed)",
        beside="用同一索引选出同样多的行，写入只有主键的空表 (a plain INSERT of as many rows chosen by the same index)",
        bar=Bar("ratio", 3.0),
        ceilings={"found_over_scan": 0.05},
        details={
            "found_over_scan": significant(found),
            **{name: spread(seen[name]) for name in ("ours", "plain", "found", "scan")},
            "flags": seen["flags"],
            "lots": open_lots.LOTS,
            "seeded_s": seen["seeded_s"],
            "postgres": version,
        },
    )
