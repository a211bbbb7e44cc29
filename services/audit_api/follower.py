"""The follower: a second process that reads the funds feed at its own pace and lets each event act once.

For every stream: fetch (no transaction open), then one transaction per event that locks the cursor, checks that the
event is the very next, applies it and moves the cursor. Effect and cursor commit together, so a redelivered event acts
once without an inbox. Each fetch begins with the event applied last, whose hash must still be the one kept here: a
feed that was cut off or rewritten stops its stream. So do a gap and an event that cannot be applied; other streams go
on, and the stopped one is logged again and again until somebody restarts the follower. It decides nothing about money.

Flags that an event only counts are read before its transaction, page by page, and staged: each page in a small
transaction of its own, with the mark of the next. Whoever comes after a follower that was killed reads on from there;
no more than one page is ever held.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis import clock, telemetry
from chassis.connections import FAILURES, OutcomeUnknown, lost, sqlstate
from chassis.database import Database, Limits
from chassis.feed import Envelope, FeedPage, Streams
from chassis.identity import SigningKey, sign
from services.audit_api import cursors
from services.audit_api.alerts import service as alerts
from services.audit_api.cursors import Cursor, HistoryBroken, Reading
from services.audit_api.effects import FOUND, apply
from services.audit_api.settings import FollowerSettings
from wire.flags import FlagsFound, FlagTold

log = logging.getLogger("follower")

ISSUER: Final = "qingliu-follower"
FEED_PATH: Final = "/funds/v1/events"
TOKEN_SECONDS: Final = 60
FLAGS_PATH: Final = "/funds/v1/flags"
PAGE: Final = 100
FLAG_PAGE: Final = 200
EVER: Final = "2199-12-31"  # whatever day a flag is about, and whatever this machine's clock says
MAX_PAUSE_SECONDS: Final = 5.0
REMIND_SECONDS: Final = 60.0
# 40001 serialization, 40P01 deadlock, 55P03 lock timeout, 57014 statement timeout, 57P01-3 shutdown, 08 and 53 …
_PASSING: Final = ("40001", "40P01", "55P03", "57014", "57P0", "08", "53", "25P03")


def feed_token(key: SigningKey, region: str, now: int) -> str:
    """A short token that may read the streams of `region` and nothing else. `now` is seconds since 1970."""
    return sign(
        key,
        {
            "aud": "funds",
            "sub": ISSUER,
            "client_id": ISSUER,
            "jti": uuid4().hex,
            "iat": now,
            "nbf": now,
            "exp": now + TOKEN_SECONDS,
            "roles": ["feed_reader"],
            "region": region,
            "unit": None,
        },
    )


@dataclass
class Follower:
    """Follows the streams of `regions`. `round()` reads each once; `run()` repeats until `stop()`."""

    database: Database
    http: httpx.AsyncClient
    key: SigningKey
    regions: list[str]
    poll_seconds: float = 0.2
    stopped: dict[str, str] = field(default_factory=dict)
    _known: dict[str, Cursor] = field(default_factory=dict, init=False)
    _recalled: set[str] = field(default_factory=set, init=False)
    _ending: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _reminded: float = field(default=0.0, init=False)

    def stop(self) -> None:
        """End after the event that is being applied, or the page of flags that is being read."""
        self._ending.set()

    async def run(self) -> None:
        """Follow until stopped. An unreachable feed or database is waited for, with growing pauses."""
        pause = self.poll_seconds
        while not self._ending.is_set():
            try:
                applied = await self.round()
                pause = self.poll_seconds
            except (httpx.HTTPError, *FAILURES, OutcomeUnknown, PoolTimeout, ValueError) as error:
                log.warning("waiting", extra={"reason": type(error).__name__, "pause_seconds": pause})
                applied, pause = 0, min(pause * 2, MAX_PAUSE_SECONDS)
            self._remind()
            if not applied:
                await self._sleep(pause)

    async def round(self) -> int:
        """Read every stream once, a page each; how many events were applied. What failed in passing is raised last."""
        applied = 0
        passing: Exception | None = None
        for region in self.regions:
            if region not in self._recalled:
                await self._recall(region)
            heads = Streams.model_validate(await self._get(region, {})).streams
            gone = {stream: 0 for stream in self._known if stream.startswith(region) and stream not in heads}
            for stream, head in {**heads, **gone}.items():
                if self._ending.is_set() or stream in self.stopped:
                    continue
                try:
                    applied += await self._follow(region, stream, head)
                except (httpx.HTTPStatusError, DBAPIError, OutcomeUnknown, PoolTimeout) as error:
                    passing = error  # this stream has to wait; the others need not
                    log.warning("stream waits", extra={"stream": stream, "reason": _reason(error)})
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
                if envelope.kind == FOUND and not await self._read(region, envelope):
                    break
                self._known[stream] = await self._apply(envelope)
                applied += 1
                if self._ending.is_set():
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
        page = FeedPage.model_validate(await self._get(region, query))
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

    async def _read(self, region: str, envelope: Envelope) -> bool:
        """Stage every flag that an event only counts, page by page; False when told to end before all were there."""
        event = FlagsFound.model_validate(envelope.body)
        if not event.flags_n:
            return True
        async with self.database.writing(envelope.stream) as tx:
            reading = await cursors.reading(tx, envelope)
        while reading.after is not None:
            if self._ending.is_set():
                return False
            reading = await self._read_page(region, envelope, event, reading)
        return True

    async def _read_page(self, region: str, envelope: Envelope, event: FlagsFound, reading: Reading) -> Reading:
        """Stage the page that is due, or nothing when another follower was quicker; how far the event is read then."""
        query = {"county": envelope.stream, "run": event.run_id, "rule": event.rule_code}
        query |= {"as_of": EVER, "limit": FLAG_PAGE} | ({"after": reading.after} if reading.after else {})
        page = await self._get(region, query, FLAGS_PATH)
        told = [FlagTold.model_validate(one) for one in page["items"]]
        staged_n = reading.staged_n + len(told)
        if staged_n > event.flags_n:  # said at once: a list without an end would fill the disk
            raise alerts.FlagsMissing(event.rule_code, event.flags_n, staged_n)
        async with self.database.writing(envelope.stream) as tx:
            if await cursors.page_due(tx, envelope) != reading.after:
                return await cursors.reading(tx, envelope)
            await alerts.stage(tx, envelope, told)
            await cursors.read_on(tx, envelope.stream, page["next"])
        return Reading(page["next"], staged_n)

    async def _apply(self, envelope: Envelope) -> Cursor:
        """Apply one event and move the cursor, in one transaction; an event that was applied before acts no more."""
        async with self.database.writing(envelope.stream) as tx:
            row = await cursors.lock(tx, envelope.stream)
            if not cursors.is_next(row, envelope):
                return Cursor(row.position, row.hash)
            await apply(tx, envelope)
            moved = await cursors.move(tx, envelope)
        log.debug("applied", extra={"stream": envelope.stream, "position": envelope.position, "kind": envelope.kind})
        return moved

    async def _recall(self, region: str) -> None:
        """Read how far each stream of `region` was applied before this process began."""
        async with self.database.reading(region) as tx:
            self._known |= await cursors.recalled(tx, region)
        self._recalled.add(region)

    async def _get(self, region: str, query: dict[str, Any], path: str = FEED_PATH) -> Any:
        token = feed_token(self.key, region, int(clock.now().timestamp()))
        answer = await self.http.get(path, params=query, headers={"Authorization": f"Bearer {token}"})
        answer.raise_for_status()
        return answer.json()

    async def _halt(self, stream: str, position: int, error: Exception) -> None:
        """Stop the stream and say why. Staged flags are forgotten: whoever restarts it hears what is told then."""
        async with self.database.writing(stream) as tx:
            await cursors.forget(tx, stream)
        reason = _reason(error)
        self.stopped[stream] = reason
        log.error("stream stopped", extra={"stream": stream, "position": position, "reason": reason})

    def _remind(self) -> None:
        if self.stopped and time.monotonic() - self._reminded > REMIND_SECONDS:
            self._reminded = time.monotonic()
            log.error("streams still stopped", extra={"streams": dict(self.stopped)})

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._ending.wait(), seconds)
        except TimeoutError:
            return


def _reason(error: Exception) -> str:
    """Why a stream stopped or waits, without any value that the event carried."""
    match error:
        case HistoryBroken() | alerts.FlagsMissing():
            return str(error)
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


async def main() -> None:
    """Follow until SIGTERM or SIGINT."""
    settings = FollowerSettings()  # the environment fills the required fields
    telemetry.log_as_json(settings.log_level)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs each request with its query
    database = Database(settings.database_url.get_secret_value(), Limits(pool=2), application="audit_follower")
    # No redirects and no proxies from the environment: the token goes to the feed and nowhere else.
    async with httpx.AsyncClient(
        base_url=settings.feed_url, timeout=httpx.Timeout(10.0, connect=2.0), trust_env=False, follow_redirects=False
    ) as http:
        key = SigningKey.from_jwk(settings.key, ISSUER, "internal+jwt")
        follower = Follower(database, http, key, settings.regions, settings.poll_seconds)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, follower.stop)
        log.info("following", extra={"regions": settings.regions})
        await follower.run()
    await database.close()
    log.info("stopped")


if __name__ == "__main__":
    asyncio.run(main())
