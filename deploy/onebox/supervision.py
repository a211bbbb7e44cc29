"""Starts again what has crashed: PostgreSQL at once, each process after a pause that grows while it keeps failing.

One `look` at a time, by whoever has the time; nothing here runs by itself. A process that crashes before it could work
is not started for ever: after some tries the supervisor gives up and shows the end of its log. The server is tried for
ever, since a full disk may get room again, and the services answer 503 meanwhile. What had been acknowledged is on the
disk; PostgreSQL replays it, and undoes what had not been committed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from deploy.onebox.postgres import Postgres, PostgresFailed
from deploy.onebox.processes import Child

PAUSES_SECONDS: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
# A process without an address of its own counts as working when it has lived this long.
SETTLED_SECONDS: Final = 3.0
SERVER_PATIENCE_SECONDS: Final = 5.0
_ASK_EVERY_SECONDS: Final = 0.2


class GivenUp(RuntimeError):
    """A process ended again and again before it could work; the message shows the end of its log."""


@dataclass
class _Watched:
    child: Child
    failures: int = 0
    works: bool = True
    started_at: float = field(default_factory=time.monotonic)
    asked_at: float = 0.0
    again_at: float | None = None


@dataclass(frozen=True, slots=True)
class _Down:
    """The server is away: since when, how often it was tried in vain, when it is tried again."""

    since: float
    tries: int = 0
    again_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Restart:
    """What was started again, why, and how long it could not work."""

    name: str
    code: int | None
    away_seconds: float


class Supervisor:
    """Watches over child processes and, if there is one, the embedded server. Not for several threads.

    `works` says whether the process of a name can do its work, or None where it has no address to ask.
    """

    def __init__(
        self,
        children: Sequence[Child],
        works: Callable[[str], bool | None],
        postgres: Postgres | None,
        report: Callable[[str], None],
    ) -> None:
        self._watched = [_Watched(child) for child in children]
        self._works = works
        self._postgres = postgres
        self._report = report
        self._ended: dict[str, tuple[float, int | None]] = {}
        self._down: _Down | None = None
        self.restarts: list[Restart] = []

    @property
    def whole(self) -> bool:
        """Whether at the last look everything worked."""
        return self._down is None and all(
            one.works and one.again_at is None and one.child.alive for one in self._watched
        )

    def look(self) -> None:
        """See once to everything; start again what has ended. Raises `GivenUp`."""
        if self._postgres is not None and (self._down is not None or not self._postgres.alive):
            self._revive(self._postgres)
        for one in self._watched:
            self._see_to(one)

    def _revive(self, postgres: Postgres) -> None:
        now = time.monotonic()
        if self._down is None:
            self._down = _Down(now)
            self._report("PostgreSQL 意外退出；重新启动，由它的日志恢复已提交的、撤销未提交的")
        if now < self._down.again_at:
            return
        try:
            postgres.revive(SERVER_PATIENCE_SECONDS)
        except PostgresFailed as failed:  # a full disk, say: the services answer 503 until there is room
            pause = PAUSES_SECONDS[min(self._down.tries + 1, len(PAUSES_SECONDS) - 1)]
            self._down = _Down(self._down.since, self._down.tries + 1, time.monotonic() + pause)
            self._report(f"PostgreSQL 还不能启动，{pause:.0f} 秒后再试：{str(failed).rpartition(chr(10))[2]}")
            return
        away = time.monotonic() - self._down.since
        self._down = None
        self._report(f"PostgreSQL 已恢复（{away:.1f} 秒）")
        self.restarts.append(Restart("postgres", None, away))

    def _see_to(self, one: _Watched) -> None:
        now = time.monotonic()
        if one.child.alive:
            if not one.works and now - one.asked_at > _ASK_EVERY_SECONDS:
                one.asked_at = now
                self._ask(one, now)
            return
        if one.again_at is None:
            self._found_ended(one, now)
        if one.again_at is not None and now >= one.again_at:
            one.child.start()
            one.again_at, one.started_at, one.works = None, now, False

    def _ask(self, one: _Watched, now: float) -> None:
        works = self._works(one.child.name)
        if not (now - one.started_at > SETTLED_SECONDS if works is None else works):
            return
        one.works, one.failures = True, 0
        ended_at, code = self._ended.pop(one.child.name, (one.started_at, None))
        away = time.monotonic() - ended_at
        self.restarts.append(Restart(one.child.name, code, away))
        self._report(f"{one.child.name} 已重新启动（中断 {away:.1f} 秒）")

    def _found_ended(self, one: _Watched, now: float) -> None:
        name = one.child.name
        self._ended.setdefault(name, (now, one.child.code))
        if not one.works:
            one.failures += 1
        if one.failures >= len(PAUSES_SECONDS):
            msg = f"{name} 连续 {one.failures} 次在就绪前退出（代码 {one.child.code}）。日志末尾：\n{one.child.tail()}"
            raise GivenUp(msg)
        pause = PAUSES_SECONDS[one.failures]
        one.again_at = now + pause
        self._report(f"{name} 意外退出（代码 {one.child.code}）；{pause:.1f} 秒后重新启动")
