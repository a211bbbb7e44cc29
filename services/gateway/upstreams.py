"""The services behind the door: which addresses are theirs, where they listen, and how long they are waited for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CONNECT_SECONDS: Final = 2.0
READ_SECONDS: Final = 12.0  # above the statement timeout of a service (10 s), so that its own answer comes first
WRITE_SECONDS: Final = 60.0  # approving a roster of 100,000 rows is one request
FILE_SECONDS: Final = 120.0
POOL_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Upstream:
    """A service: `prefix` is how its public addresses begin, `audience` what its tokens are made for."""

    name: str
    prefix: tuple[str, str]
    audience: str
    url: str

    def owns(self, segments: tuple[str, ...]) -> bool:
        """Whether an address with these segments is this service's; the bare prefix is nobody's."""
        return segments[:2] == self.prefix and len(segments) > len(self.prefix)


def patience(method: str, *, is_file: bool) -> dict[str, float]:
    """How long each step towards a service may take, in seconds: httpx counts a read until the next bytes come."""
    read = READ_SECONDS if method in {"GET", "HEAD"} else FILE_SECONDS if is_file else WRITE_SECONDS
    return {"connect": CONNECT_SECONDS, "read": read, "write": READ_SECONDS, "pool": POOL_SECONDS}
