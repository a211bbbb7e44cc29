"""Postings to 16 counties at once beside postings to one, inside the database: whether counties wait for each other.

Within a county each posting waits for the journal's head until the one before has committed; that wait is what counties
do not share. What they do share are the processors and the disk, and with few processors these are the ceiling: so the
details say how many connections stood before a lock, how many processors PostgreSQL kept busy, and by how much sessions
that only compute gain from being many here.
"""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from typing import Final

from benchmarks import pgbench
from benchmarks.load import measured, orders
from benchmarks.offices import Offices, open_offices
from benchmarks.result import Bar, Result, significant
from benchmarks.server import Stand
from benchmarks.waits import Watch

COUNTIES: Final = 16
CLIENTS: Final = 32
RUNS: Final = 3
SETTLED_SECONDS: Final = 0.5  # until the sessions that ended are counted with the server


@dataclass(frozen=True)
class Run:
    """One run: postings per second, the share of busy connections that stood before a lock, processors kept busy."""

    per_second: float
    waiting: float
    processors: float


def _run(stand: Stand, offices: Offices) -> Run:
    given = offices.given(stand)
    busy, began = stand.processor_seconds()["postgres"], time.monotonic()
    with Watch(stand) as watch:
        rate = pgbench.per_second(stand, stand.urls["funds"], "posting.sql", CLIENTS, given)
    time.sleep(SETTLED_SECONDS)
    seconds = time.monotonic() - began
    return Run(rate, watch.share_waiting(), (stand.processor_seconds()["postgres"] - busy) / seconds)


def _shown(runs: list[Run]) -> dict[str, list[float]]:
    return {
        "per_second": [significant(run.per_second) for run in runs],
        "share_before_a_lock": [significant(run.waiting) for run in runs],
        "postgres_processors": [significant(run.processors) for run in runs],
    }


def run() -> Result:
    many: list[Run] = []
    one: list[Run] = []
    with Stand() as stand:
        offices, token = open_offices(stand, COUNTIES), stand.access_token("shiju")
        for _ in range(RUNS):
            many.append(_run(stand, offices))
            one.append(_run(stand, offices.of(1)))
        alone, together = (
            pgbench.per_second(stand, stand.urls["funds"], "computing.sql", clients, {}) for clients in (1, CLIENTS)
        )
        over_http = {
            f"http_{len(asked.counties)}": measured(stand, token, orders(asked), CLIENTS).shown()
            for asked in (offices, offices.of(1))
        }
        version = stand.postgres_version()
    return Result(
        name="county_parallel",
        ours=statistics.median(found.per_second for found in many),
        limit=statistics.median(found.per_second for found in one),
        unit="1/s",
        runs=RUNS,
        what=f"pgbench：{COUNTIES} 个县同时记账，{CLIENTS} 个连接 (postings to {COUNTIES} counties at once)",
        beside=f"pgbench：一个县，{CLIENTS} 个连接 (postings to one county, {CLIENTS} connections)",
        bar=Bar("ratio", at_least=2.5),
        details={
            "many": _shown(many),
            "one": _shown(one),
            "processors": os.cpu_count(),
            "bare_computing": significant(together / alone),
            **over_http,
            "postgres": version,
        },
    )
