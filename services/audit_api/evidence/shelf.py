"""The folder of evidence files: each lies under its own SHA-256, is written once, and is checked when it is taken out.

A file is spooled beside its place, flushed to the disk and renamed, so that a name never stands for half a file. The
same content is kept once. Holds no decision about who may put or take.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from services.audit_api.evidence.filekinds import FileKind, kind_of

MAX_BYTES: Final = 20 * 1024 * 1024
_SPOOL_BYTES: Final = 1 << 20
_PATH_KEY: Final = re.compile(r"[0-9]{6}/[0-9a-f]{2}/[0-9a-f]{64}\Z")


@dataclass(eq=False)
class EvidenceEmpty(Exception):
    """No byte arrived."""

    def __str__(self) -> str:
        return "证据文件为空"


@dataclass(eq=False)
class EvidenceTooLarge(Exception):
    """More bytes arrived than may be kept, or the sender stopped in the middle."""

    limit_bytes: int

    def __str__(self) -> str:
        return f"证据文件超过 {self.limit_bytes // (1024 * 1024)} MiB，或上传中断"


@dataclass(eq=False)
class EvidenceKindUnknown(Exception):
    """The bytes are none of the kinds that are kept, whatever the name says."""

    def __str__(self) -> str:
        return "文件内容不是可接受的类型（" + "、".join(FileKind) + "）"


@dataclass(eq=False)
class EvidenceAltered(Exception):
    """The kept file is gone or no longer what was registered."""

    sha256: str

    def __str__(self) -> str:
        return "证据文件与登记的 SHA-256 不一致或已丢失，已停止提供"


@dataclass(frozen=True, slots=True)
class Spooled:
    """A file that arrived whole and is of a known kind, not yet in its place."""

    path: Path
    sha256: bytes
    size_bytes: int
    kind: FileKind


class Shelf:
    """The evidence folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._spool = root / "incoming"
        self._spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        root.chmod(0o700)

    @asynccontextmanager
    async def spooled(self, chunks: AsyncIterator[bytes], file_name: str) -> AsyncIterator[Spooled]:
        """Take the file in beside its place, hashing as it streams; what was not kept when the block ends is gone."""
        path = self._spool / uuid4().hex
        digest = hashlib.sha256()
        size = 0
        try:
            waiting = bytearray()
            await asyncio.to_thread(path.touch, 0o600, exist_ok=False)
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
            kind = await asyncio.to_thread(kind_of, path, file_name)
            if kind is None:
                raise EvidenceKindUnknown
            yield Spooled(path, digest.digest(), size, kind)
        finally:
            path.unlink(missing_ok=True)

    async def keep(self, county: str, spooled: Spooled) -> str:
        """Put the file in its place for good, and return the key it is found by."""
        name = spooled.sha256.hex()
        key = f"{county}/{name[:2]}/{name}"
        await asyncio.to_thread(_settle, spooled.path, self.root / key)
        return key

    async def take(self, path_key: str, sha256: bytes) -> Path:
        """Where the file lies, after its content was found to be what was registered; else `EvidenceAltered`."""
        path = self.root / path_key
        if not _PATH_KEY.match(path_key) or await asyncio.to_thread(_digest, path) != sha256:
            raise EvidenceAltered(sha256.hex())
        return path


def _append(path: Path, digest: hashlib._Hash, data: bytes) -> None:
    digest.update(data)
    with path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _settle(spooled: Path, place: Path) -> None:
    """Rename into place; a content that lies there already stays as it is."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not place.exists():
        spooled.replace(place)
        place.chmod(0o400)
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _digest(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return None
