"""Single postings per second through the gateway with 1, 8 and 32 clients, beside pgbench with the same statements.

Every posting is a hand-down from one treasury to one of 16 township offices: one county is one journal and one drawn
account, the hardest case. The clients are one asyncio process of its own (this one) over `wire.Line`.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from benchmarks.county import FUND, HANDED_DOWN_ON, Place, open_place
from benchmarks.result import Result, significant, spread
from benchmarks.server import COUNTY, Stand
from benchmarks.wire import Line

CLIENTS: Final = (1, 8, 32)
RUNS: Final = 3
SECONDS: Final = 3.0
WARM_UP_SECONDS: Final = 0.5
TARGETS: Final = 16
TREASURY_FEN: Final = 10**12
SCRIPT: Final = Path(__file__).with_name("posting.sql")
CREATED: Final = 201


@dataclass
class Round:
    """What one round at one number of clients showed. `client_share`: how much of a core the clients took."""

    per_second: float = 0.0
    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    client_share: float = 0.0


async def _client(port: int, token: str, orders: list[bytes], until: float, seen: Round) -> None:
    at = 0
    async with Line(port, token) as line:
        while time.perf_counter() < until:
            answer = await line.ask("POST", "/funds/v1/movements", orders[at % len(orders)], uuid4().hex)
            seen.seconds.append(answer.seconds)
            seen.statuses[answer.status] += 1
            at += 1


async def _drive(stand: Stand, token: str, orders: list[bytes], clients: int, seconds: float) -> Round:
    seen = Round()
    began, worked = time.perf_counter(), time.process_time()
    until = began + seconds
    shares = [orders[at % len(orders) :] + orders[: at % len(orders)] for at in range(clients)]
    async with asyncio.TaskGroup() as group:
        for share in shares:
            group.create_task(_client(stand.port("gateway"), token, share, until, seen))
    took = time.perf_counter() - began
    seen.per_second = seen.statuses[CREATED] / took
    seen.client_share = (time.process_time() - worked) / took
    return seen


def _pgbench(stand: Stand, place: Place, clients: int) -> dict[str, float]:
    """Transactions per second and mean latency of the script, as the service's role, statements prepared."""
    service = urlsplit(stand.urls["funds"])
    targets = "{" + ",".join(place.account(code) for code in place.townships[:TARGETS]) + "}"
    given = {"county": COUNTY, "source": place.account("国库"), "targets": targets, "fund": FUND, "day": HANDED_DOWN_ON}
    command = [str(stand.postgres.bin / "pgbench"), "-n", "-M", "prepared", "-f", str(SCRIPT)]
    command += ["-c", str(clients), "-j", str(min(clients, 2)), "-T", str(int(SECONDS))]
    for name, value in given.items():
        command += ["-D", f"{name}={value}"]
    command += ["-h", "127.0.0.1", "-p", str(stand.postgres.port), "-U", str(service.username), service.path[1:]]
    done = subprocess.run(
        command,
        env={**os.environ, "PGPASSWORD": str(service.password), "PGOPTIONS": "-c jit=off -c synchronous_commit=on"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    tps = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    latency = re.search(r"^latency average = ([0-9.]+)", done.stdout, re.MULTILINE)
    failed = re.search(r"failed transactions: ([0-9]+)", done.stdout)
    if done.returncode or tps is None or latency is None or (failed is not None and int(failed[1])):
        msg = f"pgbench: {(done.stderr or done.stdout)[-1000:]}"
        raise RuntimeError(msg)
    return {"per_second": float(tps[1]), "mean_ms": float(latency[1])}


def _orders(place: Place) -> list[bytes]:
    """One order for each of the townships."""
    body: dict[str, Any] = {
        "kind": "hand_down",
        "from_account_id": place.account("国库"),
        "fund_code": FUND,
        "document": "1",
        "effective_on": HANDED_DOWN_ON,
    }
    lines = [{"to_account_id": place.account(code), "amount_fen": 7 + at} for at, code in enumerate(place.townships)]
    return [json.dumps({**body, "lines": [line]}).encode() for line in lines[:TARGETS]]


def run() -> Result:
    ours: dict[int, list[Round]] = {clients: [] for clients in CLIENTS}
    limit: dict[int, list[dict[str, float]]] = {clients: [] for clients in CLIENTS}
    with Stand() as stand:
        place = open_place(stand)
        place.receive(TREASURY_FEN)
        orders, token = _orders(place), stand.access_token("caizheng")
        for _ in range(RUNS):
            for clients in CLIENTS:
                asyncio.run(_drive(stand, token, orders, clients, WARM_UP_SECONDS))
                ours[clients].append(asyncio.run(_drive(stand, token, orders, clients, SECONDS)))
                limit[clients].append(_pgbench(stand, place, clients))
        version = stand.postgres_version()
    most = CLIENTS[-1]
    details: dict[str, Any] = {"postgres": version, "one_county": True}
    for clients in CLIENTS:
        rate = statistics.median(one.per_second for one in ours[clients])
        floor = statistics.median(one["per_second"] for one in limit[clients])
        details[f"clients_{clients}"] = {
            "ours_per_second": significant(rate),
            "limit_per_second": significant(floor),
            "ratio": significant(rate / floor),
            **spread([seconds for one in ours[clients] for seconds in one.seconds]),
            "limit_mean_ms": statistics.median(one["mean_ms"] for one in limit[clients]),
            "statuses": dict(sum((one.statuses for one in ours[clients]), Counter())),
            "client_share_of_a_core": significant(statistics.median(one.client_share for one in ours[clients])),
        }
    return Result(
        name="posting_http",
        ours=details[f"clients_{most}"]["ours_per_second"],
        limit=details[f"clients_{most}"]["limit_per_second"],
        unit="1/s",
        runs=RUNS,
        what=f"单笔下达：{most} 个客户端经网关，一个县 (hand-downs through the gateway, {most} clients, one county)",
        beside=f"pgbench 以同样的语句、{most} 个连接 (pgbench, the same statements, {most} connections)",
        details=details,
    )
