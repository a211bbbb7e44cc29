"""Servers on loopback within the test's process, and requests no HTTP client would send."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.types import Message, Scope


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


class Bare:
    """A server without a protocol: `answer` gets each request's head and the streams, and does as it likes."""

    def __init__(self, answer: Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
        self.answer = answer
        self.opened = 0
        self.writers: list[asyncio.StreamWriter] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> str:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        self.writers.append(writer)
        if (task := asyncio.current_task()) is not None:
            self.tasks.append(task)
        try:
            while not writer.is_closing():
                await self.answer(await reader.readuntil(b"\r\n\r\n"), reader, writer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()


async def raw(
    app: FastAPI,
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

    await app(scope_of(method, path, headers, query, more), receive, send)
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


async def raw_over_socket(base: str, request_line: str) -> bytes:
    host, _, port = base.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"{request_line}\r\nHost: gateway\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer
