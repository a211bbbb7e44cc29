"""Connections towards a service: used again, bounded, given back whatever happens, and never a dead one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.gateway import line as lines
from services.gateway import pool as pools
from services.gateway.line import LineLost, LineSlow
from services.gateway.pool import Pool
from services.gateway.upstreams import Patience, Upstream, UpstreamDown
from tests.gateway.serving import Bare, free_port

PATIENCE = Patience(connect=2.0, read=0.3, write=0.3, pool=0.1)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

WHOLE = {
    b"/more": OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    b"/interim": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK,
    b"/chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
    # A server that has crashed over a request answers, says nothing of it, and closes a moment later.
    b"/crash": OK.replace(b"200 OK", b"500 Internal Server Error"),
}


async def as_its_path_says(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    match head.split()[1]:
        case b"/hang":
            await asyncio.sleep(30)
        case b"/break":
            writer.close()
        case b"/half":
            writer.write(OK[:-1])
            writer.close()
        case b"/close":
            writer.write(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        case b"/large":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n" + b"x" * 8_000_000)
        case b"/deaf":
            reader._transport.pause_reading()  # type: ignore[attr-defined] # a peer that takes nothing more
            await asyncio.sleep(30)
        case path:
            writer.write(WHOLE.get(path, OK))


@pytest.fixture
async def server() -> AsyncIterator[Bare]:
    found = Bare(as_its_path_says)
    async with found as url:
        found.url = url  # type: ignore[attr-defined]
        yield found


@pytest.fixture
async def service(server: Bare) -> Upstream:
    return Upstream("funds", ("funds", "v1"), "funds", server.url)  # type: ignore[attr-defined]


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    made = Pool(at_most=2)
    yield made
    made.close()


async def ask(pool: Pool, service: Upstream, path: str = "/", body: bytes = b"") -> bytes:
    line = await pool.take(service, PATIENCE)
    try:
        line.expect("GET")
        await line.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + body, PATIENCE.write)
        await line.head(PATIENCE.read)
        come = b""
        while part := await line.part(PATIENCE.read):
            come += part
        return come
    finally:
        pool.give_back(service, line)


async def test_one_caller_after_the_other_needs_one_connection(pool: Pool, service: Upstream, server: Bare) -> None:
    for path in ("/", "/chunks", "/interim", "/", "/"):
        assert await ask(pool, service, path) == b"ok"
    assert server.opened == 1


@pytest.mark.parametrize("path", ["/close", "/more", "/crash"])
async def test_a_connection_that_is_over_or_says_too_much_is_not_used_again(
    pool: Pool, service: Upstream, server: Bare, path: str
) -> None:
    assert await ask(pool, service, path) == b"ok"
    assert await ask(pool, service) == b"ok"
    assert server.opened == 2


async def test_a_connection_closed_by_the_service_is_not_used_again(
    pool: Pool, service: Upstream, server: Bare
) -> None:
    await ask(pool, service)
    server.writers[0].close()
    await server.writers[0].wait_closed()
    await asyncio.sleep(0.05)
    assert await ask(pool, service) == b"ok"
    assert server.opened == 2


async def test_what_comes_unasked_is_answered_to_nobody(pool: Pool, service: Upstream, server: Bare) -> None:
    await ask(pool, service)
    server.writers[0].write(OK.replace(b"ok", b"no"))
    await asyncio.sleep(0.05)
    assert await ask(pool, service) == b"ok"
    assert server.opened == 2


async def test_a_connection_that_lay_idle_is_not_used_again(
    pool: Pool, service: Upstream, server: Bare, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask(pool, service)
    monkeypatch.setattr(pools, "IDLE_SECONDS", 0.0)
    await ask(pool, service)
    assert server.opened == 2


@pytest.mark.parametrize(("path", "error"), [("/hang", LineSlow), ("/break", LineLost), ("/half", LineLost)])
async def test_every_failure_gives_its_room_back(
    pool: Pool, service: Upstream, path: str, error: type[Exception]
) -> None:
    for _ in range(4):  # more often than there is room
        with pytest.raises(error):
            await ask(pool, service, path)
    assert await ask(pool, service) == b"ok"


async def test_a_service_that_takes_nothing_is_slow(pool: Pool, service: Upstream) -> None:
    with pytest.raises(LineSlow):
        await ask(pool, service, "/deaf", b"x" * 20_000_000)
    assert await ask(pool, service) == b"ok"


async def test_a_fast_service_waits_for_a_slow_reader(
    pool: Pool, service: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "HELD_BYTES", 10_000)
    line = await pool.take(service, PATIENCE)
    line.expect("GET")
    await line.send(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n", PATIENCE.write)
    await line.head(PATIENCE.read)
    await asyncio.sleep(0.1)
    come = [await line.part(PATIENCE.read)]
    assert len(come[0]) < 1_000_000
    while part := await line.part(PATIENCE.read):
        come.append(part)
    assert sum(len(part) for part in come) == 8_000_000
    assert line.is_reusable
    pool.give_back(service, line)


async def test_a_caller_that_leaves_gives_its_room_back(pool: Pool, service: Upstream) -> None:
    for _ in range(4):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await ask(pool, service, "/hang")
    assert await ask(pool, service) == b"ok"


async def test_one_too_many_waits_only_so_long(pool: Pool, service: Upstream) -> None:
    hanging = [asyncio.create_task(ask(pool, service, "/hang")) for _ in range(2)]
    await asyncio.sleep(0.05)
    with pytest.raises(UpstreamDown):
        await ask(pool, service)
    for ended in await asyncio.gather(*hanging, return_exceptions=True):
        assert isinstance(ended, LineSlow)
    assert await ask(pool, service) == b"ok"


async def test_a_service_that_cannot_be_reached_in_time_or_at_all_is_down(
    pool: Pool, service: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UpstreamDown):
        await ask(pool, Upstream("funds", ("funds", "v1"), "funds", f"http://127.0.0.1:{free_port()}"))

    async def never(*_: object, **__: object) -> None:
        await asyncio.sleep(30)

    with monkeypatch.context() as patched:
        patched.setattr(asyncio.get_running_loop(), "create_connection", never)
        for _ in range(4):
            with pytest.raises(UpstreamDown):
                await pool.take(service, PATIENCE._replace(connect=0.05))
    assert await ask(pool, service) == b"ok"


@pytest.mark.parametrize("url", ["https://funds:1", "http://funds/base", "funds:1", "http://"])
def test_only_plain_addresses_are_taken(url: str) -> None:
    with pytest.raises(ValueError, match="not a plain"):
        _ = Upstream("funds", ("funds", "v1"), "funds", url).address
