"""Connections towards the services, for httpx: the last one used is used next, and finding it costs no more under load.

httpx's own pool asks every connection on every request (measured: half the gateway's time at 32 in flight). This one
keeps a stack per service, opens at most so many to each, so that a slow service cannot starve another, and lets a
caller wait only so long for a free one. It speaks plain HTTP/1.1: TLS ends before the gateway.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field
from typing import Final

import httpcore
import httpx
from anyio import CancelScope

AT_MOST: Final = 64
IDLE_SECONDS: Final = 2.0  # shorter than a server's own (5 s), so that no request meets a connection just being closed


@dataclass(slots=True)
class _Stack:
    """The connections to one service: those idle now, and room for more."""

    room: asyncio.Semaphore
    idle: list[httpcore.AsyncHTTPConnection] = field(default_factory=list)


class Pool(httpx.AsyncBaseTransport):
    """Pooled connections, at most `at_most` to each service at a time."""

    def __init__(self, at_most: int = AT_MOST) -> None:
        self._at_most = at_most
        self._stacks: dict[tuple[bytes, bytes, int | None], _Stack] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send on an idle connection or a new one; the connection comes back when the answer is closed."""
        url = request.url
        address = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        stack = self._stack_for((address.scheme, address.host, address.port))
        await _enter(stack.room, request.extensions["timeout"]["pool"])
        connection: httpcore.AsyncHTTPConnection | None = None
        try:
            connection = await _idle(stack) or httpcore.AsyncHTTPConnection(
                address.origin, keepalive_expiry=IDLE_SECONDS
            )
            answer = await connection.handle_async_request(
                httpcore.Request(
                    request.method,
                    address,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except BaseException as error:
            await _leave(stack, connection)
            if (known := _as_httpx(error)) is not None:
                raise known from error
            raise
        if not isinstance(answer.stream, AsyncIterable):  # pragma: no cover - what an async connection answers with
            raise TypeError
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer.stream, stack, connection))

    def _stack_for(self, service: tuple[bytes, bytes, int | None]) -> _Stack:
        if service not in self._stacks:
            self._stacks[service] = _Stack(asyncio.Semaphore(self._at_most))
        return self._stacks[service]

    async def aclose(self) -> None:
        for stack in self._stacks.values():
            while stack.idle:
                await stack.idle.pop().aclose()


class _Body(httpx.AsyncByteStream):
    """An answer's body that gives its connection back once."""

    def __init__(self, stream: AsyncIterable[bytes], stack: _Stack, connection: httpcore.AsyncHTTPConnection) -> None:
        self._stream = stream
        self._stack = stack
        self._connection: httpcore.AsyncHTTPConnection | None = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                yield part
        except Exception as error:
            if (known := _as_httpx(error)) is not None:
                raise known from error
            raise

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            with CancelScope(shield=True):
                await self._stream.aclose()  # type: ignore[attr-defined] # httpcore's streams have it
        finally:
            await _leave(self._stack, connection)


async def _enter(room: asyncio.Semaphore, seconds: float) -> None:
    if not room.locked():
        await room.acquire()  # at once: nobody waits before us
        return
    try:
        async with asyncio.timeout(seconds):
            await room.acquire()
    except TimeoutError as error:
        msg = "all connections are in use"
        raise httpx.PoolTimeout(msg) from error


async def _idle(stack: _Stack) -> httpcore.AsyncHTTPConnection | None:
    while stack.idle:
        connection = stack.idle.pop()
        if not connection.has_expired():
            return connection
        await connection.aclose()
    return None


async def _leave(stack: _Stack, connection: httpcore.AsyncHTTPConnection | None) -> None:
    """Make room; keep the connection if another request can use it; close the one that lay idle too long."""
    stack.room.release()
    with CancelScope(shield=True):
        if connection is not None and connection.is_idle():
            stack.idle.append(connection)
        elif connection is not None:
            await connection.aclose()
        if stack.idle and stack.idle[0].has_expired():
            await stack.idle.pop(0).aclose()


def _as_httpx(error: BaseException) -> httpx.TransportError | None:
    """The error of httpx with the same name as this one of httpcore; None for any other error."""
    if not isinstance(error, httpcore.TimeoutException | httpcore.NetworkError | httpcore.ProtocolError):
        return None
    same: type[httpx.TransportError] = getattr(httpx, type(error).__name__, httpx.TransportError)
    return same(str(error))
