"""Where evidence is kept: each file under its own SHA-256, written once, and checked whenever it is taken out.

A file is spooled and told by its bytes before it goes to its place (a folder, or a bucket of a store that speaks S3),
so that a name never stands for half a file or an unknown kind. What is taken out is a copy of its own whose digest was
found right: bytes that change in their place afterwards never leave. Holds no decision about who may put or take.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final, Protocol
from uuid import uuid4

from obstore.exceptions import BaseError

from services.audit_api.evidence.filekinds import FileKind, kind_of
from services.audit_api.evidence.refusals import (
    EvidenceAltered,
    EvidenceEmpty,
    EvidenceKindUnknown,
    EvidenceStoreDown,
    EvidenceTooLarge,
)

log = logging.getLogger(__name__)

MAX_BYTES: Final = 20 * 1024 * 1024
STORE_SECONDS: Final = 10.0  # below the time that the gateway waits for an answer (12 s)
_SPOOL_BYTES: Final = 1 << 20
PATH_KEY: Final = re.compile(r"[0-9]{6}/[0-9a-f]{2}/[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Lying:
    """A file that lies in its place, and since when."""

    key: str
    put_at: datetime


class Place(Protocol):
    """Where files lie by their keys. `incoming` is where files wait that are to be put there.

    `drop` takes a file away, unless it was put there (again) since `put_before`; `tidy` what a crash left on its way.
    """

    incoming: Path

    async def has(self, key: str) -> bool: ...

    async def put(self, key: str, file: Path) -> None: ...

    def pieces(self, key: str) -> AsyncIterator[bytes]: ...

    def lying(self) -> AsyncIterator[Lying]: ...

    async def drop(self, key: str, put_before: datetime | None) -> bool: ...

    async def tidy(self, before: datetime, at_most: int) -> int: ...


@dataclass(frozen=True, slots=True)
class Spooled:
    """A file that arrived whole and is of a known kind, not yet in its place."""

    path: Path
    sha256: bytes
    size_bytes: int
    kind: FileKind


@dataclass(frozen=True, slots=True)
class Copy:
    """A nameless copy of a kept file, found to be what was registered. Read once, then gone."""

    file: IO[bytes]
    size_bytes: int

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            while piece := await asyncio.to_thread(self.file.read, _SPOOL_BYTES):
                yield piece
        finally:
            self.file.close()


@contextmanager
def closed_on_failure(file: IO[bytes]) -> Iterator[None]:
    """Close the file when the block fails; whoever reads it closes it otherwise."""
    try:
        yield
    except BaseException:
        file.close()
        raise


class Shelf:
    """Keeps evidence in `place`."""

    def __init__(self, place: Place) -> None:
        self.place = place

    @asynccontextmanager
    async def spooled(
        self, chunks: AsyncIterator[bytes], file_name: str, kind: FileKind | None = None
    ) -> AsyncIterator[Spooled]:
        """Take the file in, hashing as it streams; what was not kept when the block ends is gone.

        Its kind is told by its bytes, except where this service made the file itself and says the `kind`.
        """
        path = self.place.incoming / uuid4().hex
        digest = hashlib.sha256()
        size = 0
        try:
            waiting = bytearray()
            await asyncio.to_thread(_begin, path)
            async for chunk in chunks:
                size += len(chunk)
                if size > MAX_BYTES:
                    raise EvidenceTooLarge(MAX_BYTES)
                waiting += chunk
                if len(waiting) >= _SPOOL_BYTES:
                    await asyncio.to_thread(_append, path, digest, bytes(waiting))
                    waiting.clear()
            await asyncio.to_thread(_append, path, digest, bytes(waiting))
            if size == 0:
                raise EvidenceEmpty
            found = kind or await asyncio.to_thread(kind_of, path, file_name)
            if found is None:
                raise EvidenceKindUnknown
            yield Spooled(path, digest.digest(), size, found)
        finally:
            path.unlink(missing_ok=True)

    async def keep(self, county: str, spooled: Spooled) -> str:
        """Put the file in its place for good, and return the key it is found by. No transaction may be open.

        A content that lies there already is put there once more, if it still is that content: what nobody names yet
        counts as fresh from now on, and is not swept away while it is being registered (`sweep.py`).
        """
        name = spooled.sha256.hex()
        key = f"{county}/{name[:2]}/{name}"
        async with _reached():
            there = await self.place.has(key)
        if there:
            (await self.copy(key, spooled.sha256)).file.close()
        async with _reached(may_lack=False):
            await self.place.put(key, spooled.path)
        return key

    async def copy(self, path_key: str, sha256: bytes) -> Copy:
        """A copy of the kept file, after its digest was found to be the registered one; else `EvidenceAltered`."""
        if not PATH_KEY.match(path_key):
            raise EvidenceAltered(sha256.hex())
        with _room():
            file = TemporaryFile(dir=self.place.incoming)  # noqa: SIM115 - it is closed by whoever reads it
        with closed_on_failure(file):
            try:
                digest = await self._draw(path_key, file)
            except FileNotFoundError:
                digest = b""
            if digest != sha256:
                raise EvidenceAltered(sha256.hex())
            size_bytes = file.tell()
            file.seek(0)
        return Copy(file, size_bytes)

    async def _draw(self, path_key: str, file: IO[bytes]) -> bytes:
        """Copy what lies in its place into `file`, no more than may be kept; the digest of the copy."""
        digest = hashlib.sha256()
        async with _reached():
            async for piece in self.place.pieces(path_key):
                digest.update(piece)
                await asyncio.to_thread(file.write, piece)
                if file.tell() > MAX_BYTES:
                    break
        return digest.digest()


@asynccontextmanager
async def _reached(*, may_lack: bool = True) -> AsyncIterator[None]:
    """Whatever keeps the place from answering in time is one refusal; that a file is not there is another.

    With `may_lack` false nothing is looked for: what is not there then is the folder or the bucket itself.
    """
    try:
        async with asyncio.timeout(STORE_SECONDS):
            yield
    except (BaseError, OSError) as error:  # TimeoutError is an OSError
        if may_lack and isinstance(error, FileNotFoundError):
            raise
        log.warning("evidence store", extra={"reason": type(error).__name__})
        raise EvidenceStoreDown from error


@contextmanager
def _room() -> Iterator[None]:
    """No room for a file on its way (a disk that is full, a folder that is gone) is the same refusal."""
    try:
        yield
    except OSError as error:
        log.warning("evidence spool", extra={"reason": type(error).__name__})
        raise EvidenceStoreDown from error


def _begin(path: Path) -> None:
    with _room():
        path.touch(0o600, exist_ok=False)


def _append(path: Path, digest: hashlib._Hash, data: bytes) -> None:
    digest.update(data)
    with _room(), path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
