"""Evidence in a folder: each file under its own SHA-256, on the disk before it has its name, never rewritten."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from services.audit_api.evidence.shelf import PATH_KEY, Lying

PIECE_BYTES: Final = 1 << 20
_ASIDE: Final = "swept-"


class Folder:
    """The folder `root`, of mode 0700, made where it is missing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        # On the same disk, so that a file gets its name by a rename and never stands there half.
        self.incoming = root / "incoming"
        self.incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        root.chmod(0o700)

    async def has(self, key: str) -> bool:
        return await asyncio.to_thread(os.path.lexists, self.root / key)

    async def put(self, key: str, file: Path) -> None:
        """Take `file`, flushed to the disk, away from where it lies and give it its name."""
        await asyncio.to_thread(self._settle, file, self.root / key)

    async def pieces(self, key: str) -> AsyncIterator[bytes]:
        """The bytes under this name; FileNotFoundError if there are none, or what stands there is no plain file."""
        file = await asyncio.to_thread(_plain, self.root / key)
        try:
            while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
                yield piece
        finally:
            file.close()

    async def lying(self) -> AsyncIterator[Lying]:
        """Every file in its place, county by county."""
        for county in await asyncio.to_thread(_names, self.root):
            for prefix in await asyncio.to_thread(_names, self.root / county):
                for name in await asyncio.to_thread(_names, self.root / county / prefix):
                    key = f"{county}/{prefix}/{name}"
                    if PATH_KEY.match(key) and (put_at := await asyncio.to_thread(_put_at, self.root / key)):
                        yield Lying(key, put_at)

    async def drop(self, key: str, put_before: datetime | None) -> bool:
        """Take the file away, unless it was put there since `put_before`; whether it is gone."""
        return await asyncio.to_thread(self._drop, self.root / key, put_before)

    async def tidy(self, before: datetime, at_most: int) -> int:
        """Take away what a crash left of files on their way, at most so many; how many."""
        return await asyncio.to_thread(self._tidy, before, at_most)

    def _drop(self, place: Path, put_before: datetime | None) -> bool:
        put_at = _put_at(place)
        if put_at is None or (put_before is not None and put_at >= put_before):
            return put_at is None
        # Taken aside first: whoever puts the same content there meanwhile finds it missing or ours to give back.
        aside = self.incoming / (_ASIDE + place.relative_to(self.root).as_posix().replace("/", "-"))
        try:
            place.rename(aside)
        except FileNotFoundError:
            return True
        moved_at = _put_at(aside)
        if put_before is not None and moved_at is not None and moved_at >= put_before:
            if place.exists():
                aside.unlink()
            else:
                aside.rename(place)
            return False
        aside.unlink()
        return True

    def _tidy(self, before: datetime, at_most: int) -> int:
        tidied = 0
        for name in _names(self.incoming):
            if name.startswith(_ASIDE):  # a sweep that ended here decided nothing: it lies in its place again
                place = self.root / name.removeprefix(_ASIDE).replace("-", "/")
                if not place.exists():
                    (self.incoming / name).rename(place)
                    continue
            if tidied == at_most:
                break
            left_at = _put_at(self.incoming / name)
            if left_at is not None and left_at < before:
                (self.incoming / name).unlink(missing_ok=True)
                tidied += 1
        return tidied

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


def _plain(path: Path) -> IO[bytes]:
    """The file, opened: never what a link leads to, and nothing that waits for a writer (a pipe)."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FileNotFoundError(path) from error
        raise
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise FileNotFoundError(path)
    return os.fdopen(opened, "rb")


def _names(folder: Path) -> list[str]:
    try:
        return sorted(one.name for one in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _put_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except FileNotFoundError:
        return None
