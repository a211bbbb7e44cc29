"""What a request may look like before anything else is done with it: its address, its headers, the size of its body.

Pure but for the reading of a body. A request that a proxy and a server could read in two ways is refused here, so that
nothing behind this module has to wonder.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from starlette.types import Receive

from chassis.intake import MAX_JSON_BYTES

MAX_URL_BYTES: Final = 4 * 1024
MAX_HEADERS: Final = 64
MAX_HEADER_BYTES: Final = 16 * 1024
MAX_PAUSE_SECONDS: Final = 15.0
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD"})

# Forwarded to a service as they are; every other header of a request ends here.
FORWARDED: Final = (
    b"accept",
    b"accept-language",
    b"content-type",
    b"content-length",
    b"idempotency-key",
    b"if-none-match",
    b"x-file-name",
)
_LISTS: Final = frozenset({b"accept", b"accept-language", b"if-none-match", b"connection", b"transfer-encoding"})
_READ: Final = frozenset({*FORWARDED, *_LISTS, b"authorization", b"host"})

# Segments of unreserved characters, sub-delims but ";", ":", "@", or escapes (RFC 3986 §3.3): no empty one, no "\".
_PATH: Final = re.compile(rb"(?:/(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})+)+\Z|/\Z")
_HIDDEN: Final = re.compile(rb"%(?:2f|5c|2e|25|3b|7f|[01][0-9a-f])", re.IGNORECASE)
_QUERY: Final = re.compile(rb"[!-~]*\Z")
_UNESCAPED: Final = "~!$&'()*+,=:@"


@dataclass(eq=False)
class BadPath(Exception):
    """An address that two readers could understand differently, or that no resource can have."""

    reason: str

    def __str__(self) -> str:
        return f"地址不被接受：{self.reason}"


@dataclass(eq=False)
class UrlTooLong(Exception):
    limit_bytes: int = MAX_URL_BYTES

    def __str__(self) -> str:
        return f"地址超过 {self.limit_bytes} 字节"


@dataclass(eq=False)
class BadHeaders(Exception):
    """A header twice that may stand once, a name with "_", or two ways to tell where the body ends."""

    reason: str

    def __str__(self) -> str:
        return f"请求头不被接受：{self.reason}"


@dataclass(eq=False)
class HeadersTooLarge(Exception):
    limit_fields: int = MAX_HEADERS
    limit_bytes: int = MAX_HEADER_BYTES

    def __str__(self) -> str:
        return f"请求头超过 {self.limit_fields} 项或 {self.limit_bytes} 字节"


@dataclass(eq=False)
class MethodRefused(Exception):
    def __str__(self) -> str:
        return "不支持的请求方法"


@dataclass(eq=False)
class BodyTooLarge(Exception):
    limit_bytes: int

    def __str__(self) -> str:
        return f"请求正文超过 {self.limit_bytes} 字节"


@dataclass(eq=False)
class BodyTooSlow(Exception):
    limit_seconds: float = MAX_PAUSE_SECONDS

    def __str__(self) -> str:
        return f"{self.limit_seconds:.0f} 秒内没有收到请求正文的后续内容"


class ClientGone(Exception):
    """The client left before its request was complete: there is nobody to answer."""


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers this gateway reads, each once, and what the body is bounded by."""

    read: dict[bytes, bytes]
    has_body: bool
    body_limit: int

    def forwarded(self) -> list[tuple[bytes, bytes]]:
        """What a service may see. What `Connection:` names was meant for this hop and goes no further."""
        here = {name.strip().lower() for name in self.read.get(b"connection", b"").split(b",")}
        return [(name, self.read[name]) for name in FORWARDED if name in self.read and name not in here]


