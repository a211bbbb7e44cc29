"""The session that reads the register beside a roster's writing: as long as it is needed, and no longer."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Database, Limits
from services.funds_api import separated
from services.funds_api.payments import foreseen, store
from tests.funds_api.people import Township, id_number, roster_csv


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county).open()


async def test_it_ends_with_the_last_row(
    township: Township, admin: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND usename = 'funds_app' AND xact_start IS NOT NULL"
    )
    seen: dict[str, int] = {}
    hear, copy = foreseen.hear, store.copy_payments

    async def writes(tx: AsyncSession, rows: bytes) -> None:
        seen["writing"] = await admin.fetchval(asked)
        await copy(tx, rows)

    async def hears(*asking: Any) -> Any:
        seen["afterwards"] = await admin.fetchval(asked)
        return await hear(*asking)

    batch = await township.batch()
    monkeypatch.setattr(store, "copy_payments", writes)
    monkeypatch.setattr(foreseen, "hear", hears)
    answer = await township.put(batch, roster_csv([(id_number(p), "1") for p in range(20)]))
    assert (answer.status_code, answer.json()["rows_good"]) == (200, 20), answer.text
    assert seen == {"writing": 2, "afterwards": 1}


async def test_it_waits_for_a_piece_that_is_written_slowly(
    township: Township, urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement of a roster may take twice as long as a transaction of the service may rest."""
    monkeypatch.setattr(separated, "PIECE_ROWS", 8)
    monkeypatch.setattr(separated, "PIECE_BYTES", 400)
    copy = store.copy_payments

    async def slowly(tx: AsyncSession, rows: bytes) -> None:
        await tx.execute(text("SELECT pg_sleep(0.7)"))
        await copy(tx, rows)

    monkeypatch.setattr(store, "copy_payments", slowly)
    batch = await township.batch()
    state: Any = township.http.app.state  # type: ignore[attr-defined]
    usual, state.database = state.database, Database(urls["funds"], Limits(pool=4, idle=0.3))
    try:
        answer = await township.put(batch, roster_csv([(id_number(p), "1") for p in range(30)]))
    finally:
        await state.database.close()
        state.database = usual
    assert (answer.status_code, answer.json()["rows_good"]) == (200, 30), answer.text
