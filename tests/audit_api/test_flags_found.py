"""Flags that an event only counts: read page by page, staged, and alerts all at once; killed anywhere, once each."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
from typing import Any

import asyncpg
import httpx
import pytest

from chassis.database import Database
from services.audit_api import cursors, follower
from services.audit_api.alerts import service, store
from services.audit_api.follower import FLAG_PAGE
from tests.audit_api.feeds import FakeFeed, flag, flags, told
from wire.flags import FlagTold, ToldPolicy

PAGE = 3


class Killed(BaseException):
    """What no code here can catch: the process is gone."""


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "FLAG_PAGE", PAGE)


class Audit:
    """What the database of audit_api holds of one county, looked at behind the service's back."""

    def __init__(self, admin: asyncpg.Pool, county: str) -> None:
        self._admin = admin
        self._county = county

    async def alerts(self) -> list[str]:
        rows = await self._admin.fetch("SELECT id FROM audit.alert WHERE county_code = $1 ORDER BY id", self._county)
        return [str(row["id"]) for row in rows]

    async def staged_n(self) -> int:
        asked = "SELECT count(*) FROM audit.flag_told WHERE stream = $1"
        return int(await self._admin.fetchval(asked, self._county))

    async def cursor(self) -> tuple[Any, ...]:
        asked = "SELECT position, reading_hash, reading_after FROM audit.follower_cursor WHERE stream = $1"
        return tuple(await self._admin.fetchrow(asked, self._county))

    async def journal(self) -> list[Any]:
        """The bodies of the county's own journal."""
        asked = "SELECT body FROM audit.event WHERE stream = $1 ORDER BY position"
        return [json.loads(row["body"]) for row in await self._admin.fetch(asked, self._county)]

    async def open_n(self) -> int:
        """How many transactions of the service are open and wait."""
        return int(
            await self._admin.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'audit_app' AND datname = current_database()"
                " AND state LIKE 'idle in transaction%'"
            )
        )

    async def took_in(self, position: int, *found: FlagTold) -> None:
        """Assert that the event acted, and once: its flags and no others are alerts, and nothing is left staged."""
        ids = sorted(str(one.id) for one in found)
        assert await self.alerts() == ids
        assert await self.staged_n() == 0
        assert await self.cursor() == (position, None, None)
        assert [(one["feed_position"], one["alert_ids"]) for one in await self.journal()] == [(position, ids)]


@pytest.fixture
def audit(admin: asyncpg.Pool, county: str) -> Audit:
    return Audit(admin, county)


