"""Followers and people take the same locks in the same order: none waits for a row while it holds the head."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import asyncpg

from tests.contract.decided import Both
from tests.contract.test_quarantined_findings import Closing
from tests.funds_api.desk import Desk


async def waiting(admin: asyncpg.Pool, act: Awaitable[Any], application: str) -> asyncio.Task[Any]:
    """The act, begun and waiting for a lock that somebody holds."""
    task = asyncio.ensure_future(act)
    while not await admin.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        " AND usename = $1",
        application,
    ):
        assert not task.done(), task
        await asyncio.wait([task], timeout=0.01)
    return task


async def head_is_free(connection: asyncpg.Connection, schema: str, county: str) -> None:
    await connection.execute(f"SELECT FROM {schema}.stream_head WHERE stream = $1 FOR UPDATE NOWAIT", county)


async def test_a_told_finding_waits_for_its_flags_before_it_takes_the_head(
    both: Both, desk: Desk, admin: asyncpg.Pool
) -> None:
    [alert] = [one for one in await both.alerts() if one["amount_fen"] == 300_000]
    await both.finding([alert["id"]])
    async with admin.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        key = f"flag_outcome|{desk.county}|{alert['id']}"
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key)
        told = await waiting(admin, both.follower.round(), "funds_app")
        await head_is_free(connection, "funds", desk.county)
        await transaction.rollback()
    await told
    assert [one["outcome"] for one in await both.outcomes(alert["id"])] == ["confirmed"]


async def test_a_closing_finding_waits_for_its_lots_before_it_takes_the_head(
    both: Both, desk: Desk, admin: asyncpg.Pool
) -> None:
    two = Closing(both, desk)
    await two.open()
    asked = await two.asked()
    async with admin.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT FROM audit.finding_lot WHERE county_code = $1 FOR NO KEY UPDATE", desk.county)
        closing = await waiting(admin, two.close(asked), "audit_app")
        await head_is_free(connection, "audit", desk.county)
        await transaction.rollback()
    assert (await closing).json()["status"] == "closed"