def check_address(raw_path: bytes, query: bytes) -> tuple[str, ...]:
    """The decoded segments of a harmless path ("/" has none), or a refusal."""
    if len(raw_path) + 1 + len(query) > MAX_URL_BYTES:
        raise UrlTooLong
    if not _PATH.match(raw_path):
        raise BadPath("路径含有空段、反斜杠、分号或其他不允许的字符")
    if _HIDDEN.search(raw_path):
        raise BadPath("路径含有转义的分隔符或控制字符")
    if not _QUERY.match(query) or b"#" in query or b"%00" in query:
        raise BadPath("查询串含有不允许的字符")
    if raw_path == b"/":
        return ()
    try:
        segments = tuple(unquote_to_bytes(part).decode("utf-8") for part in raw_path[1:].split(b"/"))
    except UnicodeDecodeError as error:
        raise BadPath("路径不是 UTF-8") from error
    if "." in segments or ".." in segments:
        raise BadPath("路径含有 . 或 .. 段")
    return segments


def path_of(segments: Iterable[str]) -> str:
    """The one spelling of a path: every segment escaped anew."""
    return "/" + "/".join(quote(segment, safe=_UNESCAPED) for segment in segments)


def check_headers(method: str, headers: Iterable[tuple[bytes, bytes]], file_limit: int) -> Headers:
    """The headers worth reading, or a refusal. Names come in lower case (ASGI); `file_limit` bounds a file's bytes."""
    read: dict[bytes, bytes] = {}
    fields = size = 0
    for name, value in headers:
        fields += 1
        size += len(name) + len(value) + 4
        if b"_" in name:  # some servers read X_User as X-User
            raise BadHeaders("名称含有下划线")
        if name not in _READ:
            continue
        if name in read:
            if name not in _LISTS:
                reason = f"{name.decode('ascii', 'replace')} 出现两次"
                raise BadHeaders(reason)
            value = read[name] + b", " + value  # noqa: PLW2901 - one list, as RFC 9110 §5.3 joins it
        read[name] = value
    if fields > MAX_HEADERS or size > MAX_HEADER_BYTES:
        raise HeadersTooLarge
    if method not in METHODS:
        raise MethodRefused
    return _framed(method, read, file_limit)


def _framed(method: str, read: dict[bytes, bytes], file_limit: int) -> Headers:
    """Whether a body comes and how large it may be; refused where two readers could see different ends of it."""
    length, coding = read.get(b"content-length"), read.get(b"transfer-encoding")
    if length is not None and coding is not None:
        raise BadHeaders("Content-Length 与 Transfer-Encoding 不能同时出现")
    if (length is not None and not length.isdigit()) or (coding is not None and coding.lower() != b"chunked"):
        raise BadHeaders("无法确定正文长度")
    has_body = coding is not None or (length is not None and int(length) > 0)
    if has_body and method in _WITHOUT_BODY:
        raise BadHeaders("GET 请求不应带正文")
    is_json = b"json" in read.get(b"content-type", b"application/json").lower()
    limit = MAX_JSON_BYTES if is_json else file_limit
    if length is not None and int(length) > limit:
        raise BodyTooLarge(limit)
    return Headers(read, has_body, limit)


class Inbound:
    """The body of a request as it arrives, bounded in size and in the pause between two parts; never joined."""

    def __init__(self, receive: Receive, headers: Headers) -> None:
        self._receive = receive
        self._limit = headers.body_limit
        self._size = 0
        self.complete = asyncio.Event()
        if not headers.has_body:
            self.complete.set()

    async def part(self) -> bytes:
        """The next part as soon as it is here; empty only when the body is `complete`."""
        while not self.complete.is_set():
            try:
                async with asyncio.timeout(MAX_PAUSE_SECONDS):
                    message = await self._receive()
            except TimeoutError as error:
                raise BodyTooSlow from error
            if message["type"] == "http.disconnect":
                raise ClientGone
            part: bytes = message.get("body", b"")
            self._size += len(part)
            if self._size > self._limit:
                raise BodyTooLarge(self._limit)
            if not message.get("more_body"):
                self.complete.set()
            if part:
                return part
        return b""

    async def left(self) -> None:
        """Return when the client is gone; its body is read to the end by somebody else first."""
        await self.complete.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass
