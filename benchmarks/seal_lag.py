"""How long an event waits for its checkpoint at 1,000 events a second, beside the pause of the sealer."""

from __future__ import annotations

import asyncio
from typing import Final

from benchmarks.result import Bar, Result, quantile, significant, spread
from benchmarks.sealed import SealedStand, append, paced, until_sealed
from services.audit_api.settings import SealerSettings

PER_SECOND: Final = 1_000
SECONDS: Final = 20
WRITERS: Final = 8
LIMIT_SECONDS: Final = 2
# The first checkpoint that holds an event, and when the event was recorded: one clock, the machine's.
_LAGS: Final = """
SELECT extract(epoch FROM c.made_at - e.recorded_at)::float8 AS lag
  FROM funds.event e JOIN audit.log_leaf l
    ON l.service = 'funds' AND l.stream = e.stream AND l.stream_position = e.position
  CROSS JOIN LATERAL (SELECT made_at FROM audit.log_checkpoint c WHERE c.size > l.position ORDER BY c.size LIMIT 1) c
 WHERE e.position > 1"""


async def _measured(stand: SealedStand) -> tuple[list[float], int, int]:
    """The lag of each event, how many were written, and how many checkpoints there are."""
    owner = await stand.as_owner()
    streams = [f"42{at:04}" for at in range(WRITERS)]
    for stream in streams:
        await append(owner, "funds", stream)
    await until_sealed(owner)
    writers = [await stand.as_owner() for _ in streams]
    written = await paced(writers, streams, PER_SECOND, SECONDS)
    await until_sealed(owner)
    lags = [row["lag"] for row in await owner.fetch(_LAGS)]
    checkpoints = await owner.fetchval("SELECT count(*) FROM audit.log_checkpoint")
    for one in (*writers, owner):
        await one.close()
    if len(lags) != written:
        msg = f"{written} events were written and {len(lags)} sealed"
        raise AssertionError(msg)
    return lags, written, checkpoints


def run() -> Result:
    with SealedStand() as stand:
        stand.sealer.start()
        lags, written, checkpoints = asyncio.run(_measured(stand))
        version = stand.postgres_version()
    pause: float = SealerSettings.model_fields["seal_poll_seconds"].default
    return Result(
        name="seal_lag",
        ours=quantile(lags, 0.99),
        limit=pause,
        unit="s",
        runs=written,
        what=f"每秒 {PER_SECOND:,} 条时，一条日志到其检查点的等待，p99 (from an event to its checkpoint)",
        beside="封存进程两次之间的停顿 (the sealer's pause between two rounds)",
        bar=Bar("ours", LIMIT_SECONDS),
        details={
            **spread(lags),
            "per_second": significant(written / SECONDS),
            "asked_per_second": PER_SECOND,
            "checkpoints": checkpoints,
            "postgres": version,
        },
    )
