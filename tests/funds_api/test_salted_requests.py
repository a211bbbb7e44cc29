"""What a key stands for is kept with a salt of its act: once that is gone, no guess can be held against the journal."""

from __future__ import annotations

import hashlib
from uuid import UUID

import asyncpg
import httpx
import pytest

from chassis.feed import whole_rows
from deploy.onebox.forget import forget
from services.audit_api.record.verify import FIELDS, event_hash, first_hash
from tests.callers import Caller, funds_caller
from tests.exported import exported
from tests.funds_api.desk import Desk

URL = "/funds/v1/units"
DOCUMENT = "个请〔2026〕3号"


@pytest.fixture
def clerk(funds_http: httpx.AsyncClient, county: str) -> Caller:
    return funds_caller(funds_http, "finance_clerk", county)


def a_unit(county: str) -> dict[str, object]:
    return {"region_code": county, "name": "甲", "kind": "department", "accounts": [{"name": "专户"}]}


async def kept(admin: asyncpg.Pool, county: str) -> list[asyncpg.Record]:
    return await admin.fetch(
        "SELECT request_hash, outcome ->> 'salt' AS salt, encode(hash, 'hex') AS hash FROM funds.event"
        " WHERE stream = $1 ORDER BY position",
        county,
    )


def plain(answer: httpx.Response, county: str) -> bytes:
    """What anybody works out who guesses the request: its hash without a salt."""
    asked = hashlib.sha256(f"POST\n{answer.request.url.path}\n\n".encode() + answer.request.content).digest()
    return hashlib.sha256(county.encode() + b"\n" + asked).digest()


async def test_equal_bodies_in_two_acts_are_kept_as_two_hashes(desk: Desk, admin: asyncpg.Pool) -> None:
    body = {
        "account_id": desk.treasury,
        "fund_code": "TEST-FUND",
        "amount_fen": 10,
        "document": "同一份文件",
        "purpose": "同一事由",
    }
    answers = []
    for _ in range(2):
        answers.append(await desk.clerk.post("/funds/v1/holds", body))
        assert answers[-1].status_code == 201, answers[-1].text
        voiding = f"/funds/v1/holds/{answers[-1].json()['id']}/voiding"
        assert (await desk.clerk.post(voiding, {"reason": "重来"})).status_code == 200
    assert answers[0].request.content == answers[1].request.content
    first, second = (await kept(admin, desk.county))[-4::2]
    guess = plain(answers[0], desk.county)
    assert len({first["request_hash"], second["request_hash"], guess}) == 3
    for one in (first, second):
        assert one["request_hash"] == hashlib.sha256(bytes.fromhex(one["salt"]) + guess).digest()


async def test_a_posting_in_one_statement_is_salted_too(desk: Desk, admin: asyncpg.Pool) -> None:
    moved = await desk.out(100, desk.first, "2017-05-01")
    assert moved.status_code == 201, moved.text
    row = (await kept(admin, desk.county))[-1]
    guess = plain(moved, desk.county)
    assert row["request_hash"] == hashlib.sha256(bytes.fromhex(row["salt"]) + guess).digest() != guess


async def test_a_key_stands_for_its_request_as_before(clerk: Caller, county: str) -> None:
    first = await clerk.post(URL, a_unit(county), key="the-same-key")
    again = await clerk.post(URL, a_unit(county), key="the-same-key")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    other = await clerk.post(URL, {**a_unit(county), "name": "乙"}, key="the-same-key")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")


async def test_a_row_of_before_is_compared_without_a_salt(clerk: Caller, county: str, admin: asyncpg.Pool) -> None:
    first = await clerk.post(URL, a_unit(county))
    asked = plain(first, county)
    actor = await admin.fetchval("SELECT actor FROM funds.event WHERE stream = $1", county)
    await admin.execute(
        "SELECT funds.journal_append($1, gen_random_uuid(), 'UnitRegistered', '{}', $2, 'r', 'key-of-before', $3,"
        """ '{"status": 201, "body": {"of": "before"}}')""",
        county,
        actor,
        asked,
    )
    again = await clerk.post(URL, a_unit(county), key="key-of-before")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == ({"of": "before"}, "true")
    other = await clerk.post(URL, {**a_unit(county), "name": "乙"}, key="key-of-before")
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    row = (await kept(admin, county))[-1]
    assert (row["request_hash"], row["salt"]) == (asked, None)


async def test_who_is_forgotten_leaves_every_proof_and_no_salt(
    clerk: Caller, county: str, admin: asyncpg.Pool, funds_http: httpx.AsyncClient
) -> None:
    made = await clerk.post(URL, a_unit(county), key="names-somebody")
    assert (await clerk.post(URL, {**a_unit(county), "name": "丙"})).status_code == 201
    before = await kept(admin, county)

    async with admin.acquire() as connection:
        assert await forget(connection, "funds", county, [UUID(made.json()["id"])], DOCUMENT) == 1
        assert await forget(connection, "funds", county, [UUID(made.json()["id"])], DOCUMENT) == 0

    after = await kept(admin, county)
    assert [(one["request_hash"], one["hash"]) for one in after] == [
        (one["request_hash"], one["hash"]) for one in before
    ]
    assert [one["salt"] for one in after] == [None, before[1]["salt"]]
    assert await exported(admin, "funds", county) == [one["hash"] for one in before]
    async with funds_http.app.state.database.reading(county) as tx:  # type: ignore[attr-defined]
        rows = await whole_rows(tx, "funds", county, range(1, 10))
    computed, hash_before = [], first_hash(county.encode())
    for row in rows:
        fields = {**row.model_dump(), "stream": county}
        hash_before = event_hash(hash_before, [str(fields[name]).encode() for name in FIELDS])
        computed.append(hash_before.hex())
    assert computed == [one["hash"] for one in before]

    # Nothing is left to hold a retry against: the key is answered with what was answered.
    again = await clerk.post(URL, {**a_unit(county), "name": "乙"}, key="names-somebody")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (made.json(), "true")
    await admin.execute("UPDATE funds.erased_outcome SET outcome_sha256 = sha256('x') WHERE stream = $1", county)
    assert await exported(admin, "funds", county) != [one["hash"] for one in before]


async def test_the_service_itself_forgets_nothing(urls: dict[str, str], county: str) -> None:
    connection = await asyncpg.connect(urls["funds"])
    try:
        for statement in (
            f"SELECT funds.journal_forget('{county}', gen_random_uuid(), 'x')",
            "INSERT INTO funds.erased_outcome (stream, position) VALUES ('990001', 1)",
            "UPDATE funds.erased_outcome SET document = 'x'",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()
