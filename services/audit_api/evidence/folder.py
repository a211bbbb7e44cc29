"""Evidence in a folder: each file under its own SHA-256, on the disk before it has its name, never rewritten."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

PIECE_BYTES: Final = 1 << 20


class Folder:
    """The folder `root`, of mode 0700, made where it is missing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        # On the same disk, so that a file gets its name by a rename and never stands there half.
        self.incoming = root / "incoming"
        self.incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        root.chmod(0o700)

    async def has(self, key: str) -> bool:
        return await asyncio.to_thread((self.root / key).exists)

    async def put(self, key: str, file: Path) -> None:
        """Take `file`, flushed to the disk, away from where it lies and give it its name."""
        await asyncio.to_thread(self._settle, file, self.root / key)

    async def pieces(self, key: str) -> AsyncIterator[bytes]:
        """The bytes under this name; FileNotFoundError if there are none."""
        file = await asyncio.to_thread((self.root / key).open, "rb")
        try:
            while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
                yield piece
        finally:
            file.close()

    def _settle(self, file: Path, place: Path) -> None:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.chmod(0o400)
        file.replace(place)
        for folder in (place.parent, place.parent.parent, self.root):
            opened = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)
