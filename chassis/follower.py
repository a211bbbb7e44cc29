"""A follower: reads the feed of another service at its own pace and lets each event act once.

For every stream: fetch (no transaction open), then one transaction per event that locks the cursor, checks that the
event is the very next, applies it and moves the cursor. Effect and cursor commit together, so a redelivered event acts
once without an inbox. Each fetch begins with the event applied last, whose hash must still be the one kept here: a
feed that was cut off or rewritten stops its stream. So do a gap and an event that cannot be applied; other streams go
on, and the stopped one is logged again and again until somebody restarts the follower. It knows no effect: whoever
follows says what an event does (`effect`), where its cursors rest, and what has to be read before (`prepare`).
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from uuid import uuid4

import httpx
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import clock, cursors
from chassis.connections import OutcomeUnknown, lost, sqlstate
from chassis.cursors import Cursor, HistoryBroken
from chassis.database import Database
from chassis.feed import Envelope, FeedPage, Streams
from chassis.identity import SigningKey, sign
from chassis.journal_tables import FollowerCursor
from chassis.rounds import OTHERS_TOO, Rounds

log = logging.getLogger("follower")

TOKEN_SECONDS: Final = 60
PAGE: Final = 100
REMIND_SECONDS: Final = 60.0
# 40001 serialization, 40P01 deadlock, 55P03 lock timeout, 57014 statement timeout, 57P01-3 shutdown, 08 and 53 …
_PASSING: Final = ("40001", "40P01", "55P03", "57014", "57P0", "08", "53", "25P03")


def feed_token(key: SigningKey, issuer: str, audience: str, region: str, now: int) -> str:
    """A short token that may read the streams of `region` and nothing else. `now` is seconds since 1970."""
    return sign(
        key,
        {
            "aud": audience,
            "sub": issuer,
            "client_id": issuer,
            "jti": uuid4().hex,
            "iat": now,
            "nbf": now,
            "exp": now + TOKEN_SECONDS,
            "roles": ["feed_reader"],
            "region": region,
            "unit": None,
        },
    )


def feed_client(url: str) -> httpx.AsyncClient:
    """A client of the feed at `url`. No redirects and no proxies from the environment: the token goes nowhere else."""
    return httpx.AsyncClient(
        base_url=url, timeout=httpx.Timeout(10.0, connect=2.0), trust_env=False, follow_redirects=False
    )


@dataclass
class Follower(ABC):
    """Follows the streams of `regions`. `round()` reads each once; `run()` repeats until `stop()`.

    A kind of follower says as whom it speaks (`issuer`), to whom (`audience`, `feed_path`), where its cursors rest
    (`rows`), and which exceptions of its own tell why a stream stopped without telling a value (`told`).
    """

    issuer: ClassVar[str]
    audience: ClassVar[str]
    feed_path: ClassVar[str]
    rows: ClassVar[type[FollowerCursor]]
    told: ClassVar[tuple[type[Exception], ...]] = ()

    database: Database
    http: httpx.AsyncClient
    key: SigningKey
    regions: list[str]
    poll_seconds: float = 0.2
    stopped: dict[str, str] = field(default_factory=dict)
    _known: dict[str, Cursor] = field(default_factory=dict, init=False)
    _recalled: set[str] = field(default_factory=set, init=False)
    _reminded: float = field(default=0.0, init=False)
    rounds: Rounds = field(init=False)

    def __post_init__(self) -> None:
        self.rounds = Rounds(log, self.poll_seconds)

    # What a kind of follower says.

    @abstractmethod
    async def effect(self, tx: AsyncSession, envelope: Envelope) -> None:
        """Do what the event asks for, in the transaction that also moves the cursor."""

    async def prepare(self, region: str, envelope: Envelope) -> bool:  # noqa: ARG002 - for those who need them
        """Read what the effect needs, before its transaction; False when told to end before all was there."""
        return True

    async def move(self, tx: AsyncSession, envelope: Envelope) -> Cursor:
        """Let the event be the last applied one of its locked stream."""
        return await cursors.move(tx, self.rows, envelope)

    async def forget(self, stream: str) -> None:  # noqa: B027 - who prepares nothing has nothing to forget
        """Forget what was prepared of a stream that stops: whoever restarts it hears what is told then."""

    # What all followers do.

    def stop(self) -> None:
        """End after the event that is being applied, or the part of it that is being read."""
        self.rounds.stop()

    async def run(self) -> None:
        """Follow until stopped. An unreachable feed or database is waited for, with growing pauses."""
        await self.rounds.run(self._once, OTHERS_TOO)

    async def _once(self) -> bool:
        try:
            return await self.round() > 0
        finally:
            self._remind()

    async def round(self) -> int:
        """Read every stream once, a page each; how many events were applied. What failed in passing is raised last."""
        applied = 0
        passing: Exception | None = None
        for region in self.regions:
            if region not in self._recalled:
                await self._recall(region)
            heads = Streams.model_validate(await self._get(region, {}, self.feed_path)).streams
            gone = {stream: 0 for stream in self._known if stream.startswith(region) and stream not in heads}
            for stream, head in {**heads, **gone}.items():
                if self.rounds.ending or stream in self.stopped:
                    continue
                try:
                    applied += await self._follow(region, stream, head)
                except (httpx.HTTPStatusError, DBAPIError, OutcomeUnknown, PoolTimeout) as error:
                    passing = error  # this stream has to wait; the others need not
                    log.warning("stream waits", extra={"stream": stream, "reason": self._reason(error)})
        if passing is not None:
            raise passing
        return applied

    async def _follow(self, region: str, stream: str, head: int) -> int:
        cursor = self._known.get(stream) or Cursor(0, cursors.genesis(stream))
        if head == cursor.position:
            return 0
        applied = 0
        at = cursor.position
        try:
            for envelope in await self._fetch(region, stream, cursor):
                at = envelope.position
                if not await self.prepare(region, envelope):
                    break
                self._known[stream] = await self._apply(envelope)
                applied += 1
                if self.rounds.ending:
                    break
        except (httpx.HTTPError, OSError, OutcomeUnknown, PoolTimeout):
            raise  # also when the commit may have happened: the cursor in the database says so the next time
        except DBAPIError as error:
            if _passing(error):
                raise
            await self._halt(stream, at, error)
        except Exception as error:  # noqa: BLE001 - whatever the event did, this stream stops and the others go on
            await self._halt(stream, at, error)
        return applied

    async def _fetch(self, region: str, stream: str, cursor: Cursor) -> list[Envelope]:
        """The next page of events, after the event applied last was found where and as it was."""
        before = max(cursor.position - 1, 0)
        query = {"stream": stream, "after": before, "limit": PAGE}
        page = FeedPage.model_validate(await self._get(region, query, self.feed_path))
        if page.head_position < cursor.position:
            msg = f"applied up to {cursor.position}, and the feed now ends at {page.head_position}"
            raise HistoryBroken(msg)
        if cursor.position == 0:
            return page.events
        if not page.events or page.events[0].position != cursor.position:
            msg = f"event {cursor.position}, applied earlier, is gone"
            raise HistoryBroken(msg)
        if page.events[0].hash != cursor.hash.hex():
            msg = f"event {cursor.position}, applied earlier, has another hash now"
            raise HistoryBroken(msg)
        return page.events[1:]

    async def _apply(self, envelope: Envelope) -> Cursor:
        """Apply one event and move the cursor, in one transaction; an event that was applied before acts no more."""
        async with self.database.writing(envelope.stream) as tx:
            row = await cursors.lock(tx, self.rows, envelope.stream)
            if not cursors.is_next(row, envelope):
                return Cursor(row.position, row.hash)
            await self.effect(tx, envelope)
            moved = await self.move(tx, envelope)
        log.debug("applied", extra={"stream": envelope.stream, "position": envelope.position, "kind": envelope.kind})
        return moved

    async def _recall(self, region: str) -> None:
        """Read how far each stream of `region` was applied before this process began."""
        async with self.database.reading(region) as tx:
            self._known |= await cursors.recalled(tx, self.rows, region)
        self._recalled.add(region)

    async def _get(self, region: str, query: dict[str, Any], path: str) -> Any:
        token = feed_token(self.key, self.issuer, self.audience, region, int(clock.now().timestamp()))
        answer = await self.http.get(path, params=query, headers={"Authorization": f"Bearer {token}"})
        answer.raise_for_status()
        return answer.json()

    async def _halt(self, stream: str, position: int, error: Exception) -> None:
        """Stop the stream and say why."""
        await self.forget(stream)
        reason = self._reason(error)
        self.stopped[stream] = reason
        log.error("stream stopped", extra={"stream": stream, "position": position, "reason": reason})

    def _remind(self) -> None:
        if self.stopped and time.monotonic() - self._reminded > REMIND_SECONDS:
            self._reminded = time.monotonic()
            log.error("streams still stopped", extra={"streams": dict(self.stopped)})

    def _reason(self, error: Exception) -> str:
        """Why a stream stopped or waits, without any value that the event carried."""
        if isinstance(error, (HistoryBroken, *self.told)):
            return str(error)
        match error:
            case ValidationError():
                fields = [".".join(str(part) for part in one["loc"]) for one in error.errors(include_input=False)]
                return f"unreadable: {', '.join(fields[:10])}"
            case httpx.HTTPStatusError():
                return f"answered {error.response.status_code}"
            case DBAPIError():
                return f"refused by the database: {getattr(error.orig, 'sqlstate', '')}"
            case _:
                return type(error).__name__


def _passing(error: DBAPIError) -> bool:
    """Whether the same event may well be applied when tried again."""
    return sqlstate(error).startswith(_PASSING) or lost(error)
