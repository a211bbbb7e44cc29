"""The second net: what PostgreSQL itself shows to the service's role, whatever a query forgets to filter."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from tests.funds_api.people import CSV, Township, id_number, roster_csv
from tests.funds_api.test_movements import Desk

# Public by law or reference data; everything else must have a policy.
PUBLIC = {
    "region",
    "region_change",
    "region_former",
    "region_link",
    "fund",
    "fund_rule",
    "fund_terms",
    "fund_use",
    "function_code",
    "national_rule",
    "policy_value",
    "notice",
    "notice_line",
    "notice_discrepancy",
    "notice_receipt",
    "data_key",
    "schema_version",
}
# Only written by the service, never read: COPY cannot pass row-level security.
WRITE_ONLY = {"payment_rows"}


@pytest.fixture
async def role(urls: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(urls["funds"])
    yield connection
    await connection.close()


async def seen(role: asyncpg.Connection, table: str, county: str, region: str | None) -> int:
    """How many rows of the county an unfiltered query shows when the caller's region is `region`."""
    async with role.transaction():
        if region is not None:
            await role.execute("SELECT set_config('app.region', $1, true)", region)
        column = "stream" if table in {"event", "stream_head"} else "county_code"
        return int(await role.fetchval(f"SELECT count(*) FROM funds.{table} WHERE {column} = $1", county))


async def test_every_table_is_public_or_has_a_forced_policy(admin: asyncpg.Pool) -> None:
    rows = await admin.fetch(
        "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class"
        " WHERE relnamespace = 'funds'::regnamespace AND relkind IN ('r', 'p')"
    )
    assert len(rows) > 15
    assert {row["relname"] for row in rows if not row["forced"]} == PUBLIC | WRITE_ONLY


async def test_rows_are_shown_by_region_and_not_at_all_without_one(
    funds_http: httpx.AsyncClient, county: str, role: asyncpg.Connection
) -> None:
    desk = await Desk(funds_http, county).open()
    await desk.out(500_000, desk.first, "2017-05-01")
    await desk.out(100_000, desk.second, "2017-05-02")
    for table, whole, first, second in (
        ("unit", 5, 3, 1),
        ("account", 5, 3, 1),
        ("lot", 5, 2, 1),
        ("movement", 4, 1, 1),
        ("draw", 3, 2, 1),
        ("entry", 7, 1, 1),
        ("tranche", 2, 2, 2),
        ("event", 9, 0, 0),
    ):
        assert await seen(role, table, county, county) == whole, table
        assert await seen(role, table, county, county + "101") == first, table
        assert await seen(role, table, county, county + "102") == second, table
        for nothing in (None, "", "9", "98", "980001", county + "10", "%", "99~"):
            assert await seen(role, table, county, nothing) == 0, (table, nothing)
        # A tranche is what a public notice printed for the county; the money itself is its holder's.
        assert await seen(role, table, county, county + "103") == (2 if table == "tranche" else 0), table


async def test_a_pooled_connection_does_not_remember_the_region(
    funds_http: httpx.AsyncClient, county: str, role: asyncpg.Connection
) -> None:
    """After an earlier SET LOCAL the name reads '' on the same connection: that must show nothing, not everything."""
    await Desk(funds_http, county).open()
    assert await seen(role, "lot", county, county) == 2
    assert await seen(role, "lot", county, None) == 0


async def test_payments_are_hidden_from_the_neighbour_and_written_blind(
    funds_http: httpx.AsyncClient, county: str, role: asyncpg.Connection
) -> None:
    township = await Township(funds_http, county).open()
    batch = await township.batch()
    roster = roster_csv([(id_number(place), "1.00") for place in township.households[:3]])
    assert (
        await township.clerk.put(f"/funds/v1/payment-batches/{batch}/roster", roster.encode(), headers=CSV)
    ).status_code == 200
    assert await seen(role, "payment", county, township.region) == 3
    assert await seen(role, "payment", county, county + "102") == 0
    assert await seen(role, "payment_batch", county, county + "102") == 0
    for table in ("household", "person", "membership"):
        assert await seen(role, table, county, township.region) == 40, table
        assert await seen(role, table, county, county + "102") == 0, table
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await role.fetch("SELECT * FROM funds.payment_rows")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await role.execute("UPDATE funds.payment SET amount_fen = 1")


