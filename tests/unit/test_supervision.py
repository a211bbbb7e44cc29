"""What crashes is started again, says so, and is given up when it never gets as far as working."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from deploy.onebox import supervision
from deploy.onebox.processes import Child
from deploy.onebox.supervision import GivenUp, Supervisor


def _child(tmp_path: Path, program: str) -> Child:
    return Child("worker", [sys.executable, "-c", program], {}, tmp_path / "worker.log")


def _look_until(watched: Supervisor, wanted: int) -> None:
    deadline = time.monotonic() + 20
    while len(watched.restarts) < wanted:
        assert time.monotonic() < deadline
        watched.look()
        time.sleep(0.01)


def test_a_process_that_worked_is_started_again_each_time_it_is_killed(tmp_path: Path) -> None:
    child, told = _child(tmp_path, "import time; time.sleep(60)"), list[str]()
    watched = Supervisor([child], lambda _: True, None, told.append)
    child.start()
    try:
        for turn in (1, 2, 3):
            first = child.pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            _look_until(watched, turn)
            assert child.alive
            assert child.pid != first
        assert watched.whole
        assert [one.code for one in watched.restarts] == [-signal.SIGKILL] * 3
        assert sum("意外退出" in line for line in told) == 3
        assert sum("已重新启动" in line for line in told) == 3
    finally:
        child.kill()


def test_a_process_that_never_works_is_given_up_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "PAUSES_SECONDS", (0.0, 0.01, 0.02))
    child = _child(tmp_path, "print('没有密钥'); raise SystemExit(3)")
    watched = Supervisor([child], lambda _: False, None, lambda _: None)
    child.start()
    with pytest.raises(GivenUp, match="没有密钥"):
        _look_until(watched, 1)
    assert watched.restarts == []
