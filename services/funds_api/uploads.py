"""Files that arrive as raw request bodies: streamed to a nameless temporary file, hashed on the way, bounded.

The file holds people's data in the clear, so it never has a name: the kernel frees it when the request ends, however
it ends. Knows nothing of what is inside.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Annotated, Final
from urllib.parse import unquote

from fastapi import Depends, Header, Request
from starlette.requests import ClientDisconnect

from chassis.intake import MAX_FILE_BYTES

MAX_NAME_CHARACTERS: Final = 120


@dataclass(eq=False)
class UploadBroken(Exception):
    """The file did not arrive whole, or is larger than allowed; nothing of it was kept."""

    received_bytes: int
    limit_bytes: int

    def __str__(self) -> str:
        return f"文件没有完整收到（已收 {self.received_bytes} 字节，上限 {self.limit_bytes} 字节）"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that arrived whole: `sha256` of its bytes and its size; `read()` gives the bytes."""

    sha256: bytes
    size_bytes: int
    file: IO[bytes]

    def read(self) -> bytes:
        self.file.seek(0)
        return self.file.read()


@asynccontextmanager
async def received(request: Request, limit_bytes: int = MAX_FILE_BYTES) -> AsyncIterator[Upload]:
    """The body of this request as a file, for as long as the block lasts, or `UploadBroken`."""
    with tempfile.TemporaryFile(prefix="qingliu-") as file:
        digest, size = hashlib.sha256(), 0
        try:
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit_bytes:
                    raise UploadBroken(size, limit_bytes)
                digest.update(chunk)
                file.write(chunk)
        except ClientDisconnect as error:
            raise UploadBroken(size, limit_bytes) from error
        yield Upload(digest.digest(), size, file)


async def _file_name(
    x_file_name: Annotated[str | None, Header(max_length=1000, description="文件名，UTF-8 百分号编码")] = None,
) -> str | None:
    """The last part of X-File-Name, printable and short, or None."""
    if x_file_name is None:
        return None
    name = unquote(x_file_name, errors="replace").replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in name if c.isprintable())[:MAX_NAME_CHARACTERS] or None


FileName = Annotated[str | None, Depends(_file_name)]
