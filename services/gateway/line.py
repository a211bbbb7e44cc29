"""One connection to a service: a request goes out, its answer comes in, part by part, and then the next one.

HTTP/1.1 by httptools, the parser our services use themselves. Knows how to wait (with a limit each time), how to hold
back a sender that is faster than its reader, and whether it may be used again. Retries nothing.
"""

from __future__ import annotations

import asyncio
from typing import Final, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

HELD_BYTES: Final = 256 * 1024  # so much of an answer waits for its reader before the service is made to wait
MAX_HEAD_BYTES: Final = 64 * 1024
_FIRST_FINAL: Final = 200
_CRASHED: Final = 500
_BODILESS: Final = frozenset({204, 304})


class LineLost(Exception):
    """The connection ended, or what came over it is no answer."""


class LineSlow(Exception):
    """Nothing came, or nothing was taken, within the given time."""


class Line(asyncio.Protocol):
    """`expect` an answer, `send` the request, wait for the `head`, read each `part`; then it may be `is_reusable`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._parser: HttpResponseParser
        self._gone: Exception | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._full = False
        self._paused = False
        self._busy = False
        self.idle_since = 0.0

    # What a caller does.

    def expect(self, method: str) -> None:
        """Make ready for the answer to a request with this method."""
        self._parser = HttpResponseParser(self)
        self._answers_head = method == "HEAD"
        self._interim = self._surplus = False
        self._head_bytes = 0
        self._held = 0
        self._parts: list[bytes] = []
        self._keep = True
        self._busy = True
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.answered = False
        self.complete = False

    async def send(self, data: bytes, seconds: float) -> None:
        """Send on; returns when there is room for more, or raises `LineSlow` or `LineLost`."""
        if self._gone is not None:
            raise self._gone
        self._transport.write(data)
        if self._full:
            self._writer = self._loop.create_future()
            try:
                await self._within(seconds, self._writer)
            finally:
                self._writer = None

    async def head(self, seconds: float) -> None:
        """Wait for `status` and `headers` (names in lower case)."""
        while not self.answered:
            await self._more(seconds)

    async def part(self, seconds: float) -> bytes:
        """What has come of the body since the last call, at least a byte; empty when it is `complete`."""
        while not self._parts and not self.complete:
            await self._more(seconds)
        found = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts = []
        self._held = 0
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        return found

    @property
    def is_reusable(self) -> bool:
        """Whether the last answer is complete and the connection is kept; after a crash it is not, unsaid."""
        return self.complete and self._keep and not self._surplus and self.is_open and self.status != _CRASHED

    @property
    def is_open(self) -> bool:
        return self._gone is None

    def rest(self) -> None:
        """The request is over; whatever comes from now on was not asked for."""
        self._busy = False
        self.idle_since = self._loop.time()

    def end(self, reason: Exception | None = None) -> None:
        """Close at once; whoever waits on this line hears `reason`."""
        self._fail(reason or LineLost("closed"))
        self._transport.abort()

    # What the connection does.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(LineLost("closed by the service") if exc is None else LineLost(type(exc).__name__))

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        if self._writer is not None and not self._writer.done():
            self._writer.set_result(None)

    def data_received(self, data: bytes) -> None:
        if not self._busy:
            self.end(LineLost("unasked"))
            return
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            if not self.complete:  # bytes after a whole answer only make the line unfit for another
                self.end(LineLost(type(error).__name__))
            self._surplus = True
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    # What the parser finds.

    def on_message_begin(self) -> None:
        self._surplus = self._surplus or self.complete

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.answered:  # a trailer
            return
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > MAX_HEAD_BYTES:
            msg = "head too large"
            raise LineLost(msg)
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self.complete:
            return
        status: int = self._parser.get_status_code()
        if status < _FIRST_FINAL:
            self._interim = True
            self.headers = []
            return
        bodiless = self._answers_head or status in _BODILESS
        if not bodiless and not any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers):
            msg = "an answer whose end cannot be told"  # a cut-off one would pass for whole
            raise LineLost(msg)
        self.status = status
        self.answered = True
        self._keep = self._parser.should_keep_alive()
        self.complete = self._answers_head

    def on_body(self, body: bytes) -> None:
        if self.complete:
            self._surplus = True
            return
        self._parts.append(body)
        self._held += len(body)
        if self._held > HELD_BYTES and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        if self._interim:
            self._interim = False
        else:
            self.complete = True

    # How it waits.

    async def _more(self, seconds: float) -> None:
        if self._gone is not None:
            raise self._gone
        self._reader = self._loop.create_future()
        try:
            await self._within(seconds, self._reader)
        finally:
            self._reader = None

    async def _within(self, seconds: float, waiting: asyncio.Future[None]) -> None:
        timer = self._loop.call_later(seconds, _late, waiting)
        try:
            await waiting
        finally:
            timer.cancel()

    def _fail(self, reason: Exception) -> None:
        if self._gone is None:
            self._gone = reason
        for waiting in (self._reader, self._writer):
            if waiting is not None and not waiting.done():
                waiting.set_exception(self._gone)


def _late(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_exception(LineSlow())
