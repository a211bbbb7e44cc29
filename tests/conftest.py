"""One real PostgreSQL for the session, migrated by the real migrations; each service on it; a new county per test."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, settings

from deploy.onebox.bootstrap import ROLES, ROOT, migrate, prepare
from deploy.onebox.postgres import Postgres
from tests.callers import AUDIT_KEY, INTERNAL_JWKS, WITNESS

KEK = base64.b64encode(b"k" * 32).decode()
# A busy machine breaks no property: what takes long is measured by the benchmarks, and asserted nowhere.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
_counties = itertools.count(990001)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A superuser's URL: of an embedded server, or the one in QINGLIU_TEST_DATABASE_URL (PostgreSQL ≥ 15)."""
    if given := os.environ.get("QINGLIU_TEST_DATABASE_URL"):
        yield given
        return
    with Postgres(settings={"fsync": "off"}) as running:  # a test database may forget; every other server may not
        yield running.url()


@pytest.fixture(scope="session")
def urls(server: str) -> Iterator[dict[str, str]]:
    """One migrated database, dropped at the end; a URL per role, and `admin`."""
    database = f"qingliu_test_{os.getpid()}"
    found = asyncio.run(prepare(server, database))
    migrate(found["admin"], *(schema for schema in ROLES if any((ROOT / "migrations" / schema).glob("0*.py"))))
    yield found
    asyncio.run(_drop(server, database))


async def _drop(server: str, database: str) -> None:
    connection = await asyncpg.connect(server)
    await connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
    await connection.close()


@pytest.fixture(scope="session")
async def admin(urls: dict[str, str]) -> AsyncIterator[asyncpg.Pool]:
    """A superuser's pool, for looking behind the service's back."""
    pool = await asyncpg.create_pool(urls["admin"], min_size=1, max_size=4)
    yield pool
    await pool.close()


@pytest.fixture(scope="session")
async def funds_http(urls: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """funds_api through ASGI, on the migrated database, as its own login role."""
    from services.funds_api.app import create_app  # noqa: PLC0415
    from services.funds_api.settings import Settings  # noqa: PLC0415

    app = create_app(Settings(database_url=urls["funds"], internal_jwks=INTERNAL_JWKS, kek=KEK, log_level="WARNING"))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://funds", timeout=60) as http:
            http.app = app  # type: ignore[attr-defined]
            yield http


@pytest.fixture(scope="session")
async def audit_http(
    urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """audit_api through ASGI, on the migrated database, as its own login role, with an evidence folder of its own."""
    from services.audit_api.app import create_app  # noqa: PLC0415
    from services.audit_api.settings import Settings  # noqa: PLC0415

    settings = Settings(
        database_url=urls["audit"],
        internal_jwks=INTERNAL_JWKS,
        funds_url="http://funds",
        ledger_key=json.dumps(AUDIT_KEY),
        evidence_url=tmp_path_factory.mktemp("evidence").as_uri(),
        witness_keys=WITNESS.key.text(),
        log_level="WARNING",
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://audit", timeout=60) as http:
            http.app = app  # type: ignore[attr-defined]
            yield http


@pytest.fixture
def later(county: str) -> str:
    """A code after `county` that nobody else in this run uses, not registered."""
    return str(next(_counties))


@pytest.fixture
async def county(admin: asyncpg.Pool) -> str:
    """A county nobody else in this run uses, with two townships of two villages each."""
    code = str(next(_counties))
    rows = [
        ("99", "虚构省", "province", None),
        ("9900", "虚构市", "prefecture", "99"),
        (code, f"虚构县{code}", "county", "9900"),
    ]
    for township in ("101", "102"):
        rows.append((code + township, f"第{township}镇", "township", code))
        rows += [
            (f"{code}{township}{village}", f"{village}村", "village", code + township) for village in ("201", "202")
        ]
    await admin.executemany(
        "INSERT INTO funds.region (code, name, level, parent_code, listed_year) VALUES ($1, $2, $3, $4, 2023)"
        " ON CONFLICT DO NOTHING",
        rows,
    )
    return code
