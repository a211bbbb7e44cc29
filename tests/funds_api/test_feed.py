"""The journal as a feed: dense positions, a hash chain anybody can recompute, and nothing of another county."""

from __future__ import annotations

import hashlib

import asyncpg
import httpx

from tests.callers import funds_caller


async def test_the_feed_is_dense_and_its_hashes_chain(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    clerk = funds_caller(funds_http, "finance_clerk", county)
    for name in ("甲", "乙", "丙"):
        unit = {"region_code": county, "name": name, "kind": "department", "accounts": [{"name": "专户"}]}
        assert (await clerk.post("/funds/v1/units", unit)).status_code == 201
    reader = funds_caller(funds_http, "feed_reader", "99")
    streams = (await reader.get("/funds/v1/events")).json()["streams"]
    assert streams[county] == 3
    page = (await reader.get("/funds/v1/events", params={"stream": county, "after": 1})).json()
    assert [event["position"] for event in page["events"]] == [2, 3]
    assert page["head_position"] == 3
    previous = hashlib.sha256(county.encode()).digest()
    rows = await admin.fetch(
        "SELECT *, body::text AS body_text, outcome::text AS outcome_text,"
        " (extract(epoch FROM recorded_at) * 1000000)::bigint AS us"
        " FROM funds.event WHERE stream = $1 ORDER BY position",
        county,
    )
    for row in rows:
        fields = [row["stream"], row["position"], row["id"], row["kind"], row["actor"], row["request_id"]]
        fields += [row["idempotency_key"], row["request_hash"].hex(), row["us"]]
        fields += [hashlib.sha256(row["outcome_text"].encode()).hexdigest(), row["body_text"]]
        previous = hashlib.sha256(previous + "\n".join(str(field) for field in fields).encode()).digest()
        assert previous == row["hash"]


async def test_another_county_and_a_township_see_no_events(funds_http: httpx.AsyncClient, county: str) -> None:
    clerk = funds_caller(funds_http, "finance_clerk", county)
    unit = {"region_code": county, "name": "甲", "kind": "department", "accounts": [{"name": "专户"}]}
    await clerk.post("/funds/v1/units", unit)
    neighbour = funds_caller(funds_http, "inspector", "980001")
    assert (await neighbour.get("/funds/v1/events", params={"stream": county})).status_code == 403
    assert county not in (await neighbour.get("/funds/v1/events")).json()["streams"]
    assert (await clerk.get("/funds/v1/events")).status_code == 403


async def test_nobody_may_rewrite_the_journal(urls: dict[str, str]) -> None:
    connection = await asyncpg.connect(urls["funds"])
    try:
        for statement in (
            "UPDATE funds.event SET kind = 'x'",
            "DELETE FROM funds.event",
            "INSERT INTO funds.stream_head VALUES ('990000', 1, '')",
            "UPDATE funds.lot SET remaining_fen = 0",
            "DELETE FROM funds.movement",
            "UPDATE funds.account SET sum_fen = 0",
            "SELECT * FROM funds.payment_rows",
            "SELECT * FROM audit.event",
        ):
            try:
                await connection.execute(statement)
            except asyncpg.InsufficientPrivilegeError:
                continue
            raise AssertionError(statement)
    finally:
        await connection.close()
