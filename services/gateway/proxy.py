"""Carries a request to a service and the answer back, part by part. Decides nothing and keeps nothing.

Only named headers pass, in both directions. A service's own problem documents pass untouched; what happens between the
two is a problem of this gateway: 503 (not there), 504 (too slow), 502 (broke off). A client that leaves takes its
request with it.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Final

from starlette.types import Receive, Scope, Send

from chassis.intake import MAX_JSON_BYTES
from chassis.problems import CutOff
from services.gateway.limits import BadHeaders, ClientGone, Headers, Inbound, path_of
from services.gateway.line import Line, LineLost, LineSlow
from services.gateway.pool import Pool
from services.gateway.upstreams import Patience, Upstream, UpstreamBroke, UpstreamSlow, patience

log = logging.getLogger("proxy")

ANSWERED: Final = frozenset(
    {
        b"allow",
        b"cache-control",
        b"content-disposition",
        b"content-encoding",
        b"content-language",
        b"content-length",
        b"content-type",
        b"etag",
        b"idempotency-replayed",
        b"last-modified",
        b"retry-after",
        b"vary",
        b"www-authenticate",
    }
)
# Most requests are over before anybody would ask whether the client is still there.
WATCHED_AFTER_SECONDS: Final = 1.0
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_NO_STORE: Final = (b"cache-control", b"no-store")
_NO_SNIFF: Final = (b"x-content-type-options", b"nosniff")


class AnswerBroke(CutOff):
    """A service broke off in the middle of its answer: the connection is cut, so that a part does not pass for all."""


class Proxy:
    """Carries requests over one pool of connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def forward(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        upstream: Upstream,
        path: tuple[str, ...],
        headers: Headers,
        token: str,
    ) -> None:
        """Answer a request with the service's answer, or raise what came between."""
        inbound = Inbound(receive, headers)
        waits = patience(scope["method"], is_file=headers.body_limit > MAX_JSON_BYTES)
        try:
            request = _Request(scope, upstream, path, headers, token, inbound)
            first = await request.first()  # before a connection is taken: a slow client shall not hold one
            line = await self._pool.take(upstream, waits)
            leaving = _Leaving(inbound, line)
            try:
                await _relay(request, first, line, send, waits)
            finally:
                leaving.stop()
                if not request.is_out:  # answered before it was heard out: what is left of it must not meet the next
                    line.end()
                self._pool.give_back(upstream, line)
        except ClientGone:
            return


class _Request:
    """A request as it goes out: its head once, then its body as it comes in."""

    def __init__(
        self, scope: Scope, upstream: Upstream, path: tuple[str, ...], headers: Headers, token: str, inbound: Inbound
    ) -> None:
        self.upstream = upstream
        self.method: str = scope["method"]
        self._inbound = inbound
        self._has_body = headers.has_body
        query: bytes = scope["query_string"]
        raw_path: bytes = scope["raw_path"]
        target = path_of(path).encode("ascii") if b"%" in raw_path else raw_path
        passed = headers.forwarded()
        told = [
            b"%b %b%b%b HTTP/1.1\r\nhost: %b"
            % (self.method.encode("ascii"), target, b"?" if query else b"", query, upstream.host),
            *(b"%b: %b" % pair for pair in passed),
            b"authorization: Bearer " + token.encode("ascii"),
            b"x-request-id: " + scope["state"]["request_id"].encode("ascii"),
        ]
        for _, value in passed:
            if _CONTROL.search(value):
                raise BadHeaders("请求头含有不允许的字符")
        self._chunked = self._has_body and not any(name == b"content-length" for name, _ in passed)
        if self._chunked:
            told.append(b"transfer-encoding: chunked")
        self._head = b"\r\n".join(told) + b"\r\n\r\n"

    async def first(self) -> bytes:
        """The head, with what is here of the body."""
        return self._head + await self.next() if self._has_body else self._head

    @property
    def is_out(self) -> bool:
        return self._inbound.complete.is_set()

    async def next(self) -> bytes:
        """The next part of the body, framed; its end too, if that has come."""
        part = await self._inbound.part()
        if not self._chunked:
            return part
        framed = b"%x\r\n%b\r\n" % (len(part), part) if part else b""
        return framed + b"0\r\n\r\n" if self.is_out else framed


async def _relay(request: _Request, first: bytes, line: Line, send: Send, waits: Patience) -> None:
    service = request.upstream.name
    try:
        line.expect(request.method)
        await line.send(first, waits.write)
        while not request.is_out and not line.answered:  # a service may answer before it has heard everything
            await line.send(await request.next(), waits.write)
        await line.head(waits.read)
    except LineSlow as error:
        log.warning("service too slow", extra={"service": service})
        raise UpstreamSlow(service, waits.read) from error
    except LineLost as error:
        log.warning("service broke off", extra={"service": service, "reason": str(error)})
        raise UpstreamBroke(service) from error
    await send({"type": "http.response.start", "status": line.status, "headers": _answered(line.headers)})
    try:
        while True:
            part = await line.part(waits.read)
            await send({"type": "http.response.body", "body": part, "more_body": not line.complete})
            if line.complete:
                break
    except (LineSlow, LineLost) as error:
        log.warning("answer broke off", extra={"service": service, "reason": str(error)})
        raise AnswerBroke(service) from error


class _Leaving:
    """Ends the exchange when the client leaves while an answer is awaited."""

    def __init__(self, inbound: Inbound, line: Line) -> None:
        loop = asyncio.get_running_loop()
        self._inbound = inbound
        self._line = line
        self._task: asyncio.Task[None] | None = None
        self._timer = loop.call_later(WATCHED_AFTER_SECONDS, self._start, loop)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._task = loop.create_task(self._watch())

    async def _watch(self) -> None:
        await self._inbound.left()
        self._line.end(ClientGone())

    def stop(self) -> None:
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()


def _answered(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    kept = [pair for pair in headers if pair[0] in ANSWERED]
    if not any(name == b"cache-control" for name, _ in kept):
        kept.append(_NO_STORE)
    kept.append(_NO_SNIFF)
    return kept
