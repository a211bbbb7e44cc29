"""Single postings per second through the gateway with 1, 8 and 32 clients, beside pgbench with the same statements.

Every posting is a hand-down from one of 16 offices of a county to one of 16 villages: one county is one journal, so
each waits for the commit of the one before. That all draw on one account is told as a detail.
"""

from __future__ import annotations

import statistics
from typing import Any, Final

from benchmarks import pgbench
from benchmarks.load import Round, measured, orders
from benchmarks.offices import Offices, open_offices
from benchmarks.result import Bar, Result, significant
from benchmarks.server import Stand

CLIENTS: Final = (1, 8, 32)
RUNS: Final = 3


def _middle(rounds: list[Round]) -> Round:
    return sorted(rounds, key=lambda one: one.per_second)[len(rounds) // 2]


def _compared(stand: Stand, token: str, offices: Offices, clients: int) -> tuple[Round, float]:
    """The middle round of ours, and the median of the limit, taken in turns."""
    ours, limit = [], []
    for _ in range(RUNS):
        ours.append(measured(stand, token, orders(offices), clients))
        limit.append(pgbench.per_second(stand, stand.urls["funds"], "posting.sql", clients, offices.given(stand)))
    return _middle(ours), statistics.median(limit)


def _shown(ours: Round, limit: float) -> dict[str, Any]:
    return {**ours.shown(), "limit_per_second": significant(limit), "ratio": significant(ours.per_second / limit)}


def run() -> Result:
    with Stand() as stand:
        offices, token = open_offices(stand, 1), stand.access_token("shiju")
        found = {clients: _compared(stand, token, offices, clients) for clients in CLIENTS}
        hot = _compared(stand, token, offices.hot(), CLIENTS[-1])
        version = stand.postgres_version()
    most = CLIENTS[-1]
    ours, limit = found[most]
    return Result(
        name="posting_http",
        ours=ours.per_second,
        limit=limit,
        unit="1/s",
        runs=RUNS,
        what=f"单笔下达：{most} 个客户端经网关，一个县 16 个账户 (hand-downs through the gateway, {most} clients)",
        beside=f"pgbench 以同样的语句、{most} 个连接 (pgbench, the same statements, {most} connections)",
        bar=Bar("ratio", at_least=0.2),
        details={
            **{f"clients_{clients}": _shown(*one) for clients, one in found.items()},
            "one_hot_account": _shown(*hot),
            "postgres": version,
        },
    )
