"""Two counties, of a million payments and of ten: traces and the tree measured at both, once for every benchmark that
tells of them.

One tranche comes down through the bureau and a township office, in ten lots, to 10,000 generated households by a real
roster: these payments are traced, and their cells open. The rest of the county is written as sets (`history_seed`).
QINGLIU_BENCH_PAYMENTS scales it down for a quick run; the results say how many payments there were. The samples are
taken when a checkpoint and autovacuum are done with what the seeding left, which is no part of an answer, and in turns:
one after the other, what the machine did meanwhile went into their ratio, and it came out between 0.9 and 1.7.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

import asyncpg

from benchmarks import history_seed
from benchmarks.county import Place, open_place
from benchmarks.result import significant
from benchmarks.rosters import registered, upload
from benchmarks.server import COUNTY, Stand
from benchmarks.wire import Line

PAYMENTS: Final = int(os.environ.get("QINGLIU_BENCH_PAYMENTS", "10000000"))
HOUSEHOLDS: Final = 10_000
LOTS: Final = 10
RUNS: Final = 300
PAGES: Final = 60
TREES: Final = 60
TURNS: Final = 6  # each takes its share of the runs, at the one county and then at the other
WARM_UP: Final = 20
TIMED: Final = ("payment", "tranche", "tree", "tree_of_year", "read", "months")
SPENT: Final = ("payment_cpu", "tree_cpu")
SEED: Final = 20170602
OK: Final = 200

RESTED_LOOKS: Final = 300
_CLEARING: Final = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"
_READ: Final = "SELECT * FROM funds.payment WHERE county_code = $1 AND batch_id = $2 AND line = $3"
_MONTHS: Final = (
    "SELECT flow, from_account_id, to_account_id, sum(amount_fen) FROM funds.flow_month WHERE county_code = $1"
    " GROUP BY 1, 2, 3"
)


@dataclass(frozen=True)
class Sample:
    """Seconds per answer with so many payments in the county, in the order of the turns.

    Through the gateway, and of bare reads as its role. The `…_cpu` say what an answer took of the processors, by
    process, which a busy machine changes less than the time.
    """

    payments: int
    lots: int
    batches: int
    flows: int
    payment: list[float]
    tranche: list[float]
    tree: list[float]
    tree_of_year: list[float]
    read: list[float]
    months: list[float]
    payment_cpu: dict[str, float]
    tree_cpu: dict[str, float]
    hops: int
    nodes: int


@dataclass(frozen=True)
class Measured:
    """The county with a tenth of the payments, and the one with all."""

    before: Sample
    after: Sample
    seeded_seconds: float
    postgres: str


@dataclass(frozen=True)
class _County:
    """A filled county: whom to ask as, and the tranche and the batch of its real roster."""

    stand: Stand
    owner: asyncpg.Connection
    token: str
    tranche: str
    batch: str


def _paid_roster(place: Place) -> tuple[str, str]:
    """The traced payments; returns their tranche and batch."""
    township = place.townships[0]
    roster = registered(place, HOUSEHOLDS, township)
    each = roster.total_fen // LOTS + 1
    [tranche] = place.receive(each * LOTS)
    place.hand_down("国库", "扶贫办", each * LOTS)
    place.hand_down("扶贫办", township, each, LOTS)
    batch = place.open_batch(township, "奖补")
    upload(place, batch, roster)
    place.reviewer.post(f"/funds/v1/payment-batches/{batch}/approval")
    return tranche, batch


async def _ask(line: Line, path: str) -> tuple[float, Any]:
    answer = await line.ask("GET", path)
    found = json.loads(answer.body)
    told = found.get("root", found)
    if answer.status != OK or told["unexplained_fen"] != 0:
        raise AssertionError(answer.body[:500])
    if not (found.get("ways") or found.get("items") or found.get("root")):
        raise AssertionError(answer.body[:500])
    return answer.seconds, found


async def _repeat(
    stand: Stand, times: int, ask: Callable[[], Awaitable[tuple[float, Any]]]
) -> tuple[list[float], Any, dict[str, float]]:
    """The seconds of `times` answers after a warm-up, the last answer, and what each took of the processors, in ms."""
    for _ in range(WARM_UP):
        found = await ask()
    before, seconds = stand.processor_seconds(), []
    for _ in range(times):
        found = await ask()
        seconds.append(found[0])
    after = stand.processor_seconds()
    spent = {f"{name}_ms": significant((after[name] - taken) / times * 1000) for name, taken in before.items()}
    return seconds, found[1], spent


def _moment(dice: random.Random) -> str:
    """Any day of the three years; every second one as it was known some weeks before or after it."""
    on = history_seed.FIRST + timedelta(days=dice.randrange(30, 1_100))
    if dice.random() < 1 / 2:
        return f"as_of={on}"
    known = min(on + timedelta(days=dice.randrange(-60, 120)), date(2020, 12, 1))
    return f"as_of={on}&known_at={known}T20:00:00Z"


async def _bare(stand: Stand, query: Callable[[asyncpg.Connection], Awaitable[Any]], times: int) -> list[float]:
    """A query as the service reads: a transaction of its own, its role, its region."""
    service = await stand.as_service()
    found = []
    for _ in range(WARM_UP + times):
        began = time.perf_counter()
        async with service.transaction(isolation="repeatable_read", readonly=True):
            await service.execute("SELECT set_config('app.region', $1, true)", COUNTY)
            rows = await query(service)
        found.append(time.perf_counter() - began)
        if not rows:
            msg = "a seeded row is not there"
            raise AssertionError(msg)
    await service.close()
    return found[WARM_UP:]


async def _sample(county: _County, turn: int) -> Sample:
    stand, owner, batch = county.stand, county.owner, county.batch
    dice = random.Random(SEED + turn)  # noqa: S311 - the same lines every time
    of = f"/funds/v1/tranches/{county.tranche}/trace?as_of=2017-12-31"
    async with Line(stand.port("gateway"), county.token) as line:
        payment, traced, payment_cpu = await _repeat(
            stand,
            RUNS // TURNS,
            lambda: _ask(
                line, f"/funds/v1/payments/{batch}-{dice.randrange(2, HOUSEHOLDS + 2)}/trace?as_of=2017-12-31"
            ),
        )
        pages, _, _ = await _repeat(stand, PAGES // TURNS, lambda: _ask(line, of))
        tree, shown, tree_cpu = await _repeat(
            stand, TREES // TURNS, lambda: _ask(line, f"/funds/v1/tree?{_moment(dice)}")
        )
        of_year, _, _ = await _repeat(
            stand,
            TREES // TURNS,
            lambda: _ask(line, f"/funds/v1/tree?{_moment(dice)}&year={dice.choice(history_seed.YEARS)}"),
        )
    batches = [
        row[0] for row in await owner.fetch("SELECT id FROM funds.payment_batch WHERE entitlement LIKE 'filler%'")
    ]
    payments, lots, filled, flows = [
        await owner.fetchval(f"SELECT count(*) FROM funds.{table}")
        for table in ("payment", "lot", "payment_batch", "flow_month")
    ]
    read = await _bare(
        stand,
        lambda one: one.fetch(_READ, COUNTY, dice.choice(batches), dice.randrange(1, history_seed.ROWS + 1)),
        RUNS // TURNS,
    )
    return Sample(
        payments=payments,
        lots=lots,
        batches=filled,
        flows=flows,
        payment=payment,
        tranche=pages,
        tree=tree,
        tree_of_year=of_year,
        read=read,
        months=await _bare(stand, lambda one: one.fetch(_MONTHS, COUNTY), TREES // TURNS),
        payment_cpu=payment_cpu,
        tree_cpu=tree_cpu,
        hops=max(len(way["hops"]) for way in traced["ways"]),
        nodes=_nodes(shown["root"]),
    )


async def _rested(owner: asyncpg.Connection) -> None:
    """What seeding left behind is written down, before either sample: it is no part of an answer."""
    await owner.execute("CHECKPOINT")
    for _ in range(RESTED_LOOKS):
        if not await owner.fetchval(_CLEARING):
            break
        await asyncio.sleep(0.2)


def _nodes(node: dict[str, Any]) -> int:
    return 1 + sum(_nodes(one) for one in node["children"])


def _joined(turns: Sequence[Sample]) -> Sample:
    """One sample of all turns: every answer of theirs, and the mean of what one took of the processors."""

    def every(name: str) -> list[float]:
        return [seconds for turn in turns for seconds in getattr(turn, name)]

    def mean(name: str) -> dict[str, float]:
        spent: list[dict[str, float]] = [getattr(turn, name) for turn in turns]
        return {process: significant(statistics.mean(one[process] for one in spent)) for process in spent[0]}

    joined: dict[str, Any] = {name: every(name) for name in TIMED} | {name: mean(name) for name in SPENT}
    return replace(turns[-1], **joined)


async def _filled(stand: Stand, place: Place, traced: tuple[str, str], batches: int) -> _County:
    owner = await asyncpg.connect(stand.urls["admin"])
    await history_seed.begin(owner, place)
    await history_seed.grow(owner, place, 1, batches)
    await _rested(owner)
    return _County(stand, owner, stand.access_token("jiwei"), *traced)


async def _both(stands: Sequence[tuple[Stand, Place, tuple[str, str]]]) -> tuple[Sample, Sample, float]:
    began, batches = time.perf_counter(), max(10, PAYMENTS // history_seed.ROWS)
    small, large = [await _filled(*stand, of) for stand, of in zip(stands, (batches // 10, batches), strict=True)]
    seeded = time.perf_counter() - began
    turns = [(await _sample(small, turn), await _sample(large, turn)) for turn in range(TURNS)]
    for county in (small, large):
        await county.owner.close()
    return _joined([one for one, _ in turns]), _joined([one for _, one in turns]), seeded


@cache
def measured() -> Measured:
    """Seed once and measure everything; the other benchmarks of one run get the same figures."""
    with Stand() as small, Stand() as large:
        places = [(stand, open_place(stand)) for stand in (small, large)]
        stands = [(stand, place, _paid_roster(place)) for stand, place in places]
        before, after, seeded = asyncio.run(_both(stands))
        return Measured(before, after, seeded, large.postgres_version())
