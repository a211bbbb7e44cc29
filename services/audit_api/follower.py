"""The follower: a second process of audit_api that follows the funds feed (`chassis.follower`).

Flags that an event only counts are read before its transaction, page by page, and staged: each page in a small
transaction of its own, with the mark of the next. Whoever comes after a follower that was killed reads on from there;
no more than one page is ever held. It decides nothing about money.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, ClassVar, Final

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import follower, telemetry
from chassis.cursors import Cursor
from chassis.database import Database, Limits
from chassis.feed import Envelope
from chassis.identity import SigningKey
from chassis.rounds import when_told
from services.audit_api import cursors
from services.audit_api.alerts import service as alerts
from services.audit_api.cursors import Reading
from services.audit_api.effects import FOUND, apply
from services.audit_api.settings import FollowerSettings
from services.audit_api.tables import FollowerCursorRow
from wire.flags import FlagsFound, FlagTold

log = logging.getLogger("follower")

ISSUER: Final = "qingliu-follower"
FEED_PATH: Final = "/funds/v1/events"
FLAGS_PATH: Final = "/funds/v1/flags"
FLAG_PAGE: Final = 200
EVER: Final = "2199-12-31"  # whatever day a flag is about, and whatever this machine's clock says


class Follower(follower.Follower):
    """Follows the funds feed; what its events do here stands in `effects.py`."""

    issuer = ISSUER
    audience = "funds"
    feed_path = FEED_PATH
    rows = FollowerCursorRow
    told: ClassVar[tuple[type[Exception], ...]] = (alerts.FlagsMissing, alerts.AlertUnknown)

    async def effect(self, tx: AsyncSession, envelope: Envelope) -> None:
        await apply(tx, envelope)

    async def move(self, tx: AsyncSession, envelope: Envelope) -> Cursor:
        return await cursors.move(tx, envelope)

    async def forget(self, stream: str) -> None:
        """Forget the staged flags of a stream that stops."""
        async with self.database.writing(stream) as tx:
            await cursors.forget(tx, stream)

    async def prepare(self, region: str, envelope: Envelope) -> bool:
        """Stage every flag that an event only counts, page by page; False when told to end before all were there."""
        if envelope.kind != FOUND:
            return True
        event = FlagsFound.model_validate(envelope.body)
        if not event.flags_n:
            return True
        async with self.database.writing(envelope.stream) as tx:
            reading = await cursors.reading(tx, envelope)
        while reading.after is not None:
            if self.rounds.ending:
                return False
            reading = await self._read_page(region, envelope, event, reading)
        return True

    async def _read_page(self, region: str, envelope: Envelope, event: FlagsFound, reading: Reading) -> Reading:
        """Stage the page that is due, or nothing when another follower was quicker; how far the event is read then."""
        query: dict[str, Any] = {"county": envelope.stream, "run": event.run_id, "rule": event.rule_code}
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


async def main() -> None:
    """Follow until SIGTERM or SIGINT."""
    settings = FollowerSettings()  # the environment fills the required fields
    telemetry.log_as_json(settings.log_level)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs each request with its query
    database = Database(settings.database_url.get_secret_value(), Limits(pool=2), application="audit_follower")
    async with follower.feed_client(settings.feed_url) as http:
        key = SigningKey.from_jwk(settings.key, ISSUER, "internal+jwt")
        following = Follower(database, http, key, settings.regions, settings.poll_seconds)
        when_told(following.stop)
        log.info("following", extra={"regions": settings.regions})
        await following.run()
    await database.close()
    log.info("stopped")


if __name__ == "__main__":
    asyncio.run(main())
