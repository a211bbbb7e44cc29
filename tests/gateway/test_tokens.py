"""Signing in: one answer to everything that is wrong, a lock after five failures, and OAuth as RFC 6749 has it."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis import clock
from chassis.identity import KeyRing, verify
from services.gateway.tokens.service import FAILURES_ALLOWED, LOCKED_FOR, knock
from tests.gateway.conftest import COUNTY, PASSWORD, Calling, Gateway
from tests.gateway.test_identities import enter, grant


async def test_a_token_says_who_and_where_and_the_published_key_verifies_it(gateway: Gateway) -> None:
    answer = await gateway.login("clerk.yunxi")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    shown = answer.json()
    published = (await gateway.http.get("/.well-known/jwks.json")).json()
    assert len(published["keys"]) == 1
    assert set(published["keys"][0]) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    ring = KeyRing.from_jwks({"keys": [{**published["keys"][0], "iss": "qingliu", "token_typ": "at+jwt"}]})
    who = verify(shown["access_token"], ring, audience="qingliu-api")
    assert (who.subject, who.client_id, who.region, who.unit) == ("clerk.yunxi", "web", COUNTY, "县财政局")
    assert who.roles == {"finance_clerk"}
    assert (shown["token_type"], shown["expires_in"], shown["roles"]) == ("Bearer", 900, ["finance_clerk"])
    assert abs(who.expires_at - time.time() - 900) < 10


def without_instance(answer: httpx.Response) -> dict[str, object]:
    return {name: value for name, value in answer.json().items() if name != "instance"}


async def test_an_unknown_name_and_a_wrong_password_read_the_same_and_take_the_same_time(gateway: Gateway) -> None:
    began = time.monotonic()
    wrong = await gateway.login("aud.nation", "wrong-wrong-wrong")
    between = time.monotonic()
    unknown = await gateway.login("nobody.at.all", "wrong-wrong-wrong")
    ended = time.monotonic()
    assert wrong.status_code == unknown.status_code == 401
    assert without_instance(wrong) == without_instance(unknown)
    assert {name for name in wrong.headers if name != "x-request-id"} == {
        name for name in unknown.headers if name != "x-request-id"
    }
    assert between - began >= 0.3
    assert ended - between >= 0.3


async def test_five_failures_lock_the_door_for_the_right_password_too_and_it_opens_by_itself(
    gateway: Gateway, calling: Calling, admin: asyncpg.Pool
) -> None:
    name = await enter(gateway, calling)
    answers = [await gateway.login(name, "wrong-wrong-wrong") for _ in range(FAILURES_ALLOWED)]
    locked = await gateway.login(name)
    assert locked.status_code == 401
    assert without_instance(locked) == without_instance(answers[0])
    until = await admin.fetchval("SELECT locked_until FROM identity.person WHERE username = $1", name)
    assert timedelta(minutes=14) < until - clock.now() < timedelta(minutes=16)
    await admin.execute("UPDATE identity.person SET locked_until = now() WHERE username = $1", name)
    assert (await gateway.login(name)).status_code == 200
    kinds = await admin.fetch(
        "SELECT e.kind, e.body->>'locked_until' AS until FROM identity.event e JOIN identity.person p"
        " ON e.body->>'person_id' = p.id::text WHERE p.username = $1 ORDER BY e.position",
        name,
    )
    assert [row["kind"] for row in kinds] == ["PersonEntered", *["SignInFailed"] * 5, "SignedIn"]
    assert kinds[5]["until"] is not None


NOON = datetime(2017, 6, 1, 12, tzinfo=UTC)


def test_the_door_counts_opens_and_closes() -> None:
    assert knock(4, None, right=False, now=NOON).locked_until == NOON + LOCKED_FOR
    assert knock(3, None, right=False, now=NOON).failures == 4
    assert knock(4, None, right=True, now=NOON).failures == 0
    closed = knock(0, NOON + LOCKED_FOR, right=True, now=NOON)
    assert (closed.opens, closed.counted) == (False, False)
    assert knock(0, NOON, right=True, now=NOON).opens


@pytest.mark.parametrize(
    "body",
    [
        b'{"username": "clerk.yunxi", "password": NaN}',
        b'{"username": "clerk.yunxi", "username": "aud.yunxi", "password": "x"}',
        b'{"username": ' + b"[" * 40 + b"]" * 40 + b"}",
        b"\xff\xfe",
        b"{",
    ],
)
async def test_a_body_that_is_not_json_is_a_problem_and_not_a_crash(gateway: Gateway, body: bytes) -> None:
    answer = await gateway.http.post("/auth/login", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/unreadable-body")


@pytest.mark.parametrize(
    "body",
    [
        {"username": "clerk.yunxi", "password": 5},
        {"username": "clerk.yunxi"},
        {"username": "a\u0000b", "password": PASSWORD},
        {"username": "clerk.yunxi", "password": "x" * 129},
    ],
)
async def test_a_bad_shape_of_login_is_422(gateway: Gateway, body: dict[str, object]) -> None:
    answer = await gateway.http.post("/auth/login", json=body)
    assert answer.status_code == 422
    assert PASSWORD not in answer.text


async def test_a_lone_surrogate_is_refused(gateway: Gateway) -> None:
    body = b'{"username": "clerk.yunxi", "password": "\\ud800 long enough"}'
    answer = await gateway.http.post("/auth/login", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.fixture(scope="session")
async def bank(gateway: Gateway, calling: Calling) -> tuple[str, str]:
    """A bank's client id and secret, with its role."""
    client_id = f"bank{uuid4().hex[:8]}"
    order = {"client_id": client_id, "name": "某农商行", "region": COUNTY, "unit": "bank-1"}
    made = await gateway.http.post("/identity/v1/clients", json=order, headers=calling("sys.yunxi"))
    assert (await grant(gateway, calling, client_id=client_id, role="bank")).status_code == 201
    return client_id, made.json()["client_secret"]


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


