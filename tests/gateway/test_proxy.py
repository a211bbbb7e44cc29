"""What passes the gateway: the right headers, one spelling of an address, answers untouched, failures by name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.types import Receive, Scope, Send

from chassis.identity import KeyRing, verify
from deploy.onebox.keys import public_entry
from services.gateway.proxy import AnswerBroke
from services.gateway.upstreams import Upstream
from tests.gateway.conftest import COUNTY, INTERNAL_KEY, Calling, Gateway, bearer
from tests.gateway.serving import Bare, free_port, raw

RING = KeyRing.from_jwks({"keys": [public_entry(INTERNAL_KEY, "qingliu-gateway", "internal+jwt")]}, max_life_seconds=60)


@pytest.fixture(autouse=True)
def _restored(gateway: Gateway) -> Iterator[None]:
    yield
    gateway.behind.everything_echoes()


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
    assert f"http://{told['host']}" == gateway.behind.urls["funds"]
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


async def test_an_escaped_segment_reaches_the_service_in_one_spelling(gateway: Gateway, calling: Calling) -> None:
    _, _, body = await raw(gateway.app, "GET", b"/funds/v1/%e6%9d%91/%41-b", bearer(calling))
    assert json.loads(body)["raw_path"] == "/funds/v1/%E6%9D%91/A-b"


async def test_a_service_problem_passes_untouched(gateway: Gateway, calling: Calling) -> None:
    document = json.dumps({"type": "/problems/money-not-there", "status": 409, "标题": "余额不足"}).encode()

    async def refusing(_: Scope, __: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/problem+json"), (b"retry-after", b"7")]
        await send({"type": "http.response.start", "status": 409, "headers": headers})
        await send({"type": "http.response.body", "body": document})

    gateway.behind.at["funds"] = refusing
    answer = await gateway.http.post("/funds/v1/movements", json={}, headers=calling("clerk.yunxi"))
    assert (answer.status_code, answer.content) == (409, document)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "7"


def sends(answer: bytes, *, then_ends: bool = False) -> Bare:
    """A server that answers every request with these bytes."""

    async def answering(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        if then_ends:
            writer.close()

    return Bare(answering)


async def hangs(_: bytes, __: asyncio.StreamReader, ___: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def resets(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


FAILURES = {
    "slow": (Bare(hangs), 504, "service-timeout"),
    "reset": (Bare(resets), 502, "service-broke-off"),
    "silent": (sends(b"", then_ends=True), 502, "service-broke-off"),
    "no answer": (sends(b"SSH-2.0-OpenSSH\r\n\r\n"), 502, "service-broke-off"),
    "endless": (sends(b"HTTP/1.1 200 OK\r\n\r\nsome", then_ends=True), 502, "service-broke-off"),
    "upgrade": (sends(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"), 502, "service-broke-off"),
    "long head": (sends(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"), 502, "service-broke-off"),
}


def at(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Let the funds service stand at `url` for the rest of the test."""
    funds, audit = gateway.app.state.upstreams
    moved = Upstream(funds.name, funds.prefix, funds.audience, url)
    monkeypatch.setitem(gateway.app.state._state, "upstreams", (moved, audit))


@pytest.mark.parametrize("failure", FAILURES)
async def test_every_failure_between_has_its_name(
    gateway: Gateway, calling: Calling, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    server, status, slug = FAILURES[failure]
    monkeypatch.setattr("services.gateway.upstreams.WRITE_SECONDS", 0.3)
    async with server as url:
        at(gateway, monkeypatch, url)
        answer = await gateway.http.post("/funds/v1/units", json={}, headers=calling("clerk.yunxi"))
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    assert answer.headers["retry-after"]
    assert answer.headers["x-request-id"] == answer.json()["instance"].rpartition(":")[2]


async def test_a_service_that_is_not_there_has_not_acted(
    gateway: Gateway, calling: Calling, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(gateway, monkeypatch, f"http://127.0.0.1:{free_port()}")
    answer = await gateway.http.post("/funds/v1/units", json={}, headers=calling("clerk.yunxi"))
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/service-unavailable")


async def test_a_header_that_could_begin_another_goes_no_further(gateway: Gateway, calling: Calling) -> None:
    for value in ("a\r\nX-Principal: root", "a\nb", "a\x00"):
        more = [("X-File-Name", value)]
        status, _, body = await raw(gateway.app, "POST", b"/funds/v1/units", bearer(calling), more=more)
        assert (status, json.loads(body)["type"]) == (400, "/problems/bad-headers")


async def test_a_head_is_answered_without_its_body_and_the_connection_goes_on(
    gateway: Gateway, calling: Calling
) -> None:
    for _ in range(2):
        head = await gateway.http.head("/funds/v1/units", headers=bearer(calling))
        assert (head.status_code, head.content) == (200, b"")
    whole = await gateway.http.get("/funds/v1/units", headers=bearer(calling))
    assert whole.json()["method"] == "GET"


async def test_an_answer_that_comes_before_the_end_of_the_body_is_passed_on_and_the_connection_is_not_used_again(
    gateway: Gateway, calling: Calling, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = sends(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
    async with refusal as url:
        at(gateway, monkeypatch, url)
        for _ in range(2):

            async def parts() -> AsyncIterator[bytes]:
                for _ in range(20):
                    yield b"x" * 1000
                    await asyncio.sleep(0.01)

            headers = {**calling("clerk.yunxi"), "Content-Type": "text/csv"}
            answer = await gateway.http.put("/funds/v1/files", content=parts(), headers=headers)
            assert (answer.status_code, answer.content) == (413, b"no")
    assert refusal.opened == 2


async def test_a_broken_answer_is_cut_off_so_that_a_part_does_not_pass_for_all(
    gateway: Gateway, calling: Calling, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with sends(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", then_ends=True) as url:
        at(gateway, monkeypatch, url)
        with pytest.raises(AnswerBroke):
            await raw(gateway.app, "GET", b"/funds/v1/units", bearer(calling))
    said = [record.message for record in caplog.records]
    assert "answer broke off" in said
    assert "crash" not in said, "a service that ends is no mistake of the gateway"