async def test_no_more_than_a_page_is_held_and_nothing_is_open_while_the_next_is_asked_for(
    database: Database, feed: FakeFeed, county: str, audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [told(county) for _ in range(2 * FLAG_PAGE + 50)]
    feed.found(county, *found)
    ids = [one.id for one in found]
    found.clear()
    held: list[int] = []
    seen: list[tuple[int, int, int]] = []

    def alive() -> int:
        return sum(isinstance(one, FlagTold) for one in gc.get_objects())

    async def look(page: int) -> None:
        seen.append((page, await audit.staged_n(), await audit.open_n()))
        assert alive() == 0
        assert await audit.alerts() == []

    staging = store.stage

    async def stage(tx: Any, rows: list[dict[str, Any]]) -> None:
        held.append(alive())
        await staging(tx, rows)

    feed.before_page = look
    monkeypatch.setattr(store, "stage", stage)
    reader = feed.follower(database, county)
    assert await reader.round() == 1
    assert seen == [(1, 0, 0), (2, FLAG_PAGE, 0), (3, 2 * FLAG_PAGE, 0)]
    assert held == [FLAG_PAGE, FLAG_PAGE, 50]
    assert reader.stopped == {}
    assert await audit.alerts() == sorted(map(str, ids))
    assert await audit.staged_n() == 0


async def test_an_alert_keeps_what_was_told_of_its_flag(
    database: Database, feed: FakeFeed, county: str, audit: Audit, admin: asyncpg.Pool
) -> None:
    lot = told(county)
    sources = [ToldPolicy(source=name) for name in ("预算法", "鄂财农发〔2017〕12号", "预算法")]
    household = told(
        county, subject="household", lot_id=None, facts={"unit_id": None, "fund_code": "zxfp"}, policy=sources
    )
    envelope = feed.found(county, lot, household)
    await feed.follower(database, county).round()
    rows = {
        row["id"]: dict(row) for row in await admin.fetch("SELECT * FROM audit.alert WHERE county_code = $1", county)
    }
    for one, source in ((lot, "国发〔2014〕70号"), (household, "预算法；鄂财农发〔2017〕12号")):
        row = rows[one.id]
        assert row.pop("received_at") is not None
        facts = {name: str(row.pop(name)) for name in ("account_id", "unit_id", "unit_name", "fund_code")}
        assert facts == {name: str(one.facts.get(name)) for name in facts}
        assert row == {
            **one.model_dump(exclude={"facts", "policy"}),
            "run_id": row["run_id"],
            "county_code": county,
            "feed_position": 1,
            "source": source,
            "status": "new",
            "flag_outcome": None,
            "triage": None,
            "assignee": None,
            "merged_into": None,
            "finding_id": None,
            "dismissed_by": None,
            "dismissal_reason": None,
            "dismissal_checked_by": None,
            "dismissed_on": None,
            "dismissed_position": None,
        }
        assert str(row["run_id"]) == envelope.body["run_id"]
    await audit.took_in(1, lot, household)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("page", [1, 2, 3])
async def test_killed_between_pages_the_next_one_reads_on(
    database: Database, feed: FakeFeed, county: str, audit: Audit, page: int
) -> None:
    found = [told(county) for _ in range(2 * PAGE + 1)]
    feed.found(county, *found)

    async def die(asked: int) -> None:
        if asked == page:
            raise Killed

    feed.before_page = die
    with pytest.raises(Killed):
        await feed.follower(database, county).round()
    assert await audit.alerts() == []
    assert await audit.staged_n() == (page - 1) * PAGE
    restarted = feed.follower(database, county)
    assert await restarted.round() == 1
    assert restarted.stopped == {}
    assert feed.pages_n == 3 + 1, "the page that was asked for twice, and no other"
    await audit.took_in(1, *found)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize(
    ("module", "name", "at", "pages_n"),
    [
        (cursors, "page_due", 1, 3),
        (cursors, "page_due", 3, 4),
        (store, "stage", 1, 4),
        (store, "stage", 3, 4),
        (cursors, "read_on", 2, 4),
        (cursors, "read_on", 3, 4),
        (store, "add_staged", 1, 3),
        (service, "record_alone", 1, 3),
        (cursors, "move", 1, 3),
    ],
)
async def test_killed_within_a_transaction_nothing_is_double_and_nothing_lost(
    database: Database,
    feed: FakeFeed,
    county: str,
    audit: Audit,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    name: str,
    at: int,
    pages_n: int,
) -> None:
    found = [told(county) for _ in range(2 * PAGE + 1)]
    feed.found(county, *found)
    done, calls = getattr(module, name), 0

    async def die(*given: Any) -> Any:
        nonlocal calls
        calls += 1
        answer = await done(*given)
        if calls == at:
            raise Killed
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(module, name, die)
        with pytest.raises(Killed):
            await feed.follower(database, county).round()
    assert await audit.alerts() == []
    assert await audit.journal() == []
    restarted = feed.follower(database, county)
    assert await restarted.round() == 1
    assert restarted.stopped == {}
    assert feed.pages_n == pages_n
    await audit.took_in(1, *found)


@pytest.mark.usefixtures("small_pages")
async def test_told_to_end_it_ends_after_the_page_in_hand(
    database: Database, feed: FakeFeed, county: str, audit: Audit
) -> None:
    found = [told(county) for _ in range(2 * PAGE + 1)]
    feed.found(county, *found)
    ending = feed.follower(database, county)

    async def end(asked: int) -> None:
        if asked == 2:
            ending.stop()

    feed.before_page = end
    await asyncio.wait_for(ending.run(), 30)
    assert (feed.pages_n, await audit.staged_n(), await audit.alerts()) == (2, 2 * PAGE, [])
    assert await feed.follower(database, county).round() == 1
    assert feed.pages_n == 3
    await audit.took_in(1, *found)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("down", [True, False])
async def test_a_page_that_cannot_be_had_is_waited_for(
    database: Database,
    feed: FakeFeed,
    county: str,
    audit: Audit,
    admin: asyncpg.Pool,
    caplog: pytest.LogCaptureFixture,
    *,
    down: bool,
) -> None:
    """Nobody answers, or a 503: nothing stops, pages that are here are not asked for again, other streams go on.

    Where somebody answers, the log names the stream that waits, for the others do not.
    """
    other = f"96{county[2:]}"
    found = [told(county) for _ in range(2 * PAGE + 1)]
    feed.found(county, *found)
    feed.found(other, told(other))
    asked_for = httpx.Request("GET", "http://funds")

    async def fail(asked: int) -> None:
        if asked == 2:
            refused = httpx.HTTPStatusError("503", request=asked_for, response=httpx.Response(503))
            raise httpx.ConnectError("down") if down else refused

    feed.before_page = fail
    reader = feed.follower(database, county, other)
    with caplog.at_level(logging.WARNING, logger="follower"), pytest.raises(httpx.HTTPError):
        await reader.round()
    waits = [(vars(one)["stream"], vars(one)["reason"]) for one in caplog.records if one.message == "stream waits"]
    assert waits == ([] if down else [(county, "answered 503")])
    assert await audit.staged_n() == PAGE
    assert await audit.alerts() == []
    assert await reader.round() == (2 if down else 1)
    assert reader.stopped == {}
    assert feed.pages_n == 5
    await audit.took_in(1, *found)
    await Audit(admin, other).took_in(1, *[FlagTold.model_validate(one) for one in _told_in(feed, other)])


def _told_in(feed: FakeFeed, stream: str) -> list[Any]:
    return feed.told[feed.streams[stream][0].body["run_id"]]


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        ({"amount_fen": -1}, "refused by the database: 23514"),
        ({"amount_fen": "张三 420322199001010000"}, "unreadable: amount_fen"),
        ({"region_code": "95"}, "refused by the database: 42501"),
    ],
)
async def test_a_flag_that_can_be_no_alert_stops_its_stream_until_it_is_told_rightly(
    database: Database, feed: FakeFeed, county: str, audit: Audit, harm: dict[str, Any], reason: str
) -> None:
    other = f"95{county[2:]}"
    found = [told(county) for _ in range(2 * PAGE)]
    feed.found(county, *found)
    feed.append(other, flags(other, flag(other)))
    listed = _told_in(feed, county)
    right, listed[-1] = listed[-1], listed[-1] | harm
    reader = feed.follower(database, county, other)
    assert await reader.round() == 1
    assert reader.stopped == {county: reason}
    assert (await audit.alerts(), await audit.staged_n()) == ([], 0)
    assert await audit.cursor() == (0, None, None)
    listed[-1] = right
    assert await feed.follower(database, county).round() == 1
    await audit.took_in(1, *found)