async def test_a_household_that_moved_is_seen_from_both_ends_and_its_people_from_one(
    funds_http: httpx.AsyncClient, county: str, role: asyncpg.Connection, admin: asyncpg.Pool
) -> None:
    township = await Township(funds_http, county, fen=0, households=range(3)).open()
    home = await township.household(admin, 1)
    order = {"household_ids": [home], "region_code": county + "102201", "effective_on": "2017-06-01"}
    await township.change("moves", order)
    await township.remove(home, "2017-07-01")
    for table, whole, left, reached in (
        ("household", 3, 3, 1),
        ("person", 3, 2, 1),
        ("membership", 3, 3, 1),
        ("residence", 1, 1, 1),
        ("standing", 1, 1, 1),
        ("registry_act", 3, 3, 3),
    ):
        assert await seen(role, table, county, county) == whole, table
        assert await seen(role, table, county, county + "101") == left, table
        assert await seen(role, table, county, county + "102") == reached, table
        assert await seen(role, table, county, county + "103") == (3 if table == "registry_act" else 0), table
        for nothing in (None, "", "980001"):
            assert await seen(role, table, county, nothing) == 0, (table, nothing)


async def test_the_looks_beyond_a_township_answer_nobody_outside_the_county(
    funds_http: httpx.AsyncClient, county: str, role: asyncpg.Connection
) -> None:
    township = await Township(funds_http, county, fen=0, households=range(3)).open()
    tokens = [funds_http.app.state.vault.token(id_number(place)) for place in range(3)]  # type: ignore[attr-defined]
    ask = "SELECT count(*) FROM funds.registry_on($1, $2, '2017-06-01', 100)"
    act = "SELECT funds.record_registry_act($1, gen_random_uuid(), 'removed', '文', '2017-01-01', '谁')"

    async def told(region: str | None, query: str, *arguments: object) -> int:
        async with role.transaction():
            if region is not None:
                await role.execute("SELECT set_config('app.region', $1, true)", region)
            return int(await role.fetchval(query, county, *arguments))

    assert [await told(region, ask, tokens) for region in (county, township.region, county + "102")] == [3, 3, 0]
    for region in (None, "", "980001"):
        with pytest.raises(asyncpg.PostgresError, match="outside the region"):
            await told(region, ask, tokens)
    for region in (township.region, "980001"):  # nor does a township write an act of the county
        with pytest.raises(asyncpg.PostgresError, match="outside the region"):
            await told(region, act)


async def test_codes_of_places_sort_by_their_digits_in_every_table(admin: asyncpg.Pool) -> None:
    """A row is seen by a range of codes: in another order than their digits' an index cannot serve it."""
    found = await admin.fetch(
        "SELECT c.relname, a.attname, l.collname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_collation l ON l.oid = a.attcollation"
        " WHERE n.nspname = 'funds' AND c.relkind IN ('r', 'p') AND NOT a.attisdropped"
        " AND (a.attname IN ('county_code', 'region_code') OR a.attname LIKE '%\\_region')"
    )
    assert len(found) > 60
    assert [(one["relname"], one["attname"]) for one in found if one["collname"] != "C"] == []


async def test_no_function_of_any_schema_answers_everybody(admin: asyncpg.Pool) -> None:
    """PostgreSQL lets everybody execute a new function until that is taken back; a service asks those of its schema."""
    rows = await admin.fetch(
        "SELECT p.oid::regprocedure::text AS name, n.nspname AS schema,"
        " array_agg(coalesce(r.rolname, 'PUBLIC')) FILTER (WHERE r.rolname IS DISTINCT FROM 'qingliu_owner') AS roles"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a"
        " LEFT JOIN pg_roles r ON r.oid = a.grantee"
        " WHERE n.nspname IN ('funds', 'audit', 'identity', 'public') AND a.privilege_type = 'EXECUTE'"
        " GROUP BY p.oid, n.nspname"
    )
    assert len(rows) > 150
    assert {row["schema"] for row in rows} >= {"funds", "audit", "identity"}
    strangers = {row["name"]: row["roles"] for row in rows if row["roles"] and row["roles"] != [f"{row['schema']}_app"]}
    assert strangers == {}
