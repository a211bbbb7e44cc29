"""One household payment among ten million, traced up to its notice, beside a bare read of one payment row."""

from __future__ import annotations

from benchmarks import traced
from benchmarks.result import Bar, Result, quantile, significant, spread


def run() -> Result:
    measured = traced.measured()
    found = measured.after
    return Result(
        name="trace_payment",
        ours=quantile(found.payment, 0.95) * 1000,
        limit=quantile(found.read, 0.95) * 1000,
        unit="ms",
        runs=traced.RUNS,
        what=f"{found.payments:,} 笔到户中的一笔，经网关追溯到来文，p95 (a payment's trace through the gateway, p95)",
        beside="按主键读一行到户资金，同样的角色与事务，p95 (one row by primary key, same role, p95)",
        bar=Bar("ours", 20),
        details={
            "ours": spread(found.payment),
            "limit": spread(found.read),
            "cpu": found.payment_cpu,
            "hops": found.hops,
            "payments": found.payments,
            "lots": found.lots,
            "batches": found.batches,
            "seeded_s": significant(measured.seeded_seconds),
            "postgres": measured.postgres,
        },
    )
