"""What audit_api asks of the ledger itself: funds_api over HTTP, in the name of the inspector and for that region only.

The answer is passed on as it comes, byte for byte. No redirect and no proxy of the environment: the token goes to
funds_api and nowhere else. Knows no table and opens no transaction.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from uuid import uuid4

import httpx

from chassis import clock
from chassis.identity import Principal, SigningKey, sign

ISSUER: Final = "qingliu-audit"
ROLE: Final = "ledger_reader"
TOKEN_SECONDS: Final = 60
_WORST_REFUSAL_BYTES: Final = 1 << 16


@dataclass(eq=False)
class LedgerDown(Exception):
    """funds_api does not answer, or not in time."""

    def __str__(self) -> str:
        return "资金账本服务暂时无法访问，本次没有写入任何内容"


@dataclass(eq=False)
class LedgerRefused(Exception):
    """funds_api has nothing of the kind for this inspector, or refuses the question; `problem` is its own slug."""

    status: int
    problem: str

    def __str__(self) -> str:
        if self.status == HTTPStatus.NOT_FOUND:
            return "资金账本中没有这个对象，或不在您的管辖范围内"
        return f"资金账本服务不接受这个问题（{self.status} {self.problem}）"


@dataclass(frozen=True, slots=True)
class Ledger:
    """funds_api at the address of `http`."""

    http: httpx.AsyncClient
    key: SigningKey

    @classmethod
    def at(cls, url: str, key: Mapping[str, str]) -> Ledger:
        http = httpx.AsyncClient(
            base_url=url, timeout=httpx.Timeout(8.0, connect=2.0), trust_env=False, follow_redirects=False
        )
        return cls(http, SigningKey.from_jwk(key, ISSUER, "internal+jwt"))

    @asynccontextmanager
    async def answer(
        self, path: str, query: Mapping[str, str | list[str]], who: Principal
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes of the answer as they come; `LedgerRefused` or `LedgerDown` when there is none."""
        headers = {"Authorization": f"Bearer {self._token(who)}", "Accept-Encoding": "identity"}
        try:
            async with self.http.stream("GET", path, params=dict(query), headers=headers) as answer:
                if answer.status_code != HTTPStatus.OK:
                    raise await _refusal(answer)
                yield answer.aiter_bytes()
        except httpx.HTTPError as error:
            raise LedgerDown from error

    def _token(self, who: Principal) -> str:
        """A short token that may read the money of the inspector's region, and says whose question it is."""
        now = int(clock.now().timestamp())
        return sign(
            self.key,
            {
                "aud": "funds",
                "sub": who.subject,
                "client_id": ISSUER,
                "jti": uuid4().hex,
                "iat": now,
                "nbf": now,
                "exp": now + TOKEN_SECONDS,
                "roles": [ROLE],
                "region": who.region,
                "unit": None,
            },
        )


async def _refusal(answer: httpx.Response) -> LedgerDown | LedgerRefused:
    """What the refusal says of itself, without any value that it tells."""
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.is_redirect:
        return LedgerDown()
    told = bytearray()
    async for piece in answer.aiter_bytes():
        told += piece
        if len(told) > _WORST_REFUSAL_BYTES:
            break
    try:
        slug = str(json.loads(told)["type"]).rsplit("/", 1)[-1]
    except (ValueError, KeyError, TypeError):
        slug = ""
    return LedgerRefused(answer.status_code, slug)
