"""A lowered line over ten million open lots: the flags now right, beside a full scan and the flags' own insert.

The county lowers the idle line from 180 to 175 days: five days of clocks, 500,000 lots, are past it at once, and no lot
is rewritten. Meanwhile somebody moves money in the same county, fifty times a second at most: the longest of those
postings is a ceiling.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from benchmarks import open_lots
from benchmarks.county import FUND, Place, open_place
from benchmarks.result import Bar, Result, quantile, significant, spread
from benchmarks.server import COUNTY, Stand
from benchmarks.wire import Line
from chassis.database import Database, Limits
from services.funds_api.runs.runner import Runner

RUNS: Final = 3
LOWERED: Final = open_lots.LINE_DAYS - 5
FLAGS: Final = 6 * open_lots.A_DAY  # the five days between, and the day that crosses today
PAUSE_SECONDS: Final = 0.02
CREATED: Final = 201
_SCAN: Final = "SELECT count(*), sum(l.remaining_fen) FROM funds.lot l WHERE l.county_code = $1 AND l.remaining_fen > 0"


async def _post(stand: Stand, place: Place, token: str, ended: asyncio.Event) -> list[float]:
    """Hand money down, one posting after another, until the run has ended; how long each took."""
    seconds: list[float] = []
    async with Line(stand.port("gateway"), token) as line:
        while not ended.is_set():
            order = {
                "kind": "hand_down",
                "from_account_id": place.account("国库"),
                "fund_code": FUND,
                "document": f"边下达{uuid4().hex[:12]}",
                "effective_on": "2020-12-01",
                "lines": [{"to_account_id": place.account(place.townships[0]), "amount_fen": 100}],
            }
            answer = await line.ask("POST", "/funds/v1/movements", json.dumps(order).encode(), key=uuid4().hex)
            if answer.status != CREATED:
                raise AssertionError(answer.body)
            seconds.append(answer.seconds)
            await asyncio.sleep(PAUSE_SECONDS)
    return seconds


async def _measure(stand: Stand) -> dict[str, Any]:
    owner = await stand.as_owner()
    place = await asyncio.to_thread(open_place, stand)
    await open_lots.fill(owner, place)
    await asyncio.to_thread(place.receive, 100_000_000, 1, "2020-11-01")
    await owner.execute("CREATE TABLE funds.flag_copy (LIKE funds.flag INCLUDING ALL)")
    await open_lots.yesterday(owner, open_lots.COVERED)
    await owner.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        " VALUES ('idle_flag_days', $1, $2, to_jsonb($3::int), '县财政局通知', 'practice')",
        COUNTY,
        open_lots.TODAY,
        LOWERED,
    )
    database = Database(stand.urls["funds"], Limits(pool=2), application="benchmark")
    seen: dict[str, list[float]] = {"ours": [], "scan": [], "insert": [], "alone": [], "meanwhile": []}
    await owner.execute("CHECKPOINT")  # what the seeding left to write is not the run's
    for at in range(RUNS + 1):
        token = await asyncio.to_thread(stand.access_token, "caizheng")
        quiet = asyncio.Event()
        asyncio.get_running_loop().call_later(3, quiet.set)
        seen["alone"] += await _post(stand, place, token, quiet)
        await open_lots.ask_today(owner)
        ended = asyncio.Event()
        posting = asyncio.create_task(_post(stand, place, token, ended))
        began = time.perf_counter()
        await Runner(database, [COUNTY], every_day=False).round()
        seen["ours"].append(time.perf_counter() - began)
        ended.set()
        seen["meanwhile"] += await posting
        flags = await owner.fetchval("SELECT count(*) FROM funds.flag WHERE county_code = $1", COUNTY)
        if flags != FLAGS:
            msg = f"{flags} flags were raised, not {FLAGS}"
            raise AssertionError(msg)
        wrong = await owner.fetchval(
            "SELECT count(*) FROM funds.flag f"
            " JOIN funds.lot l ON l.county_code = f.county_code AND l.id = f.subject_id"
            " WHERE f.limit_days <> $1 OR f.amount_fen <> l.remaining_fen OR $2::date - l.clock_from <= $1",
            LOWERED,
            open_lots.TODAY,
        )
        if wrong:
            msg = f"{wrong} flags are not right"
            raise AssertionError(msg)
        async with owner.transaction():
            await owner.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off")
            began = time.perf_counter()
            await owner.fetch(_SCAN, COUNTY)
            seen["scan"].append(time.perf_counter() - began)
        began = time.perf_counter()
        await owner.execute("INSERT INTO funds.flag_copy SELECT * FROM funds.flag")
        seen["insert"].append(time.perf_counter() - began)
        await owner.execute("TRUNCATE funds.flag_copy")
        await open_lots.forget(owner)
        if at == 0:  # the first round warms up; its longest posting is told beside
            seen = {name: [] for name in seen} | {"first": [max(seen["meanwhile"])]}
    await database.close()
    await owner.close()
    return seen


def run() -> Result:
    with Stand() as stand:
        seen = asyncio.run(_measure(stand))
        version = stand.postgres_version()
    limits = [scan + insert for scan, insert in zip(seen["scan"], seen["insert"], strict=True)]
    return Result(
        name="idle_policy",
        ours=statistics.median(seen["ours"]),
        limit=statistics.median(limits),
        unit="s",
        runs=RUNS,
        what="千万笔停留资金、提示线由 180 日改为 175 日：六十万条预警写入并提交，其间照常记账 (a lowered line)",
        beside="全表扫描一次，加上把同样的预警行写入同样索引的空表 (a full scan, and the rows into a copy)",
        bar=Bar("ratio", 2.0),
        ceilings={"posting_longest_ms": 100.0},
        details={
            "posting_longest_ms": significant(max(seen["meanwhile"]) * 1000),
            "posting_p99_ms": significant(quantile(seen["meanwhile"], 0.99) * 1000),
            "posting_alone_longest_ms": significant(max(seen["alone"]) * 1000),
            "posting_first_round_longest_ms": significant(seen["first"][0] * 1000),
            "postings_meanwhile": len(seen["meanwhile"]),
            **{name: spread(seen[name]) for name in ("ours", "scan", "insert", "meanwhile", "alone")},
            "flags": FLAGS,
            "lots": open_lots.LOTS,
            "lowered": [open_lots.LINE_DAYS, LOWERED],
            "since": str(open_lots.TODAY - timedelta(days=LOWERED + 1)),
            "postgres": version,
        },
    )
