"""What passes the gateway: the right headers, one spelling of an address, bodies part by part, failures by name."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from chassis.identity import KeyRing, verify
from chassis.intake import MAX_FILE_BYTES, MAX_JSON_BYTES
from deploy.onebox.keys import public_entry
from services.gateway.app import create_app
from tests.gateway.conftest import COUNTY, INTERNAL_KEY, Behind, Calling, Gateway, settings

RING = KeyRing.from_jwks({"keys": [public_entry(INTERNAL_KEY, "qingliu-gateway", "internal+jwt")]}, max_life_seconds=60)


@pytest.fixture(autouse=True)
def _restored(gateway: Gateway) -> Iterator[None]:
    yield
    gateway.behind.everything_echoes()


def bearer(calling: Calling, username: str = "clerk.yunxi") -> dict[str, str]:
    return {"Authorization": calling(username)["Authorization"]}


async def test_a_service_hears_who_calls_from_an_internal_token_and_nothing_else(
    gateway: Gateway, calling: Calling
) -> None:
    answer = await gateway.http.get(
        "/funds/v1/units?county=420322&kind=%E6%9D%91",
        headers={
            **bearer(calling),
            "X-Principal": "root",
            "X-Forwarded-For": "10.0.0.1",
            "X-User-Id": "1",
            "Forwarded": "for=1",
            "Cookie": "a=1",
            "Te": "trailers",
            "Accept-Language": "zh-CN",
            "X-Request-ID": "given-request-id-1",
            "If-None-Match": '"1"',
        },
    )
    assert answer.status_code == 200
    seen = answer.json()
    assert (seen["raw_path"], seen["query"]) == ("/funds/v1/units", "county=420322&kind=%E6%9D%91")
    names = [name for name, _ in seen["headers"]]
    assert sorted(names) == sorted(
        ["host", "accept", "accept-language", "if-none-match", "authorization", "x-request-id"]
    )
    told = dict(seen["headers"])
    assert told["x-request-id"] == "given-request-id-1" == answer.headers["x-request-id"]
    assert told["host"] == "funds"
    token = told["authorization"].removeprefix("Bearer ")
    assert token not in bearer(calling)["Authorization"]
    who = verify(token, RING, audience="funds")
    assert (who.subject, who.client_id, who.region, who.unit) == ("clerk.yunxi", "web", COUNTY, "县财政局")
    assert who.roles == {"finance_clerk"}
    other = (await gateway.http.get("/audit/v1/findings", headers=bearer(calling))).json()
    assert verify(dict(other["headers"])["authorization"].removeprefix("Bearer "), RING, audience="audit")


async def test_an_answer_carries_only_what_is_meant_for_the_caller(gateway: Gateway, calling: Calling) -> None:
    answer = await gateway.http.get("/funds/v1/units", headers=bearer(calling))
    assert {"set-cookie", "server", "x-internal"}.isdisjoint(answer.headers)
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_what_connection_names_stays_at_this_hop(gateway: Gateway, calling: Calling) -> None:
    answer = await gateway.http.post(
        "/funds/v1/units",
        content=b"{}",
        headers={**calling("clerk.yunxi"), "Connection": "keep-alive, Idempotency-Key", "X-File-Name": "a.csv"},
    )
    names = {name for name, _ in answer.json()["headers"]}
    assert "x-file-name" in names
    assert {"connection", "idempotency-key"}.isdisjoint(names)


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
    status, _, body = await raw(gateway, "GET", path.encode(), bearer(calling))
    assert (status, json.loads(body)["type"]) == (400, "/problems/bad-path")


@pytest.mark.parametrize("query", [b"a=\xff", b"a=%00", b"a=b c", b"a#b"])
async def test_a_query_no_browser_sends_is_refused(gateway: Gateway, calling: Calling, query: bytes) -> None:
    status, _, body = await raw(gateway, "GET", b"/funds/v1/units", bearer(calling), query=query)
    assert (status, json.loads(body)["type"]) == (400, "/problems/bad-path")


async def test_an_escaped_segment_reaches_the_service_in_one_spelling(gateway: Gateway, calling: Calling) -> None:
    _, _, body = await raw(gateway, "GET", b"/funds/v1/%e6%9d%91/%41-b", bearer(calling))
    assert json.loads(body)["raw_path"] == "/funds/v1/%E6%9D%91/A-b"


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
    got, _, body = await raw(gateway, "POST", b"/funds/v1/units", bearer(calling), more=headers)
    assert (got, json.loads(body)["type"]) == (status, f"/problems/{slug}")


async def test_the_url_and_the_method_have_limits(gateway: Gateway, calling: Calling) -> None:
    status, _, body = await raw(gateway, "GET", b"/funds/v1/units", bearer(calling), query=b"a=" + b"x" * 4096)
    assert (status, json.loads(body)["type"]) == (414, "/problems/url-too-long")
    for method in ("TRACE", "OPTIONS", "CONNECT", "FOO"):
        status, answered, body = await raw(gateway, method, b"/funds/v1/units", bearer(calling))
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


async def test_a_service_problem_passes_untouched(gateway: Gateway, calling: Calling) -> None:
    document = json.dumps({"type": "/problems/money-not-there", "status": 409, "标题": "余额不足"}).encode()

    async def refusing(_: Scope, __: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/problem+json"), (b"retry-after", b"7")]
        await send({"type": "http.response.start", "status": 409, "headers": headers})
        await send({"type": "http.response.body", "body": document})

    gateway.behind.at["funds"] = httpx.ASGITransport(app=refusing)
    answer = await gateway.http.post("/funds/v1/movements", json={}, headers=calling("clerk.yunxi"))
    assert (answer.status_code, answer.content) == (409, document)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "7"


class Failing(httpx.AsyncBaseTransport):
    def __init__(self, error: Exception) -> None:
        self.error = error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (httpx.ConnectError("no"), 503, "service-unavailable"),
        (httpx.ConnectTimeout("no"), 503, "service-unavailable"),
        (httpx.PoolTimeout("no"), 503, "service-unavailable"),
        (httpx.ReadTimeout("no"), 504, "service-timeout"),
        (httpx.WriteTimeout("no"), 504, "service-timeout"),
        (httpx.RemoteProtocolError("no"), 502, "service-broke-off"),
        (httpx.ReadError("no"), 502, "service-broke-off"),
        (httpx.LocalProtocolError("no"), 400, "bad-headers"),
    ],
)
async def test_every_failure_between_has_its_name(
    gateway: Gateway, calling: Calling, error: Exception, status: int, slug: str
) -> None:
    gateway.behind.at["funds"] = Failing(error)
    answer = await gateway.http.post("/funds/v1/units", json={}, headers=calling("clerk.yunxi"))
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    assert ("retry-after" in answer.headers) == (status != 400)
    assert answer.headers["x-request-id"] == answer.json()["instance"].rpartition(":")[2]


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


async def test_a_get_with_a_body_is_refused(gateway: Gateway, calling: Calling) -> None:
    answer = await gateway.http.request("GET", "/funds/v1/units", content=b"{}", headers=bearer(calling))
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-headers")


# --- part by part: the application is driven by hand, since httpx's ASGI transport joins an answer


async def raw(
    gateway: Gateway,
    method: str,
    path: bytes,
    headers: dict[str, str],
    *,
    query: bytes = b"",
    more: list[tuple[str, str]] | None = None,
) -> tuple[int, dict[bytes, bytes], bytes]:
    """One request as a server would hand it over, with a path httpx would have tidied; nothing in its body."""
    sent: list[Message] = []
    done = asyncio.Event()
    read = False

    async def receive() -> Message:
        nonlocal read
        if not read:
            read = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await gateway.app(scope_of(method, path, headers, query, more), receive, send)
    done.set()
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), body


def scope_of(
    method: str,
    path: bytes,
    headers: dict[str, str],
    query: bytes = b"",
    more: list[tuple[str, str]] | None = None,
) -> Scope:
    pairs = [*headers.items(), *(more or [])]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.decode("utf-8", "replace"),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in pairs],
        "client": ("127.0.0.1", 1),
        "server": ("gateway", 80),
    }


class Stepwise(httpx.AsyncBaseTransport):
    """A service that is driven step by step: it tells what arrived, and answers the next part only when told to."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[bytes] = asyncio.Queue()
        self.answers: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.left = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async for part in request.stream:  # type: ignore[union-attr]
            await self.arrived.put(part)
        return httpx.Response(200, headers={"content-type": "text/csv"}, stream=Answering(self))


