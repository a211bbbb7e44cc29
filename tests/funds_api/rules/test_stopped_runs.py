"""Daily runs and stopped clocks: a lot crosses its limit later by the days it stood still, and is never passed over."""

from __future__ import annotations

from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.funds_api.asked import flags_of
from tests.funds_api.desk import Desk
from tests.funds_api.rules.test_runs import daily
from tests.funds_api.test_clock_stops import end, stop
from tests.funds_api.test_handdown_clocks import lay_down
from tests.funds_api.test_stopped_idle import report


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    """Of 1,000,000 fen 500,000 lie with a township since 1 May: two lots, late from 1 June, the 32nd day."""
    opened = await Desk(funds_http, county).open()
    assert (await opened.out(500_000, opened.first, "2017-05-01")).status_code == 201
    return opened


async def late(desk: Desk) -> list[tuple[Any, ...]]:
    """The township's flags: day, days, fen."""
    found = await flags_of(desk.http, desk.county, "R19")
    own = [flag for flag in found if flag["region_code"] == desk.county + "101"]
    return sorted((flag["as_of"], flag["days"], flag["amount_fen"]) for flag in own)


async def run(desk: Desk, *days: str) -> None:
    for day in days:
        await daily(desk, date.fromisoformat(day), "R19")


async def test_without_a_stop_it_crosses_on_the_day_after_its_limit(desk: Desk) -> None:
    await run(desk, "2017-05-30", "2017-05-31")
    assert await late(desk) == []
    await run(desk, "2017-06-01", "2017-06-02")
    assert await late(desk) == [("2017-06-01", 31, 100_000), ("2017-06-01", 31, 400_000)]


async def test_a_stop_that_ran_out_moves_the_day_by_its_days(desk: Desk) -> None:
    await stop(desk)  # 10 to 20 May
    await run(desk, "2017-05-31", "2017-06-01", "2017-06-10")
    assert await late(desk) == []
    await run(desk, "2017-06-11", "2017-06-12")
    assert await late(desk) == [("2017-06-11", 31, 100_000), ("2017-06-11", 31, 400_000)]
    stopped = [flag for flag in await flags_of(desk.http, desk.county, "R19") if flag["as_of"] == "2017-06-11"]
    assert {flag["facts"]["stopped_days"] for flag in stopped} == {10}
    assert all("另有 10 天依文件停表" in flag["explanation"] for flag in stopped)


async def test_a_missed_week_finds_what_stood_still_on_its_day_as_daily_runs_would(desk: Desk) -> None:
    await stop(desk)
    await run(desk, "2017-06-01", "2017-06-20")
    assert await late(desk) == [("2017-06-11", 31, 100_000), ("2017-06-11", 31, 400_000)]


async def handed_on(desk: Desk, fen: int, on: str) -> None:
    assert (await desk.out(fen, desk.village, on, from_account_id=desk.first)).status_code == 201


async def test_what_left_in_a_missed_week_is_not_charged_for_days_on_which_it_stood_still(desk: Desk) -> None:
    """By 5 June it had run 25 days; of a clock that was never stopped they would be 35."""
    await stop(desk)
    await run(desk, "2017-05-31")
    await handed_on(desk, 500_000, "2017-06-05")
    await run(desk, "2017-06-08", "2017-06-20")
    assert await late(desk) == []


async def test_what_crossed_and_left_in_a_missed_week_is_asked_about_all_the_same(desk: Desk) -> None:
    await stop(desk)
    await run(desk, "2017-05-31")
    await handed_on(desk, 500_000, "2017-06-15")
    await run(desk, "2017-06-20")
    assert await late(desk) == [("2017-06-11", 31, 100_000), ("2017-06-11", 31, 400_000)]


@pytest.mark.parametrize("stopped", ["before it was carried over", "after"])
async def test_stopped_money_that_is_carried_over_is_not_asked_about_again(desk: Desk, stopped: str) -> None:
    if stopped == "after":
        await run(desk, "2017-12-30")
    else:
        await stop(desk)
        await run(desk, "2017-06-11", "2017-12-30")
    before = await late(desk)
    assert len(before) == 2
    assert (await desk.order("carry_over", "2018-01-01", account_id=desk.first, from_year=2017)).status_code == 201
    if stopped == "after":
        await stop(desk, from_on="2018-01-01", limit_on="2018-01-05")
    await run(desk, "2018-01-02", "2018-01-10")
    assert await late(desk) == before


async def test_money_that_was_carried_over_in_a_missed_week_is_asked_about_once(desk: Desk) -> None:
    await stop(desk, kind="court_freeze", limit_on="2017-12-05")  # 209 days, of which 30 had to run
    await run(desk, "2017-05-31", "2017-12-20")
    assert await late(desk) == []
    assert (await desk.order("carry_over", "2018-01-01", account_id=desk.first, from_year=2017)).status_code == 201
    await run(desk, "2018-01-10")
    assert await late(desk) == [("2017-12-27", 31, 100_000), ("2017-12-27", 31, 400_000)]


