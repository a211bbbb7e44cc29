"""The journal: one append-only row per act is audit trail, outbox, idempotency record and tamper evidence.

Rows are numbered per stream from a head row that the same transaction updates, so commit order is number order and a
missing number is itself evidence. Call `record` last: the head row is locked until the commit. The SQL side (tables
`event`, `stream_head` and the functions `journal_claim`, `journal_append`) is made by `migrations/journal_v1.py`.
Refuses to hold personal data: a body names rows by id.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, FastAPI, Header, Request
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import JSONResponse, Response

from chassis.identity import current_principal
from chassis.ids import new_id
from chassis.problems import Problem, answer

_KEY: Final = re.compile(r"[A-Za-z0-9._~-]{8,100}\Z")

_COMMITMENT: Final = "text_sha256"

KEY_MISSING: Final = Problem(
    "idempotency-key-missing",
    400,
    "缺少可用的 Idempotency-Key",
    "请为每次写入生成一个新的唯一键（8–100 位字母数字），重试时沿用同一个键",
)
KEY_REUSED: Final = Problem(
    "idempotency-key-reused",
    422,
    "同一个 Idempotency-Key 对应了不同的请求",
    "若是新的业务请换一个键；若是重试请原样重发",
)
IN_FLIGHT: Final = Problem("request-in-flight", 409, "同一请求正在处理中", "请稍后用同一个 Idempotency-Key 查询结果")


class Replayed(Exception):
    """This key has acted before with the same request; `status` and `body` are what was answered then."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass(eq=False)
class KeyMissing(Exception):
    """A write without a key, or with one that is no key (`given`)."""

    given: bool

    def __str__(self) -> str:
        if self.given:
            return "所给的 Idempotency-Key 请求头格式不符：应为 8–100 位字母、数字或 . _ ~ -"
        return "写入请求必须带 Idempotency-Key 请求头（8–100 位字母、数字或 . _ ~ -）"


class KeyReused(Exception):
    def __str__(self) -> str:
        return "该 Idempotency-Key 已用于另一个内容不同的请求，本次未处理"


class InFlight(Exception):
    def __str__(self) -> str:
        return "带有同一 Idempotency-Key 的请求尚未结束"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the journal keeps of an act, as text: the event's kind and body, and the answer to replay, with a salt."""

    kind: str
    body: str
    outcome: str

    @classmethod
    def of(cls, event: BaseModel, outcome: BaseModel | Mapping[str, Any], status: int = 201) -> Recorded:
        """The event (its class name is the kind) and the answer it is to be replayed with."""
        answered = outcome.model_dump_json() if isinstance(outcome, BaseModel) else json.dumps(dict(outcome))
        salt = secrets.token_hex(16)
        body = committed(event.model_dump_json(), salt)
        return cls(type(event).__name__, body, f'{{"status": {status}, "salt": "{salt}", "body": {answered}}}')


def committed(body: str, salt: str) -> str:
    """The body of an event with each `text_sha256` salted: SHA-256 over the salt and the hash that it was.

    The salt stands in the answer alone. Words can be erased from there, and the salt with them: then nobody finds short
    words by trying them against the event, or against the hash of the answer.
    """
    if _COMMITMENT not in body:
        return body
    return json.dumps(_salted(json.loads(body), bytes.fromhex(salt)), ensure_ascii=False, separators=(",", ":"))


def _salted(value: Any, salt: bytes) -> Any:
    if isinstance(value, list):
        return [_salted(one, salt) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: hashlib.sha256(salt + bytes.fromhex(one)).hexdigest()
        if name == _COMMITMENT and isinstance(one, str)
        else _salted(one, salt)
        for name, one in value.items()
    }


