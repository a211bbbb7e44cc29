"""A person or a bank's system at the gateway: signs in, keeps the token fresh, and asks over HTTP like anybody else.

An answer that is not what the story expects is an error with the problem's own words. Passwords and tokens are never
printed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import httpx

PAGE: Final = 200
EARLY_SECONDS: Final = 60
TRIES: Final = 5
RUN_SECONDS: Final = 120.0
RUN_STEP_SECONDS: Final = 0.1
FILE_SECONDS: Final = 330.0  # longer than the gateway waits for a service that has a file


class Unexpected(AssertionError):
    """The system did not do what the story says it does."""


def said(answer: httpx.Response) -> str:
    """What an answer says, for a message: the problem's title and detail, or the beginning of the body."""
    kind = answer.headers.get("content-type", "")
    if "json" not in kind:
        return f"{answer.status_code} {answer.text[:300]}"
    body = answer.json()
    if "title" not in body:
        return f"{answer.status_code} {answer.text[:300]}"
    errors = "；".join(f"{one.get('pointer')} {one.get('detail')}" for one in body.get("errors", [])[:5])
    return f"{answer.status_code} {body.get('type')} {body['title']}：{body.get('detail')} {errors}".strip()


class Caller:
    """One caller of the API. Every write carries a fresh Idempotency-Key, kept through retries of that write."""

    def __init__(self, http: httpx.Client, name: str, sign_in: Callable[[], dict[str, Any]]) -> None:
        self._http = http
        self.name = name
        self._sign_in = sign_in
        self._token = ""
        self._fresh_until = 0.0

    @classmethod
    def person(cls, http: httpx.Client, username: str, password: str, name: str = "") -> Caller:
        """Somebody who signs in with a password."""

        def sign_in() -> dict[str, Any]:
            found: dict[str, Any] = _answered(
                http.post("/auth/login", json={"username": username, "password": password})
            )
            return found

        return cls(http, name or username, sign_in)

    @classmethod
    def system(cls, http: httpx.Client, client_id: str, secret: str, name: str = "") -> Caller:
        """A bank's system that signs in with client credentials."""

        def sign_in() -> dict[str, Any]:
            form = {"grant_type": "client_credentials"}
            found: dict[str, Any] = _answered(http.post("/oauth/token", data=form, auth=(client_id, secret)))
            return found

        return cls(http, name or client_id, sign_in)

    def _headers(self) -> dict[str, str]:
        if time.monotonic() > self._fresh_until:
            found = self._sign_in()
            self._token = found["access_token"]
            self._fresh_until = time.monotonic() + found["expires_in"] - EARLY_SECONDS
        return {"Authorization": f"Bearer {self._token}"}

    def ask(self, method: str, path: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        """Send one request and return the answer, whatever it says; a 503 is tried again under the same key."""
        headers = {**self._headers(), **more.pop("headers", {})}
        if method != "GET":
            headers["Idempotency-Key"] = key or uuid4().hex
        for tried in range(TRIES):
            answer = self._http.request(method, path, headers=headers, **more)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(0.2 * 2**tried)
        return answer

    def get(self, path: str, **params: Any) -> Any:
        """The body of a successful GET."""
        asked = {name: value for name, value in params.items() if value is not None}
        return _answered(self.ask("GET", path, params=asked))

    def every(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """The items of a list, page after page."""
        after: str | None = None
        while True:
            page = self.get(path, limit=PAGE, after=after, **params)
            yield from page["items"]
            after = page["next"]
            if after is None:
                return

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        """The body of a successful POST of JSON."""
        return _answered(self.ask("POST", path, json=body if body is not None else {}, **more))

    def run_rules(self, as_of: str, **more: Any) -> Any:
        """Ask all rules about a day, or some, or of a place; wait until they are done, and read what they found."""
        asked = self.post("/funds/v1/rule-runs", {"as_of": as_of, **more})
        return self.finished(asked["id"])

    def finished(self, run_id: str) -> Any:
        """A run of rules once it is done."""
        deadline = time.monotonic() + RUN_SECONDS
        while True:
            run = self.get(f"/funds/v1/rule-runs/{run_id}")
            if run["ended_at"]:
                return run
            if time.monotonic() > deadline:
                msg = f"规则运行在 {RUN_SECONDS:.0f} 秒内没有完成：{run['done_n']}/{run['rules_n']}"
                raise Unexpected(msg)
            time.sleep(RUN_STEP_SECONDS)

    def send_file(self, method: str, path: str, name: str, content: bytes, kind: str) -> Any:
        """The body of a successful upload; the file's name goes percent-encoded in X-File-Name."""
        headers = {"X-File-Name": quote(name), "Content-Type": kind}
        return _answered(self.ask(method, path, content=content, headers=headers, timeout=FILE_SECONDS))

    def fetch_file(self, path: str) -> bytes:
        """The bytes of a file."""
        answer = self.ask("GET", path)
        if not answer.is_success:
            raise Unexpected(said(answer))
        return answer.content


def _answered(answer: httpx.Response) -> Any:
    if not answer.is_success:
        msg = f"{answer.request.method} {answer.request.url.path}: {said(answer)}"
        raise Unexpected(msg)
    return answer.json()