class Answering(httpx.AsyncByteStream):
    def __init__(self, service: Stepwise) -> None:
        self.service = service

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while (part := await self.service.answers.get()) is not None:
                yield part
        except asyncio.CancelledError:
            self.service.left.set()
            raise


class Conversation:
    """A request in progress, seen from the server: what the client sends, what comes back, and leaving."""

    def __init__(self, gateway: Gateway, scope: Scope) -> None:
        self.sending: asyncio.Queue[Message] = asyncio.Queue()
        self.coming: asyncio.Queue[Message] = asyncio.Queue()
        self.task = asyncio.create_task(gateway.app(scope, self.sending.get, self.coming.put))

    async def say(self, part: bytes, *, more: bool = True) -> None:
        await self.sending.put({"type": "http.request", "body": part, "more_body": more})

    async def leave(self) -> None:
        await self.sending.put({"type": "http.disconnect"})

    async def hear(self) -> Message:
        return await asyncio.wait_for(self.coming.get(), 5)


@pytest.fixture
def stepwise(gateway: Gateway) -> Stepwise:
    service = Stepwise()
    gateway.behind.at["funds"] = service
    return service


def upload(calling: Calling) -> Scope:
    headers = {**calling("clerk.yunxi"), "Content-Type": "text/csv", "Transfer-Encoding": "chunked"}
    return scope_of("PUT", b"/funds/v1/payment-batches/1/roster", headers)


