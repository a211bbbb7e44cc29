"""What a row of a roster of a million costs beside a row of one of 100,000, and the memory the service takes for it."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Final

from benchmarks.county import Place, open_place
from benchmarks.result import Bar, Result, significant
from benchmarks.rosters import ROWS, RUNS, Roster, registered, roster_of, upload
from benchmarks.server import Stand

MILLION: Final = 1_000_000
RSS_MB: Final = 600
LOTS: Final = 50


def _peak_mb(pid: int | None) -> int:
    """The most memory a process has held so far (VmHWM), in MiB; 0 where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:")), 0)


def _approve(place: Place, batch: str, roster: Roster) -> float:
    """Seconds of one approval, all of it proven; beyond the time of a statement it would be refused."""
    began = time.perf_counter()
    answer = place.reviewer.post(f"/funds/v1/payment-batches/{batch}/approval")
    seconds = time.perf_counter() - began
    if (answer["rows"], answer["total_fen"], answer["unexplained_fen"]) != (MILLION, roster.total_fen, 0):
        msg = f"{answer['total_fen']} fen in {answer['rows']} rows were posted, not {roster.total_fen} in {MILLION}"
        raise AssertionError(msg)
    return seconds


class _Taken:
    """Seconds of the processors that funds_api and PostgreSQL took since the last look: a busy machine adds few."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._before = stand.processor_seconds()

    def since(self) -> float:
        now = self._stand.processor_seconds()
        before, self._before = self._before, now
        return sum(now[name] - before[name] for name in ("funds_api", "postgres"))


def run() -> Result:
    with Stand() as stand:
        place = open_place(stand)
        large = registered(place, MILLION)
        small: Roster = roster_of(list(large.file.good.values())[:: MILLION // ROWS])
        place.receive(2 * large.total_fen)
        place.hand_down("国库", "扶贫办", large.total_fen // LOTS + 1, LOTS)
        before_mb = _peak_mb(stand.child("funds_api").pid)
        small_batches = [place.open_batch("扶贫办", f"十万{at}") for at in range(RUNS)]
        batch = place.open_batch("扶贫办", "百万")
        taken = _Taken(stand)
        limit = [upload(place, small_batch, small) for small_batch in small_batches]
        limit_processor_s = taken.since() / RUNS
        ours = upload(place, batch, large)
        ours_processor_s = taken.since()
        approval = _approve(place, batch, large)
        rss_mb = _peak_mb(stand.child("funds_api").pid)
        version = stand.postgres_version()
    return Result(
        name="roster_million",
        ours=ours * ROWS / MILLION,
        limit=statistics.median(limit),
        unit="s",
        runs=RUNS,
        what=f"一份 {MILLION:,} 行的名册，每 {ROWS:,} 行的校验用时 (check of a million rows, per 100,000; one run)",
        beside=f"同一县、同一在册名单，一份 {ROWS:,} 行的名册 (the same for a roster of 100,000, same register)",
        bar=Bar("ratio", 1.2),
        details={
            "ours_whole_s": significant(ours),
            "limit_s": [significant(one) for one in limit],
            "ours_whole_processor_s": significant(ours_processor_s),
            "limit_processor_s": significant(limit_processor_s),
            "approval_s": significant(approval),
            "rss_mb": rss_mb,
            "rss_before_mb": before_mb,
            "file_bytes": len(large.file.content),
            "postgres": version,
        },
        ceilings={"rss_mb": RSS_MB},
    )
