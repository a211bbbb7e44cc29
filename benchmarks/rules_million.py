"""All rules over a county with a million payments to 100,000 households and lists of 100,000 tokens each.

The lists are the six of data comparison (the dead, public payroll, village cadres and their relatives, cars, flats,
businesses); cadres and relatives are two kinds here, so that there are seven. Rules that ask whom a list does not have
(R13, R14, R15) have no list of theirs and are silent, and so are those without a value in force on that day.

Registers, rosters and approvals come through the API as officials send them; the lists are written straight into their
table (random tokens, and of each list 1,000 people of the register), because a department's file says nothing about the
rules. Beside each rule: a plain sequential scan of the rows that it looks at.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final
from uuid import uuid4

import asyncpg

from benchmarks.county import Place, open_place
from benchmarks.result import Bar, Result, significant
from benchmarks.rosters import LOTS_PER_ROSTER, ROWS, registered, upload
from benchmarks.server import COUNTY, Stand
from chassis.database import Database, Limits
from services.funds_api.flags.rules.catalogue import RULES
from services.funds_api.flags.rules.rule import Population
from services.funds_api.runs.runner import Runner

ROSTERS: Final = 10
KINDS: Final = ("dead", "payroll", "village_cadre", "cadre_relative", "car", "flat", "business")
TOKENS: Final = 100_000
MET: Final = 1_000
LIST_ON: Final = "2017-06-30"
AS_OF: Final = "2017-06-30"
# What a rule needs, by what it looks at: read from the first row to the last, without an index.
TABLES: Final = {
    Population.LOTS: "lot",
    Population.PAYMENTS: "payment",
    Population.HOUSEHOLDS: "household",
    Population.BATCHES: "payment_batch",
    Population.PROJECTS: "project",
    Population.ORDERS: "treasury_order",
    Population.MOVEMENTS: "movement",
    Population.LOANS: "loan",
    Population.UNITS: "unit",
}
# Of the relatives that are met every one is kin of a cadre that is met.
_CADRE: Final = """(
  SELECT e.token FROM funds.comparison_version v
    JOIN funds.comparison_entry e ON e.county_code = $1 AND e.version_id = v.id
     AND e.line = 1 + abs(hashtext(p.id::text)) % $4
   WHERE v.county_code = $1 AND v.kind = 'village_cadre')"""
_ENTRIES: Final = f"""
INSERT INTO funds.comparison_entry (county_code, version_id, line, token, from_on, category, amount_fen, count_n,
                                    region_code, ref_token)
SELECT $1, $2, row_number() OVER (), t.token, DATE '2017-01-01',
       CASE $3 WHEN 'business' THEN '法人' WHEN 'flat' THEN '住宅' END, 20000000, CASE $3 WHEN 'flat' THEN 3 END,
       CASE $3 WHEN 'village_cadre' THEN t.region_code END, CASE $3 WHEN 'cadre_relative' THEN t.cadre END
  FROM (SELECT * FROM (SELECT p.match_token AS token, p.region_code, {_CADRE} AS cadre
                         FROM funds.person p WHERE p.county_code = $1 ORDER BY md5(p.id::text || $3) LIMIT $4) met
        UNION ALL
        SELECT decode(md5($3 || g), 'hex'), $1 || '101201', decode(md5('village_cadre' || g), 'hex')
          FROM generate_series(1, $5) AS g) t"""


async def _lists(owner: asyncpg.Connection) -> None:
    """The lists, in force from the next act of the county on, which asks the rules."""
    for kind in KINDS:
        version = uuid4()
        await owner.execute(
            "INSERT INTO funds.comparison_version (county_code, id, kind, version_no, list_on, source, document,"
            " rows_n, file_sha256, recorded_by)"
            " VALUES ($1, $2, $3, 1, $4::text::date, '性能测试', '函〔2017〕1号', $5, $6, 'seed')",
            COUNTY,
            version,
            kind,
            LIST_ON,
            TOKENS,
            version.bytes,
        )
        await owner.execute(_ENTRIES, COUNTY, version, kind, MET, TOKENS - MET)
        await owner.execute(
            "UPDATE funds.comparison_version SET persons_n = $3, hits_n = $4, uncompared_n = 0"
            " WHERE county_code = $1 AND id = $2",
            COUNTY,
            version,
            TOKENS,
            MET,
        )


def _pay(place: Place) -> None:
    roster = registered(place, ROWS)
    place.receive(2 * ROSTERS * roster.total_fen)
    place.hand_down("国库", "扶贫办", roster.total_fen // LOTS_PER_ROSTER + 1, ROSTERS * LOTS_PER_ROSTER)
    for at in range(ROSTERS):
        batch = place.open_batch("扶贫办", f"补贴{at}")
        upload(place, batch, roster)
        place.reviewer.post(f"/funds/v1/payment-batches/{batch}/approval")


async def _scans(owner: asyncpg.Connection) -> dict[Population, float]:
    """Seconds to read each population's table from end to end, the second time."""
    seconds: dict[Population, float] = {}
    await owner.execute("SET max_parallel_workers_per_gather = 0")
    for population, table in TABLES.items():
        for _ in range(2):
            began = time.perf_counter()
            await owner.fetch(f"SELECT count(x.county_code) FROM funds.{table} x")
            seconds[population] = time.perf_counter() - began
    return seconds


