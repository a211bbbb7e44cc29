"""One person at the gateway who does not give up: the same key again until the service has said yes or no.

503, 502, 504, a connection that broke and "still in flight" are no answer, and are asked again. A part of the failed
acts is given up on purpose: nobody asks again, and what became of them has to show in the books all the same.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, Final

import httpx

from chaos.history import Act, Fate, History
from demo.rosters import CSV_TYPE

AGAIN: Final = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
IN_FLIGHT: Final = "/problems/request-in-flight"
NOTHING_WRITTEN: Final = frozenset({"/problems/try-again", "/problems/service-unavailable"})
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 1.0
GIVE_UP_SHARE: Final = 0.1
PARTS: Final = 6


class Ending(Exception):
    """The run is over while this client was still asking."""


class Streaming:
    """How many uploads are in the middle of being sent at this moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0

    def __enter__(self) -> None:
        with self._lock:
            self._now += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._now -= 1

    @property
    def any(self) -> bool:
        return self._now > 0


class Person:
    """Somebody signed in. One per thread; `over` says that the run has ended and nothing is asked again.

    A `machine` (the bank's system) signs in with client credentials, a person with a password.
    """

    def __init__(
        self,
        http: httpx.Client,
        login: tuple[str, str],
        history: History,
        dice: random.Random,
        streaming: Streaming,
        over: Callable[[], bool],
        *,
        machine: bool = False,
    ) -> None:
        self._http = http
        self._machine = machine
        self._login = login
        self._history = history
        self._dice = dice
        self._streaming = streaming
        self._over = over
        self._token = ""

    def act(self, act: Act, *, insist: bool = False) -> Act:
        """Send until it is done or refused, or given up; with `insist` it is never given up while the run lasts."""
        if not act.attempts:
            act.username = self._login[0]
            self._history.begin(act)
        act.fate = Fate.OPEN
        for pause in self._pauses():
            act.attempts += 1
            answer = self._send(act)
            act.doubtful |= answer is None
            if answer is not None and self._settle(act, answer):
                return act
            if not insist and self._dice.random() < GIVE_UP_SHARE:
                act.fate = Fate.GIVEN_UP
                return act
            time.sleep(pause)
        raise Ending

    def read(self, path: str, **params: str) -> dict[str, Any]:
        """The body of a successful GET, however often it has to be asked for."""
        for pause in self._pauses():
            answer = self._ask("GET", path, params=params)
            if answer is not None and answer.is_success:
                body: dict[str, Any] = answer.json()
                return body
            time.sleep(pause)
        raise Ending

    def _pauses(self) -> Iterator[float]:
        pause = FIRST_PAUSE_SECONDS
        while not self._over():
            yield pause * self._dice.uniform(0.5, 1.5)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _send(self, act: Act) -> httpx.Response | None:
        if not act.file:
            return self._ask(act.method, act.path, key=act.key, json=act.body)
        headers = {"Content-Type": CSV_TYPE, "Content-Length": str(len(act.file))}
        headers |= {"X-File-Name": act.file_name} if act.file_name else {}
        return self._ask(act.method, act.path, key=act.key, headers=headers, content=self._parts(act.file))

    def _parts(self, file: bytes) -> Iterator[bytes]:
        """The file in a few parts with a breath between them, as over a line that is not the best."""
        size = len(file) // PARTS + 1
        with self._streaming:
            for start in range(0, len(file), size):
                yield file[start : start + size]
                time.sleep(0.002)

    def _ask(self, method: str, path: str, *, key: str = "", **more: Any) -> httpx.Response | None:
        """The answer that came, whatever it says; None when none came or the caller has to sign in again."""
        if not self._token and not self._sign_in():
            return None
        headers = {"Authorization": f"Bearer {self._token}", **more.pop("headers", {})}
        if key:
            headers["Idempotency-Key"] = key
        try:
            answer = self._http.request(method, path, headers=headers, **more)
        except httpx.TransportError:
            self._history.answered("broke")
            return None
        self._history.answered(str(answer.status_code))
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            self._token = ""
            return None
        return answer

    def _sign_in(self) -> bool:
        username, password = self._login
        try:
            if self._machine:
                form = {"grant_type": "client_credentials"}
                answer = self._http.post("/oauth/token", data=form, auth=self._login)
            else:
                answer = self._http.post("/auth/login", json={"username": username, "password": password})
        except httpx.TransportError:
            return False
        if answer.is_success:
            self._token = answer.json()["access_token"]
        return answer.is_success

    def _settle(self, act: Act, answer: httpx.Response) -> bool:
        """Whether the answer decides the act; a crash of the service decides nothing, and is kept."""
        body = answer.json()
        if answer.status_code in AGAIN:
            act.doubtful |= body.get("type") not in NOTHING_WRITTEN
            return False
        if answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
            act.doubtful = True
            self._history.crashed(f"{act.kind} {body.get('instance')}")
            return False
        if body.get("type") == IN_FLIGHT:
            act.doubtful = True
            return False
        act.status = answer.status_code
        act.replayed = answer.headers.get("Idempotency-Replayed") == "true"
        act.answer = body
        act.problem = "" if answer.is_success else str(body.get("type", ""))
        act.fate = Fate.DONE if answer.is_success else Fate.REFUSED
        return True
