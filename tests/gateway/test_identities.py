"""People, clients and grants: who may enter whom, and powers that never meet in one person."""

from __future__ import annotations

import hashlib
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from deploy.onebox.forget import forget
from services.gateway.identities.schemas import PersonRequest
from tests.exported import exported
from tests.gateway.conftest import COUNTY, PASSWORD, Calling, Gateway, settings


def a_person(**more: object) -> dict[str, object]:
    name = f"p{uuid4().hex[:12]}"
    return {"username": name, "password": PASSWORD, "name": "某人", "region": COUNTY, **more}


async def enter(gateway: Gateway, calling: Calling, **more: object) -> str:
    person = a_person(**more)
    answer = await gateway.http.post("/identity/v1/people", json=person, headers=calling("sys.yunxi"))
    assert answer.status_code == 201, answer.text
    return str(person["username"])


async def grant(gateway: Gateway, calling: Calling, **body: object) -> httpx.Response:
    return await gateway.http.post("/identity/v1/grants", json={"region": COUNTY, **body}, headers=calling("sec.yunxi"))


async def test_a_person_is_entered_once_per_key_and_never_shown_a_password(
    gateway: Gateway, calling: Calling, admin: asyncpg.Pool
) -> None:
    person = a_person(unit="某镇财政所")
    headers = calling("sys.yunxi")
    first = await gateway.http.post("/identity/v1/people", json=person, headers=headers)
    assert first.status_code == 201, first.text
    assert "password" not in first.text
    again = await gateway.http.post("/identity/v1/people", json=person, headers=headers)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await gateway.http.post("/identity/v1/people", json={**person, "name": "别人"}, headers=headers)
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    taken = await gateway.http.post("/identity/v1/people", json=person, headers=calling("sys.yunxi"))
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/name-taken")
    kept = await admin.fetchrow("SELECT * FROM identity.person WHERE username = $1", person["username"])
    assert kept["password_hash"].startswith("$argon2id$")
    journal = await admin.fetch("SELECT body::text, outcome::text FROM identity.event")
    assert not any(PASSWORD in text or "argon2" in text for row in journal for text in row)


async def test_the_journal_keeps_no_hash_from_which_a_password_could_be_guessed(
    gateway: Gateway, calling: Calling
) -> None:
    person, headers = a_person(), calling("sys.yunxi")
    first = await gateway.http.post("/identity/v1/people", json=person, headers=headers)
    other = await gateway.http.post(
        "/identity/v1/people", json={**person, "password": "another-long-one"}, headers=headers
    )
    assert other.json() == first.json()
    assert other.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("who", "status"), [("sec.yunxi", 403), ("aud.yunxi", 403), ("clerk.yunxi", 403), ("sys.yunxi", 201)]
)
async def test_only_the_system_administrator_enters_people(
    gateway: Gateway, calling: Calling, who: str, status: int
) -> None:
    answer = await gateway.http.post("/identity/v1/people", json=a_person(), headers=calling(who))
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(("who", "status"), [("sys.yunxi", 403), ("aud.yunxi", 403), ("clerk.yunxi", 403)])
async def test_only_the_security_administrator_grants(
    gateway: Gateway, calling: Calling, who: str, status: int
) -> None:
    body = {"username": "clerk.yunxi", "role": "inspector", "region": COUNTY}
    answer = await gateway.http.post("/identity/v1/grants", json=body, headers=calling(who))
    assert answer.status_code == status


async def test_nobody_reaches_beyond_the_own_region(gateway: Gateway, calling: Calling) -> None:
    answer = await gateway.http.post(
        "/identity/v1/people", json=a_person(region="420323"), headers=calling("sys.yunxi")
    )
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/outside-region")
    seen = (await gateway.http.get("/identity/v1/people?limit=200", headers=calling("aud.yunxi"))).json()["items"]
    assert seen
    assert {one["region"][:6] for one in seen} == {COUNTY}
    nation = (await gateway.http.get("/identity/v1/people?limit=200", headers=calling("aud.nation"))).json()["items"]
    assert {"00", COUNTY} <= {one["region"] for one in nation}


