"""Evidence in a bucket of any store that speaks S3, through obstore (the Rust `object_store`).

A file goes up in one request, so there is no upload in parts to clean up: the store shows an object whole or not at
all. Every request is signed over its body. obstore takes from the environment what it was told otherwise (seen with
0.12.1: AWS_ENDPOINT_URL_S3 before the endpoint, AWS_SKIP_SIGNATURE, HTTP_PROXY), and it follows redirects of a GET. So
a bucket is refused while any AWS_ variable is set, and its one host is the exception of a proxy that nobody is: neither
the environment nor an answer of the store leads a request to another host.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import gettempdir
from typing import Final
from urllib.parse import urlsplit

import obstore
from obstore.store import S3Store

from services.audit_api.evidence.shelf import PATH_KEY, Lying

PIECE_BYTES: Final = 1 << 20
_NOBODY: Final = "http://127.0.0.1:9"  # the discard port


@dataclass(frozen=True, slots=True)
class Access:
    """Where the store is and who we are there. `timeout` bounds one request, `retry_for` all tries of one."""

    endpoint: str
    region: str
    access_key: str
    secret_key: str
    timeout: timedelta = timedelta(seconds=8)
    retry_for: timedelta = timedelta(seconds=3)


class StrayVariables(ValueError):
    """The environment would lead evidence elsewhere than the settings say."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"unset {', '.join(names)}: the evidence store is told by AUDIT_EVIDENCE_… alone")


class Bucket:
    """What lies under `s3://bucket/prefix`."""

    def __init__(self, url: str, access: Access, environment: Mapping[str, str] = os.environ) -> None:
        if stray := sorted(name for name in environment if name.upper().startswith("AWS_")):
            raise StrayVariables(stray)
        self.incoming = Path(gettempdir())
        place, host = urlsplit(url), urlsplit(access.endpoint)
        self._store = S3Store(
            place.netloc,
            prefix=place.path.strip("/") or None,
            endpoint=access.endpoint,
            region=access.region,
            access_key_id=access.access_key,
            secret_access_key=access.secret_key,
            virtual_hosted_style_request=False,
            client_options={
                "allow_http": host.scheme == "http",
                "connect_timeout": timedelta(seconds=2),
                "timeout": access.timeout,
                "proxy_url": _NOBODY,
                "proxy_excludes": host.hostname or "",
            },
            retry_config={
                "max_retries": 2,
                "retry_timeout": access.retry_for,
                "backoff": {
                    "init_backoff": timedelta(milliseconds=100),
                    "max_backoff": timedelta(seconds=1),
                    "base": 2,
                },
            },
        )

    async def has(self, key: str) -> bool:
        try:
            await obstore.head_async(self._store, key)
        except FileNotFoundError:
            return False
        return True

    async def put(self, key: str, file: Path) -> None:
        """Send a copy of `file`; it has its name once it is there whole."""
        # A bucket may be looked at with a browser too: nothing there is to be rendered.
        await obstore.put_async(
            self._store, key, file, use_multipart=False, attributes={"Content-Type": "application/octet-stream"}
        )

    async def pieces(self, key: str) -> AsyncIterator[bytes]:
        """The bytes under this name; FileNotFoundError if there are none."""
        found = await obstore.get_async(self._store, key)
        async for piece in found.stream(min_chunk_size=PIECE_BYTES):
            yield bytes(piece)

    async def lying(self) -> AsyncIterator[Lying]:
        """Every object in its place, by name."""
        async for several in obstore.list(self._store, chunk_size=1000):
            for one in several:
                if PATH_KEY.match(one["path"]):
                    yield Lying(one["path"], one["last_modified"])

    async def drop(self, key: str, put_before: datetime | None) -> bool:
        """Take the object away, unless it was put there since `put_before`; whether it is gone.

        S3 knows no condition on a delete that every store holds to: between the look and the delete lie milliseconds.
        """
        try:
            found = await obstore.head_async(self._store, key)
        except FileNotFoundError:
            return True
        if put_before is not None and found["last_modified"] >= put_before:
            return False
        await obstore.delete_async(self._store, key)
        return True

    async def tidy(self, before: datetime, at_most: int) -> int:  # noqa: ARG002 - files on their way are others' folder
        """Nothing: what waits to be sent lies among the temporary files of the machine, which clears them itself."""
        return 0
