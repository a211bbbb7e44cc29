"""Daily runs and stopped clocks: a lot crosses its limit later by the days it stood still, and is never passed over."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest

from tests.funds_api.asked import flags_of
from tests.funds_api.desk import Desk
from tests.funds_api.rules.test_runs import daily
from tests.funds_api.test_clock_stops import end, stop


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


async def test_a_missed_week_finds_what_stood_still_as_well(desk: Desk) -> None:
    await stop(desk)
    await run(desk, "2017-06-01", "2017-06-20")
    assert [one[0] for one in await late(desk)] == ["2017-06-20", "2017-06-20"]


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
