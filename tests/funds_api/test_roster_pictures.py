"""What a roster is judged by is one picture of the register, read beside the writing or between, and says the same."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Database
from services.funds_api import separated
from services.funds_api.payments import sealing, store
from tests.funds_api.people import Township, id_number, roster_csv

PEOPLE = range(1, 21)


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county, households=PEOPLE).open()


@pytest.fixture(params=["beside", "between"])
def connections(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Rosters are read three or four lines at a time; how many connections their check takes."""
    monkeypatch.setattr(separated, "PIECE_BYTES", 180)
    if request.param == "beside":
        return 2

    @asynccontextmanager
    async def pressed(_: Database, __: str) -> AsyncIterator[None]:
        yield

    monkeypatch.setattr(Database, "beside", pressed)
    return 1


async def test_a_register_that_changes_between_two_pieces_is_judged_as_the_first_knew_it(
    township: Township, admin: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, connections: int
) -> None:
    batch, text = await township.batch(), roster_csv([(id_number(p), "1") for p in [*PEOPLE, 5, 99]])
    pool = township.http.app.state.database.engine.pool  # type: ignore[attr-defined]
    copy, taken = store.copy_payments, []

    async def beside_a_removal(tx: AsyncSession, rows: bytes) -> None:
        taken.append(pool.checkedout())
        if len(taken) == 1:
            await township.remove(await township.household(admin, 18), "2017-04-01")
        await copy(tx, rows)

    with monkeypatch.context() as patched:
        patched.setattr(store, "copy_payments", beside_a_removal)
        told = (await township.put(batch, text)).json()
    assert set(taken) == {connections}
    assert len(taken) > 3
    assert (told["rows_good"], told["by_reason"]) == (20, {"duplicate_in_file": 1, "unknown_household": 1})
    listed = (await township.clerk.get(f"/funds/v1/payment-batches/{batch}/list")).json()
    assert (listed["sha256"], listed["again_n"]) == (listed["again_sha256"], 20)
    assert (listed["stopped_n"], listed["stopped_first_line"]) == (1, 19)
    assert (await township.approve(batch)).json()["type"] == "/problems/payments-stopped"


async def test_what_others_claim_is_asked_of_every_piece(township: Township, connections: int) -> None:
    assert connections
    first = await township.batch("补贴乙")
    await township.checked([(id_number(p), "1") for p in (2, 9, 20)], first)
    told = await township.checked([(id_number(p), "1") for p in PEOPLE], entitlement="补贴乙")
    assert (told["rows_good"], told["by_reason"]) == (17, {"already_paid": 3})
    found = await township.rejected(told["batch"]["id"])
    assert found == {3: ["already_paid"], 10: ["already_paid"], 21: ["already_paid"]}


async def test_a_slow_write_holds_up_two_pieces_of_judging_and_no_more(
    township: Township, monkeypatch: pytest.MonkeyPatch, connections: int
) -> None:
    """One judged piece may wait and the next be judged; without an end to it, a file of millions would be in memory."""
    assert connections
    batch, text = await township.batch(), roster_csv([(id_number(p), "1") for p in PEOPLE])
    copy, seal, sealed, ahead = store.copy_payments, sealing.payments, list[int](), list[int]()
    third = threading.Event()

    def counted(*asked: Any) -> bytes:
        sealed.append(1)
        if len(sealed) == 3:
            third.set()
        return seal(*asked)

    async def slow(tx: AsyncSession, rows: bytes) -> None:
        if not ahead:  # on one connection the third piece cannot even be asked about
            await asyncio.to_thread(third.wait, 10 if connections == 2 else 0.5)
            await asyncio.sleep(0.1)
        ahead.append(len(sealed))
        await copy(tx, rows)

    with monkeypatch.context() as patched:
        patched.setattr(sealing, "payments", counted)
        patched.setattr(store, "copy_payments", slow)
        assert (await township.put(batch, text)).json()["rows_good"] == len(PEOPLE)
    assert ahead[0] == (3 if connections == 2 else 2)
    assert len(ahead) > 4


@pytest.mark.parametrize("connections", ["beside"], indirect=True)
async def test_a_second_connection_that_dies_undoes_the_roster_and_a_retry_keeps_it(
    township: Township, admin: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, connections: int
) -> None:
    assert connections == 2
    batch, text = await township.batch(), roster_csv([(id_number(p), "1") for p in PEOPLE])
    copy, killed = store.copy_payments, []

    async def beside_a_kill(tx: AsyncSession, rows: bytes) -> None:
        await copy(tx, rows)
        if not killed:  # the one that has read and written nothing
            killed.append(await admin.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
                " AND usename <> current_user AND state <> 'idle' AND backend_xid IS NULL"
            ))  # fmt: skip

    with monkeypatch.context() as patched:
        patched.setattr(store, "copy_payments", beside_a_kill)
        answer = await township.put(batch, text, key="second-dies-1")
    assert killed == [1]
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/try-again")
    assert await admin.fetchval("SELECT count(*) FROM funds.payment WHERE batch_id = $1", batch) == 0
    assert (await township.put(batch, text, key="second-dies-1")).json()["rows_good"] == 20


async def test_what_was_copied_is_kept_by_nobody(
    township: Township, monkeypatch: pytest.MonkeyPatch, admin: asyncpg.Pool
) -> None:
    """A service that checks rosters all day held the bytes of each until a full collection, which hardly ever came."""
    copy, held = store.copy_payments, []

    async def counted(tx: AsyncSession, rows: bytes) -> None:
        before = sys.getrefcount(rows)
        await copy(tx, rows)
        held.append(sys.getrefcount(rows) - before)

    batch = await township.batch()
    gc.disable()
    try:
        with monkeypatch.context() as patched:
            patched.setattr(store, "copy_payments", counted)
            await township.put(batch, roster_csv([(id_number(p), "1") for p in PEOPLE]))
    finally:
        gc.enable()
    assert held == [0]
    assert await admin.fetchval("SELECT count(*) FROM funds.payment WHERE batch_id = $1", batch) == len(PEOPLE)
