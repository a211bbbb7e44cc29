"""What the clients of a run sent, how often, and what they were told: the history that the database is held against.

An act is one intention with one idempotency key. It is `done` or `refused` when the service has said so, `given up`
when a client stopped asking after a failure, and `open` until then. Knows nothing of how a request is sent.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any


class Fate(StrEnum):
    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    GIVEN_UP = "given up"


@dataclass(eq=False)
class Act:
    """One intention: what is sent, under which key, and what has become of it. `movements`: how many it makes.

    `serial`: it bears a number of the bank that acts once under whatever key, so an answer of 200 says that another act
    did it. `ends`: from where to where its amount goes, where its answer does not say it. `forbidden`: it must be
    refused. `doubtful`: after some attempt the client could not know whether it had acted; where that never was, every
    attempt that failed had been answered with "nothing was written".
    """

    kind: str
    key: str
    method: str
    path: str
    body: dict[str, Any] | None = None
    file: bytes = b""
    file_name: str = ""
    document: str = ""
    movements: int = 0
    serial: bool = False
    ends: tuple[tuple[str, str], ...] = ()
    forbidden: bool = False
    attempts: int = 0
    fate: Fate = Fate.OPEN
    status: int = 0
    problem: str = ""
    replayed: bool = False
    doubtful: bool = False
    username: str = ""
    answer: dict[str, Any] | None = None

    @property
    def was_done_before(self) -> bool:
        """Whether the answer was that the serial had acted already, under another key: this act did nothing."""
        return self.serial and self.status == HTTPStatus.OK and not self.replayed


@dataclass
class History:
    """Every act of a run, in the order of their beginning; safe for many threads."""

    acts: list[Act] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, act: Act) -> None:
        with self._lock:
            self.acts.append(act)

    def answered(self, what: str) -> None:
        """One request ended: with this status, or `broke` when no answer came."""
        with self._lock:
            self.answers[what] += 1

    def crashed(self, said: str) -> None:
        """An answer of 500: whatever was killed, the service should have asked to try again."""
        with self._lock:
            self.crashes.append(said)

    def so_far(self) -> list[tuple[Act, Fate]]:
        """Every act with its fate at this moment."""
        with self._lock:
            return [(act, act.fate) for act in self.acts]

    @property
    def done_n(self) -> int:
        with self._lock:
            return sum(act.fate is Fate.DONE for act in self.acts)
