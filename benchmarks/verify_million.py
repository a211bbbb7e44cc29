"""How long the verifier that stands alone takes for an export of 1,000,000 events, beside their hashes alone."""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final
from uuid import UUID

from benchmarks.result import Bar, Result, significant
from benchmarks.sealed import BODY
from deploy.onebox.processes import ROOT
from services.audit_api.record import notes
from services.audit_api.record.notes import Signer
from services.audit_api.record.verify import (
    EXPORT_FORMAT,
    NOTE_KEY,
    Peaks,
    event_hash,
    first_hash,
    leaf_hash,
    leaf_line,
)

EVENTS: Final = 1_000_000
STREAMS: Final = 100
CHECKPOINT_EVERY: Final = 1_000
RUNS: Final = 3
LIMIT_SECONDS: Final = 10
VERIFIER: Final = ROOT / "services" / "audit_api" / "record" / "verify.py"


def write_export(folder: Path, signer: Signer, events: int) -> None:
    """An export of `events` of counties in turn, as `deploy.onebox.export` writes it."""
    peaks, leaves = Peaks(), []
    heads: dict[int, tuple[int, bytes]] = {}
    request, outcome, body = hashlib.sha256(b"r").hexdigest(), hashlib.sha256(b"o").hexdigest(), BODY.encode()
    (folder / "export.json").write_text(json.dumps({"format": EXPORT_FORMAT, "county": None}))
    checkpoints = (folder / "checkpoints.jsonl").open("w", encoding="utf-8")
    with checkpoints, (folder / "journal.tsv").open("wb") as journal, (folder / "tiles.tsv").open("w") as tiles:
        for at in range(events):
            stream = f"42{at % STREAMS:04}"
            position, previous = heads.get(at % STREAMS) or (0, first_hash(stream.encode()))
            fields = [
                *(stream.encode(), str(position + 1).encode(), str(UUID(int=at)).encode(), b"MoneyMoved"),
                *(b"web/caizheng", b"0123456789abcdef", f"{at:032x}".encode(), request.encode()),
                *(str(1_500_000_000_000_000 + at).encode(), outcome.encode(), body),
            ]
            digest = event_hash(previous, fields)
            heads[at % STREAMS] = (position + 1, digest)
            told = digest.hex()
            journal.write(b"%d\tfunds\t%s\t%s\t%s\n" % (at, b"\t".join(fields), told.encode(), told.encode()))
            leaves.append(leaf_hash(leaf_line("funds", stream, position + 1, told)))
            peaks.push(leaves[-1])
            if len(leaves) == 256:  # noqa: PLR2004 - a tile
                tiles.write(f"{at // 256}\t{b''.join(leaves).hex()}\n")
                leaves.clear()
            if peaks.size % CHECKPOINT_EVERY == 0 or peaks.size == events:
                checkpoints.write(json.dumps(notes.checkpoint(signer, peaks.size, peaks.root())) + "\n")
    told_heads = [f"funds\t42{one:04}\t{at}\t{digest.hex()}\n" for one, (at, digest) in heads.items()]
    (folder / "heads.tsv").write_text("".join(told_heads))


def _verified(folder: Path, key: str) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-I", str(VERIFIER), "--key", key, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode != 0 or not done.stdout.startswith("通过"):
        msg = f"the verifier said {done.stdout}{done.stderr}"
        raise AssertionError(msg)
    return seconds


def _hashed(folder: Path) -> float:
    """Each row read, and three hashes of the sizes that an event, its leaf and a node take; nothing compared."""
    began = time.perf_counter()
    sha256, leaf, node = hashlib.sha256, b"l" * 90, b"n" * 65
    with (folder / "journal.tsv").open("rb") as journal:
        for line in journal:
            sha256(line).digest()
            sha256(leaf).digest()
            sha256(node).digest()
    return time.perf_counter() - began


def run() -> Result:
    signer = Signer.of("bench", os.urandom(32), NOTE_KEY)
    with tempfile.TemporaryDirectory(prefix="qingliu-bench-") as scratch:
        folder = Path(scratch)
        write_export(folder, signer, EVENTS)
        size = (folder / "journal.tsv").stat().st_size
        _hashed(folder)  # the file is in memory from here on, for both
        ours, limit = [], []
        for _ in range(RUNS):
            ours.append(_verified(folder, signer.key.text()))
            limit.append(_hashed(folder))
    return Result(
        name="verify_million",
        ours=statistics.median(ours),
        limit=statistics.median(limit),
        unit="s",
        runs=RUNS,
        what=f"verify.py 离线核验 {EVENTS:,} 条日志的导出 (an export of a million events, verified by one file)",
        beside="只读每行并算三次 SHA-256，不解析、不比较 (each row read and three hashes, nothing else)",
        bar=Bar("ours", LIMIT_SECONDS),
        details={
            "ours_s": [significant(one) for one in ours],
            "limit_s": [significant(one) for one in limit],
            "file_bytes": size,
            "streams": STREAMS,
            "checkpoints": EVENTS // CHECKPOINT_EVERY,
        },
    )
