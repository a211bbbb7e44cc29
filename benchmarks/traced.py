"""A county with a million household payments, and both traces measured on it once, for the two benchmarks that tell.

One tranche comes down through the bureau and a township office, in ten lots, to 10,000 generated households by a real
roster: these payments are traced, and their cells open. A hundred more batches are filler, written as sets and paid by
the ledger's own function; nobody opens their cells.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg

from benchmarks.county import FUND, PAID_ON, Place, open_place
from benchmarks.rosters import registered, upload
from benchmarks.server import COUNTY, Stand
from benchmarks.wire import Line

HOUSEHOLDS: Final = 10_000
LOTS: Final = 10
FILLER_BATCHES: Final = 100
FILLER_ROWS: Final = 10_000
FILLER_LOTS: Final = 5
FILLER_FEN: Final = 10_000
RUNS: Final = 300
PAGES: Final = 60
WARM_UP: Final = 20
SEED: Final = 20170602
OK: Final = 200

_BATCH: Final = """
INSERT INTO funds.payment_batch (county_code, id, region_code, account_id, fund_code, entitlement, document,
                                 effective_on, status, rows_good, total_fen, uploaded_by, approved_by, created_by)
SELECT $1, b.id, $1, $2, $3, 'filler ' || n, '发放', $4, 'posted', $5::int, $5::int * $6::bigint, 'a', 'b', 'a'
  FROM unnest($7::uuid[]) WITH ORDINALITY AS b(id, n)"""
_ROWS: Final = """
INSERT INTO funds.payment_rows (county_code, batch_id, line, region_code, household_id, payee_token, payee_cell,
                                amount_fen, cum_fen)
SELECT $1, b.id, at, $1, gen_random_uuid(), substr(sha256(convert_to(b.id::text || at, 'UTF8')), 1, 16),
       decode(repeat(md5(at::text), 7), 'hex'), $3, at * $3::bigint
  FROM unnest($4::uuid[]) AS b(id) CROSS JOIN generate_series(1, $2::int) AS at"""
_READ: Final = "SELECT * FROM funds.payment WHERE county_code = $1 AND batch_id = $2 AND line = $3"


@dataclass(frozen=True)
class Measured:
    """Seconds per trace of a payment, per first page of a tranche's trace, and per bare read of one payment row."""

    payment: list[float]
    tranche: list[float]
    read: list[float]
    hops: int
    payments: int
    seeded_seconds: float
    postgres: str


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


async def _filler(owner: asyncpg.Connection, place: Place) -> list[UUID]:
    """A hundred posted batches, each paid from five lots."""
    batches = [uuid4() for _ in range(FILLER_BATCHES)]
    source, cards = place.accounts["扶贫办"], place.accounts["农户"]
    on = date.fromisoformat(PAID_ON)
    lots = await owner.fetch(
        "SELECT id, remaining_fen FROM funds.lot WHERE county_code = $1 AND account_id = $2 AND is_open ORDER BY id",
        COUNTY,
        source,
    )
    await owner.execute(_BATCH, COUNTY, source, FUND, on, FILLER_ROWS, FILLER_FEN, batches)
    await owner.execute(_ROWS, COUNTY, FILLER_ROWS, FILLER_FEN, batches)
    async with owner.transaction():
        await owner.execute("SELECT set_config('app.region', $1, true)", COUNTY)
        for at, batch in enumerate(batches):
            move, parts = _posting(batch, source, cards, lots[at * FILLER_LOTS : (at + 1) * FILLER_LOTS])
            await owner.execute(
                "SELECT funds.post_movements($1, $2::jsonb, $3::jsonb, current_date)", COUNTY, move, parts
            )
    await owner.execute("VACUUM (ANALYZE) funds.payment, funds.lot, funds.draw, funds.movement")
    return batches


