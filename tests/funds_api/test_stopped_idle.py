"""Stopped clocks in the idle report: running days, bands and limits, against a plain recount of every lot and day."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.funds_api.desk import Desk
from tests.funds_api.test_clock_stops import end, stop
from treasury.ageing import band
from treasury.stops import Stop, stopped_days

BANDS = [30, 60, 90, 180, 365, 730]
LIMITS = {"县国库": 30, "一镇财政所": 30, "二镇财政所": 30, "村集体": 60}


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    """400,000 fen on 1 March, 600,000 on 1 April; 500,000 to the first township on 1 May, 100,000 on to the village."""
    opened = await Desk(funds_http, county).open()
    assert (await opened.out(500_000, opened.first, "2017-05-01")).status_code == 201
    assert (await opened.out(100_000, opened.village, "2017-06-01", from_account_id=opened.first)).status_code == 201
    return opened


async def report(desk: Desk, on: str | date, region: str = "", **more: Any) -> dict[str, Any]:
    who = funds_caller(desk.http, "inspector", region or desk.county)
    answer = await who.get("/funds/v1/idle", params={"as_of": str(on), **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def recounted(found: dict[str, Any]) -> None:
    """The report's sums are those of its lots, and each lot's figures those of its own stops, counted day by day."""
    on = date.fromisoformat(found["as_of"])
    bands: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    retained = idle = still = spared = 0
    for lot in found["items"]:
        since = date.fromisoformat(lot["clock_from"])
        held = {
            day
            for one in lot["stopped_by"]
            for day in (since + timedelta(days=n) for n in range((on - since).days))
            if one["from_on"] <= str(day) < one["until_on"]
        }
        running = (on - since).days - len(held)
        assert (lot["days"], lot["stopped_days"], lot["running_days"]) == ((on - since).days, len(held), running)
        assert lot["band"] == band(running, BANDS)
        limit = LIMITS[lot["unit_name"]]
        assert (lot["retained"] is not None) == (running > limit)
        if lot["retained"]:
            assert lot["retained"]["over_days"] == running - limit
        bands[lot["band"]][0] += 1
        bands[lot["band"]][1] += lot["amount_fen"]
        retained += lot["amount_fen"] if lot["retained"] else 0
        idle += lot["amount_fen"] if lot["idle"] else 0
        stands = any(one["from_on"] <= str(on) < one["until_on"] for one in lot["stopped_by"])
        still += lot["amount_fen"] if stands else 0
        spared += lot["amount_fen"] if running <= limit < (on - since).days else 0
    assert {one["band"]: [one["lots_n"], one["fen"]] for one in found["bands"]} == dict(bands)
    assert (found["retained_fen"], found["idle_fen"]) == (retained, idle)
    assert found["total_fen"] == sum(lot["amount_fen"] for lot in found["items"])
    assert found["lots_n"] == len(found["items"])
    assert found["unexplained_fen"] == 0
    assert (found["stopped"]["fen"], found["stopped"]["spared_retained_fen"]) == (still, spared)


async def test_sums_and_lots_agree_on_every_day_around_two_overlapping_stops(desk: Desk) -> None:
    await stop(desk, from_on="2017-05-10", limit_on="2017-05-20")
    await stop(desk, document="招标公告2号", from_on="2017-05-15", limit_on="2017-06-10")
    await stop(desk, kind="court_freeze", account_id=desk.treasury, from_on="2017-04-20", limit_on="2017-08-01")
    for on in ("2017-05-09", "2017-05-10", "2017-05-16", "2017-06-01", "2017-06-10", "2017-06-11", "2018-05-10"):
        found = await report(desk, on)
        recounted(found)
        recounted(await report(desk, on, desk.county + "101"))
    [township] = {lot["stopped_days"] for lot in found["items"] if lot["unit_name"] == "一镇财政所"}
    assert township == 31  # 10 May to 10 June, the five days of both once


async def test_the_limits_own_day_and_the_next_come_later_by_the_days_stopped(desk: Desk) -> None:
    """From 1 May 30 days end on 31 May; stopped for ten they end on 10 June."""
    await stop(desk)
    for on, over in (("2017-05-31", None), ("2017-06-10", None), ("2017-06-11", 1)):
        found = await report(desk, on, desk.county + "101")
        late = {lot["retained"]["over_days"] if lot["retained"] else None for lot in found["items"] if lot["days"] > 20}
        assert late == {over}, on
        assert found["retained_fen"] == (0 if over is None else found["total_fen"] - 100_000)


async def test_it_expires_although_nobody_acts_and_ending_brings_it_forward(desk: Desk) -> None:
    made = await stop(desk)

    async def told(on: str, **more: Any) -> tuple[int, int]:
        found = await report(desk, on, desk.county + "101", **more)
        return found["items"][0]["stopped_days"], found["stopped"]["fen"]

    running = [await told(on) for on in ("2017-05-09", "2017-05-10", "2017-05-19", "2017-05-20", "2017-09-01")]
    assert running == [(0, 0), (0, 500_000), (9, 500_000), (10, 0), (10, 0)]
    assert (await end(desk, made["id"], "2017-05-13")).status_code == 201
    assert [await told(on) for on in ("2017-05-12", "2017-05-13", "2017-09-01")] == [(2, 500_000), (3, 0), (3, 0)]


async def test_a_stop_ended_on_its_first_day_never_was(desk: Desk) -> None:
    """Also when that comes out after it ran out: an unfounded stop spares nobody."""
    made = await stop(desk)
    assert (await report(desk, "2017-06-05", desk.county + "101"))["stopped"]["spared_retained_fen"] == 400_000
    assert (await end(desk, made["id"], "2017-05-10")).status_code == 201
    found = await report(desk, "2017-06-05", desk.county + "101")
    assert [(lot["stopped_days"], lot["stopped_by"]) for lot in found["items"]] == [(0, [])] * len(found["items"])
    assert (found["retained_fen"], found["stopped"]["spared_retained_fen"]) == (400_000, 0)


async def test_what_was_recorded_later_was_not_known(desk: Desk, admin: asyncpg.Pool) -> None:
    at = "SELECT clock_timestamp()"
    before = (await admin.fetchval(at)).isoformat()
    unstopped = await report(desk, "2017-06-05", known_at=before)
    made = await stop(desk)
    placed = (await admin.fetchval(at)).isoformat()
    stopped = await report(desk, "2017-06-05", known_at=placed)
    assert (await end(desk, made["id"], "2017-05-13")).status_code == 201
    assert await report(desk, "2017-06-05", known_at=before) == unstopped
    assert await report(desk, "2017-06-05", known_at=placed) == stopped
    for found in (unstopped, stopped, await report(desk, "2017-06-05")):
        recounted(found)
    assert stopped["retained_fen"] == unstopped["retained_fen"] - 400_000


async def test_days_stay_charged_while_a_clock_stands_still(desk: Desk) -> None:
    who = funds_caller(desk.http, "inspector", desk.county)
    ask = {"as_of": "2017-06-05", "by": "unit"}
    before = (await who.get("/funds/v1/idle/yuan-days", params=ask)).json()
    await stop(desk)
    assert (await who.get("/funds/v1/idle/yuan-days", params=ask)).json() == before


async def test_each_stop_is_shown_and_what_stands_still_is_told_by_kind(desk: Desk) -> None:
    first = await stop(desk)
    second = await stop(desk, kind="court_freeze", document="冻结裁定", from_on="2017-05-12", limit_on="2017-07-01")
    await stop(desk, kind="bank_return", document="退汇通知", account_id=desk.treasury)
    found = await report(desk, "2017-05-15")
    told = {one["kind"]: (one["lots_n"], one["fen"]) for one in found["stopped"]["by_kind"]}
    assert told == {"tender": (2, 500_000), "court_freeze": (2, 500_000), "bank_return": (1, 500_000)}
    assert (found["stopped"]["lots_n"], found["stopped"]["fen"]) == (3, 1_000_000)
    township = [lot for lot in found["items"] if lot["unit_name"] == "一镇财政所"]
    for lot in township:
        assert [(one["stop_id"], one["document"], one["until_on"]) for one in lot["stopped_by"]] == [
            (first["id"], "招标公告1号", "2017-05-20"),
            (second["id"], "冻结裁定", "2017-07-01"),
        ]
        assert {one["placed_by"] for one in lot["stopped_by"]} == {f"finance_clerk.{desk.county}"}
        assert {one["recorded_on"] for one in lot["stopped_by"]} == {first["recorded_on"]}


async def test_what_is_handed_on_or_comes_back_has_a_clock_of_its_own(desk: Desk) -> None:
    await stop(desk, limit_on="2017-05-25")
    assert (await desk.out(50_000, desk.second, "2017-05-15")).status_code == 201
    assert (await desk.back(60_000, desk.first, "2017-05-16")).status_code == 201
    found = await report(desk, "2017-05-20")
    recounted(found)
    stopped = {(lot["unit_name"], lot["clock_from"]): lot["stopped_days"] for lot in found["items"]}
    assert stopped["一镇财政所", "2017-05-01"] == 10
    assert stopped["二镇财政所", "2017-05-15"] == 0
    assert stopped["县国库", "2017-05-16"] == 0


async def test_a_clock_that_goes_on_keeps_its_stops(desk: Desk) -> None:
    """A movement undone never happened, and a carry-over changes the year, not the money: both go on with the clock."""
    await stop(desk, kind="court_freeze", limit_on="2018-02-01")
    out = await desk.out(120_000, desk.village, "2017-07-01", from_account_id=desk.first)
    assert (await desk.undo(out.json()["movements"][0]["id"], "2017-07-05")).status_code == 201
    found = await report(desk, "2017-07-10", desk.county + "101")
    recounted(found)
    assert {lot["stopped_days"] for lot in found["items"] if lot["unit_name"] == "一镇财政所"} == {61}
    carried = await desk.order("carry_over", "2018-01-01", account_id=desk.first, from_year=2017)
    assert carried.status_code == 201, carried.text
    found = await report(desk, "2018-01-10", desk.county + "101")
    recounted(found)
    assert {lot["stopped_days"] for lot in found["items"] if lot["unit_name"] == "一镇财政所"} == {245}


async def test_a_stop_that_holds_a_lot_and_what_goes_on_from_it_holds_each_once(desk: Desk) -> None:
    """Part of a lot went and came back by an undoing: a stop from then on holds both, and neither twice."""
    out = await desk.out(100_000, desk.village, "2017-05-02", from_account_id=desk.first)
    assert (await desk.undo(out.json()["movements"][0]["id"], "2017-05-04")).status_code == 201
    made = await stop(desk)
    found = await report(desk, "2017-05-15", desk.county + "101")
    recounted(found)
    assert sorted(lot["lot_id"] for lot in found["items"]) == sorted(made["lots"])
    assert len(made["lots"]) > 2
    assert {len(lot["stopped_by"]) for lot in found["items"]} == {1}


async def test_sql_and_the_pure_form_count_the_same_days(desk: Desk, admin: asyncpg.Pool) -> None:
    """`funds.stopped_lots` is what a daily run reads; `treasury.stops` says what it has to be."""
    for first, last in (("10", "20"), ("15", "25"), ("12", "14"), ("25", "26")):
        await stop(desk, from_on=f"2017-05-{first}", limit_on=f"2017-05-{last}")
    made = await stop(desk, from_on="2017-05-28", limit_on="2017-06-05")
    assert (await end(desk, made["id"], "2017-05-30")).status_code == 201

    async def told(function: str, on: date) -> list[asyncpg.Record]:
        async with admin.acquire() as one, one.transaction():
            await one.execute("SELECT set_config('app.region', $1, true)", desk.county)
            ask = f"SELECT * FROM funds.{function}($1, $2, 9223372036854775807) ORDER BY lot_id"
            return list(await one.fetch(ask, desk.county, on))

    rows = await told("clock_stops", date(2017, 12, 31))
    stops = [Stop(row["from_on"], row["until_on"]) for row in rows if row["lot_id"] == rows[0]["lot_id"]]
    assert len(stops) == 5
    for on in (date(2017, 5, 9) + timedelta(days=n) for n in range(30)):
        found = await told("stopped_lots", on)
        begun = [one for one in stops if one.from_on <= on]
        days = {row["stopped_days"] for row in found}
        assert days == ({stopped_days(begun, date(2017, 5, 1), on)} if begun else set()), on
        assert {row["stopped_now"] for row in found} == ({any(on < one.until_on for one in begun)} if begun else set())


async def test_pages_show_the_stops_of_their_own_lots(desk: Desk) -> None:
    await stop(desk)
    whole = await report(desk, "2017-05-15")
    after: dict[str, Any] = {}
    seen = []
    for _ in whole["items"]:
        page = await report(desk, "2017-05-15", limit=1, **after)
        assert (page["stopped"], page["bands"]) == (whole["stopped"], whole["bands"])
        seen += page["items"]
        after = {"after": page["next"]}
    assert seen == whole["items"]
