"""What a day's look may neither miss nor ask again: money whose clock goes on, late records, numbers that change."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import event

from chassis import clock
from services.funds_api.runs import service
from tests.callers import funds_caller
from tests.funds_api.asked import database, flags_of, run_rules
from tests.funds_api.desk import Desk
from tests.funds_api.rules.test_runs import all_flags, daily
from treasury.calendar import business_date


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    return await Desk(funds_http, county).open()


async def put(admin: asyncpg.Pool, county: str, key: str, value: str, since: str) -> None:
    await admin.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        " VALUES ($1, $2, $3::text::date, $4::jsonb, '县财政局通知', 'practice')",
        key,
        county,
        since,
        value,
    )


def new(before: list[tuple[Any, ...]], after: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [one for one in after if one not in before]


async def test_money_carried_over_is_not_asked_about_again(desk: Desk) -> None:
    await daily(desk, date(2017, 12, 31))
    before = await all_flags(desk)
    assert len(before) == 4
    assert (await desk.order("carry_over", "2018-01-01", account_id=desk.treasury, from_year=2017)).status_code == 201
    await daily(desk, date(2018, 1, 2))
    assert new(before, await all_flags(desk)) == []
    # A further line is another question, and is asked of the lot that has the money now.
    await daily(desk, date(2018, 3, 3))
    assert [(one[0], one[2], one[3]) for one in new(before, await all_flags(desk))] == [("I01", "第2线", 366)]


async def test_money_that_came_back_by_an_undoing_is_not_asked_about_again(desk: Desk) -> None:
    await daily(desk, date(2017, 12, 1))
    before = await all_flags(desk)
    sent = (await desk.out(300_000, desk.first, "2017-12-02")).json()["movements"][0]["id"]
    await daily(desk, date(2017, 12, 2))
    assert (await desk.undo(sent, "2017-12-03")).status_code == 201
    await daily(desk, date(2017, 12, 4))
    assert new(before, await all_flags(desk)) == []


async def test_what_is_posted_while_a_rule_is_asked_is_asked_about_by_the_next_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dated back, and recorded after the look and before the run's place in the journal."""
    told = service._tell

    async def late(*given: Any, **more: Any) -> None:
        assert (await desk.out(50_000, desk.village, "2017-05-02")).status_code == 201
        await told(*given, **more)

    monkeypatch.setattr(service, "_tell", late)
    await daily(desk, date(2017, 11, 1), "R19")
    monkeypatch.setattr(service, "_tell", told)
    before = await all_flags(desk)
    await daily(desk, date(2017, 11, 2), "R19")
    assert [(one[0], one[6]) for one in new(before, await all_flags(desk))] == [("R19", 50_000)]


@pytest.mark.parametrize(("days_ago", "asked"), [(3, 0), (4, 1), (6, 1)])
async def test_a_limit_of_three_days_is_held_to_what_is_written_down_within_the_week(
    desk: Desk, admin: asyncpg.Pool, days_ago: int, asked: int
) -> None:
    today = business_date(clock.now())
    await put(admin, desk.county, "handdown_limit_days.village_collective", "3", "2017-01-01")
    await daily(desk, today - timedelta(days=1), "R19")
    before = await all_flags(desk)
    sent = await desk.out(50_000, desk.village, (today - timedelta(days=days_ago)).isoformat())
    assert sent.status_code == 201, sent.text
    await daily(desk, today, "R19")
    assert [one[6] for one in new(before, await all_flags(desk))] == [50_000] * asked


@pytest.mark.parametrize("days_ago", [4, 7, 8])
async def test_a_limit_of_three_days_is_held_to_what_was_written_down_behind_a_run_that_days_were_missed_after(
    desk: Desk, admin: asyncpg.Pool, days_ago: int
) -> None:
    """The run of today had asked about these clocks; what is written down after it is found by the next, days later."""
    today = business_date(clock.now())
    await put(admin, desk.county, "handdown_limit_days.village_collective", "3", "2017-01-01")
    await daily(desk, today, "R19")
    sent = await desk.out(50_000, desk.village, (today - timedelta(days=days_ago)).isoformat())
    assert sent.status_code == 201, sent.text
    next_on = today + timedelta(days=5)
    await daily(desk, next_on, "R19")
    found = await flags_of(desk.http, desk.county, "R19", as_of=next_on.isoformat())
    assert [(one["amount_fen"], one["days"]) for one in found if one["region_code"] == desk.county + "101201"] == [
        (50_000, days_ago + 5)
    ]


async def test_money_that_was_away_on_its_day_and_comes_back_ahead_is_asked_about(desk: Desk) -> None:
    """Handed on a day before its limit, and undone for a day still to come: the runs between had asked of nobody."""
    today = business_date(clock.now())
    assert (await desk.out(50_000, desk.first, (today - timedelta(days=29)).isoformat())).status_code == 201
    on = await desk.out(50_000, desk.village, (today - timedelta(days=1)).isoformat(), from_account_id=desk.first)
    await daily(desk, today, "R19")
    undone = await desk.undo(on.json()["movements"][0]["id"], (today + timedelta(days=5)).isoformat())
    assert undone.status_code == 201, undone.text
    for days in range(1, 9):
        await daily(desk, today + timedelta(days=days), "R19")
    found = await flags_of(desk.http, desk.county, "R19", as_of=(today + timedelta(days=9)).isoformat())
    township = [one for one in found if one["region_code"] == desk.county + "101"]
    assert [(one["as_of"], one["days"], one["amount_fen"]) for one in township] == [
        ((today + timedelta(days=5)).isoformat(), 34, 50_000)
    ]


