"""How long approving a checked roster of 100,000 people takes until posted, as a multiple of one COPY of its rows."""

from __future__ import annotations

import asyncio
import statistics
import time

from benchmarks.county import open_place
from benchmarks.result import Bar, Result, significant
from benchmarks.rosters import LOTS_PER_ROSTER, ROWS, RUNS, copy_again, registered, upload
from benchmarks.server import Stand


def run() -> Result:
    ours, limit, spans = [], [], []
    with Stand() as stand:
        place = open_place(stand)
        roster = registered(place, ROWS)
        place.receive(2 * RUNS * roster.total_fen)
        place.hand_down("国库", "扶贫办", roster.total_fen // LOTS_PER_ROSTER + 1, RUNS * LOTS_PER_ROSTER)
        for at in range(RUNS):
            batch = place.open_batch("扶贫办", f"奖补{at}")
            upload(place, batch, roster)
            place.reviewer.get(f"/funds/v1/payment-batches/{batch}")  # who looks at it first; the first time signs in
            began = time.perf_counter()
            answer = place.reviewer.post(f"/funds/v1/payment-batches/{batch}/approval")
            ours.append(time.perf_counter() - began)
            if (answer["total_fen"], answer["unexplained_fen"]) != (roster.total_fen, 0):
                msg = f"{answer['total_fen']} fen were posted, not {roster.total_fen}"
                raise AssertionError(msg)
            spans.append(len(answer["spans"]))
            limit.append(asyncio.run(copy_again(stand, batch)))
        version = stand.postgres_version()
    return Result(
        name="roster_post",
        ours=statistics.median(ours),
        limit=statistics.median(limit),
        unit="s",
        runs=RUNS,
        what=f"一份 {ROWS:,} 行已校验的名册：经网关审批，到全部记账 (approval through the gateway until posted)",
        beside="把同样的行 COPY 一次进发放表，键、索引、外键俱全 (one COPY into payment as it stands)",
        bar=Bar("ratio", 0.3),
        details={
            "ours_s": [significant(one) for one in ours],
            "limit_s": [significant(one) for one in limit],
            "rows": ROWS,
            "lots_drawn": spans,
            "postgres": version,
        },
    )
