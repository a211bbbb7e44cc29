"""Postings to 16 counties at once beside postings to one, inside the database: whether counties wait for each other.

Within a county each posting waits for the journal's head until the one before has committed; that wait is what counties
do not share. What they do share are the processors and the disk: on two cores these, not the locks, are the ceiling.
"""

from __future__ import annotations

import statistics
from typing import Final

from benchmarks import pgbench
from benchmarks.load import measured, orders
from benchmarks.offices import open_offices
from benchmarks.result import Bar, Result, significant
from benchmarks.server import Stand

COUNTIES: Final = 16
CLIENTS: Final = 32
RUNS: Final = 3


def run() -> Result:
    many: list[float] = []
    one: list[float] = []
    with Stand() as stand:
        offices, token = open_offices(stand, COUNTIES), stand.access_token("shiju")
        for _ in range(RUNS):
            for asked, seen in ((offices, many), (offices.of(1), one)):
                seen.append(pgbench.per_second(stand, stand.urls["funds"], "posting.sql", CLIENTS, asked.given()))
        over_http = {
            f"http_{len(asked.counties)}": measured(stand, token, orders(asked), CLIENTS).shown()
            for asked in (offices, offices.of(1))
        }
        version = stand.postgres_version()
    return Result(
        name="county_parallel",
        ours=statistics.median(many),
        limit=statistics.median(one),
        unit="1/s",
        runs=RUNS,
        what=f"pgbench：{COUNTIES} 个县同时记账，{CLIENTS} 个连接 (postings to {COUNTIES} counties at once)",
        beside=f"pgbench：一个县，{CLIENTS} 个连接 (postings to one county, {CLIENTS} connections)",
        bar=Bar("ratio", at_least=2.5),
        details={
            "many_per_second": [significant(rate) for rate in many],
            "one_per_second": [significant(rate) for rate in one],
            **over_http,
            "postgres": version,
        },
    )
