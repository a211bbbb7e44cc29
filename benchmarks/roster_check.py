"""How long a roster of 100,000 people takes from upload to checked, as a multiple of one COPY of the same rows."""

from __future__ import annotations

import asyncio
import statistics
from typing import Final

from benchmarks.county import open_place
from benchmarks.result import Bar, Result, significant
from benchmarks.rosters import LOTS_PER_ROSTER, ROWS, copy_again, registered, upload
from benchmarks.server import Stand

# Three were too few: on a busy host one and the same COPY takes from 1.5 to 2.9 s, and the figure went from 1.2 to 1.9.
RUNS: Final = 9


def run() -> Result:
    ours, limit = [], []
    with Stand() as stand:
        place = open_place(stand)
        roster = registered(place, ROWS)
        place.receive(2 * roster.total_fen)
        place.hand_down("国库", "扶贫办", roster.total_fen // LOTS_PER_ROSTER + 1, LOTS_PER_ROSTER)
        for at in range(RUNS):
            batch = place.open_batch("扶贫办", f"奖补{at}")
            ours.append(upload(place, batch, roster))
            limit.append(asyncio.run(copy_again(stand, batch)))
        version = stand.postgres_version()
    return Result(
        name="roster_check",
        ours=statistics.median(ours),
        limit=statistics.median(limit),
        unit="s",
        runs=RUNS,
        what=f"一份 {ROWS:,} 行的名册：经网关上传，到逐行校验并存妥 (CSV upload through the gateway until checked)",
        beside="把同样的行 COPY 一次进发放表，键、索引、外键俱全 (one COPY into payment as it stands)",
        bar=Bar("ratio", 1.5),
        details={
            "ours_s": [significant(one) for one in ours],
            "limit_s": [significant(one) for one in limit],
            "ratios": [significant(one / beside) for one, beside in zip(ours, limit, strict=True)],
            "rows": ROWS,
            "file_bytes": len(roster.file.content),
            "postgres": version,
        },
    )
