"""What a roster of many rows is asked grows with its rows, although no statistics know its county yet.

Counted in buffers and in pairs of rows that were compared and do not match, so that it says the same on any machine.
Joined row by row, a roster of 1,500 read up to 4,500 buffers for each of its rows, or compared it with 1,500 others;
what had come back of others was gathered anew for each, so that 300 returned rows made a check of 1,500 last minutes.
"""

from __future__ import annotations

import json
import re
from typing import Any

import asyncpg
import httpx
import pytest

from tests.factories import fund, notice_request, open_account
from tests.funds_api.lineage import Lineage
from tests.funds_api.people import Township, id_number
from tests.funds_api.test_fund_year import SET, rule
from tests.funds_api.test_household_cap import cap
from tests.funds_api.test_kin_counties import entitlement

ROWS, FEWER, RETURNED = 1_500, 900, 60
BUFFERS_PER_ROW, PAIRS_PER_ROW = 20, 1
LINES = "SELECT line FROM funds.payment_rows WHERE batch_id = $1 ORDER BY line"
TOLD = "SET auto_explain.log_{} = {}; "
ASKED_OF_ROSTERS = (
    "claimed_by_another($1, $2, NULL, NULL)",
    "beyond_cap($1, $2, 5000)",
    "beyond_in_year($1, $2, 10000, NULL, 'household')",
    "beyond_in_year($1, $2, 10000, NULL, 'person')",
    "beyond_in_year($1, $2, 0, $3, 'person')",
    "stopped_since($1, $2)",
    "list_again($1, $2)",
    "prove_batch($1, $2)",
)
ASKED_OF_PIECES = (
    "has_rivals($1, $2)",
    "claimed_by_another($1, $2, $4, $5)",
    "paid_in_year($1, $2, $4, $5, $3)",
    "paid_to_homes($1, $2, $5)",
)


async def large(township: Township, admin: asyncpg.Pool, per: str, asked: int) -> tuple[str, str]:
    """A roster that waits for its approval, beside one of its entitlement and one of a fund that excludes its own.

    Of the one of its entitlement rows have come back.
    """
    await admin.execute("ANALYZE")  # of this county, nothing is in it
    people = range(1_000, 1_000 + 3 * ROWS)
    await township.register(people)
    other = await fund(township.http, f"TEST-{township.county}")
    office = await open_account(township.http, township.region, "township_office")
    notice = await notice_request(township.http, township.county, office, amounts=[ROWS * 100], fund_code=other)
    assert (await township.finance.post("/funds/v1/notices", notice)).status_code == 201
    caps = [{**SET, "rule": name, "cap_fen": 10_000} for name in ("household_cap", "person_cap")]
    await rule(township, *caps, {**SET, "rule": "exclusive_with", "funds": [other]})
    await cap(admin, township)
    once = entitlement()
    for first, more in ((0, {"fund_code": other, "account_id": office}), (ROWS, {}), (2 * ROWS, {})):
        last = first == 2 * ROWS
        rows = [(id_number(place), "1.00") for place in people[first : first + (asked if last else ROWS)]]
        checked = await township.checked(rows, entitlement=once if not more else entitlement(), per=per, **more)
        assert checked["rows_good"] == len(rows), checked
        if not last:
            assert (await township.approve(checked["batch"]["id"])).status_code == 201
        if first == ROWS:
            await come_back(township, checked["batch"]["id"])
    return checked["batch"]["id"], other


async def come_back(township: Township, batch: str) -> None:
    for line in range(2, 2 + RETURNED):
        back = {"document": f"退汇{line}", "effective_on": "2017-05-01", "reason": "account_closed"}
        answer = await township.finance.post(f"/funds/v1/payments/{batch}-{line}/returns", back)
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(("per", "asked"), [("household", ROWS), ("person", ROWS), ("household", FEWER)])
async def test_a_large_roster_is_asked_as_sets(
    funds_http: httpx.AsyncClient, urls: dict[str, str], admin: asyncpg.Pool, county: str, per: str, asked: int
) -> None:
    township = await Township(funds_http, county, fen=10 * ROWS * 100).open()
    batch, other = await large(township, admin, per, asked)
    rows = "SELECT array_agg(payee_token), array_agg(DISTINCT household_id) FROM funds.payment_rows WHERE batch_id = $1"
    tokens, homes = await admin.fetchrow(rows, batch)
    assert len(tokens) == asked
    asked_with = (county, batch, [township.fund, other], tokens, homes)
    connection = await asyncpg.connect(urls["admin"])
    try:
        plans = await told(connection, county)
        for each in ASKED_OF_ROSTERS + ASKED_OF_PIECES:
            plans.clear()
            question = re.sub(r"\$(\d)", lambda at: literal(asked_with[int(at[1]) - 1]), each)
            await connection.fetch(f"SELECT * FROM funds.{question}")
            read = [int(some) for plan in plans[-1:] for some in re.findall(r"shared hit=(\d+)", plan)]
            paired = [int(some) for plan in plans for some in re.findall(r"Removed by Join Filter: (\d+)", plan)]
            assert max(read) < BUFFERS_PER_ROW * ROWS, "\n".join(plans)
            assert sum(paired) < PAIRS_PER_ROW * ROWS, "\n".join(plans)
    finally:
        await connection.close()
    assert (await township.approve(batch)).status_code == 201


