"""A database that has no time: no connection is free, a row is held. The answer is 503, and a retry acts once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from chassis.database import Database, Limits
from tests.funds_api.desk import Desk, conserved

Post = Callable[[str], Awaitable[httpx.Response]]


@asynccontextmanager
async def on(desk: Desk, urls: dict[str, str], limits: Limits) -> AsyncIterator[Database]:
    """The service on a pool with these limits, until the end of the block."""
    state: Any = desk.http.app.state  # type: ignore[attr-defined]
    usual, state.database = state.database, Database(urls["funds"], limits)
    try:
        yield state.database
    finally:
        await state.database.close()
        state.database = usual


def posts(desk: Desk) -> dict[str, Post]:
    """The two ways to write: an act that is one statement, and an act that is a transaction of several."""
    order = {
        "kind": "hand_down",
        "document": f"文{uuid4().hex[:6]}",
        "effective_on": "2017-05-01",
        "fund_code": "TEST-FUND",
        "from_account_id": desk.treasury,
        "lines": [{"to_account_id": desk.first, "amount_fen": 100}],
    }
    named = {**order, "document": f"文{uuid4().hex[:6]}", "drawn": "proportional"}
    return {
        "one statement": lambda key: desk.clerk.post("/funds/v1/movements", order, key=key),
        "a transaction": lambda key: desk.clerk.post("/funds/v1/movements", named, key=key),
    }


def must_be_retryable(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/try-again"), answer.text
    assert answer.headers["retry-after"]
    assert answer.headers["content-type"] == "application/problem+json"


async def acts_once(desk: Desk, post: Post, key: str, admin: asyncpg.Pool) -> None:
    """The retry is the act, and the next one its replay."""
    assert await desk.balance(desk.first) == 0
    done, again = await post(key), await post(key)
    assert (done.status_code, again.status_code) == (201, 201), (done.text, again.text)
    assert again.json() == done.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in done.headers
    assert await desk.balance(desk.first) == 100
    await conserved(admin, desk.county)


@pytest.mark.parametrize("way", ["one statement", "a transaction"])
async def test_no_connection_is_free(desk: Desk, urls: dict[str, str], admin: asyncpg.Pool, way: str) -> None:
    post, key = posts(desk)[way], uuid4().hex
    async with on(desk, urls, Limits(pool=1, pool_wait=0.2)) as database:
        async with database.writing(desk.county) as held:
            await held.execute(text("SELECT 1"))
            must_be_retryable(await post(key))
        await acts_once(desk, post, key, admin)


@pytest.mark.parametrize("way", ["one statement", "a transaction"])
@pytest.mark.parametrize("limits", [Limits(statement=0.05), Limits(lock=0.05)], ids=["statement", "lock"])
async def test_a_statement_waits_too_long_for_a_row(
    desk: Desk, urls: dict[str, str], admin: asyncpg.Pool, way: str, limits: Limits
) -> None:
    post, key = posts(desk)[way], uuid4().hex
    async with on(desk, urls, limits), admin.acquire() as other, other.transaction():
        await other.execute("SELECT FROM funds.account WHERE id = $1::uuid FOR UPDATE", desk.treasury)
        must_be_retryable(await post(key))
    await acts_once(desk, post, key, admin)
