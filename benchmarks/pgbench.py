"""pgbench, the load generator that comes with PostgreSQL: how often a script runs per second inside the database."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from benchmarks.server import Stand

WARM_UP_SECONDS: Final = 3  # every connection compiles the functions it calls; a short run would measure that
SECONDS: Final = 4


def per_second(stand: Stand, url: str, script: str, clients: int, given: Mapping[str, str]) -> float:
    """Runs of `script` (a file beside this one) per second over `clients` connections, statements prepared.

    A run that failed is an error: a refusal is quicker than a posting.
    """
    to = urlsplit(url)
    command = [str(stand.postgres.bin / "pgbench"), "-n", "-M", "prepared", "-f", str(Path(__file__).with_name(script))]
    command += ["-c", str(clients), "-j", str(min(clients, 2)), "-P", "1"]
    command += ["-T", str(WARM_UP_SECONDS + SECONDS)]
    for name, value in given.items():
        command += ["-D", f"{name}={value}"]
    command += ["-h", "127.0.0.1", "-p", str(stand.postgres.port), "-U", str(to.username), to.path[1:]]
    done = subprocess.run(
        command,
        env={**os.environ, "PGPASSWORD": str(to.password), "PGOPTIONS": "-c jit=off -c synchronous_commit=on"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    rates = [float(one) for one in re.findall(r"^progress: [0-9.]+ s, ([0-9.]+) tps", done.stderr, re.MULTILINE)]
    failed = re.search(r"failed transactions: ([0-9]+)", done.stdout)
    if done.returncode or len(rates) < SECONDS or failed is None or int(failed[1]):
        msg = f"pgbench: {(done.stderr or done.stdout)[-1000:]}"
        raise RuntimeError(msg)
    return statistics.mean(rates[-SECONDS:])