async def test_a_span_finds_its_lines_without_reading_the_roster(
    funds_http: httpx.AsyncClient, urls: dict[str, str], admin: asyncpg.Pool, county: str
) -> None:
    await admin.execute("ANALYZE")  # of this roster, nothing is there
    township = await Township(funds_http, county, fen=ROWS * 100).open()
    people = range(1_000, 1_000 + ROWS)
    await township.register(people)
    checked = await township.checked([(id_number(place), "1.00") for place in people])
    batch = checked["batch"]["id"]
    ends = [0, 50, *range(100, ROWS * 100 + 1, 100)]  # the first line is paid by two spans, each of the others by one
    connection = await asyncpg.connect(urls["funds"])  # with the service's row-level security: no superuser's plan
    try:
        await connection.execute(f"SET app.region = '{county}'")
        asked = "SELECT first_line, last_line FROM funds.lines_of_spans($1, $2, $3, $4)"
        found = await connection.fetch(asked, county, batch, ends[:-1], ends[1:])
        [explained] = await connection.fetchrow(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {asked}", county, batch, ends[:-1], ends[1:]
        )
    finally:
        await connection.close()
    lines = [one["line"] for one in await admin.fetch(LINES, batch)]
    assert len(lines) == ROWS
    assert [tuple(one) for one in found] == [(line, line) for line in (lines[0], *lines)]
    [plan] = json.loads(explained)
    assert plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"] < BUFFERS_PER_ROW * ROWS, explained


@pytest.mark.parametrize("table", ["household", "person", "membership"])
async def test_a_county_the_statistics_have_not_seen_is_not_taken_for_one_row(
    funds_http: httpx.AsyncClient, admin: asyncpg.Pool, county: str, table: str
) -> None:
    lineage = Lineage(funds_http, admin)
    for prefix, people in (("5", 2_000), ("6", 500)):
        await (await lineage.county(prefix)).register(range(1_000, 1_000 + people))
    await admin.execute("ANALYZE")
    asked = f"EXPLAIN (FORMAT JSON) SELECT FROM funds.{table} WHERE county_code = '{county}'"
    [plan] = json.loads(await admin.fetchval(asked))
    assert plan["Plan"]["Plan Rows"] > 1, plan


async def test_the_planner_is_told_of_every_county_column(admin: asyncpg.Pool) -> None:
    columns = await admin.fetch(
        "SELECT c.oid::regclass::text AS name, a.attoptions FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " WHERE a.attname = 'county_code' AND c.relkind IN ('r', 'p')"
    )
    assert len(columns) > 40
    assert {one["name"] for one in columns if one["attoptions"] != ["n_distinct=1"]} == set()


async def told(connection: Any, county: str) -> list[str]:
    """The plans of all that is asked from now on, those within functions before the one that asked them."""
    settings = {"min_duration": 0, "analyze": "on", "buffers": "on", "timing": "off", "nested_statements": "on"}
    await connection.execute("LOAD 'auto_explain'")
    await connection.execute("".join(TOLD.format(*one) for one in settings.items()) + "SET client_min_messages = log")
    await connection.execute(f"SET app.region = '{county}'")
    plans: list[str] = []
    connection.add_log_listener(lambda _, message: plans.append(message.message))
    return plans


def literal(value: str | list[str] | list[bytes]) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    kind = "bytea" if isinstance(value[0], bytes) else "text" if isinstance(value[0], str) else "uuid"
    return (
        "ARRAY["
        + ",".join(rf"'\x{one.hex()}'" if isinstance(one, bytes) else f"'{one}'" for one in value)
        + f"]::{kind}[]"
    )