@pytest.mark.usefixtures("small_pages")
async def test_two_followers_read_each_page_once_between_them(
    database: Database, feed: FakeFeed, county: str, audit: Audit
) -> None:
    """In step: both ask for every page, one of them stages it, and one of them takes the flags in."""
    found = [told(county) for _ in range(2 * PAGE + 1)]
    feed.found(county, *found)
    both = asyncio.Barrier(2)

    async def together(_: int) -> None:
        await both.wait()

    feed.before_page = together
    readers = [feed.follower(database, county) for _ in range(2)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(reader.round() for reader in readers))
    assert [reader.stopped for reader in readers] == [{}, {}]
    assert feed.pages_n == 2 * 3
    await audit.took_in(1, *found)


@pytest.mark.usefixtures("small_pages")
async def test_a_follower_overtaken_while_it_waits_for_a_page_stages_nothing_behind_the_cursor(
    database: Database, feed: FakeFeed, county: str, audit: Audit
) -> None:
    found = [told(county) for _ in range(2 * PAGE + 1)]
    feed.found(county, *found)
    asked, over = asyncio.Event(), asyncio.Event()

    async def wait(page: int) -> None:
        if page == 2:  # the first follower's second; whoever comes meanwhile is not held up
            asked.set()
            await over.wait()

    feed.before_page = wait
    slow, quick = (feed.follower(database, county) for _ in range(2))
    async with asyncio.timeout(60):
        waiting = asyncio.create_task(slow.round())
        await asked.wait()
        await quick.round()
        await audit.took_in(1, *found)
        over.set()
        await waiting
    assert (slow.stopped, quick.stopped) == ({}, {})
    await audit.took_in(1, *found)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize(("more_n", "pages_n"), [(1, 3), (-1, 3), (-2, 2)])
