"""The front door itself, in raw ASGI: what comes in is looked at, who comes in is asked, and only then it goes on.

Default deny: everything but a short public list needs a token, known addresses and unknown ones alike. Addresses of a
service are carried there; the rest is answered here.
"""

from __future__ import annotations

from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis import clock
from chassis.identity import TokenRefused
from chassis.intake import MAX_FILE_BYTES
from services.gateway import limits, proxy, upstreams
from services.gateway.doorkeeper import Doorkeeper
from services.gateway.problems import rendered
from services.gateway.upstreams import Upstream
from wire.files import file_bytes

PUBLIC: Final = frozenset(
    {
        ("auth", "login"),
        ("oauth", "token"),
        (".well-known", "jwks.json"),
        ("openapi.json",),
        ("docs",),
        ("healthz",),
        ("readyz",),
    }
)
PUBLIC_BELOW: Final = frozenset({"problems", "static-offline-docs"})
_REFUSALS: Final = (
    TokenRefused,
    limits.BadPath,
    limits.UrlTooLong,
    limits.BadHeaders,
    limits.HeadersTooLarge,
    limits.MethodRefused,
    limits.BodyTooLarge,
    limits.BodyTooSlow,
    upstreams.UpstreamDown,
    upstreams.UpstreamSlow,
    upstreams.UpstreamBroke,
)


def is_public(segments: tuple[str, ...]) -> bool:
    """Whether an address is open to everybody."""
    return segments in PUBLIC or (len(segments) > 1 and segments[0] in PUBLIC_BELOW)


class FrontDoor:
    """Looks at every request, carries those of a service there, hands the others to the gateway's own application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        else:
            try:
                await self._let_in(scope, receive, send)
            except _REFUSALS as refusal:  # raised before an answer began, or the answer is cut off
                await rendered(refusal, Request(scope))(scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        segments = limits.check_address(scope["raw_path"], scope["query_string"])
        # What is authorised here is what the router sees: one spelling of the path.
        scope["path"] = "/" + "/".join(segments)
        bound = file_bytes(scope["path"], MAX_FILE_BYTES)
        headers = limits.check_headers(scope["method"], scope["headers"], bound)
        if is_public(segments):
            await self._app(scope, receive, send)
            return
        state = scope["app"].state
        doorkeeper: Doorkeeper = state.doorkeeper
        now = int(clock.now().timestamp())
        admission = doorkeeper.admit(headers.read.get(b"authorization"), now)
        known: tuple[Upstream, ...] = state.upstreams
        for upstream in known:
            if upstream.owns(segments):
                token = doorkeeper.internal_token(admission, upstream.audience, now)
                carrier: proxy.Proxy = state.proxy
                await carrier.forward(scope, receive, send, upstream, segments, headers, token)
                return
        await self._app(scope, receive, send)