async def test_what_crossed_two_lines_in_missed_days_is_asked_about_both_and_its_fen_count_once(desk: Desk) -> None:
    await stop(desk)
    await daily(desk, date(2017, 10, 1), "I01")
    await daily(desk, date(2018, 6, 1), "I01")
    found = [one for one in await flags_of(desk.http, desk.county, "I01") if one["facts"]["unit_name"] == "一镇财政所"]
    assert sorted((one["as_of"], one["mark"], one["amount_fen"]) for one in found) == [
        ("2017-11-08", "提示", 100_000),
        ("2017-11-08", "提示", 400_000),
        ("2018-05-12", "第2线", 100_000),
        ("2018-05-12", "第2线", 400_000),
    ]
    inspector = funds_caller(desk.http, "inspector", desk.county)
    warned = (await inspector.get("/funds/v1/warnings", params={"rule": "I01"})).json()["items"]
    assert [(one["flags_n"], one["amount_fen"]) for one in warned if one["unit_name"] == "一镇财政所"] == [(4, 500_000)]


async def test_days_of_a_limit_in_working_days_are_stopped_working_days(desk: Desk, admin: asyncpg.Pool) -> None:
    """Ten working days from 1 May 2017, stopped from Sunday 7 to Friday 12: 2 to 5, 15 to 19 and 22 May."""
    await lay_down(admin, desk.county, "handdown_limit_days.township_office", '{"days": 10, "counted": "working"}')
    await stop(desk, from_on="2017-05-07", limit_on="2017-05-12")
    for day, due in (("2017-05-19", None), ("2017-05-20", None), ("2017-05-22", None), ("2017-05-23", "2017-05-22")):
        found = await report(desk, day, desk.county + "101")
        assert {lot["retained"] and lot["retained"]["due_on"] for lot in found["items"]} == {due}, day
        assert {lot["retained_answer"]["answer"] for lot in found["items"]} == {"passed" if due else "not_passed"}
        assert found["retained_fen"] == (500_000 if due else 0)
    await run(desk, "2017-05-19", "2017-05-20", "2017-05-22")
    assert await late(desk) == []
    await run(desk, "2017-05-23")
    assert await late(desk) == [("2017-05-23", 17, 100_000), ("2017-05-23", 17, 400_000)]
    for flag in await flags_of(desk.http, desk.county, "R19"):
        if flag["region_code"] == desk.county + "101":
            assert flag["facts"]["stops"] == "2017-05-07/2017-05-12"
            assert "超过应下达（拨付）时限 10 个工作日" in flag["explanation"]
            assert flag["explanation"].endswith("，超期 1 个工作日，请核实")
            again = await funds_caller(desk.http, "inspector", desk.county).get(
                f"/funds/v1/flags/{flag['id']}/recomputation"
            )
            assert again.json()["same"], again.text


async def test_a_trial_counts_stopped_money_as_it_was_known(desk: Desk, admin: asyncpg.Pool) -> None:
    """Known then: the lots still rest on 8 June and have run 28 days. That they left on the 5th was recorded later."""
    await stop(desk)
    then = (await admin.fetchval("SELECT clock_timestamp()")).isoformat()
    await handed_on(desk, 500_000, "2017-06-05")
    body = {
        "rule": "R19",
        "values": {"handdown_limit_days.township_office": 30},
        "known_at": then,
        "region": desk.county + "101",
    }
    for day, lots_n in (("2017-06-08", 0), ("2017-06-10", 0), ("2017-06-11", 2)):
        answer = await funds_caller(desk.http, "inspector", desk.county).post(
            "/funds/v1/rule-trials", {**body, "as_of": [day]}
        )
        assert answer.status_code in {200, 201}, answer.text
        assert (answer.json()["live_n"], answer.json()["draft_n"]) == (lots_n, lots_n), day


async def test_a_stop_that_is_taken_back_after_the_day_passed_is_made_up_for(desk: Desk) -> None:
    """On 1 June they stood apart as stopped; on 5 June the stop is said never to have counted."""
    made = await stop(desk)
    await run(desk, "2017-05-31", "2017-06-01", "2017-06-05")
    assert await late(desk) == []
    assert (await end(desk, made["id"], "2017-05-10")).status_code == 201
    await run(desk, "2017-06-06", "2017-06-07")
    assert await late(desk) == [("2017-06-06", 36, 100_000), ("2017-06-06", 36, 400_000)]


async def test_what_was_raised_before_a_stop_was_recorded_stays(desk: Desk) -> None:
    await run(desk, "2017-06-01")
    before = await late(desk)
    assert len(before) == 2
    await stop(desk)
    await run(desk, "2017-06-02", "2017-06-11", "2017-06-12")
    assert await late(desk) == before
