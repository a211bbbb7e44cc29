"""Several processes of one service start at once on an empty database: they come to hold the same keys, made once."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Iterator

import asyncpg
import pytest

from chassis.database import Database
from chassis.vault import CellUnreadable
from deploy.onebox.bootstrap import migrate, prepare
from deploy.onebox.postgres import Postgres
from services.funds_api.app import create_app
from services.funds_api.keys import open_vault
from services.funds_api.settings import Settings
from tests.callers import INTERNAL_JWKS
from tests.conftest import KEK

STARTS = 8


@pytest.fixture
def fresh() -> Iterator[dict[str, str]]:
    """A migrated database that no service has opened yet, on a server of its own: roles belong to the server."""
    with Postgres(settings={"fsync": "off"}) as running:
        urls = asyncio.run(prepare(running.url(), "starts"))
        migrate(urls["admin"], "funds")
        yield urls


async def test_all_who_start_at_once_hold_the_same_keys(fresh: dict[str, str]) -> None:
    """What one seals the others open, and they know the same number by the same token."""
    settings = Settings(database_url=fresh["funds"], internal_jwks=INTERNAL_JWKS, kek=KEK, log_level="ERROR")
    apps = [create_app(settings) for _ in range(STARTS)]
    async with contextlib.AsyncExitStack() as running:
        await asyncio.gather(*(running.enter_async_context(app.router.lifespan_context(app)) for app in apps))
        vaults = [app.state.vault for app in apps]
        assert len({vault.token("990000195001010016") for vault in vaults}) == 1
        sealed = vaults[0].seal("person", "name", "1", "一段文字")
        assert {vault.open("person", "name", "1", sealed) for vault in vaults} == {"一段文字"}
    admin = await asyncpg.connect(fresh["admin"])
    try:
        rows = await admin.fetch("SELECT number, purpose FROM funds.data_key ORDER BY purpose")
        assert [tuple(row) for row in rows] == [(1, "cell"), (1, "exchange"), (1, "match"), (1, "token")]
    finally:
        await admin.close()


async def test_who_comes_second_waits_for_keys_that_are_not_committed_yet(fresh: dict[str, str]) -> None:
    """The lock is held to the end of the first transaction, and the keys are looked for only under it."""
    first, second = (Database(fresh["funds"], application="funds_api") for _ in range(2))
    admin = await asyncpg.connect(fresh["admin"])
    try:
        async with admin.transaction():
            await admin.execute("SELECT pg_advisory_xact_lock(hashtext('funds.data_key'))")
            waiting = [asyncio.create_task(open_vault(one, base64.b64decode(KEK))) for one in (first, second)]
            done, _ = await asyncio.wait(waiting, timeout=0.5)
            assert not done
        vaults = await asyncio.gather(*waiting)
        assert len({vault.token("990000195001010016") for vault in vaults}) == 1
    finally:
        await admin.close()
        for one in (first, second):
            await one.close()


async def test_keys_that_an_earlier_release_lacked_are_made_under_its_own_kek_only(fresh: dict[str, str]) -> None:
    """A wrong KEK adds none beside the keys that it does not open: no KEK would open them all any more."""
    database, admin = Database(fresh["funds"], application="funds_api"), await asyncpg.connect(fresh["admin"])
    try:
        number = "990000195001010016"
        token = (await open_vault(database, base64.b64decode(KEK))).token(number)
        await admin.execute("DELETE FROM funds.data_key WHERE purpose IN ('exchange', 'match')")
        with pytest.raises(CellUnreadable):
            await open_vault(database, b"w" * 32)
        assert await admin.fetchval("SELECT count(*) FROM funds.data_key") == 2
        assert (await open_vault(database, base64.b64decode(KEK))).token(number) == token
        assert await admin.fetchval("SELECT count(*) FROM funds.data_key") == 4
    finally:
        await admin.close()
        await database.close()
