"""The services behind the door: which addresses are theirs, where they listen, how long they are waited for, and the
three ways they fail a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple
from urllib.parse import urlsplit

CONNECT_SECONDS: Final = 2.0
READ_SECONDS: Final = 12.0  # above the statement timeout of a service (10 s), so that its own answer comes first
WRITE_SECONDS: Final = 60.0  # approving a roster of 100,000 rows is one request
FILE_SECONDS: Final = 300.0  # a roster of a million rows takes a minute; a busy machine has five
POOL_SECONDS: Final = 0.5


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


@dataclass(frozen=True)
class Upstream:
    """A service: `prefix` is how its public addresses begin, `audience` what its tokens are made for.

    `url` is plain http://host:port: TLS ends before the gateway.
    """

    name: str
    prefix: tuple[str, str]
    audience: str
    url: str

    def owns(self, segments: tuple[str, ...]) -> bool:
        """Whether an address with these segments is this service's; the bare prefix is nobody's."""
        return segments[:2] == self.prefix and len(segments) > len(self.prefix)

    @cached_property
    def address(self) -> tuple[str, int]:
        """Host and port; whatever is no plain http:// address is refused."""
        parts = urlsplit(self.url)
        if parts.scheme != "http" or not parts.hostname or parts.path or parts.query:
            msg = f"{self.name}: not a plain http://host:port address"
            raise ValueError(msg)
        return parts.hostname, parts.port or 80

    @cached_property
    def host(self) -> bytes:
        """The Host header a request to this service carries."""
        return urlsplit(self.url).netloc.encode("ascii")


class Patience(NamedTuple):
    """Seconds each step towards a service may take; a read counts until the next bytes come."""

    connect: float
    read: float
    write: float
    pool: float


def patience(method: str, *, is_file: bool) -> Patience:
    """How long a request of this kind is waited for."""
    read = READ_SECONDS if method in {"GET", "HEAD"} else FILE_SECONDS if is_file else WRITE_SECONDS
    return Patience(CONNECT_SECONDS, read, READ_SECONDS, POOL_SECONDS)
