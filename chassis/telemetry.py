"""A request id for every request, and one JSON log line per request. Logs no query: it may name a person."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from typing import Any, Final
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

access = logging.getLogger("access")
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9-]{8,64}\Z")
# As long as an ID number or a card: whoever puts one into an address by mistake has not put it into the log.
_NUMBER: Final = re.compile(r"\d{15,}[Xx]?")
_encode: Final = json.JSONEncoder(ensure_ascii=False, default=str).encode
BROKEN: Final = 500
_PLAIN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class RequestIds:
    """Pure ASGI: take a well-formed X-Request-ID or make one, keep it in `request.state`, send it back, log it.

    Below a `quiet` path the log says no more than that something was asked, and whether it broke: not what for, how it
    was answered or how long that took, from which whoever reads logs would know what is there.
    """

    def __init__(self, app: ASGIApp, quiet: tuple[str, ...] = ()) -> None:
        self.app = app
        self.quiet = quiet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        request_id = given.decode() if _REQUEST_ID.match(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        began = time.perf_counter()
        status = 0

        async def tagged(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [pair for pair in message["headers"] if pair[0].lower() != b"x-request-id"]
                message = {**message, "headers": [*headers, (b"x-request-id", request_id.encode())]}
            await send(message)

        try:
            await self.app(scope, receive, tagged)
        finally:
            told: dict[str, Any] = {
                "request_id": request_id,
                "method": scope["method"],
                "path": _NUMBER.sub("*", scope["path"]),
                "status": status,
                "ms": round((time.perf_counter() - began) * 1000, 1),
            }
            for prefix in self.quiet:
                if scope["path"] == prefix or scope["path"].startswith(f"{prefix}/"):
                    told = {"request_id": request_id, "path": prefix}
                    if status >= BROKEN:
                        told["status"] = status
            access.info("request", extra=told)


class JsonLines(logging.Formatter):
    """A log record as one line of JSON: time, level, logger, message and what the caller added."""

    def __init__(self) -> None:
        super().__init__()
        self._second = -1
        self._at = ""

    def format(self, record: logging.LogRecord) -> str:
        if int(record.created) != self._second:
            self._second, self._at = int(record.created), self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z")
        line: dict[str, Any] = {
            "at": self._at,
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({name: value for name, value in vars(record).items() if name not in _PLAIN})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _encode(line)


def log_as_json(level: str) -> None:
    """Send every log line of this process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
