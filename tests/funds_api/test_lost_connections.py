"""A connection that is lost: before the commit nothing was written and the answer says so; during it nobody knows."""

from __future__ import annotations

import asyncio

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import InternalError

from chassis.connections import OutcomeUnknown, lost
from chassis.database import Database
from chassis.problems import install
from chassis.service import EVERYWHERE

END = text("SELECT pg_terminate_backend(pg_backend_pid())")


async def _ended(admin: asyncpg.Pool, pid: int) -> None:
    await admin.execute("SELECT pg_terminate_backend($1)", pid)
    while await admin.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid):  # noqa: ASYNC110 - a server
        await asyncio.sleep(0.01)


async def test_a_connection_lost_at_the_commit_leaves_the_outcome_unknown(
    urls: dict[str, str], admin: asyncpg.Pool
) -> None:
    database = Database(urls["funds"])
    with pytest.raises(OutcomeUnknown):  # noqa: PT012 - it is the end of the block that raises
        async with database.writing("99") as tx:
            pid = await tx.scalar(text("SELECT pg_backend_pid()"))
            await _ended(admin, int(pid or 0))
    async with database.writing("99") as tx:  # the pool has no dead connection to hand out
        assert await tx.scalar(text("SELECT 1")) == 1
    await database.close()


async def test_a_connection_lost_before_the_commit_is_told_as_such(urls: dict[str, str]) -> None:
    database = Database(urls["funds"])
    with pytest.raises(Exception) as met:  # noqa: PT011 - which class it is depends on the driver
        async with database.writing("99") as tx:
            await tx.execute(END)
    assert not isinstance(met.value, OutcomeUnknown)
    assert lost(met.value)
    await database.close()


@pytest.mark.parametrize(
    ("error", "slug"),
    [
        (asyncpg.DiskFullError("could not extend file"), "try-again"),
        (asyncpg.OutOfMemoryError("out of memory"), "try-again"),
        (asyncpg.TooManyConnectionsError("sorry, too many clients already"), "try-again"),
        (asyncpg.CannotConnectNowError("the database system is in recovery mode"), "try-again"),
        (asyncpg.CrashShutdownError("terminating connection because of crash"), "try-again"),
        (asyncpg.InternalClientError("cannot switch to state 12"), "try-again"),
        (InternalError("SELECT 1", {}, asyncpg.InternalClientError("cannot switch to state 12")), "try-again"),
        (asyncpg.InterfaceError("connection is closed"), "try-again"),
        (ConnectionResetError("reset by peer"), "try-again"),
        (OutcomeUnknown(), "outcome-unknown"),
    ],
    ids=lambda one: one if isinstance(one, str) else type(one).__name__,
)
async def test_what_the_server_cannot_do_now_can_be_tried_again(error: Exception, slug: str) -> None:
    app = FastAPI()
    install(app, EVERYWHERE)

    @app.get("/")
    async def fail() -> None:
        raise error

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        answer = await http.get("/")
    assert (answer.status_code, answer.json()["type"]) == (503, f"/problems/{slug}")
    assert int(answer.headers["Retry-After"]) >= 1


def test_an_argument_of_the_wrong_type_is_our_own_mistake() -> None:
    assert not lost(asyncpg.DataError("invalid input for query argument $1"))
    assert not lost(asyncpg.UniqueViolationError("duplicate key"))


async def test_a_single_statement_without_a_connection_is_told_in_the_drivers_words(urls: dict[str, str]) -> None:
    """Pooled connections of this path come without SQLAlchemy's wrapping; the handlers know the driver's errors."""
    nowhere = Database(urls["funds"].rpartition("/")[0] + "/no_such_database")
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await nowhere.alone("99").fetchrow("SELECT $1::text")
    await nowhere.close()
