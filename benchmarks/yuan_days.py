"""Yuan-days and ranks of 300 villages on any day of four years, beside a bare read of the counters they are made of.

Two counties are measured, one after the other. The first is `history_seed`'s: each of 300 villages gets ten funds every
quarter and spends half. The second is that county with counters as dense as they can be, as 10 million entries would
leave them: each village, each fund, every day of three years, 3.3 million rows by fund and day, written in the order of
their days. Its lots are not written, for nothing reads them. What counts is the slower of the two.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import asyncpg

from benchmarks import history_seed
from benchmarks.county import open_place
from benchmarks.history_seed import FIRST, FUNDS, LAST
from benchmarks.result import Bar, Result, quantile, significant, spread
from benchmarks.server import COUNTY, Stand
from benchmarks.wire import Line

RUNS: Final = 200
MORE: Final = 30
WARM_UP: Final = 10
SEED: Final = 20170602
OK: Final = 200
# What else is asked of a day, fewer times: how the parameters are called, and what they are.
OTHERS: Final = {
    "by_unit": "by=unit",
    "by_township": "by=township",
    "of_one_fund": f"by=village&fund={FUNDS[3]}",
    "by_fund": "by=fund",
    "as_known_then": "by=village&known_at={known_at}",
}
# A movement of 100 fen into each village of each fund on each day of three years, and out again after three weeks; what
# the villages had before makes room for it.
_DENSE_FROM: Final = LAST - timedelta(days=1095)
_MOVED: Final = f"""
SELECT a.id AS account, a.region_code AS region, f AS fund, DATE '{_DENSE_FROM}' + n AS day,
       (CASE WHEN n < 21 THEN 100 ELSE 0 END)::bigint AS fen,
       (CASE WHEN n < 21 THEN 100 * (DATE '{_DENSE_FROM}' + n - DATE '2000-01-01') ELSE 2100 END)::numeric AS fen_day,
       (CASE WHEN n < 21 THEN 0 ELSE 2100 END)::numeric AS charged
  FROM unnest($funds$) AS f
 CROSS JOIN (SELECT * FROM funds.account WHERE county_code = '{COUNTY}' AND kind = 'village_collective' ORDER BY id) a
 CROSS JOIN generate_series(0, 1095) AS n"""
_OF_VILLAGES: Final = f"""
  FROM funds.account_period p
  JOIN funds.account a ON a.county_code = '{COUNTY}' AND a.id = p.account_id AND a.kind = 'village_collective'"""
_SUMS: Final = "p.region_code, sum(p.net_fen), sum(p.net_fen_day), sum(p.charged_fen_days)"
_MAKE_ROOM: Final = f"""
DELETE FROM funds.{{table}} p USING funds.account a
 WHERE a.county_code = '{COUNTY}' AND a.id = p.account_id AND p.county_code = '{COUNTY}'
   AND a.kind = 'village_collective'"""
_DENSE: Final = (
    _MAKE_ROOM.format(table="account_period"),
    _MAKE_ROOM.format(table="account_month"),
    f"""
    INSERT INTO funds.account_period
           (county_code, fund_code, grain, account_id, since, region_code, net_fen, net_fen_day, charged_fen_days)
    SELECT '{COUNTY}', fund, 'day', account, day, region, fen, fen_day, charged FROM ({_MOVED}) m ORDER BY day""",
    f"""
    INSERT INTO funds.account_period
           (county_code, fund_code, grain, account_id, since, region_code, net_fen, net_fen_day, charged_fen_days)
    SELECT '{COUNTY}', p.fund_code, 'month', p.account_id, date_trunc('month', p.since::timestamp)::date, {_SUMS}
    {_OF_VILLAGES} WHERE p.grain = 'day' GROUP BY 2, 4, 5, 6 ORDER BY 5""",
    f"""
    INSERT INTO funds.account_period
           (county_code, fund_code, grain, account_id, since, region_code, net_fen, net_fen_day, charged_fen_days)
    SELECT '{COUNTY}', '', 'day', p.account_id, p.since, {_SUMS}
    {_OF_VILLAGES} WHERE p.grain = 'day' AND p.fund_code <> '' GROUP BY 4, 5, 6 ORDER BY 5""",
    f"""
    INSERT INTO funds.account_month SELECT '{COUNTY}', p.account_id, p.since, {_SUMS}
    {_OF_VILLAGES} WHERE p.grain = 'month' GROUP BY 2, 3, 4""",
    f"""
    UPDATE funds.account a SET sum_fen = m.fen, sum_fen_day = m.fen_day, charged_fen_days = m.charged FROM (
      SELECT account_id, sum(net_fen) AS fen, sum(net_fen_day) AS fen_day, sum(charged_fen_days) AS charged
        FROM funds.account_month WHERE county_code = '{COUNTY}' GROUP BY 1) m
     WHERE a.county_code = '{COUNTY}' AND a.id = m.account_id""",
    "VACUUM (ANALYZE) funds.account",
    "VACUUM (ANALYZE) funds.account_period",
    "VACUUM (ANALYZE) funds.account_month",
    "CHECKPOINT",
)
# The limit: the very rows, by their keys, added up whoever they are of.
_ROWS: Final = f"""
SELECT count(*), sum(fen), sum(fen_day), sum(charged) FROM unnest($1::uuid[]) AS a(id) CROSS JOIN LATERAL (
  SELECT net_fen AS fen, net_fen_day AS fen_day, charged_fen_days AS charged FROM funds.account_month
   WHERE county_code = '{COUNTY}' AND account_id = a.id AND month < date_trunc('month', $2::date::timestamp)::date
  UNION ALL
  SELECT net_fen, net_fen_day, charged_fen_days FROM funds.account_period
   WHERE county_code = '{COUNTY}' AND fund_code = '' AND grain = 'day' AND account_id = a.id
     AND since >= date_trunc('month', $2::date::timestamp)::date AND since <= $2) n"""


@dataclass
class County:
    """Seconds per answer of one county, and what was found."""

    villages: int = 0
    ours: list[float] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    others: dict[str, list[float]] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        return {
            "villages": self.villages,
            "ours": spread(self.ours),
            "limit": spread(self.limit),
            "rows_read": {"p50": quantile(self.rows, 0.5), "max": max(self.rows)},
            **{name: spread(seconds) for name, seconds in self.others.items()},
        }


def _days(count: int) -> list[date]:
    drawn = random.Random(SEED)  # noqa: S311 - days to ask for
    return [FIRST + timedelta(days=drawn.randrange((LAST - FIRST).days + 1)) for _ in range(count)]


async def _asked(line: Line, day: date, asked: str) -> tuple[float, dict[str, Any]]:
    known_at = f"{day + timedelta(days=5)}T04:00:00Z"
    answer = await line.ask("GET", f"/funds/v1/idle/yuan-days?as_of={day}&{asked.format(known_at=known_at)}")
    found = json.loads(answer.body)
    if answer.status != OK or found["unexplained_fen"] or found["unexplained_fen_days"]:
        raise AssertionError(answer.body[:500])
    return answer.seconds, found


async def _measured(stand: Stand, owner: asyncpg.Connection, token: str, accounts: Sequence[Any]) -> County:
    found = County()
    async with Line(stand.port("gateway"), token) as line:
        for day in _days(WARM_UP):
            for asked in ("by=village", *OTHERS.values()):
                await _asked(line, day, asked)
        for day in _days(RUNS):
            seconds, told = await _asked(line, day, "by=village")
            found.ours.append(seconds)
            found.villages = max(
                found.villages, sum(len(one["region_code"]) > len(COUNTY) + 3 for one in told["items"])
            )
            began = time.perf_counter()
            (row,) = await owner.fetch(_ROWS, accounts, day)
            found.limit.append(time.perf_counter() - began)
            found.rows.append(row[0])
        for name, asked in OTHERS.items():
            found.others[name] = [(await _asked(line, day, asked))[0] for day in _days(MORE)]
    return found


async def _counties(stand: Stand, tokens: list[str]) -> tuple[County, County, dict[str, Any]]:
    owner = await stand.as_owner()
    place = await asyncio.to_thread(open_place, stand)
    began = time.perf_counter()
    await history_seed.begin(owner, place)
    accounts = [
        row["id"]
        for row in await owner.fetch(
            "SELECT id FROM funds.account WHERE county_code = $1"
            " AND kind NOT IN ('contractor', 'households', 'outside')",
            COUNTY,
        )
    ]
    tokens.append(stand.access_token("jiwei"))
    seeded = {"realistic_s": significant(time.perf_counter() - began)}
    await owner.execute("CHECKPOINT")
    usual = await _measured(stand, owner, tokens[-1], accounts)
    began = time.perf_counter()
    for statement in _DENSE:
        await owner.execute(statement.replace("$funds$", f"ARRAY{list(FUNDS)}"), timeout=900)
    seeded["dense_s"] = significant(time.perf_counter() - began)
    seeded["rows"] = await owner.fetchval("SELECT count(*) FROM funds.account_period")
    dense = await _measured(stand, owner, await asyncio.to_thread(stand.access_token, "jiwei"), accounts)
    await owner.close()
    return usual, dense, seeded


def run() -> Result:
    with Stand() as stand:
        usual, dense, seeded = asyncio.run(_counties(stand, []))
        version = stand.postgres_version()
    slower = max((usual, dense), key=lambda one: quantile(one.ours, 0.95))
    return Result(
        name="yuan_days",
        ours=quantile(slower.ours, 0.95) * 1000,
        limit=quantile(slower.limit, 0.95) * 1000,
        unit="ms",
        runs=RUNS,
        what=f"{slower.villages} 个村任一日期的元·天与名次，经网关，p95，两县取慢 (yuan-days and ranks of villages)",
        beside="按主键读同样多的计数行并合计，p95 (the same counters read by their keys and added up, p95)",
        bar=Bar("ours", 20),
        details={
            "realistic": usual.shown(),
            "dense": dense.shown(),
            "seeded": seeded,
            "postgres": version,
        },
    )
