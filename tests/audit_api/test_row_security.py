"""The second net of schema audit: what PostgreSQL itself shows and lets the service's role do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from tests.audit_api.feeds import DAY

STAGED = (
    "INSERT INTO audit.flag_told (stream, position, id, region_code, rule_code, rule_version, title, subject,"
    " subject_id, amount_fen, days, limit_days, as_of, explanation, source)"
    " VALUES ($1, 1, $2, $1 || '101', 'R19', 1, '资金滞留', 'household', $2, 1, 0, 0, $3, '说明', '来源')"
)


@pytest.fixture
async def role(urls: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(urls["audit"])
    yield connection
    await connection.close()


async def test_every_table_but_the_schemas_own_version_has_a_forced_policy(admin: asyncpg.Pool) -> None:
    rows = await admin.fetch(
        "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class"
        " WHERE relnamespace = 'audit'::regnamespace AND relkind IN ('r', 'p')"
    )
    assert len(rows) > 10
    assert {row["relname"] for row in rows if not row["forced"]} == {"schema_version"}


async def test_staged_flags_are_shown_to_their_county_and_to_no_township_of_it(
    role: asyncpg.Connection, county: str, admin: asyncpg.Pool
) -> None:
    await admin.execute(STAGED, county, uuid4(), DAY)
    neighbour = str(int(county) - 1)
    seen = {}
    for region in (county, county[:4], county + "101", neighbour, ""):
        async with role.transaction():
            await role.execute("SELECT set_config('app.region', $1, true)", region)
            seen[region] = await role.fetchval("SELECT count(*) FROM audit.flag_told WHERE stream = $1", county)
    assert seen == {county: 1, county[:4]: 1, county + "101": 0, neighbour: 0, "": 0}


async def test_nobody_stages_for_another_county_or_alters_what_is_staged(role: asyncpg.Connection, county: str) -> None:
    async with role.transaction():
        await role.execute("SELECT set_config('app.region', $1, true)", county)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with role.transaction():
                await role.execute(STAGED, str(int(county) - 1), uuid4(), DAY)
        await role.execute(STAGED, county, uuid4(), DAY)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with role.transaction():
                await role.execute("UPDATE audit.flag_told SET amount_fen = 0 WHERE stream = $1", county)
        assert await role.execute("DELETE FROM audit.flag_told WHERE stream = $1", county) == "DELETE 1"


async def test_of_alerts_and_events_nothing_is_deleted(role: asyncpg.Connection) -> None:
    for table in ("alert", "finding", "event", "follower_cursor"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await role.execute(f"DELETE FROM audit.{table}")
