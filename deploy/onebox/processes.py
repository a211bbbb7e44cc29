"""Child processes that never outlive us: started in groups of their own, watched, and ended with a deadline.

Where the kernel can do it (Linux), a child is killed when its parent dies, however that happened: no generation is left
on a port beside the next. It may be, since whatever had been acknowledged is on the disk. One program is one process; a
program that makes processes of its own would leave them behind. Knows no service by name.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
GRACE_SECONDS: Final = 10.0
PR_SET_PDEATHSIG: Final = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent(number: signal.Signals) -> None:
    """The kernel shall send this process `number` when the thread that forked it is gone (Linux; elsewhere nothing)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, number)


def _dying_with(parent: int) -> Callable[[], None]:
    """What a child of `parent` runs between fork and exec; the parent may be gone before the kernel was told."""

    def told() -> None:
        end_with_parent(signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return told


@dataclass
class Child:
    """One program: `start` it, ask whether it is `alive`, see the `tail` of its log, `stop` it."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the program with exactly `environment` (and PATH); its output is appended to its log."""
        with self.log.open("ab") as sink:
            self._process = subprocess.Popen(  # noqa: S603 - our own programs with our own arguments
                list(self.command),
                cwd=ROOT,
                env={
                    "PATH": os.environ.get("PATH", ""),
                    "LANG": "C.UTF-8",
                    "PYTHONPATH": str(ROOT),
                    "PYTHONUNBUFFERED": "1",
                    **self.environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                preexec_fn=_dying_with(os.getpid()),  # noqa: PLW1509 - two system calls, safe between fork and exec
            )

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def code(self) -> int | None:
        """The exit code once it has ended (negative: the signal that ended it)."""
        return self._process.poll() if self._process else None

    def tail(self, lines: int = 20) -> str:
        """The last lines of its log, for whoever has to find out why it ended."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def kill(self) -> None:
        """End it at once, as a crash or the kernel would (SIGKILL), with everything it started."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """End it: SIGTERM, and SIGKILL for what is left after the grace period."""
        stop_all([self])

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


def stop_all(children: Iterable[Child]) -> None:
    """End all children together: SIGTERM to each, one common grace period, then SIGKILL."""
    running = [child for child in children if child.alive]
    for child in running:
        child._signal(signal.SIGTERM)  # noqa: SLF001 - this module's own
    deadline = time.monotonic() + GRACE_SECONDS
    while any(child.alive for child in running) and time.monotonic() < deadline:
        time.sleep(0.02)
    for child in running:
        child.kill()
