"""Connections towards a service: used again, bounded, given back whatever happens, and never a dead one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from services.gateway.pool import Pool

PATIENCE = {"connect": 2.0, "read": 0.3, "write": 2.0, "pool": 0.1}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Service:
    """A bare server: every request is answered as its path says. `opened` counts connections."""

    def __init__(self) -> None:
        self.opened = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        self.writers.append(writer)
        while line := await reader.readline():
            while (await reader.readline()).strip():
                pass
            match line.split()[1]:
                case b"/hang":
                    await asyncio.sleep(30)
                case b"/break":
                    break
                case b"/half":
                    writer.write(OK[:-1])
                    break
                case _:
                    writer.write(OK)
            await writer.drain()
        writer.close()


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    found = Service()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    yield found
    server.close()
    for writer in found.writers:
        writer.close()
    await server.wait_closed()


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    made = Pool(at_most=2)
    yield made
    await made.aclose()


async def ask(pool: Pool, service: Service, path: str = "/") -> httpx.Response:
    url = f"http://127.0.0.1:{service.port}{path}"  # type: ignore[attr-defined]
    answer = await pool.handle_async_request(httpx.Request("GET", url, extensions={"timeout": PATIENCE}))
    try:
        await answer.aread()
    finally:
        await answer.aclose()
    return answer


async def test_one_caller_after_the_other_needs_one_connection(pool: Pool, service: Service) -> None:
    for _ in range(5):
        assert (await ask(pool, service)).content == b"ok"
    assert service.opened == 1


async def test_a_connection_closed_by_the_service_is_not_used_again(pool: Pool, service: Service) -> None:
    await ask(pool, service)
    service.writers[0].close()
    await service.writers[0].wait_closed()
    await asyncio.sleep(0.05)
    assert (await ask(pool, service)).content == b"ok"
    assert service.opened == 2


@pytest.mark.parametrize(
    ("path", "error"),
    [("/hang", httpx.ReadTimeout), ("/break", httpx.RemoteProtocolError), ("/half", httpx.RemoteProtocolError)],
)
async def test_every_failure_gives_its_room_back(
    pool: Pool, service: Service, path: str, error: type[Exception]
) -> None:
    for _ in range(4):  # more often than there is room
        with pytest.raises(error):
            await ask(pool, service, path)
    assert (await ask(pool, service)).content == b"ok"


async def test_a_caller_that_leaves_gives_its_room_back(pool: Pool, service: Service) -> None:
    for _ in range(4):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await ask(pool, service, "/hang")
    assert (await ask(pool, service)).content == b"ok"


async def test_one_too_many_waits_only_so_long(pool: Pool, service: Service) -> None:
    hanging = [asyncio.create_task(ask(pool, service, "/hang")) for _ in range(2)]
    await asyncio.sleep(0.05)
    with pytest.raises(httpx.PoolTimeout):
        await ask(pool, service)
    for ended in await asyncio.gather(*hanging, return_exceptions=True):
        assert isinstance(ended, httpx.ReadTimeout)
    assert (await ask(pool, service)).content == b"ok"


async def test_a_service_that_is_not_there_is_a_connect_error(pool: Pool) -> None:
    with pytest.raises(httpx.ConnectError):
        await pool.handle_async_request(httpx.Request("GET", "http://127.0.0.1:1/", extensions={"timeout": PATIENCE}))