async def test_each_part_passes_before_the_next_one_exists(
    gateway: Gateway, calling: Calling, stepwise: Stepwise
) -> None:
    talk = Conversation(gateway, upload(calling))
    await talk.say(b"a" * 100_000)
    assert await asyncio.wait_for(stepwise.arrived.get(), 5) == b"a" * 100_000
    await talk.say(b"b", more=False)
    assert await asyncio.wait_for(stepwise.arrived.get(), 5) == b"b"
    assert (await talk.hear())["type"] == "http.response.start"
    await stepwise.answers.put(b"1" * 100_000)
    assert (await talk.hear())["body"] == b"1" * 100_000
    await stepwise.answers.put(b"2")
    assert (await talk.hear())["body"] == b"2"
    await stepwise.answers.put(None)
    assert (await talk.hear())["more_body"] is False
    await asyncio.wait_for(talk.task, 5)


async def test_a_client_that_leaves_takes_its_request_along(
    gateway: Gateway, calling: Calling, stepwise: Stepwise
) -> None:
    talk = Conversation(gateway, upload(calling))
    await talk.say(b"a", more=False)
    assert (await talk.hear())["type"] == "http.response.start"
    await talk.leave()
    await asyncio.wait_for(stepwise.left.wait(), 5)
    await asyncio.wait_for(talk.task, 5)


async def test_a_client_that_leaves_in_the_middle_of_its_body_is_not_answered(
    gateway: Gateway, calling: Calling, stepwise: Stepwise
) -> None:
    talk = Conversation(gateway, upload(calling))
    await talk.say(b"a")
    await asyncio.wait_for(stepwise.arrived.get(), 5)
    await talk.leave()
    await asyncio.wait_for(talk.task, 5)
    assert talk.coming.empty()


async def test_an_upload_that_stalls_is_ended(
    gateway: Gateway, calling: Calling, stepwise: Stepwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.limits.MAX_PAUSE_SECONDS", 0.05)
    talk = Conversation(gateway, upload(calling))
    await talk.say(b"a")
    answer = await talk.hear()
    assert answer["status"] == 408
    assert dict(answer["headers"])[b"connection"] == b"close"
    await asyncio.wait_for(talk.task, 5)


# --- over real sockets


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Serving:
    """uvicorn on loopback within this process, as it is started for real."""

    def __init__(self, app: Any) -> None:
        self.port = free_port()
        self.server = uvicorn.Server(
            uvicorn.Config(
                app,
                host="127.0.0.1",
                port=self.port,
                http="httptools",
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                lifespan="on" if hasattr(app, "router") else "off",
            )
        )

    async def __aenter__(self) -> str:
        self.task = asyncio.create_task(self.server._serve())
        while not self.server.started:  # noqa: ASYNC110 - the server has no event to wait for
            await asyncio.sleep(0.01)
        return f"http://127.0.0.1:{self.port}"

    async def __aexit__(self, *_: object) -> None:
        self.server.should_exit = True
        await self.task


async def test_over_sockets_a_service_that_is_down_is_a_503_at_once_and_one_that_is_up_streams(
    urls: dict[str, str], gateway: Gateway, calling: Calling
) -> None:
    gone = asyncio.Event()
    headers = {**calling("clerk.yunxi"), "Content-Type": "text/csv"}

    async def endless(_: Scope, receive: Receive, send: Send) -> None:
        received = 0
        while True:
            message = await receive()
            received += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        head = [(b"content-type", b"text/csv"), (b"etag", f'"{received}"'.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        assert (await receive())["type"] == "http.disconnect"
        gone.set()

    async with Serving(endless) as funds:
        app = create_app(settings(urls, funds_url=funds, audit_url=f"http://127.0.0.1:{free_port()}"))
        async with Serving(app) as base, httpx.AsyncClient(base_url=base, timeout=10, trust_env=False) as http:
            down = await http.get("/audit/v1/findings", headers=bearer(calling))
            assert (down.status_code, down.json()["type"]) == (503, "/problems/service-unavailable")
            assert down.headers["retry-after"]
            assert down.elapsed.total_seconds() < 2

            async def file() -> AsyncIterator[bytes]:
                for _ in range(40):
                    yield b"x" * 65536

            async with http.stream("PUT", "/funds/v1/rosters", content=file(), headers=headers) as answer:
                assert answer.headers["etag"] == f'"{40 * 65536}"'
                assert await anext(answer.aiter_raw()) == b"first"
            await asyncio.wait_for(gone.wait(), 5)

            with_a_trap = await raw_over_socket(base, "GET /funds/v1/..%2faudit HTTP/1.1")
            assert b" 400 " in with_a_trap.splitlines()[0]
            assert b"application/problem+json" in with_a_trap


async def raw_over_socket(base: str, request_line: str) -> bytes:
    host, _, port = base.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"{request_line}\r\nHost: gateway\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_body_that_is_too_large_is_answered_over_sockets_too(
    urls: dict[str, str], gateway: Gateway, calling: Calling
) -> None:
    app = create_app(settings(urls), transport=Behind())
    async with Serving(app) as base, httpx.AsyncClient(base_url=base, timeout=10, trust_env=False) as http:
        answer = await http.post("/funds/v1/units", content=b"x" * (MAX_JSON_BYTES + 1), headers=calling("clerk.yunxi"))
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")
        assert uuid4().hex not in answer.text
