"""The journal of audit_api as a feed: read by services with a key of their own, and by nobody who is a person."""

from __future__ import annotations

import time
from uuid import uuid4

import httpx

from chassis.database import Database
from chassis.identity import SigningKey, sign
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.office import confirmed, finding
from tests.audit_api.test_finding import alerted
from tests.callers import AUDIT_KEY, FOLLOWER_KEY, GATEWAY_KEY, RUNNER_KEY, SEALER_KEY, audit_caller


async def test_what_was_found_is_told_in_order(
    audit_http: httpx.AsyncClient, county: str, feed: FakeFeed, database: Database
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    [alert] = await alerted(feed, database, county, uuid4())
    await confirmed(inspector, finding(alert))
    reader = audit_caller(audit_http, "feed_reader", "99")
    assert (await reader.get("/audit/v1/events")).json()["streams"][county] == 3
    page = (await reader.get("/audit/v1/events", params={"stream": county})).json()
    told = [(one["position"], one["kind"]) for one in page["events"]]
    assert told == [(1, "AlertsTakenIn"), (2, "FindingDrawnUp"), (3, "FindingOpened")]
    assert page["head_position"] == 3
    assert "第一镇滞留扶贫资金" not in str(page), "what people wrote is committed to and not told"


async def test_people_and_readers_of_other_places_are_told_nothing(
    audit_http: httpx.AsyncClient, county: str, feed: FakeFeed, database: Database
) -> None:
    await alerted(feed, database, county, uuid4())
    for role in ("inspector", "finance_clerk", "township_clerk"):
        answer = await audit_caller(audit_http, role, county).get("/audit/v1/events", params={"stream": county})
        assert answer.status_code == 403
    neighbour = audit_caller(audit_http, "feed_reader", "980001")
    assert (await neighbour.get("/audit/v1/events", params={"stream": county})).status_code == 403
    assert county not in (await neighbour.get("/audit/v1/events")).json()["streams"]


async def test_a_key_gives_its_own_roles_and_no_other(audit_http: httpx.AsyncClient, county: str) -> None:
    now = int(time.time())
    claims = {"aud": "audit", "sub": "s", "client_id": "c", "iat": now, "nbf": now, "exp": now + 60, "unit": None}

    async def asked(private: dict[str, str], issuer: str, path: str, *roles: str) -> int:
        key = SigningKey.from_jwk(private, issuer, "internal+jwt")
        token = sign(key, {**claims, "jti": uuid4().hex, "roles": list(roles), "region": county})
        answer = await audit_http.get(path, headers={"Authorization": f"Bearer {token}"})
        return answer.status_code

    events, hashes = "/audit/v1/events", "/audit/v1/events/hashes"
    gateway = (GATEWAY_KEY, "qingliu-gateway")
    assert await asked(RUNNER_KEY, "qingliu-runner", events, "feed_reader") == 200
    assert await asked(SEALER_KEY, "qingliu-sealer", hashes, "sealer") == 200
    assert await asked(*gateway, "/audit/v1/findings", "inspector") == 200
    assert await asked(*gateway, "/audit/v1/findings", "inspector", "bank") == 200, "a role of another service"
    for private, issuer, path, roles in (
        (*gateway, events, ("feed_reader",)),
        (*gateway, hashes, ("inspector", "sealer")),
        (SEALER_KEY, "qingliu-sealer", "/audit/v1/findings", ("inspector",)),
        (SEALER_KEY, "qingliu-sealer", hashes, ("sealer", "inspector")),
        (RUNNER_KEY, "qingliu-runner", hashes, ("sealer",)),
        (FOLLOWER_KEY, "qingliu-follower", events, ("feed_reader",)),
        (AUDIT_KEY, "qingliu-audit", "/audit/v1/findings", ("inspector",)),
    ):
        assert await asked(private, issuer, path, *roles) == 401, (issuer, roles)
