"""Ends an embedded PostgreSQL whose launcher is gone. Started by the stack as a process of its own.

The server is a daemon: nobody would stop it if the launcher were killed. The guard reads its standard input, whose
other end the launcher holds. A line means that the launcher has stopped the server itself; the end of the input
without one means that the launcher died, and the guard stops the server and removes temporary folders.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from deploy.onebox.postgres import end_server
from deploy.onebox.processes import ROOT


class Guard:
    """The launcher's side: watches over the server in `home`, and over folders to remove, until `release`."""

    def __init__(self, home: Path, *temporary: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "deploy.onebox.guard", str(home), *map(str, temporary)],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def release(self) -> None:
        """Tell the guard that nothing is left to watch, and see it go."""
        self._process.communicate(b"released\n")


def main() -> None:
    home, *temporary = map(Path, sys.argv[1:])
    if sys.stdin.readline():
        return
    end_server(home / "cluster")
    for folder in temporary:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
