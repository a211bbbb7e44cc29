"""A process ends with its parent, and a home folder belongs to one process that its lock names."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.onebox.lock import HeldByAnother, held
from deploy.onebox.postgres import open_to_readers
from deploy.onebox.processes import ROOT, Child

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
child.wait()
"""
ENDS_WITH_PARENT = """
import os, signal, time
from deploy.onebox.processes import end_with_parent
end_with_parent(signal.SIGTERM)
print(os.getpid(), flush=True)
time.sleep(60)
"""
HOLDER = """
import sys, time
from pathlib import Path
from deploy.onebox.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def _program(source: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", source, *arguments],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def _first_line(program: subprocess.Popen[bytes]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().decode().strip()


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def _until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while not _gone(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_process_that_asked_for_it_ends_when_its_parent_is_killed() -> None:
    with _program(PARENT, ENDS_WITH_PARENT) as parent:
        child = int(_first_line(parent))
        assert not _gone(child)
        parent.kill()
        _until_gone(child)


def test_a_child_that_does_not_listen_is_gone_all_the_same_when_its_launcher_is_killed(tmp_path: Path) -> None:
    launch = f"""
import sys, time
from pathlib import Path
from deploy.onebox.processes import Child
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
child = Child("deaf", [sys.executable, "-c", deaf], {{}}, Path({str(tmp_path / "deaf.log")!r}))
child.start()
while not child.tail():
    time.sleep(0.01)
print(child.pid, flush=True)
time.sleep(60)
"""
    with _program(launch) as launcher:
        child = int(_first_line(launcher))
        assert not _gone(child)
        launcher.kill()
        _until_gone(child)


def test_a_child_outlives_the_stop_of_another(tmp_path: Path) -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    one, other = (Child(name, sleeper, {}, tmp_path / f"{name}.log") for name in ("one", "other"))
    one.start()
    other.start()
    try:
        one.stop()
        assert (one.code, other.alive) == (-signal.SIGTERM, True)
    finally:
        other.kill()


def test_a_copy_of_files_for_their_owner_only_is_opened_to_readers(tmp_path: Path) -> None:
    """A newcomer with umask 077 installs programs that the server's own uid could not run."""
    folder = tmp_path / "copy" / "bin"
    folder.mkdir(parents=True)
    program, library = folder / "initdb", folder / "libpq.so"
    for path, mode in ((program, 0o700), (library, 0o600), (folder, 0o700), (folder.parent, 0o700)):
        path.touch()
        path.chmod(mode)
    (folder / "link").symlink_to("nowhere")
    open_to_readers(folder.parent)
    modes = [path.stat().st_mode & 0o777 for path in (folder.parent, folder, program, library)]
    assert modes == [0o755, 0o755, 0o755, 0o644]


def test_a_home_is_held_by_one_process_that_is_named_and_freed_by_its_death(tmp_path: Path) -> None:
    home = tmp_path / "var"
    with _program(HOLDER, str(home)) as holder:
        assert _first_line(holder) == "held"
        for _ in range(2):  # who was refused leaves the holder's number where it is
            with pytest.raises(HeldByAnother, match=f"进程 {holder.pid}.*kill {holder.pid}"), held(home):
                pass
        holder.kill()
        holder.wait()
        with held(home), pytest.raises(HeldByAnother, match=f"进程 {os.getpid()}"), held(home):
            pass
        with held(home):
            assert (home / "lock").read_text() == f"{os.getpid()}\n"
