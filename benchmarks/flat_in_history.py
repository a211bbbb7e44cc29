"""How much slower a payment's trace and a county's tree are when the county has ten times the payments."""

from __future__ import annotations

import statistics

from benchmarks import traced
from benchmarks.result import Bar, Result, significant, spread


def run() -> Result:
    measured = traced.measured()
    before, after = measured.before, measured.after
    grown = {
        name: statistics.median(getattr(after, name)) / statistics.median(getattr(before, name))
        for name in ("payment", "tree", "read")
    }
    return Result(
        name="flat_in_history",
        ours=max(grown["payment"], grown["tree"]),
        limit=grown["read"],
        unit="x",
        runs=traced.TREES,
        what=f"{after.payments:,} 笔与 {before.payments:,} 笔时中位数之比，追溯与资金树中较大者 (the worse of both)",
        beside="按主键读一行到户资金在两种规模下之比 (the same ratio of one row by primary key)",
        bar=Bar("ours", 1.3),
        details={
            **{f"{name}_ratio": significant(ratio) for name, ratio in grown.items()},
            **{
                f"{name}_{when}": spread(getattr(sample, name))
                for name in ("payment", "tree")
                for when, sample in (("before", before), ("after", after))
            },
            **{
                f"{name}_cpu": [getattr(sample, f"{name}_cpu") for sample in (before, after)]
                for name in ("payment", "tree")
            },
            "payments": [before.payments, after.payments],
            "lots": [before.lots, after.lots],
            "flows": [before.flows, after.flows],
            "postgres": measured.postgres,
        },
    )
