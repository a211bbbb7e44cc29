"""The witness's side, for another office: keep the last checkpoint that was seen, and sign the next one if it follows.

`python -m services.audit_api.record.witness look --url … --log-key NAME+ID+KEY --key FILE --state FILE --username …`
looks once; whoever wants to be told of a fork within the hour lets it run every hour. The password comes from the
environment (`QINGLIU_WITNESS_PASSWORD`). `… new-key --name NAME --key FILE` draws the office's key and prints the
public one.

Where the log's key was changed, the office follows from the one it was given: the record shows each change, signed by
the key before it, and they are kept beside the state. A key that was followed by another signs nothing more.

What was seen is written down before it is signed. Two checkpoints that no proof joins are an equivocation: both are
kept beside the state, and nothing is signed any more until somebody has looked and removed that file.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import fcntl
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx

from chassis import clock
from services.audit_api.record import notes
from services.audit_api.record.notes import Signer
from services.audit_api.record.verify import (
    COSIGNATURE_KEY,
    SEEN_NOT_AGAIN,
    Bad,
    Checkpoint,
    Key,
    KeyChange,
    KeyMisused,
    Keys,
    changes_of,
    is_consistent,
    joined_changes,
    must_extend,
    printable,
    speak_anywhere,
)

RECORD: Final = "/audit/v1/record"


class Unproved(Bad):
    """A larger checkpoint was signed, and no proof was given that it continues the one that was seen."""


@dataclass(frozen=True)
class Witness:
    """One office's view of one log. `http` is signed in; `state` holds the last note that was seen."""

    http: httpx.AsyncClient
    log_key: Key
    signer: Signer
    state: Path

    @property
    def conflict(self) -> Path:
        """Where two checkpoints are kept that are not of one log."""
        return self.state.with_name(self.state.name + ".equivocation")

    @property
    def followed(self) -> Path:
        """Where the changes of the log's key are kept that were seen: the notes that say so, one behind the other."""
        return self.state.with_name(self.state.name + ".keys")

    async def look(self, now: int) -> str:
        """See the newest checkpoint, keep and sign it if it follows the last one; `Bad` if not. `now`: since 1970.

        One look at a time over one state: two at once could each be shown another continuation of what was seen last,
        and would sign both.
        """
        with _alone(self.state.with_name(self.state.name + ".lock")):
            return await self._look(now)

    async def _look(self, now: int) -> str:
        if self.conflict.exists():
            msg = f"先前发现的分叉尚未处理：{self.conflict}"
            raise Bad(msg)
        note = await self._note()
        found = Checkpoint.read(note)
        changes = await self._changes(found)
        try:
            Keys(self.log_key, changes).must_sign(found)
        except KeyMisused:
            _replace(self.conflict, "\n".join([*map(_text_of, changes), note]))
            raise
        before = Checkpoint.read(self.state.read_text(encoding="utf-8")) if self.state.exists() else None
        if before is not None:
            try:
                await self._must_follow(before, found)
            except Unproved:
                raise  # nothing that contradicts itself was signed, so far: the next look asks again
            except Bad:
                _replace(self.conflict, self.state.read_text(encoding="utf-8") + "\n" + note)
                raise
        if changes:
            _replace(self.followed, json.dumps([_text_of(one) for one in changes], ensure_ascii=False))
        _replace(self.state, note)
        if found.signed_by(self.signer.key) is not None:
            return f"{found.size} 条，先前已见证"
        await self._post({"size": found.size, "line": notes.cosignature(self.signer, found, now)})
        return f"{found.size} 条，已见证" + (f"（上次 {before.size} 条）" if before else "（首次）")

    async def _note(self) -> str:
        told = await self._get("checkpoint", {})
        return str(told["note"])

    async def _changes(self, found: Checkpoint) -> list[KeyChange]:
        """The changes of the log's key up to this checkpoint: those it shows, and those that were seen before."""
        kept = json.loads(self.followed.read_text(encoding="utf-8")) if self.followed.exists() else []
        seen = changes_of([Checkpoint.read(one) for one in kept])
        told = await self._told(found)
        return [*seen, *(one for one in told if one.size <= found.size and one.checkpoint.body not in _bodies(seen))]

    async def _told(self, found: Checkpoint) -> list[KeyChange]:
        try:
            told = await self._get("keys", {"size": found.size})
        except httpx.HTTPStatusError as error:
            if error.response.status_code == HTTPStatus.NOT_FOUND:  # a release that changes no key
                return []
            raise
        return joined_changes(told["changes"], found)

    async def _must_follow(self, before: Checkpoint, found: Checkpoint) -> None:
        must_extend(before, found)
        if before.size == found.size:
            return
        proof = await self._proof(before.size, found.size)
        if not is_consistent(before.size, before.root, found.size, found.root, proof):
            msg = f"{found.size} 条的日志不以先前的 {before.size} 条为开头：{SEEN_NOT_AGAIN}"
            raise Bad(msg, before.size)

    async def _proof(self, old_size: int, size: int) -> list[bytes]:
        """What the log shows that it continues what was seen: one that signs more and shows nothing is refused."""
        try:
            told = await self._get("consistency", {"old_size": old_size, "size": size})
            return [bytes.fromhex(one) for one in told["proof"]]
        except httpx.HTTPStatusError as error:
            if error.response.is_server_error:
                raise
            refused = str(error.response.status_code)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            refused = type(error).__name__
        msg = f"{size} 条的检查点已经签名，却没有给出它以先前的 {old_size} 条为开头的证明（{refused}）"
        raise Unproved(msg, old_size)

    async def _get(self, what: str, query: dict[str, Any]) -> Any:
        answer = await self.http.get(f"{RECORD}/{what}", params=query)
        answer.raise_for_status()
        return answer.json()

    async def _post(self, body: dict[str, Any]) -> None:
        answer = await self.http.post(
            f"{RECORD}/cosignatures", json=body, headers={"Idempotency-Key": f"cosign-{uuid4().hex}"}
        )
        answer.raise_for_status()