async def test_another_number_than_was_told_stops_the_stream_until_all_are_there(
    database: Database, feed: FakeFeed, county: str, audit: Audit, more_n: int, pages_n: int
) -> None:
    """One too many or too few is enough; a list that goes on past the number is not read to its end."""
    found = [told(county) for _ in range(2 * PAGE + 1)]
    run = feed.found(county, *found, flags_n=len(found) + more_n).body["run_id"]
    feed.append(county, flags(county, flag(county)))
    reader = feed.follower(database, county)
    assert await reader.round() == 0
    read_n = len(found) if pages_n == 3 else 2 * PAGE
    assert reader.stopped == {county: f"R19: {len(found) + more_n} flags were told, {read_n} read"}
    assert feed.pages_n == pages_n
    assert (await audit.alerts(), await audit.journal(), await audit.staged_n()) == ([], [], 0)
    assert await audit.cursor() == (0, None, None)
    assert await reader.round() == 0, "it stands still until somebody restarts it"
    assert feed.pages_n == pages_n

    del feed.streams[county][1]
    right = [*found, told(county)] if more_n > 0 else found[:more_n]
    feed.tell(run, *right)
    assert await feed.follower(database, county).round() == 1
    await audit.took_in(1, *right)


async def test_what_counts_no_flag_is_passed_without_asking_for_a_page(
    database: Database, feed: FakeFeed, county: str, audit: Audit
) -> None:
    feed.found(county)
    assert await feed.follower(database, county).round() == 1
    assert feed.pages_n == 0
    assert (await audit.alerts(), await audit.journal()) == ([], [])
    assert await audit.cursor() == (1, None, None)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("meanwhile", ["set back", "applied"])
async def test_what_was_staged_of_another_event_counts_for_nothing(
    database: Database, feed: FakeFeed, county: str, audit: Audit, admin: asyncpg.Pool, meanwhile: str
) -> None:
    """The feed was set back before the event acted, or a follower that knows of no staging applied it."""
    feed.found(county, *(told(county) for _ in range(2 * PAGE)))

    async def die(asked: int) -> None:
        if asked == 2:
            raise Killed

    feed.before_page = die
    with pytest.raises(Killed):
        await feed.follower(database, county).round()
    assert await audit.staged_n() == PAGE
    if meanwhile == "set back":
        feed.streams[county].clear()
    else:
        await admin.execute(
            "UPDATE audit.follower_cursor SET position = 1, hash = reading_hash WHERE stream = $1", county
        )
    found = [told(county) for _ in range(2 * PAGE)]
    feed.found(county, *found)
    reader = feed.follower(database, county)
    assert await reader.round() == 1
    assert reader.stopped == {}
    await audit.took_in(len(feed.streams[county]), *found)


async def test_the_next_event_waits_for_the_flags_of_the_one_before(
    database: Database, feed: FakeFeed, county: str, audit: Audit
) -> None:
    first, second = told(county), told(county)
    feed.found(county, first)
    feed.found(county, second)
    assert await feed.follower(database, county).round() == 2
    assert await audit.alerts() == sorted(str(one.id) for one in (first, second))
    assert [one["alert_ids"] for one in await audit.journal()] == [[str(first.id)], [str(second.id)]]


async def test_a_gap_is_found_before_a_page_is_asked_for(
    database: Database, feed: FakeFeed, county: str, audit: Audit
) -> None:
    for _ in range(2):
        feed.found(county, told(county))
    del feed.streams[county][0]
    reader = feed.follower(database, county)
    await reader.round()
    assert reader.stopped == {county: "event 1 is missing; 2 came after 0"}
    assert (feed.pages_n, await audit.staged_n()) == (0, 0)
