"""Undoing what gave households of several entitlements their money: all are held at once, in one order."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import httpx

from chassis.database import Database
from services.funds_api.lots import store
from tests.funds_api.people import Township, id_number

LOCK = "SELECT 1 FROM funds.payment_batch WHERE id = ANY($1::uuid[]) FOR UPDATE"
WAITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'funds_app'"
    " AND wait_event_type = 'Lock'"
)


async def test_two_chains_of_two_entitlements_do_not_wait_for_each_other_in_a_ring(
    funds_http: httpx.AsyncClient, county: str, urls: dict[str, str], admin: asyncpg.Pool
) -> None:
    """Batches 0 and 2 are of one entitlement, 1 and 3 of another; one chain undoes 0 and 1, the other 1 and 2.

    Both are stopped in the middle, at batch 2 and at batch 3. Entitlement by entitlement, the first then had 0 and
    wanted 1, and the second had 1 and wanted 0.
    """
    town = await Township(funds_http, county).open()
    batches: list[UUID] = []
    for place, entitlement in enumerate(("甲", "乙", "甲", "乙")):
        told = await town.checked([(id_number(place), "1")], entitlement=entitlement)
        batches.append(UUID(told["batch"]["id"]))
    database = Database(urls["funds"])

    async def hold(*which: int) -> None:
        async with database.writing(county) as tx:
            await store.hold_entitlements(tx, county, {batches[one] for one in which})

    try:
        async with admin.acquire() as blocker:
            async with blocker.transaction():
                await blocker.fetch(LOCK, batches[2:])
                both = [asyncio.create_task(hold(0, 1)), asyncio.create_task(hold(1, 2))]
                while await admin.fetchval(WAITS) < 2:  # noqa: ASYNC110 - another server's
                    await asyncio.sleep(0.01)
            assert await asyncio.gather(*both) == [None, None]
    finally:
        await database.close()
