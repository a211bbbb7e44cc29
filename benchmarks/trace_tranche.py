"""The first page of a tranche traced down to 10,000 households, beside a bare read of one payment row."""

from __future__ import annotations

from benchmarks import traced
from benchmarks.result import Bar, Result, quantile, significant, spread


def run() -> Result:
    measured = traced.measured()
    found = measured.after
    return Result(
        name="trace_tranche",
        ours=quantile(found.tranche, 0.95) * 1000,
        limit=quantile(found.read, 0.95) * 1000,
        unit="ms",
        runs=traced.PAGES,
        what=f"一笔来文资金追溯到 {traced.HOUSEHOLDS:,} 户，经网关取首页，p95 (first page through the gateway, p95)",
        beside="按主键读一行到户资金，同样的角色与事务，p95 (one row by primary key, same role, p95)",
        bar=Bar("ours", 100),
        details={
            "ours": spread(found.tranche),
            "limit": spread(found.read),
            "payments": found.payments,
            "seeded_s": significant(measured.seeded_seconds),
            "postgres": measured.postgres,
        },
    )
