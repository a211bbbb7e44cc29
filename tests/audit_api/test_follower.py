"""The follower: each event acts once, a gap or a poison event stops its own stream, and reversals are subtracted."""

from __future__ import annotations

import asyncio
import logging
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chassis.database import Database
from services.audit_api.follower import Follower
from tests.audit_api.feeds import FakeFeed, disbursed, flag, flags, money, moved, returned, reversal
from tests.audit_api.office import checker, confirmed, decision, finding
from tests.callers import audit_caller


async def bound(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str, lot: UUID, fen: int
) -> str:
    """A finding bound to `fen` of `lot`; its id."""
    raised = flag(county, lot)
    feed.append(county, flags(county, raised))
    await feed.follower(database, county).round()
    request = finding(str(raised.flag_id), lots=[{"lot_id": str(lot), "amount_fen": fen}])
    return str((await confirmed(audit_caller(audit_http, "inspector", county), request))["id"])


async def figures(audit_http: httpx.AsyncClient, county: str, finding_id: str, as_of: str = "2017-12-31") -> Any:
    inspector = audit_caller(audit_http, "inspector", county)
    found = (await inspector.get(f"/audit/v1/findings/{finding_id}", params={"as_of": as_of})).json()
    assert found["unexplained_fen"] == 0
    assert found["amount_fen"] == sum(lot["bound_fen"] for lot in found["lots"])
    assert found["rectified_fen"] + found["rectified_later_fen"] == sum(lot["rectified_fen"] for lot in found["lots"])
    return found


