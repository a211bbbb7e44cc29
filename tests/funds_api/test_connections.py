"""The pool under the service: what a request costs in round trips, whose rows it sees, and connections that die."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import connections
from chassis.connections import Connection, OutcomeUnknown, lost
from chassis.database import Database, Limits, driver

REGION = "SELECT current_setting('app.region', true)"


@pytest.fixture
async def database(urls: dict[str, str]) -> AsyncIterator[Database]:
    """A pool of one connection, so that each use meets what the last one left."""
    made = Database(urls["funds"], Limits(pool=1, pool_wait=0.2))
    yield made
    await made.close()


class Heard:
    """Every statement that goes out on the pool's only connection; the driver tells it on the loop's next turn."""

    def __init__(self) -> None:
        self._queries: list[str] = []

    async def queries(self) -> list[str]:
        await asyncio.sleep(0.01)
        return self._queries

    def __call__(self, record: Any) -> None:
        self._queries.append(" ".join(record.query.split()))


async def listen(database: Database) -> Heard:
    heard = Heard()
    pooled = await database.engine.raw_connection()
    connection: Any = pooled.driver_connection
    connection.add_query_logger(heard)
    pooled.close()
    return heard


async def region_of(session: AsyncSession) -> str | None:
    seen: str | None = await session.scalar(text(REGION))
    return seen


async def test_a_transaction_begins_with_its_region_in_one_round_trip(database: Database) -> None:
    heard = await listen(database)
    for _ in range(2):
        async with database.writing("420322") as session:
            assert await region_of(session) == "420322"
    once = ["BEGIN; SELECT set_config('app.region', '420322', true)", "COMMIT;"]  # prepared statements are not told
    assert await heard.queries() == [*once, *once]
    async with database.reading("4203") as session:
        assert await region_of(session) == "4203"
        assert await session.scalar(text("SHOW transaction_isolation")) == "repeatable read"
        assert await session.scalar(text("SHOW transaction_read_only")) == "on"


async def test_a_second_session_is_given_while_half_of_the_pool_is_free(urls: dict[str, str]) -> None:
    made = Database(urls["funds"], Limits(pool=3, pool_wait=0.2))
    try:
        async with made.writing("420322") as tx:
            await tx.execute(text("CREATE TEMPORARY TABLE mine ()"))
            async with made.beside("4203") as reads:
                assert reads is not None
                assert await region_of(reads) == "4203"
                assert await reads.scalar(text("SELECT to_regclass('mine')")) is None
                assert await reads.scalar(text("SHOW transaction_read_only")) == "on"
                async with made.beside("4203") as third:
                    assert third is None
            async with made.beside("4203") as again:
                assert again is not None
    finally:
        await made.close()


async def test_nobody_with_the_last_connection_waits_for_a_second(database: Database) -> None:
    async with database.writing("420322"), database.beside("420322") as reads:
        assert reads is None


async def test_the_region_ends_with_its_transaction(database: Database) -> None:
    async with database.writing("420322") as session:
        await region_of(session)
    async with database.engine.begin() as connection:
        assert await connection.scalar(text(REGION)) in (None, "")
    async with database.writing("420322; DROP") as session:
        assert await region_of(session) == ""


async def test_the_driver_is_inside_the_transaction_from_its_first_use(database: Database) -> None:
    async with database.writing("420322") as session:
        connection = await driver(session)
        assert connection.is_in_transaction()
        assert await connection.fetchval(REGION) == "420322"


async def test_a_statement_alone_is_one_round_trip_and_a_transaction_of_its_own(database: Database) -> None:
    heard = await listen(database)
    alone = database.alone("420322")
    for _ in range(2):
        row = await alone.fetchrow("SELECT $1::text AS region, $2::int AS n, current_setting('app.region', true)", 7)
        assert row is not None
        assert (row["region"], row["n"]) == ("420322", 7)
        assert row["current_setting"] in (None, "")
    assert len(await heard.queries()) == 2


async def test_a_statement_alone_that_fails_leaves_nothing_and_frees_its_connection(database: Database) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await database.alone("42").fetchrow("SELECT 1 / (length($1) - 2)")
    row = await database.alone("42").fetchrow("SELECT txid_current_if_assigned() AS open, $1::text")
    assert row is not None
    assert row["open"] is None


async def test_a_caller_that_leaves_frees_its_connection_and_its_answer_reaches_nobody_else(database: Database) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await database.alone("42").fetchrow("SELECT 'late', pg_sleep(1), $1::text")
    row = await database.alone("42").fetchrow("SELECT 'mine' AS said, $1::text")
    assert row is not None
    assert row["said"] == "mine"


async def _backend(database: Database) -> int:
    row = await database.alone("42").fetchrow("SELECT pg_backend_pid() AS pid, $1::text")
    assert row is not None
    pid: int = row["pid"]
    return pid


async def test_a_connection_the_server_ended_is_replaced_unseen(database: Database, admin: asyncpg.Pool) -> None:
    before = await _backend(database)
    await admin.execute("SELECT pg_terminate_backend($1)", before)
    await asyncio.sleep(0.2)
    assert await _backend(database) != before
    async with database.writing("42") as session:
        await region_of(session)
        killed = await session.scalar(text("SELECT pg_backend_pid()"))
    await admin.execute("SELECT pg_terminate_backend($1)", killed)
    await asyncio.sleep(0.2)
    async with database.reading("42") as session:
        assert await region_of(session) == "42"


async def test_a_connection_lost_in_use_is_an_error_that_can_be_retried(
    database: Database, admin: asyncpg.Pool
) -> None:
    pid = await _backend(database)
    hanging = asyncio.create_task(database.alone("42").fetchrow("SELECT pg_sleep(5), $1::text"))
    await asyncio.sleep(0.2)
    await admin.execute("SELECT pg_terminate_backend($1)", pid)
    with pytest.raises(OutcomeUnknown):
        await hanging
    assert await _backend(database) != pid


async def test_a_look_that_lost_its_connection_leaves_no_doubt_what_was_done(
    database: Database, admin: asyncpg.Pool
) -> None:
    pid = await _backend(database)
    hanging = asyncio.create_task(database.alone("42").look("SELECT pg_sleep(5), $1::text"))
    await asyncio.sleep(0.2)
    await admin.execute("SELECT pg_terminate_backend($1)", pid)
    with pytest.raises(asyncpg.PostgresError) as failed:
        await hanging
    assert lost(failed.value)
    row = await database.alone("42").look("SELECT $1::text AS region")
    assert row is not None
    assert row["region"] == "42"


async def test_only_a_connection_that_lay_idle_is_asked_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = await listen(database)
    await _backend(database)
    assert len(await heard.queries()) == 1
    monkeypatch.setattr(connections, "IDLE_SECONDS", -1.0)
    before = await _backend(database)
    assert ";" in await heard.queries()
    pooled = await database.engine.raw_connection()
    connection: Any = pooled.driver_connection
    pooled.close()

    async def silent(*_: Any, **__: Any) -> None:
        msg = "connection is closed"
        raise asyncpg.InterfaceError(msg)

    monkeypatch.setattr(Connection, "fetchrow", silent)
    pooled = await database.engine.raw_connection()
    assert pooled.driver_connection is not connection
    pooled.close()
    monkeypatch.undo()
    assert await _backend(database) != before


async def test_nobody_waits_for_a_connection_longer_than_the_limit(database: Database) -> None:
    async with database.writing("42") as session:
        await region_of(session)
        with pytest.raises(PoolTimeout):
            await _backend(database)
    assert await _backend(database) > 0
