"""What the front door refuses: an address or header with two readings, a body without end, a caller without a token."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from chassis.intake import MAX_FILE_BYTES, MAX_JSON_BYTES
from tests.gateway.conftest import Calling, Gateway, bearer
from tests.gateway.serving import raw
from wire.files import ROSTER_BYTES, file_bytes


@pytest.mark.parametrize(
    "path",
    [
        "/funds/v1//units",
        "//funds/v1/units",
        "/funds/v1/units/",
        "/funds/v1/../audit/v1/findings",
        "/funds/v1/./units",
        "/funds/v1/%2e%2e/units",
        "/funds/v1/%2E/units",
        "/funds/v1/a%2fb",
        "/funds/v1/a%5Cb",
        "/funds/v1/a\\b",
        "/funds/v1/a;b=1",
        "/funds/v1/a%3bb",
        "/funds/v1/a%00",
        "/funds/v1/a%0ab",
        "/funds/v1/a%252fb",
        "/funds/v1/%ff",
        "/funds/v1/a%2",
        "/funds/v1/\u6751",
        "funds/v1/units",
        "http://elsewhere/funds/v1/units",
        "/docs/../identity/v1/people",
    ],
)
async def test_an_address_with_two_readings_is_refused(gateway: Gateway, calling: Calling, path: str) -> None:
    status, _, body = await raw(gateway.app, "GET", path.encode(), bearer(calling))
    assert (status, json.loads(body)["type"]) == (400, "/problems/bad-path")


@pytest.mark.parametrize("query", [b"a=\xff", b"a=%00", b"a=b c", b"a#b"])
async def test_a_query_no_browser_sends_is_refused(gateway: Gateway, calling: Calling, query: bytes) -> None:
    status, _, body = await raw(gateway.app, "GET", b"/funds/v1/units", bearer(calling), query=query)
    assert (status, json.loads(body)["type"]) == (400, "/problems/bad-path")


@pytest.mark.parametrize(
    ("headers", "status", "slug"),
    [
        ([("X_User", "1")], 400, "bad-headers"),
        ([("Host", "a"), ("Host", "b")], 400, "bad-headers"),
        ([("Authorization", "Bearer x")], 400, "bad-headers"),
        ([("Content-Type", "text/csv"), ("Content-Type", "application/json")], 400, "bad-headers"),
        ([("Content-Length", "1"), ("Content-Length", "2")], 400, "bad-headers"),
        ([("Content-Length", "2"), ("Transfer-Encoding", "chunked")], 400, "bad-headers"),
        ([("Content-Length", "-2")], 400, "bad-headers"),
        ([("Transfer-Encoding", "gzip, chunked")], 400, "bad-headers"),
        ([("Idempotency-Key", "a"), ("Idempotency-Key", "b")], 400, "bad-headers"),
        ([(f"X-{number}", "1") for number in range(64)], 431, "headers-too-large"),
        ([("X-Long", "x" * 16_400)], 431, "headers-too-large"),
    ],
)
async def test_headers_with_two_readings_are_refused(
    gateway: Gateway, calling: Calling, headers: list[tuple[str, str]], status: int, slug: str
) -> None:
    got, _, body = await raw(gateway.app, "POST", b"/funds/v1/units", bearer(calling), more=headers)
    assert (got, json.loads(body)["type"]) == (status, f"/problems/{slug}")


async def test_the_url_and_the_method_have_limits(gateway: Gateway, calling: Calling) -> None:
    status, _, body = await raw(gateway.app, "GET", b"/funds/v1/units", bearer(calling), query=b"a=" + b"x" * 4096)
    assert (status, json.loads(body)["type"]) == (414, "/problems/url-too-long")
    for method in ("TRACE", "OPTIONS", "CONNECT", "FOO"):
        status, answered, body = await raw(gateway.app, method, b"/funds/v1/units", bearer(calling))
        assert (status, json.loads(body)["type"]) == (405, "/problems/method-refused")
        assert b"GET" in answered[b"allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/funds/v1/units",
        "/audit/v1/findings",
        "/identity/v1/people",
        "/identity/v1/events",
        "/",
        "/nothing/here",
        "/funds/v2/units",
        "/problems",
        "/static-offline-docs",
        "/auth/login/more",
        "/internal",
    ],
)
async def test_without_a_token_nothing_is_there(gateway: Gateway, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic YTpi"}):
        answer = await gateway.http.get(path, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/not-signed-in")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"


async def test_every_route_of_the_gateway_asks_for_something_or_is_on_the_public_list(gateway: Gateway) -> None:
    from fastapi.routing import iter_route_contexts  # noqa: PLC0415

    from services.gateway.front import is_public  # noqa: PLC0415

    routes = list(iter_route_contexts(gateway.app.routes))
    asking = {route.path: can_of(route) for route in routes if getattr(route, "dependant", None)}
    assert len(asking) >= 8
    for path, permissions in asking.items():
        assert permissions or is_public(tuple(path.strip("/").split("/"))), path


def can_of(route: Any) -> list[str]:
    calls = [one.call for one in route.dependant.dependencies]
    return [call.permission for call in calls if hasattr(call, "permission")]


async def test_with_a_token_an_unknown_address_is_a_problem(gateway: Gateway, calling: Calling) -> None:
    for path in ("/nothing/here", "/funds/v1", "/funds/v2/units", "/"):
        answer = await gateway.http.get(path, headers=bearer(calling))
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("content_type", "limit"), [("application/json", MAX_JSON_BYTES), ("text/csv", MAX_FILE_BYTES)]
)
async def test_a_body_is_bounded_by_what_it_says_and_by_what_comes(
    gateway: Gateway, calling: Calling, content_type: str, limit: int
) -> None:
    headers = {**calling("clerk.yunxi"), "Content-Type": content_type}

    async def parts(size: int) -> AsyncIterator[bytes]:
        for _ in range(0, size, 65536):
            yield b"x" * min(size, 65536)

    declared = await gateway.http.put("/funds/v1/files", content=b"x" * (limit + 1), headers=headers)
    chunked = await gateway.http.put("/funds/v1/files", content=parts(limit + 65536), headers=headers)
    for answer in (declared, chunked):
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")
        assert answer.json()["figures"]["limit_bytes"] == limit
    whole = await gateway.http.put("/funds/v1/files", content=b"x" * limit, headers=headers)
    assert whole.json()["body_bytes"] == limit


async def test_a_roster_may_be_larger_than_other_files(gateway: Gateway, calling: Calling) -> None:
    headers = {**calling("clerk.yunxi"), "Content-Type": "text/csv"}
    roster, more = f"/funds/v1/payment-batches/{UUID(int=1)}/roster", b"x" * (MAX_FILE_BYTES + 1)
    assert (await gateway.http.put(roster, content=more, headers=headers)).json()["body_bytes"] == len(more)
    elsewhere = await gateway.http.put(f"{roster}/rows", content=more, headers=headers)
    assert (elsewhere.status_code, elsewhere.json()["figures"]["limit_bytes"]) == (413, MAX_FILE_BYTES)
    assert file_bytes(roster, MAX_FILE_BYTES) == ROSTER_BYTES


async def test_a_get_with_a_body_is_refused(gateway: Gateway, calling: Calling) -> None:
    answer = await gateway.http.request("GET", "/funds/v1/units", content=b"{}", headers=bearer(calling))
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-headers")