async def test_a_redelivered_event_acts_once(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    lot = uuid4()
    finding_id = await bound(audit_http, database, feed, county, lot, 100_000)
    feed.append(county, money(county, moved(county, (lot, 40_000))))
    # Two followers at once, then one that has forgotten everything it knew: the cursor row decides.
    await asyncio.gather(*(feed.follower(database, county).round() for _ in range(2)))
    late = feed.follower(database, county)
    for envelope in feed.streams[county]:
        await late._apply(envelope)
    assert (await figures(audit_http, county, finding_id))["rectified_fen"] == 40_000
    assert late.stopped == {}


async def test_a_reversal_subtracts_what_it_undid_once_and_the_binding_follows_the_money(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    lot = uuid4()
    finding_id = await bound(audit_http, database, feed, county, lot, 100_000)
    paid = moved(county, (lot, 40_000))
    kept = moved(county, (lot, 50_000))
    feed.append(county, money(county, paid, kept))
    undone = reversal(county, paid).model_copy(update={"effective_on": date(2017, 11, 15)})
    feed.append(county, money(county, undone))
    follower = feed.follower(database, county)
    await follower.round()
    found = await figures(audit_http, county, finding_id)
    assert (found["rectified_fen"], found["outstanding_fen"]) == (50_000, 50_000)
    back_in = undone.draws[0].to_lot_id
    assert {lot["lot_id"]: lot["bound_fen"] for lot in found["lots"]} == {str(lot): 60_000, str(back_in): 40_000}
    assert (await figures(audit_http, county, finding_id, as_of="2017-11-14"))["rectified_fen"] == 90_000

    # The same reversal told again changes nothing; paying out of the lot the money came back into counts again.
    feed.append(county, money(county, undone.model_copy(update={"movement_id": uuid4()})))
    feed.append(county, money(county, moved(county, (back_in, 40_000), kind="hand_down")))
    await follower.round()
    assert follower.stopped == {}
    assert (await figures(audit_http, county, finding_id))["rectified_fen"] == 90_000


async def test_a_row_that_came_back_counts_for_the_lots_it_left_once(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    """Two lots of the cards gave it back; one of them is bound. Undone as a mistake, it was not put right after all."""
    cards, other = uuid4(), uuid4()
    finding_id = await bound(audit_http, database, feed, county, cards, 50_000)
    back = moved(county, (cards, 30_000), (other, 10_000), kind="return")
    feed.append(county, returned(county, back))
    follower = feed.follower(database, county)
    await follower.round()
    late = feed.follower(database, county)
    for envelope in feed.streams[county]:
        await late._apply(envelope)
    found = await figures(audit_http, county, finding_id)
    assert (found["rectified_fen"], found["outstanding_fen"]) == (30_000, 20_000)
    undone = reversal(county, back)
    feed.append(county, money(county, undone))
    await follower.round()
    assert follower.stopped == late.stopped == {}
    found = await figures(audit_http, county, finding_id)
    assert (found["rectified_fen"], found["outstanding_fen"]) == (0, 50_000)
    again = undone.draws[0].to_lot_id
    assert {lot["lot_id"]: lot["bound_fen"] for lot in found["lots"]} == {str(cards): 20_000, str(again): 30_000}


async def test_money_that_was_paid_on_stays_paid_on_when_a_row_of_it_comes_back(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    """The desk had passed it on. What came back is a lot of its own, with a clock of its own, and no finding yet."""
    lot = uuid4()
    finding_id = await bound(audit_http, database, feed, county, lot, 100_000)
    paid = moved(county, (lot, 60_000), kind="disburse")
    feed.append(county, disbursed(county, paid))
    feed.append(county, returned(county, moved(county, (paid.draws[0].to_lot_id, 20_000), kind="return")))
    follower = feed.follower(database, county)
    await follower.round()
    assert follower.stopped == {}
    found = await figures(audit_http, county, finding_id)
    assert (found["rectified_fen"], found["outstanding_fen"]) == (60_000, 40_000)
    assert [one["lot_id"] for one in found["lots"]] == [str(lot)]


async def test_no_more_is_put_right_than_is_bound(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    lot = uuid4()
    finding_id = await bound(audit_http, database, feed, county, lot, 60_000)
    first, second = moved(county, (lot, 60_000), kind="disburse"), moved(county, (lot, 40_000), kind="return")
    feed.append(county, disbursed(county, first))
    feed.append(county, money(county, second))
    follower = feed.follower(database, county)
    await follower.round()
    assert (await figures(audit_http, county, finding_id))["rectified_fen"] == 60_000
    feed.append(county, money(county, reversal(county, first)))  # the second draw still covers 40,000 of the 60,000
    await follower.round()
    assert (await figures(audit_http, county, finding_id))["rectified_fen"] == 40_000
    feed.append(county, money(county, reversal(county, second)))
    await follower.round()
    assert (await figures(audit_http, county, finding_id))["rectified_fen"] == 0
    assert follower.stopped == {}


async def test_kinds_and_movements_unknown_here_are_passed_over(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    lot = uuid4()
    finding_id = await bound(audit_http, database, feed, county, lot, 100_000)
    feed.append(county, {"anything": 1}, kind="SomethingOfNextYear")
    feed.append(county, money(county, moved(county, (lot, 10_000), kind="freeze"), moved(county, (uuid4(), 5))))
    feed.append(county, money(county, moved(county, (lot, 1_000), kind="recover")))
    follower = feed.follower(database, county)
    assert await follower.round() == 3
    assert (await figures(audit_http, county, finding_id))["rectified_fen"] == 1_000


async def test_a_gap_stops_its_stream_and_others_go_on(
    audit_http: httpx.AsyncClient,
    database: Database,
    feed: FakeFeed,
    county: str,
    admin: asyncpg.Pool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = f"98{county[2:]}"
    for _ in range(3):
        feed.append(county, flags(county, flag(county)))
        feed.append(other, flags(other, flag(other)))
    del feed.streams[county][1]
    follower = feed.follower(database, county, other)
    with caplog.at_level(logging.ERROR, logger="follower"):
        await follower.round()
        await follower.round()
    assert list(follower.stopped) == [county]
    [record] = [one for one in caplog.records if one.message == "stream stopped"]
    assert (record.stream, record.position) == (county, 3)  # type: ignore[attr-defined]
    positions = await admin.fetch(
        "SELECT stream, position FROM audit.follower_cursor WHERE stream IN ($1, $2)", county, other
    )
    assert dict(positions) == {county: 1, other: 3}


async def test_a_poison_event_stops_its_stream_whole_and_says_where(
    audit_http: httpx.AsyncClient,
    database: Database,
    feed: FakeFeed,
    county: str,
    admin: asyncpg.Pool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = f"97{county[2:]}"
    good = flag(county)
    feed.append(county, flags(county, good))
    bad = flags(county, flag(county)).model_dump(mode="json")
    bad["flags"][0]["amount_fen"] = "张三 420322199001010000"
    feed.append(county, bad, kind="FlagsRaised")
    feed.append(county, flags(county, flag(county)))
    feed.append(other, flags(other, flag(other, amount_fen=-1)))  # readable, and refused by the database
    follower = feed.follower(database, county, other)
    with caplog.at_level(logging.ERROR, logger="follower"):
        await follower.round()
    assert follower.stopped == {
        county: "unreadable: flags.0.amount_fen",
        other: "refused by the database: 23514",
    }
    assert "420322199001010000" not in caplog.text + repr([vars(one) for one in caplog.records])
    taken = await admin.fetch("SELECT id FROM audit.alert WHERE county_code IN ($1, $2)", county, other)
    assert [row["id"] for row in taken] == [good.flag_id]
    heads = await admin.fetch("SELECT stream, position FROM audit.stream_head WHERE stream IN ($1, $2)", county, other)
    assert dict(heads) == {county: 1}


@pytest.mark.parametrize("harm", ["cut", "rewritten", "gone"])
async def test_a_history_that_changed_stops_its_stream(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str, harm: str
) -> None:
    for _ in range(3):
        feed.append(county, flags(county, flag(county)))
    await feed.follower(database, county).round()
    if harm == "cut":
        del feed.streams[county][2]
    elif harm == "gone":
        del feed.streams[county]
    else:
        feed.streams[county][2] = feed.streams[county][2].model_copy(update={"hash": "00" * 32})
        feed.append(county, flags(county, flag(county)))
    follower = feed.follower(database, county)
    await follower.round()
    assert list(follower.stopped) == [county]


async def test_it_waits_for_a_feed_that_is_down_and_ends_when_told(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str, admin: asyncpg.Pool
) -> None:
    feed.append(county, flags(county, flag(county)))
    feed.down = True
    follower: Follower = feed.follower(database, county)
    running = asyncio.create_task(follower.run())
    await asyncio.sleep(0.05)
    assert not running.done()
    feed.down = False
    taken = "SELECT count(*) FROM audit.alert WHERE county_code = $1"
    async with asyncio.timeout(10):
        while not await admin.fetchval(taken, county):  # noqa: ASYNC110 - a commit elsewhere sets no event here
            await asyncio.sleep(0.02)
        follower.stop()
        await running


async def test_a_draw_counts_once_whoever_is_quicker(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    """The follower counts a draw while two findings on its lot are confirmed: one finding, and the draw in it."""
    inspectors = [audit_caller(audit_http, "inspector", county, subject=name) for name in ("first", "second")]
    lots = [uuid4() for _ in range(8)]
    raised = [flag(county, lot) for lot in lots]
    feed.append(county, flags(county, *raised))
    follower = feed.follower(database, county)
    await follower.round()
    for one in raised:
        feed.append(county, money(county, moved(county, (one.lot_id, 30_000))))
        request = finding(str(one.flag_id))
        drafted = [(await inspector.post("/audit/v1/findings", request)).json() for inspector in inspectors]
        others = checker(audit_http, county)
        opening = (others.post(f"/audit/v1/findings/{draft['id']}/reviews", decision(draft)) for draft in drafted)
        *answers, _ = await asyncio.gather(*opening, follower.round())
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        [opened] = [answer.json()["id"] for answer in answers if answer.status_code == 201]
        assert (await figures(audit_http, county, opened))["rectified_fen"] == 30_000
