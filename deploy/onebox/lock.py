"""Whose a home folder is: one process at a time, named by its number to whoever comes second.

The lock is the kernel's, so it ends with its holder however that ends; the number in the file is for people to read.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class HeldByAnother(RuntimeError):
    """Somebody else works with the folder; the message says who, and how to end it."""


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold `home` for as long as the block lasts, or raise `HeldByAnother`. Makes the folder."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("a+") as lock:
        lock.seek(0)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = lock.read().strip()
            msg = (
                f"{home} 正被另一个清流实例使用（进程 {holder}）；请先停止它：在它的窗口按 Ctrl-C，或执行 kill {holder}"
            )
            raise HeldByAnother(msg) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
