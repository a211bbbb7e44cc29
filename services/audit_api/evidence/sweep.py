"""Taking away files that nobody names, and those that two people decided to forget; never what a row names.

A file lies in its place before its row is committed; a crash in between leaves it there for nobody. It is an orphan
once it has lain there longer than the grace period, which is far longer than a request lasts; whoever files the same
content again puts it there anew. A forgotten content goes at once, when every row of the county that names it says so.

`python -m services.audit_api.evidence.sweep` sweeps once; `--every-seconds` goes on until SIGTERM, and whatever hinders
one sweep is logged and does not hinder the next.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from chassis import clock, telemetry
from chassis.database import Database, Limits
from services.audit_api.evidence import store
from services.audit_api.evidence.place import place_of
from services.audit_api.evidence.shelf import Lying, Place
from services.audit_api.settings import SweepSettings

log = logging.getLogger("sweeper")

LOOK_AT: Final = 500


class WrongDatabase(Exception):
    """Files lie here and the database names none of them: it is another store's, and nothing is taken away."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep saw and took away."""

    seen_n: int = 0
    named_n: int = 0
    orphans_n: int = 0
    forgotten_n: int = 0
    tidied_n: int = 0


async def sweep(place: Place, database: Database, now: datetime, grace: timedelta, at_most: int) -> Swept:
    """Sweep once: at most `at_most` files are taken away, orphans only if they lay there before `now - grace`."""
    before = now - grace
    tidied_n = await place.tidy(before, at_most)
    found = await _candidates(place, database, before)
    orphans_n = sum(one.put_before is not None for one in found.candidates)
    if found.named_n == 0 and orphans_n == len(found.candidates) > 1:
        raise WrongDatabase
    gone = [one for one in found.candidates[:at_most] if await _taken(place, database, one)]
    forgotten_n = sum(one.put_before is None for one in gone)
    return Swept(found.seen_n, found.named_n, len(gone) - forgotten_n, forgotten_n, tidied_n)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A file to be taken away: an orphan that was put there before `put_before`, or, without one, what is forgotten."""

    key: str
    put_before: datetime | None


@dataclass(slots=True)
class _Found:
    seen_n: int
    named_n: int
    candidates: list[_Candidate]


async def _candidates(place: Place, database: Database, before: datetime) -> _Found:
    found, waiting = _Found(0, 0, []), list[Lying]()
    async for one in place.lying():
        waiting.append(one)
        if len(waiting) == LOOK_AT:
            await _judge(database, waiting, before, found)
            waiting = []
    await _judge(database, waiting, before, found)
    return found


async def _judge(database: Database, lying: Sequence[Lying], before: datetime, found: _Found) -> None:
    named = await _named(database, [one.key for one in lying])
    found.seen_n += len(lying)
    found.named_n += sum(not forgotten for forgotten in named.values())
    for one in lying:
        if named.get(one.key, False):
            found.candidates.append(_Candidate(one.key, None))
        elif one.key not in named and one.put_at < before:
            found.candidates.append(_Candidate(one.key, before))


async def _taken(place: Place, database: Database, one: _Candidate) -> bool:
    """Take it away, if it is still what it was when it was listed a while ago."""
    named = await _named(database, [one.key])
    stands = named.get(one.key, False) if one.put_before is None else one.key not in named
    if not stands or not await place.drop(one.key, one.put_before):
        return False
    if one.put_before is not None and one.key in await _named(database, [one.key]):
        log.error("a file was named while it was swept", extra={"key": one.key})
    return True


async def _named(database: Database, keys: Sequence[str]) -> dict[str, bool]:
    """Of these files, those that a row names, and whether every row that does says that its content is forgotten."""
    found: dict[str, bool] = {}
    for county in sorted({key[:6] for key in keys}):
        async with database.reading(county) as tx:
            found |= await store.naming(tx, county, [key for key in keys if key.startswith(county)])
    return found


async def _run(settings: SweepSettings, asked: argparse.Namespace) -> None:
    database = Database(settings.database_url.get_secret_value(), Limits(pool=1), application="audit_sweeper")
    place, ending = place_of(settings), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    while not ending.is_set():
        try:
            told = await sweep(place, database, clock.now(), timedelta(hours=asked.grace_hours), asked.at_most)
            log.info("swept", extra=asdict(told))
        except Exception as error:
            if not asked.every_seconds:
                raise
            log.error("not swept", extra={"reason": type(error).__name__})  # noqa: TRY400 - a trace may hold values
        if not asked.every_seconds:
            break
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), asked.every_seconds)
    await database.close()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="sweep", description="清理无人登记的证据文件和已决定删除的内容")
    parser.add_argument("--grace-hours", type=int, default=24, choices=range(1, 24 * 365), metavar="HOURS")
    parser.add_argument("--at-most", type=int, default=1000, metavar="FILES")
    parser.add_argument("--every-seconds", type=float, default=0, metavar="SECONDS")
    settings = SweepSettings()  # the environment fills the required fields
    telemetry.log_as_json(settings.log_level)
    try:
        asyncio.run(_run(settings, parser.parse_args(arguments)))
    except WrongDatabase:
        sys.exit(
            "证据存放处有文件，而此数据库没有登记其中任何一份，未作清理：请核对 AUDIT_DATABASE_URL、AUDIT_EVIDENCE_URL"
        )


if __name__ == "__main__":
    main()
