"""Limits on what comes in: the size of a body, and JSON that is safe to hand on. Pure ASGI; files stream past."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.problems import UNREADABLE, Problem, answer

TOO_LARGE: Final = Problem("body-too-large", 413, "请求正文过大", "正文不超过 limit_bytes 字节：请拆分后分次提交")
MAX_DEPTH: Final = 32
# A prefecture's notice or a yearly list of villages is one document; it must fit into one request.
MAX_JSON_BYTES: Final = 256 * 1024
MAX_FILE_BYTES: Final = 20 * 1024 * 1024


class Unsafe(ValueError):
    """JSON that is legal to some parsers and harmful to others."""


def usual_file_bytes(_: str) -> int:
    """The bound of a file at any address."""
    return MAX_FILE_BYTES


def _no_constant(name: str) -> Any:
    raise Unsafe(name)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        msg = "duplicate key"
        raise Unsafe(msg)
    return read


_STRICT: Final = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_no_duplicates)


def check_json(raw: bytes) -> None:
    """Raise `ValueError` for what is no UTF-8 JSON, holds NaN or Infinity, a key twice, or nests deeper than 32."""
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:  # only then can it be too deep
        depth = 0
        for byte in raw:  # a bracket inside a string counts too: stricter, and the parser itself needs no bound
            depth += (byte in b"[{") - (byte in b"]}")
            if depth > MAX_DEPTH:
                msg = "too deep"
                raise Unsafe(msg)
    _STRICT.decode(raw.decode("utf-8"))


class Intake:
    """Bound every body: JSON up to `json_bytes` is checked before the app sees it; others pass up to `file_bytes`.

    `file_bytes` tells the bound of a file by the path it is sent to.
    """

    def __init__(
        self,
        app: ASGIApp,
        json_bytes: int = MAX_JSON_BYTES,
        file_bytes: Callable[[str], int] = usual_file_bytes,
    ) -> None:
        self.app = app
        self.json_bytes = json_bytes
        self.file_bytes = file_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self.app(scope, receive, send)
            return
        kind, declared = b"application/json", b"0"
        for name, value in reversed(scope["headers"]):  # of two the first counts, as it does for the application
            if name == b"content-type":
                kind = value
            elif name == b"content-length":
                declared = value
        is_json = b"json" in kind
        limit = self.json_bytes if is_json else self.file_bytes(scope["path"])
        if not declared.isdigit() or int(declared) > limit:
            await answer(TOO_LARGE, Request(scope), figures={"limit_bytes": limit})(scope, receive, send)
            return
        if not is_json:
            await self.app(scope, self._bounded(receive, limit), send)
            return
        raw = await self._read(receive, limit)
        if raw is None:
            await answer(TOO_LARGE, Request(scope), figures={"limit_bytes": limit})(scope, receive, send)
            return
        try:
            if raw:
                check_json(raw)
        except (ValueError, RecursionError):
            await answer(UNREADABLE, Request(scope))(scope, receive, send)
            return
        await self.app(scope, self._replayed(raw, receive), send)

    async def _read(self, receive: Receive, limit: int) -> bytes | None:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return b"".join(parts)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > limit:
                return None
            if not message.get("more_body"):
                return b"".join(parts)

    @staticmethod
    def _replayed(raw: bytes, receive: Receive) -> Receive:
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": raw, "more_body": False}

        return replay

    @staticmethod
    def _bounded(receive: Receive, limit: int) -> Receive:
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:  # a chunked body that lied about its length: end it as if the client had left
                return {"type": "http.disconnect"}
            return message

        return counted