def _bodies(changes: Sequence[KeyChange]) -> set[bytes]:
    return {one.checkpoint.body for one in changes}


def _text_of(change: KeyChange) -> str:
    """The note of a change, as it was read."""
    signed = change.checkpoint.signatures
    lines = "".join(f"\u2014 {name} {base64.b64encode(raw).decode()}\n" for name, raw in signed)
    return f"{change.checkpoint.body.decode()}\n{lines}"


def _replace(file: Path, text: str) -> None:
    """Write a file in one step, on the disk before it counts."""
    new = file.with_name(file.name + ".new")
    with new.open("w", encoding="utf-8") as sink:
        sink.write(text)
        sink.flush()
        os.fsync(sink.fileno())
    new.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)  # a name that a power cut takes back would let a fork of it be signed
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            msg = f"另一次见证正在进行：{lock}"
            raise Bad(msg) from error
        yield


async def _look(asked: argparse.Namespace) -> str:
    async with httpx.AsyncClient(base_url=asked.url, timeout=30, trust_env=False, follow_redirects=False) as http:
        person = {"username": asked.username, "password": os.environ.get("QINGLIU_WITNESS_PASSWORD", "")}
        signed_in = await http.post("/auth/login", json=person)
        signed_in.raise_for_status()
        http.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"
        signer = Signer.read(asked.key.read_text(encoding="utf-8"))
        witness = Witness(http, Key.read(asked.log_key), signer, asked.state)
        return await witness.look(int(clock.now().timestamp()))


def _new_key(asked: argparse.Namespace) -> str:
    text = notes.written(asked.name, os.urandom(32), COSIGNATURE_KEY)
    with os.fdopen(os.open(asked.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as sink:
        sink.write(text + "\n")
    return Signer.read(text).key.text()


def main(arguments: Sequence[str] | None = None) -> int:
    speak_anywhere()
    parser = argparse.ArgumentParser(prog="witness", description="见证存证日志")
    verbs = parser.add_subparsers(required=True)
    look = verbs.add_parser("look", help="查看最近的检查点，与先前所见核对后见证")
    look.add_argument("--url", required=True)
    look.add_argument("--username", required=True)
    look.add_argument("--log-key", required=True)
    look.add_argument("--key", type=Path, required=True)
    look.add_argument("--state", type=Path, required=True)
    look.set_defaults(run=lambda asked: asyncio.run(_look(asked)))
    new_key = verbs.add_parser("new-key", help="生成本机关的见证密钥，打印公钥")
    new_key.add_argument("--name", required=True)
    new_key.add_argument("--key", type=Path, required=True)
    new_key.set_defaults(run=_new_key)
    asked = parser.parse_args(arguments)
    try:
        print(asked.run(asked))
    except Bad as bad:
        print(printable(f"不予见证：{bad}"))
        return 1
    except (httpx.HTTPError, OSError, ValueError, LookupError, TypeError) as error:
        print(f"未能查看：{type(error).__name__}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
