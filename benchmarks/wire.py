"""A lean HTTP/1.1 client over asyncio streams, so that what is measured is the server and not the client.

One connection, one request at a time, kept alive. It understands what our own services answer (a Content-Length or
chunks) and nothing else; everybody but a benchmark uses httpx.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    seconds: float


class Line:
    """`async with Line(port, token) as line: await line.ask("GET", "/…")`."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._always = f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._writer.close()

    async def ask(self, method: str, path: str, body: bytes = b"", key: str = "") -> Answer:
        """Send one request; the answer's seconds run from the first byte sent to the last byte read."""
        head = f"{method} {path} HTTP/1.1\r\n{self._always}"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        if key:
            head += f"Idempotency-Key: {key}\r\n"
        began = time.perf_counter()
        self._writer.write(head.encode() + b"\r\n" + body)
        status, length = await self._head()
        content = await (self._chunks() if length is None else self._reader.readexactly(length))
        return Answer(status, content, time.perf_counter() - began)

    async def _head(self) -> tuple[int, int | None]:
        lines = (await self._reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
        lengths = [int(line[15:]) for line in lines if line.startswith(b"content-length:")]
        return int(lines[0][9:12]), lengths[0] if lengths else None

    async def _chunks(self) -> bytes:
        parts = []
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            parts.append((await self._reader.readexactly(size + 2))[:-2])
        await self._reader.readexactly(2)
        return b"".join(parts)
