"""Carries a request to a service and the answer back, part by part. Decides nothing and keeps nothing.

Only named headers pass, in both directions. A service's own problem documents pass untouched; what happens between the
two is a problem of this gateway: 503 (not there), 504 (too slow), 502 (broke off). A client that leaves takes its
request with it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

import httpx
from anyio import CancelScope, create_task_group
from starlette.types import Receive, Scope, Send

from chassis.intake import MAX_JSON_BYTES
from services.gateway.limits import (
    BadHeaders,
    BodyTooLarge,
    BodyTooSlow,
    ClientGone,
    Headers,
    Inbound,
    path_of,
)
from services.gateway.upstreams import Upstream, patience

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


@dataclass(eq=False)
class UpstreamDown(Exception):
    """A service cannot be reached: nothing of the request arrived there."""

    service: str

    def __str__(self) -> str:
        return f"服务 {self.service} 暂时无法连接，本次请求未被处理"


@dataclass(eq=False)
class UpstreamSlow(Exception):
    """A service did not answer in time: it may have acted all the same."""

    service: str
    waited_seconds: float

    def __str__(self) -> str:
        return f"服务 {self.service} 在 {self.waited_seconds:.0f} 秒内没有答复，处理结果未知"


@dataclass(eq=False)
class UpstreamBroke(Exception):
    """A service broke off before it answered: it may have acted all the same."""

    service: str

    def __str__(self) -> str:
        return f"服务 {self.service} 中断了连接，处理结果未知"


class AnswerBroke(Exception):
    """A service broke off in the middle of its answer: the connection is cut, so that a part does not pass for all."""


_BEFORE_THE_ANSWER: Final = (BodyTooLarge, BodyTooSlow, ClientGone)


class Proxy:
    """Carries requests over one client's pool of connections."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

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
        request = self._request(scope, upstream, path, headers, token, inbound)
        failure: Exception | None = None
        async with create_task_group() as group:
            group.start_soon(_end_when_left, inbound, group.cancel_scope)
            failure = await self._relay(request, send, upstream)
            group.cancel_scope.cancel()
        if failure is not None and not isinstance(failure, ClientGone):
            raise failure

    @staticmethod
    def _request(
        scope: Scope, upstream: Upstream, path: tuple[str, ...], headers: Headers, token: str, inbound: Inbound
    ) -> httpx.Request:
        query: bytes = scope["query_string"]
        address = upstream.url + path_of(path) + (f"?{query.decode('ascii')}" if query else "")
        request_id: str = scope["state"]["request_id"]
        method: str = scope["method"]
        return httpx.Request(
            method,
            address,
            headers=[
                *headers.forwarded(),
                (b"authorization", b"Bearer " + token.encode()),
                (b"x-request-id", request_id.encode()),
            ],
            content=inbound.parts() if headers.has_body else None,
            extensions={"timeout": patience(method, is_file=headers.body_limit > MAX_JSON_BYTES)},
        )

    async def _relay(self, request: httpx.Request, send: Send, upstream: Upstream) -> Exception | None:
        """Send and answer; what went wrong is returned, since a task group would wrap it."""
        try:
            response = await self._client.send(request, stream=True)
        except _BEFORE_THE_ANSWER as error:
            return error
        except httpx.TransportError as error:
            return _met(error, upstream, request)
        try:
            await send({"type": "http.response.start", "status": response.status_code, "headers": _answered(response)})
            async for part in response.aiter_raw():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except httpx.TransportError as error:
            log.warning("answer broke off", extra={"service": upstream.name, "error": type(error).__name__})
            return AnswerBroke(upstream.name)
        finally:
            with CancelScope(shield=True):
                await response.aclose()
        return None


async def _end_when_left(inbound: Inbound, scope: CancelScope) -> None:
    await inbound.left()
    scope.cancel()


def _answered(response: httpx.Response) -> list[tuple[bytes, bytes]]:
    kept = [(name.lower(), value) for name, value in response.headers.raw if name.lower() in ANSWERED]
    if "cache-control" not in response.headers:
        kept.append((b"cache-control", b"no-store"))
    return [*kept, (b"x-content-type-options", b"nosniff")]


def _met(error: httpx.TransportError, upstream: Upstream, request: httpx.Request) -> Exception:
    log.warning("service not reached", extra={"service": upstream.name, "error": type(error).__name__})
    if isinstance(error, httpx.LocalProtocolError):  # our side of the protocol forbids what the client sent
        return BadHeaders("请求头含有不允许的字符")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return UpstreamDown(upstream.name)
    if isinstance(error, httpx.TimeoutException):
        return UpstreamSlow(upstream.name, request.extensions["timeout"]["read"])
    return UpstreamBroke(upstream.name)