async def test_a_granted_role_stands_in_the_next_token(gateway: Gateway, calling: Calling) -> None:
    name = await enter(gateway, calling, region=COUNTY + "101", unit="第一镇财政所")
    before = (await gateway.login(name)).json()
    assert before["roles"] == []
    given = await gateway.http.post(
        "/identity/v1/grants",
        json={"username": name, "role": "township_clerk", "region": COUNTY + "101"},
        headers=calling("sec.yunxi"),
    )
    assert given.status_code == 201, given.text
    assert given.json()["unit"] == "第一镇财政所"
    after = (await gateway.login(name)).json()
    assert (after["roles"], after["region"], after["unit"]) == (["township_clerk"], COUNTY + "101", "第一镇财政所")


async def test_roles_are_held_where_the_person_works_and_once(gateway: Gateway, calling: Calling) -> None:
    name = await enter(gateway, calling)
    elsewhere = await grant(gateway, calling, username=name, role="inspector", region=COUNTY + "101")
    assert elsewhere.json()["type"] == "/problems/grant-elsewhere"
    assert (await grant(gateway, calling, username=name, role="inspector")).status_code == 201
    assert (await grant(gateway, calling, username=name, role="inspector")).json()["type"].endswith("already-held")
    missing = await grant(gateway, calling, username="nobody.here", role="inspector")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/holder-not-found")
    own = await grant(gateway, calling, username="sec.yunxi", role="inspector")
    assert (own.status_code, own.json()["type"]) == (403, "/problems/grant-to-oneself")


@pytest.mark.parametrize(
    "pair",
    [
        ("system_admin", "security_admin"),
        ("security_admin", "audit_admin"),
        ("audit_admin", "finance_clerk"),
        ("finance_clerk", "system_admin"),
    ],
)
async def test_powers_that_must_stay_apart_do(gateway: Gateway, calling: Calling, pair: tuple[str, str]) -> None:
    name = await enter(gateway, calling)
    assert (await grant(gateway, calling, username=name, role=pair[0])).status_code == 201
    refused = await grant(gateway, calling, username=name, role=pair[1])
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/powers-kept-apart")


@pytest.mark.parametrize("second", ["security_admin", "finance_clerk"])
async def test_the_database_refuses_what_the_code_would_let_through(
    gateway: Gateway, calling: Calling, admin: asyncpg.Pool, second: str
) -> None:
    name = await enter(gateway, calling)
    assert (await grant(gateway, calling, username=name, role="system_admin")).status_code == 201
    with pytest.raises((asyncpg.UniqueViolationError, asyncpg.ForeignKeyViolationError)):
        await admin.execute(
            "INSERT INTO identity.role_grant (id, person_id, role, region, granted_by)"
            " SELECT gen_random_uuid(), id, $2, region, 'superuser' FROM identity.person WHERE username = $1",
            name,
            second,
        )


async def test_a_bank_is_a_client_and_a_client_is_a_bank(gateway: Gateway, calling: Calling) -> None:
    client_id = f"bank{uuid4().hex[:8]}"
    order = {"client_id": client_id, "name": "某农商行", "region": COUNTY, "unit": "bank-1"}
    headers = calling("sys.yunxi")
    made = await gateway.http.post("/identity/v1/clients", json=order, headers=headers)
    assert made.status_code == 201, made.text
    assert len(made.json()["client_secret"]) == 43
    again = await gateway.http.post("/identity/v1/clients", json=order, headers=headers)
    assert again.json() == {**made.json(), "client_secret": None}
    wrong = await grant(gateway, calling, client_id=client_id, role="finance_clerk")
    assert wrong.json()["type"] == "/problems/powers-kept-apart"
    assert (await grant(gateway, calling, client_id=client_id, role="bank")).status_code == 201
    person = await grant(gateway, calling, username="clerk.yunxi", role="bank")
    assert person.json()["type"] == "/problems/powers-kept-apart"
    listed = (await gateway.http.get("/identity/v1/clients?limit=200", headers=calling("aud.yunxi"))).json()["items"]
    assert next(one for one in listed if one["client_id"] == client_id)["roles"] == ["bank"]
    reserved = await gateway.http.post(
        "/identity/v1/clients", json={**order, "client_id": "web"}, headers=calling("sys.yunxi")
    )
    assert reserved.json()["type"] == "/problems/name-taken"