def _posting(batch: UUID, source: UUID, cards: UUID, lots: list[asyncpg.Record]) -> tuple[str, str]:
    """A disbursement of one batch as `post_movements` takes it, one span per lot."""
    move = {
        "id": str(uuid4()),
        "kind": "disburse",
        "document": "发放",
        "from": str(source),
        "to": str(cards),
        "effective_on": PAID_ON,
        "amount_fen": FILLER_ROWS * FILLER_FEN,
        "drawn": "oldest",
        "batch": str(batch),
        "actor": "filler",
    }
    share = FILLER_ROWS // len(lots)
    parts = [
        {
            "move": move["id"],
            "from_lot": str(lot["id"]),
            "to_lot": str(uuid4()),
            "amount_fen": share * FILLER_FEN,
            "lo": at * share * FILLER_FEN,
            "hi": (at + 1) * share * FILLER_FEN,
            "first_line": at * share + 1,
            "last_line": (at + 1) * share,
        }
        for at, lot in enumerate(lots)
    ]
    return json.dumps([move]), json.dumps(parts)


async def _ask(line: Line, path: str) -> tuple[float, Any]:
    answer = await line.ask("GET", path)
    found = json.loads(answer.body)
    if answer.status != OK or found["unexplained_fen"] != 0 or not (found.get("ways") or found.get("items")):
        raise AssertionError(answer.body[:500])
    return answer.seconds, found


async def _traces(stand: Stand, token: str, tranche: str, batch: str) -> tuple[list[float], list[float], int]:
    dice = random.Random(SEED)  # noqa: S311 - the same lines every time
    payments, pages, hops = [], [], 0
    async with Line(stand.port("gateway"), token) as line:
        for _ in range(WARM_UP + RUNS):
            number = dice.randrange(2, HOUSEHOLDS + 2)
            seconds, found = await _ask(line, f"/funds/v1/payments/{batch}-{number}/trace?as_of=2017-12-31")
            payments.append(seconds)
            hops = max(hops, *(len(way["hops"]) for way in found["ways"]))
        for _ in range(WARM_UP + PAGES):
            seconds, _ = await _ask(line, f"/funds/v1/tranches/{tranche}/trace?as_of=2017-12-31")
            pages.append(seconds)
    return payments[WARM_UP:], pages[WARM_UP:], hops


async def _reads(stand: Stand, batches: list[UUID]) -> list[float]:
    """One payment row by its primary key, as the service reads: a transaction of its own, its role, its region."""
    dice = random.Random(SEED)  # noqa: S311 - the same lines every time
    service = await stand.as_service()
    found = []
    for _ in range(WARM_UP + RUNS):
        began = time.perf_counter()
        async with service.transaction(isolation="repeatable_read", readonly=True):
            await service.execute("SELECT set_config('app.region', $1, true)", COUNTY)
            row = await service.fetchrow(_READ, COUNTY, dice.choice(batches), dice.randrange(1, FILLER_ROWS + 1))
        found.append(time.perf_counter() - began)
        if row is None:
            msg = "a filler row is not there"
            raise AssertionError(msg)
    await service.close()
    return found[WARM_UP:]


async def _filled_and_counted(stand: Stand, place: Place) -> tuple[list[UUID], int]:
    owner = await stand.as_owner()
    try:
        return await _filler(owner, place), await owner.fetchval("SELECT count(*) FROM funds.payment")
    finally:
        await owner.close()


@cache
def measured() -> Measured:
    """Seed once and measure both traces; the second benchmark of one run gets the same figures."""
    with Stand() as stand:
        began = time.perf_counter()
        place = open_place(stand)
        tranche, batch = _paid_roster(place)
        each = FILLER_ROWS // FILLER_LOTS * FILLER_FEN
        place.receive(each * FILLER_LOTS * FILLER_BATCHES)
        place.hand_down("国库", "扶贫办", each, FILLER_LOTS * FILLER_BATCHES)
        batches, payments = asyncio.run(_filled_and_counted(stand, place))
        seeded = time.perf_counter() - began
        read = asyncio.run(_reads(stand, batches))
        traced, pages, hops = asyncio.run(_traces(stand, stand.access_token("jiwei"), tranche, batch))
        return Measured(traced, pages, read, hops, payments, seeded, stand.postgres_version())