async def test_a_bank_fetches_a_token_with_basic_or_with_the_form(gateway: Gateway, bank: tuple[str, str]) -> None:
    client_id, secret = bank
    form = {"grant_type": "client_credentials"}
    by_basic = await gateway.http.post("/oauth/token", data=form, headers=basic(client_id, secret))
    by_form = await gateway.http.post("/oauth/token", data={**form, "client_id": client_id, "client_secret": secret})
    for answer in (by_basic, by_form):
        assert answer.status_code == 200, answer.text
        assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
        assert answer.headers["cache-control"] == "no-store"
    seen = await gateway.http.get(
        "/funds/v1/loans", headers={"Authorization": f"Bearer {by_basic.json()['access_token']}"}
    )
    assert seen.status_code == 200


@pytest.mark.parametrize(
    ("form", "authorization", "status", "error"),
    [
        ("grant_type=client_credentials", "wrong", 401, "invalid_client"),
        ("grant_type=client_credentials", "Bearer x", 401, "invalid_client"),
        ("grant_type=client_credentials", "Basic !!!", 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=nobody&client_secret=x", None, 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=a%00b&client_secret=x", None, 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=%FF&client_secret=x", None, 400, "invalid_request"),
        ("grant_type=client_credentials", None, 401, "invalid_client"),
        ("grant_type=password&username=a&password=b", None, 400, "unsupported_grant_type"),
        ("grant_type=client_credentials&scope=all", None, 400, "invalid_scope"),
        ("grant_type=client_credentials&client_secret=x", "right", 400, "invalid_request"),
        ("grant_type=client_credentials&grant_type=client_credentials", "right", 400, "invalid_request"),
        ("", "right", 400, "invalid_request"),
        ("a" * 9000, "right", 400, "invalid_request"),
    ],
)
async def test_a_bad_token_request_is_answered_as_rfc_6749_says(
    gateway: Gateway, bank: tuple[str, str], form: str, authorization: str | None, status: int, error: str
) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if authorization == "right":
        headers |= basic(*bank)
    elif authorization == "wrong":
        headers |= basic(bank[0], "wrong")
    elif authorization:
        headers["Authorization"] = authorization
    answer = await gateway.http.post("/oauth/token", content=form, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error_description"].isascii()
    assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_json_is_no_form(gateway: Gateway) -> None:
    answer = await gateway.http.post("/oauth/token", json={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
