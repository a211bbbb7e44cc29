"""Clients that post over HTTP: one asyncio process over `wire.Line`, which costs little of the processors it shares.

Each posting carries a document and a key of its own. What the services took of the processors is read from the
kernel's own account, since on two cores rates say little and processor time much.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from benchmarks.county import FUND, HANDED_DOWN_ON
from benchmarks.offices import PER_COUNTY, Offices
from benchmarks.result import significant, spread
from benchmarks.server import Stand
from benchmarks.wire import Line

SECONDS: Final = 4.0
WARM_UP_SECONDS: Final = 0.7
CREATED: Final = 201
_DOCUMENT: Final = "DOCUMENT"


@dataclass
class Round:
    """What one round showed. `processor_ms`: processor time per posting, by process; `client` is this one."""

    per_second: float = 0.0
    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    processor_ms: dict[str, float] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        return {
            "per_second": significant(self.per_second),
            **spread(self.seconds),
            "processor_ms": {name: significant(spent) for name, spent in self.processor_ms.items()},
            "statuses": dict(self.statuses),
        }


@dataclass(frozen=True)
class Order:
    """A hand-down of some fen, ready to be sent under any document."""

    path: str
    before: bytes
    after: bytes

    def under(self, document: str) -> bytes:
        return self.before + document.encode() + self.after


def orders(offices: Offices) -> list[Order]:
    """One order per office, county by county in turn."""
    found = []
    for at in range(PER_COUNTY):
        for county, code in enumerate(offices.counties):
            n = county * PER_COUNTY + at
            body = {
                "kind": "hand_down",
                "from_account_id": offices.sources[n],
                "fund_code": FUND,
                "document": _DOCUMENT,
                "effective_on": HANDED_DOWN_ON,
                "lines": [{"to_account_id": offices.targets[n], "amount_fen": 7 + at}],
            }
            before, _, after = json.dumps(body).partition(_DOCUMENT)
            found.append(Order(f"/funds/v1/movements?county={code}", before.encode(), after.encode()))
    return found


def measured(stand: Stand, token: str, given: list[Order], clients: int) -> Round:
    """One round after a short one to warm up; anything but 201 in it is an error."""
    asyncio.run(_drive(stand, token, given, clients, WARM_UP_SECONDS))
    seen = asyncio.run(_drive(stand, token, given, clients, SECONDS))
    if set(seen.statuses) != {CREATED}:
        msg = f"not every posting was made: {dict(seen.statuses)}"
        raise AssertionError(msg)
    return seen


async def _drive(stand: Stand, token: str, given: list[Order], clients: int, seconds: float) -> Round:
    seen = Round()
    before, worked = stand.processor_seconds(), time.process_time()
    began = time.perf_counter()
    turns = itertools.cycle(given)
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(_client(stand.port("gateway"), token, turns, began + seconds, seen))
    took = time.perf_counter() - began
    posted = seen.statuses[CREATED]
    seen.per_second = posted / took
    spent = {name: after - before[name] for name, after in stand.processor_seconds().items()}
    spent["client"] = time.process_time() - worked
    seen.processor_ms = {name: 1000 * one / max(posted, 1) for name, one in spent.items()}
    return seen


async def _client(port: int, token: str, turns: itertools.cycle[Order], until: float, seen: Round) -> None:
    async with Line(port, token) as line:
        while time.perf_counter() < until:
            order, key = next(turns), uuid4().hex
            answer = await line.ask("POST", order.path, order.under(key), key)
            seen.seconds.append(answer.seconds)
            seen.statuses[answer.status] += 1
