"""The idle report of a county with a million lots, as of its last day and one and two years before, beside a bare sum.

What counts is the slowest of the three days: money that was drawn since has to be added back for an earlier day.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from datetime import date
from typing import Any, Final

from benchmarks import idle_seed
from benchmarks.county import Place, open_place
from benchmarks.result import Bar, Result, significant, spread
from benchmarks.server import COUNTY, Stand
from benchmarks.wire import Line

RUNS: Final = 7
DAYS: Final = tuple(date(idle_seed.LAST.year - back, 12, 31) for back in range(3))
OK: Final = 200
SUM: Final = "SELECT count(*), sum(remaining_fen), min(clock_from) FROM funds.lot WHERE county_code = $1"


async def _measure(
    stand: Stand, place: Place, token: str
) -> tuple[dict[str, Any], dict[date, list[float]], list[float]]:
    owner = await stand.as_owner()
    began = time.perf_counter()
    await idle_seed.fill(owner, place)
    seen: dict[str, Any] = {"seeded_and_verified_s": significant(time.perf_counter() - began)}
    ours: dict[date, list[float]] = {day: [] for day in DAYS}
    limit: list[float] = []
    await owner.execute("SET jit = off; SET enable_indexscan = off; SET enable_bitmapscan = off")
    async with Line(stand.port("gateway"), token) as line:
        for at in range(RUNS + 1):
            for day in DAYS:
                answer = await line.ask("GET", f"/funds/v1/idle?as_of={day}")
                if answer.status != OK:
                    raise AssertionError(answer.body)
                found = json.loads(answer.body)
                seen[str(day)] = {"lots": found["lots_n"], "fen": found["total_fen"]}
                if at:  # the first round warms up
                    ours[day].append(answer.seconds)
            began = time.perf_counter()
            await owner.fetch(SUM, COUNTY)
            if at:
                limit.append(time.perf_counter() - began)
    await owner.close()
    return seen, ours, limit


def run() -> Result:
    with Stand() as stand:
        place = open_place(stand)
        seen, ours, limit = asyncio.run(_measure(stand, place, stand.access_token("jiwei")))
        version = stand.postgres_version()
    slowest = max(DAYS, key=lambda day: statistics.median(ours[day]))
    return Result(
        name="idle_report",
        ours=statistics.median(ours[slowest]),
        limit=statistics.median(limit),
        unit="s",
        runs=RUNS,
        what="百万笔资金的县，三个日期中最慢的停留报告 (idle report through the gateway, slowest of 3 days)",
        beside="对同样的百万笔顺序扫描求和一次 (one sequential sum over the same lots)",
        bar=Bar("ours", 1.0),
        details={
            "days": {str(day): {**spread(ours[day]), **seen[str(day)]} for day in DAYS},
            "slowest": str(slowest),
            "limit": spread(limit),
            "lots": idle_seed.LOTS,
            "seeded_and_verified_s": seen["seeded_and_verified_s"],
            "postgres": version,
        },
    )