@dataclass(frozen=True, slots=True)
class Act:
    """One request that writes: who, under which key, with which content. `claim` it per stream before writing."""

    schema: str
    actor: str
    key: str
    request_id: str
    content_hash: bytes

    def with_content(self, digest: bytes) -> Act:
        """The same act for a body that was streamed: `digest` is the SHA-256 of the file."""
        return Act(
            self.schema, self.actor, self.key, self.request_id, hashlib.sha256(self.content_hash + digest).digest()
        )

    def hash_in(self, stream: str) -> bytes:
        """What the key stands for in `stream`; on a cluster a key is unique only within it, so the stream is part."""
        return hashlib.sha256(stream.encode() + b"\n" + self.content_hash).digest()

    async def claim(self, session: AsyncSession, stream: str) -> None:
        """Go on only if this key has not acted in `stream`; else raise `Replayed`, `KeyReused` or `InFlight`."""
        found = (
            await session.execute(
                text(f"SELECT verdict, outcome FROM {self.schema}.journal_claim(:stream, :actor, :key, :hash)"),
                {"stream": stream, "actor": self.actor, "key": self.key, "hash": self.hash_in(stream)},
            )
        ).one()
        match found.verdict:
            case "replay":
                outcome = found.outcome if isinstance(found.outcome, dict) else json.loads(found.outcome)
                raise Replayed(outcome["status"], outcome["body"])
            case "reused":
                raise KeyReused
            case "in_flight":
                raise InFlight
            case _:
                return

    async def record(
        self,
        session: AsyncSession,
        stream: str,
        event: BaseModel,
        outcome: BaseModel | Mapping[str, Any],
        status: int = 201,
    ) -> int:
        """Append `event` (its class name is the kind) with the answer to replay; return its position in `stream`."""
        told = Recorded.of(event, outcome, status)
        position: int = (
            await session.scalar(
                text(
                    f"SELECT {self.schema}.journal_append"
                    "(:stream, :id, :kind, :body, :actor, :request_id, :key, :hash, :outcome)"
                ),
                {
                    "stream": stream,
                    "id": new_id(),
                    "kind": told.kind,
                    "body": told.body,
                    "actor": self.actor,
                    "request_id": self.request_id,
                    "key": self.key,
                    "hash": self.hash_in(stream),
                    "outcome": told.outcome,
                },
            )
            or 0
        )
        return position


async def record_alone(
    session: AsyncSession, schema: str, stream: str, event: BaseModel, actor: str, cause: UUID
) -> int:
    """Append an event that no client's request caused (a follower's effect); `cause` names what did, and acts once."""
    act = Act(schema, actor, f"cause-{cause}", str(cause), cause.bytes)
    return await act.record(session, stream, event, {})


async def _act(
    request: Request,
    key: Annotated[str | None, Header(alias="Idempotency-Key", description="写入的唯一键，重试时沿用")] = None,
) -> Act:
    who = await current_principal(request)
    if key is None or not _KEY.match(key):
        raise KeyMissing(key is not None)
    scope = request.scope
    content = hashlib.sha256(f"{scope['method']}\n{scope['path']}\n{scope['query_string'].decode()}\n".encode())
    if "json" in request.headers.get("content-type", "application/json"):
        content.update(await request.body())
    actor = who.client_id if who.client_id != who.subject else who.subject
    return Act(
        schema=request.app.state.schema,
        actor=f"{actor}/{who.subject}",
        key=key,
        request_id=request.state.request_id,
        content_hash=content.digest(),
    )


Acting = Annotated[Act, Depends(_act)]


def install(app: FastAPI) -> None:
    """Turn `Replayed` into the recorded answer (marked `Idempotency-Replayed: true`) and the refusals into problems."""

    async def replayed(_: Request, error: Exception) -> Response:
        if not isinstance(error, Replayed):  # pragma: no cover - registered for this class only
            raise error
        return JSONResponse(error.body, error.status, headers={"Idempotency-Replayed": "true"})

    async def refused(request: Request, error: Exception) -> Response:
        problem = {KeyMissing: KEY_MISSING, KeyReused: KEY_REUSED, InFlight: IN_FLIGHT}[type(error)]
        return answer(problem, request, str(error))

    app.add_exception_handler(Replayed, replayed)
    for kind in (KeyMissing, KeyReused, InFlight):
        app.add_exception_handler(kind, refused)
