"""Journals for the sealer: streams of three services as it asks for them, in memory, and the log emptied for a test."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import asyncpg
import httpx

from chassis.database import Database
from chassis.feed import HashPage, JournalRow, JournalRows, Streams
from chassis.identity import KeyRing, SigningKey, verify
from services.audit_api.ledger import ISSUER as LEDGER_ISSUER
from services.audit_api.ledger import Ledger
from services.audit_api.record.notes import Signer
from services.audit_api.record.sealer import AUDIENCES, ISSUER, Sealer
from tests.callers import AUDIT_KEY, INTERNAL_JWKS, LOG, SEALER_KEY

RING = KeyRing.from_jwks(INTERNAL_JWKS)


def digest(service: str, stream: str, position: int) -> bytes:
    return hashlib.sha256(f"{service}/{stream}/{position}".encode()).digest()


class Journals:
    """The hashes of each stream of each service; what is served is counted, and may be refused."""

    def __init__(self) -> None:
        self.streams: dict[tuple[str, str], list[bytes]] = {}
        self.asked = 0
        self.dies_at: int | None = None

    def write(self, service: str, stream: str, count: int) -> None:
        held = self.streams.setdefault((service, stream), [])
        held += [digest(service, stream, len(held) + at) for at in range(1, count + 1)]

    def _source(self, service: str) -> httpx.AsyncClient:
        async def answer(request: httpx.Request) -> httpx.Response:
            self.asked += 1
            if self.asked == self.dies_at:
                raise Killed
            token = request.headers["authorization"].removeprefix("Bearer ")
            who = verify(token, RING, audience=AUDIENCES[service])
            assert (who.roles, who.subject) == ({"sealer"}, ISSUER)
            assert request.url.path == f"/{service}/v1/events/hashes"
            query = request.url.params
            if "stream" not in query:
                heads = {
                    stream: len(held)
                    for (of, stream), held in self.streams.items()
                    if of == service and (stream.startswith(who.region) or service == "identity")
                }
                return httpx.Response(200, json=Streams(streams=heads).model_dump())
            stream, after, limit = query["stream"], int(query["after"]), int(query["limit"])
            assert service == "identity" or stream.startswith(who.region)
            held = self.streams[service, stream]
            hashes = [one.hex() for one in held[after : after + limit]]
            page = HashPage(stream=stream, after=after, hashes=hashes, head_position=len(held))
            return httpx.Response(200, json=page.model_dump())

        return httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url=f"http://{service}")

    def sealer(self, database: Database, *regions: str, signers: Sequence[Signer] = (LOG,)) -> Sealer:
        key = SigningKey.from_jwk(SEALER_KEY, ISSUER, "internal+jwt")
        sources = {service: self._source(service) for service in AUDIENCES}
        return Sealer(database, sources, key, signers, list(regions), poll_seconds=0.01)


@contextlib.contextmanager
def books(audit_http: httpx.AsyncClient, rows: Sequence[JournalRow] = ()) -> Iterator[list[httpx.URL]]:
    """audit_api asks books that hold these rows of their journal, whatever it asks; what it asked."""
    asked: list[httpx.URL] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        told = JournalRows(stream=request.url.params["county"], rows=list(rows), left_out_n=0)
        return httpx.Response(200, content=told.model_dump_json())

    state: Any = audit_http.app.state  # type: ignore[attr-defined]
    before = state.ledger
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://funds")
    state.ledger = Ledger(http, SigningKey.from_jwk(AUDIT_KEY, LEDGER_ISSUER, "internal+jwt"))
    try:
        yield asked
    finally:
        state.ledger = before


class Killed(BaseException):
    """The sealer's process is gone."""


async def seal_all(sealer: Sealer) -> int:
    """Rounds until nothing is sealed any more; how many events were."""
    sealed = 0
    while found := await sealer.round():
        sealed += found
    return sealed


async def empty_log(admin: asyncpg.Pool) -> None:
    """The log as a new installation has it."""
    await admin.execute(
        "TRUNCATE audit.log_leaf, audit.log_tile, audit.log_checkpoint, audit.log_cosignature, audit.log_cursor,"
        " audit.log_key_change, audit.log_key_announcement"
    )
    await admin.execute("UPDATE audit.log_head SET size = 0, complete_at = '-infinity', looked_at = '-infinity'")