async def _measure(stand: Stand) -> dict[str, Any]:
    place = await asyncio.to_thread(open_place, stand)
    began = time.perf_counter()
    await asyncio.to_thread(_pay, place)
    owner = await stand.as_owner()
    await _lists(owner)
    await owner.execute("VACUUM (ANALYZE)", timeout=600)
    seeded = time.perf_counter() - began
    payments = await owner.fetchval("SELECT count(*) FROM funds.payment")
    scans = await _scans(owner)
    inspector = await asyncio.to_thread(stand.caller, "jiwei")
    asked = await asyncio.to_thread(inspector.post, "/funds/v1/rule-runs", {"as_of": AS_OF})
    database = Database(stand.urls["funds"], Limits(pool=2), application="benchmark")
    began = time.perf_counter()
    await Runner(database, [COUNTY], every_day=False).round()
    ours = time.perf_counter() - began
    run = await asyncio.to_thread(inspector.get, f"/funds/v1/rule-runs/{asked['id']}")
    rows = await owner.fetch(
        "SELECT rule_code, extract(epoch FROM ended_at - began_at)::float AS s FROM funds.flag_run_rule"
        " WHERE run_id = $1",
        asked["id"],
    )
    await database.close()
    await owner.close()
    if not run["ended_at"] or run["done_n"] != len(RULES):
        msg = f"{run['done_n']} of {len(RULES)} rules were done"
        raise AssertionError(msg)
    told = {one["rule_code"]: one for one in run["rules"]}
    return {
        "ours": ours,
        "scans": scans,
        "payments": payments,
        "flags": run["new_n"],
        "seeded_s": significant(seeded),
        "rules": {
            row["rule_code"]: {
                "s": significant(row["s"]),
                "scan_s": significant(scans[RULES[row["rule_code"]].population]),
                "hits": told[row["rule_code"]]["hits_n"],
                "silent": bool(told[row["rule_code"]]["silent_because"]),
            }
            for row in sorted(rows, key=lambda one: -one["s"])
        },
    }


def run() -> Result:
    with Stand() as stand:
        seen = asyncio.run(_measure(stand))
        version = stand.postgres_version()
    return Result(
        name="rules_million",
        ours=seen["ours"],
        limit=sum(one["scan_s"] for one in seen["rules"].values()),
        unit="s",
        runs=1,
        what=f"百万笔发放、各 {TOKENS:,} 条的七份名单：运行全部 {len(RULES)} 条规则 (all rules, committed)",
        beside="每条规则所看的表各顺序扫描一次之和 (one sequential scan of what each rule looks at, added up)",
        bar=Bar("ours", 60.0),
        details={**{name: seen[name] for name in ("payments", "flags", "rules", "seeded_s")}, "postgres": version},
    )
