"""Part by part: a body passes the gateway as it comes, in both directions, and a client that leaves is noticed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from chassis.intake import MAX_JSON_BYTES
from services.gateway.app import create_app
from tests.gateway.conftest import Calling, Gateway, bearer, settings
from tests.gateway.serving import Serving, free_port, raw_over_socket, scope_of


@pytest.fixture(autouse=True)
def _restored(gateway: Gateway) -> Iterator[None]:
    yield
    gateway.behind.everything_echoes()


class Stepwise:
    """A service that is driven step by step: it tells what arrived, and answers the next part only when told to."""

    def __init__(self) -> None:
        self.received = 0
        self.answers: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.left = asyncio.Event()

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.set()
                return
            self.received += len(message.get("body", b""))
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/csv")]})
        leaving = asyncio.create_task(self._leaving(receive))
        while (part := await self.answers.get()) is not None:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        leaving.cancel()

    async def _leaving(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.left.set()
        await self.answers.put(None)

    async def heard(self, size: int) -> None:
        async with asyncio.timeout(5):
            while self.received != size:  # noqa: ASYNC110 - a fourth event would not make it clearer
                await asyncio.sleep(0.01)


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
    await stepwise.heard(100_000)
    await talk.say(b"b", more=False)
    await stepwise.heard(100_001)
    assert (await talk.hear())["type"] == "http.response.start"
    await stepwise.answers.put(b"1" * 100_000)
    come = b""
    while len(come) < 100_000:
        come += (await talk.hear())["body"]
    assert come == b"1" * 100_000
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
    await stepwise.heard(1)
    await talk.leave()
    await asyncio.wait_for(talk.task, 5)
    assert talk.coming.empty()
    await asyncio.wait_for(stepwise.left.wait(), 5)


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
        app = create_app(settings(urls, gateway.behind, funds_url=funds, audit_url=f"http://127.0.0.1:{free_port()}"))
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


async def test_a_body_that_is_too_large_is_answered_over_sockets_too(
    urls: dict[str, str], gateway: Gateway, calling: Calling
) -> None:
    app = create_app(settings(urls, gateway.behind))
    async with Serving(app) as base, httpx.AsyncClient(base_url=base, timeout=10, trust_env=False) as http:
        answer = await http.post("/funds/v1/units", content=b"x" * (MAX_JSON_BYTES + 1), headers=calling("clerk.yunxi"))
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")
        assert uuid4().hex not in answer.text
