"""The tree of a county of 300 villages and ten funds on any day of three years, beside adding up its months barely."""

from __future__ import annotations

from benchmarks import traced
from benchmarks.result import Bar, Result, quantile, significant, spread


def run() -> Result:
    measured = traced.measured()
    found = measured.after
    return Result(
        name="tree_county",
        ours=quantile(found.tree, 0.95) * 1000,
        limit=quantile(found.months, 0.95) * 1000,
        unit="ms",
        runs=traced.TREES,
        what=f"{found.payments:,} 笔到户的县，任一日期（半数带登记时点）的资金树，p95 (a county's tree of any day)",
        beside="同一角色把全部月度流量合计一遍，p95 (adding up all months of flows as the same role, p95)",
        bar=Bar("ours", 100),
        details={
            "ours": spread(found.tree),
            "limit": spread(found.months),
            "of_one_budget_year": spread(found.tree_of_year),
            "cpu": found.tree_cpu,
            "nodes": found.nodes,
            "flows": found.flows,
            "payments": found.payments,
            "lots": found.lots,
            "seeded_s": significant(measured.seeded_seconds),
            "postgres": measured.postgres,
        },
    )
