"""The runner: a second process that asks the rules, every day for every county, and whenever somebody asks for it.

It also tells the journal of warnings that were escalated because a day had passed. Beside it, in the same process, a
second task follows what inspectors decide (`services/funds_api/follower.py`); neither waits for the other.

It does one rule per transaction and keeps nothing in memory: killed at any point and started again, it goes on with the
rule that was not done. Several may run beside each other; a run is worked on by one at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis import clock, telemetry
from chassis.connections import FAILURES, OutcomeUnknown, lost, sqlstate
from chassis.database import Database, Limits, allow_long_rests, allow_long_statements
from chassis.follower import feed_client
from chassis.identity import SigningKey
from chassis.rounds import THE_DATABASE, Rounds, when_told
from services.funds_api.access import FOLLOWER
from services.funds_api.follower import AuditFollower
from services.funds_api.runs import service, store
from services.funds_api.settings import RunnerSettings
from services.funds_api.warnings import service as warnings
from services.funds_api.warnings import store as late_warnings
from treasury.calendar import business_date

log = logging.getLogger("runner")

# 40001 serialization, 40P01 deadlock, 55P03 lock timeout, 57P01-3 shutdown, 08 and 53 connections and resources.
_PASSING: Final = ("40001", "40P01", "55P03", "57P0", "08", "53", "25P03")


@dataclass
class Runner:
    """Asks the rules in `regions`. `round()` does all there is to do; `run()` repeats until `stop()`."""

    database: Database
    regions: list[str]
    poll_ms: int = 500
    every_day: bool = True
    heartbeat: Path | None = None
    now: Callable[[], datetime] = clock.now
    rounds: Rounds = field(init=False)

    def __post_init__(self) -> None:
        self.rounds = Rounds(log, self.poll_ms / 1000)

    def stop(self) -> None:
        """End after the rule that is being asked."""
        self.rounds.stop()

    async def run(self) -> None:
        """Go on until stopped; a database that is away is waited for, with growing pauses."""
        await self.rounds.run(self._once, THE_DATABASE)

    async def _once(self) -> bool:
        asked = await self.round()
        self._alive()
        return asked > 0

    async def round(self) -> int:
        """Open the daily runs that are due and finish what is open; how many rules were asked."""
        asked = 0
        for region in self.regions:
            if self.every_day:
                await self._open_daily(region)
            async with self.database.reading(region) as tx:
                waiting = await store.open_runs(tx)
            for county, run in waiting:
                asked += await self._finish(county, run)
            await self._escalate(region)
        return asked

    async def _open_daily(self, region: str) -> None:
        today = business_date(self.now())
        async with self.database.reading(region) as tx:
            behind = await store.counties_behind(tx, today)
        for county in behind:
            async with self.database.writing(county) as tx:
                await service.daily(tx, county, today)

    async def _escalate(self, region: str) -> None:
        """Record where warnings went because a day had passed. They are there without it; it tells the journal."""
        today = business_date(self.now())
        async with self.database.reading(region) as tx:
            late = await late_warnings.counties_due(tx, today)
        for county in late:
            async with self.database.writing(county) as tx:
                await warnings.escalate(tx, county, today)

    async def _finish(self, county: str, run: UUID) -> int:
        """Do what is left of a run. A rule that cannot be asked is told so, and the others are asked all the same."""
        asked = 0
        while not self.rounds.ending:
            try:
                if not await self._step(county, run):
                    break
            except service.RuleFailed as failed:
                because = _because(failed.__cause__)
                log.exception("rule failed", extra={"county": county, "run": str(run), "rule": failed.rule})
                async with self.database.writing(county) as tx:
                    await service.give_up(tx, county, run, failed.rule, because, self.now())
            asked += 1
            self._alive()
        return asked

    def _alive(self) -> None:
        """Leave a trace of having got on: a rule or a round is done. Without the database there is none."""
        if self.heartbeat is not None:
            self.heartbeat.touch()

    async def _step(self, county: str, run: UUID) -> bool:
        async with self.database.writing(county) as tx:
            await allow_long_statements(tx)
            await allow_long_rests(tx)  # while the candidates of a rule are judged
            return await service.step(tx, county, run, self.now())


def _because(error: BaseException | None) -> str:
    """What kept a rule from being asked, without any value; what passes by itself is raised and waited for."""
    if isinstance(error, (OutcomeUnknown, PoolTimeout)):
        raise error
    if isinstance(error, FAILURES):
        state = sqlstate(error)
        if lost(error) or state.startswith(_PASSING):
            raise error
        return f"数据库 {state}".strip()
    return type(error).__name__


async def main() -> None:
    """Ask the rules and follow the inspectors until SIGTERM or SIGINT; when one of the two fails, both end."""
    settings = RunnerSettings()  # the environment fills the required fields
    telemetry.log_as_json(settings.log_level)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs each request with its query
    database = Database(settings.database_url.get_secret_value(), Limits(pool=3), application="funds_runner")
    runner = Runner(database, settings.regions, settings.poll_ms, settings.run_daily, settings.heartbeat)
    async with feed_client(settings.audit_feed_url) as http:
        key = SigningKey.from_jwk(settings.key, FOLLOWER, "internal+jwt")
        follower = AuditFollower(database, http, key, settings.regions, settings.poll_ms / 1000)
        when_told(runner.stop, follower.stop)
        log.info("asking", extra={"regions": settings.regions})
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(runner.run())
            tasks.create_task(follower.run())
    await database.close()
    log.info("stopped")


if __name__ == "__main__":
    asyncio.run(main())