async def test_a_number_that_began_within_missed_days_asks_from_its_own_day_on(desk: Desk, admin: asyncpg.Pool) -> None:
    await daily(desk, date(2017, 6, 10), "I01")
    await put(admin, desk.county, "idle_flag_days", "60", "2017-06-14")
    await daily(desk, date(2017, 6, 17), "I01")
    inspector = funds_caller(desk.http, "inspector", desk.county)
    flags = (await inspector.get("/funds/v1/flags", params={"rule": "I01"})).json()["items"]
    assert {(flag["facts"]["clock_from"], flag["as_of"]) for flag in flags} == {
        ("2017-03-01", "2017-06-14"),
        ("2017-04-01", "2017-06-14"),
    }
    for flag in flags:
        assert flag["explanation"]
        assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]


async def test_a_number_that_ended_within_missed_days_asks_up_to_its_own_last_day(
    desk: Desk, admin: asyncpg.Pool
) -> None:
    """30 days until 2 June and 60 from then on: what crossed on the 1st is asked about, as it was on that day."""
    assert (await desk.out(500_000, desk.first, "2017-05-01")).status_code == 201
    await daily(desk, date(2017, 5, 30), "R19")
    before = await all_flags(desk)
    await put(admin, desk.county, "handdown_limit_days.township_office", "60", "2017-06-03")
    await daily(desk, date(2017, 6, 5), "R19")
    asked = new(before, await all_flags(desk))
    assert sorted((one[3], one[4], one[5], one[6]) for one in asked) == [
        (31, 30, "2017-06-01", 100_000),
        (31, 30, "2017-06-01", 400_000),
    ]
    warned = await funds_caller(desk.http, "inspector", desk.county).get("/funds/v1/warnings", params={"rule": "R19"})
    township = [one for one in warned.json()["items"] if one["region_code"] == desk.county + "101"]
    assert [(one["flags_n"], one["amount_fen"]) for one in township] == [(2, 500_000)]
    await daily(desk, date(2017, 6, 30), "R19")
    assert new(before, await all_flags(desk)) == asked
    await daily(desk, date(2017, 7, 1), "R19")
    assert new(before, await all_flags(desk)) == asked, "asked about this line already"


async def test_what_is_recorded_late_is_asked_about_its_furthest_line_alone(desk: Desk) -> None:
    await daily(desk, date(2019, 11, 1), "I01")
    before = await all_flags(desk)
    assert (await desk.out(50_000, desk.village, "2017-05-02")).status_code == 201
    await daily(desk, date(2019, 11, 2), "I01")
    assert [(one[2], one[6]) for one in new(before, await all_flags(desk))] == [("第3线", 50_000)]


async def test_a_first_look_asks_only_about_days_on_which_clocks_began(desk: Desk) -> None:
    """Years lie between the first money and today: fewer looks than months of them find every lot."""
    today = business_date(clock.now())
    asked: list[str] = []

    def seen(*told: Any) -> None:
        asked.extend(["look"] * ("raise_crossings(" in told[2]))

    engine = database(desk.http).engine.sync_engine
    event.listen(engine, "before_cursor_execute", seen)
    try:
        run = await run_rules(desk.http, desk.county, today.isoformat(), "I01", "R19")
    finally:
        event.remove(engine, "before_cursor_execute", seen)
    assert run["new_n"] == 4
    assert 0 < len(asked) < (today - date(2017, 3, 1)).days // 31


async def test_rules_are_not_asked_about_days_to_come(desk: Desk) -> None:
    today = business_date(clock.now())
    clerk = funds_caller(desk.http, "finance_clerk", desk.county)
    ahead = await clerk.post("/funds/v1/rule-runs", {"as_of": (today + timedelta(days=1)).isoformat()})
    assert (ahead.status_code, ahead.json()["type"]) == (422, "/problems/dated-ahead"), ahead.text
    assert (await run_rules(desk.http, desk.county, today.isoformat(), "R19"))["new_n"] == 2


async def test_an_inspector_of_a_township_tries_by_the_countys_books(desk: Desk) -> None:
    assert (await desk.out(500_000, desk.first, "2017-05-01")).status_code == 201
    body = {
        "rule": "I01",
        "values": {"idle_flag_days": 60},
        "as_of": ["2017-07-31"],
        "known_at": clock.now().isoformat(),
        "region": desk.county + "101",
    }
    told = [
        (await funds_caller(desk.http, "inspector", region).post("/funds/v1/rule-trials", body)).json()["draft_n"]
        for region in (desk.county, desk.county + "101")
    ]
    assert told[0] == told[1] > 0