async def test_every_act_stands_in_the_journal_that_the_audit_administrator_reads(
    gateway: Gateway, calling: Calling
) -> None:
    name = await enter(gateway, calling)
    await grant(gateway, calling, username=name, role="inspector")
    await gateway.login(name)
    found = []
    url = "/identity/v1/events?limit=200"
    while url:
        page = (await gateway.http.get(url, headers=calling("aud.yunxi"))).json()
        found += page["items"]
        url = f"/identity/v1/events?limit=200&after={page['next']}" if page["next"] else ""
    assert [one["position"] for one in found] == list(range(1, len(found) + 1))
    assert {"PersonEntered", "RoleGranted", "SignedIn"} <= {one["kind"] for one in found}
    assert any(one["actor"] == "web/sys.yunxi" and one["kind"] == "PersonEntered" for one in found)
    refused = await gateway.http.get("/identity/v1/events", headers=calling("sys.yunxi"))
    assert refused.status_code == 403


async def test_the_first_people_are_entered_once(urls: dict[str, str], gateway: Gateway, admin: asyncpg.Pool) -> None:
    from services.gateway.app import create_app  # noqa: PLC0415

    before = await admin.fetchval("SELECT count(*) FROM identity.person")
    second = create_app(settings(urls, gateway.behind))
    async with second.router.lifespan_context(second):
        assert await admin.fetchval("SELECT count(*) FROM identity.person") == before


@pytest.mark.parametrize(
    "change",
    [
        {"password": "short"},
        {"password": "p-in-password-ok", "username": "p-in-password"},
        {"username": "Upper.Case"},
        {"username": "p\u0000x"},
        {"username": "qingliu-sealer"},
        {"region": "42032"},
        {"name": "x" * 201},
        {"extra": 1},
        {"unit": "x" * 65},
    ],
)
async def test_a_bad_shape_is_named_and_never_repeated(
    gateway: Gateway, calling: Calling, change: dict[str, object]
) -> None:
    answer = await gateway.http.post("/identity/v1/people", json=a_person(**change), headers=calling("sys.yunxi"))
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["errors"]
    assert PASSWORD not in answer.text


async def test_a_request_is_kept_as_a_hash_that_no_guess_can_be_held_against_once_its_salt_is_gone(
    gateway: Gateway, calling: Calling, admin: asyncpg.Pool
) -> None:
    person, headers = a_person(), calling("sys.yunxi")
    made = (await gateway.http.post("/identity/v1/people", json=person, headers=headers)).json()
    kept = (
        "SELECT stream, request_hash, hash, outcome ->> 'salt' AS salt FROM identity.event"
        " WHERE body ->> 'person_id' = $1 AND kind = 'PersonEntered'"
    )
    row = await admin.fetchrow(kept, made["id"])
    shown = PersonRequest.model_validate(person).model_dump_json(exclude={"password"})
    plain = hashlib.sha256(f"POST /identity/v1/people\n{shown}".encode()).digest()
    guess = hashlib.sha256(row["stream"].encode() + b"\n" + plain).digest()
    assert row["request_hash"] == hashlib.sha256(bytes.fromhex(row["salt"]) + guess).digest() != guess

    before = await exported(admin, "identity", row["stream"])
    async with admin.acquire() as connection:
        assert await forget(connection, "identity", row["stream"], [UUID(made["id"])], "个请〔2026〕4号") == 1
    left = await admin.fetchrow(kept, made["id"])
    assert (left["request_hash"], left["hash"], left["salt"]) == (row["request_hash"], row["hash"], None)
    assert await exported(admin, "identity", row["stream"]) == before
    assert row["hash"].hex() in before
    again = await gateway.http.post("/identity/v1/people", json=person, headers=headers)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (made, "true")
