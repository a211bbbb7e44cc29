"""Pairings and visits: who may record them, what is refused, what was so and known then; nothing of a place."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis import clock
from tests.callers import Caller, funds_caller
from tests.funds_api.desk import refused
from tests.funds_api.people import Township
from treasury.calendar import business_date

PAIRS, VISITS = "/funds/v1/helper-pairings", "/funds/v1/visits"


@pytest.fixture
async def town(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county, fen=0, households=range(8)).open()


def helper(town: Township, name: str = "bangfu-1") -> Caller:
    return funds_caller(town.http, "helper", town.region, subject=name)


async def pair(town: Township, pairs: dict[str, str | None], on: str = "2017-01-01", **more: Any) -> httpx.Response:
    listed = [{"household_id": home, "helper": name} for home, name in pairs.items()]
    body = {"document": "西扶办〔2017〕2号", "from_on": on, "pairs": listed}
    by = more.pop("by", town.clerk)
    return await by.post(PAIRS, body, **more)


async def listed(
    town: Township, on: str, by: Caller | None = None, path: str = "", **more: Any
) -> list[dict[str, Any]]:
    answer = await (by or town.clerk).get(PAIRS + path, params={"as_of": on, **more})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def visit(town: Township, home: str, on: str, by: Caller | None = None, **more: Any) -> httpx.Response:
    return await (by or helper(town)).post(VISITS, {"household_id": home, "visited_on": on}, **more)


async def test_a_pairing_stands_until_the_next(town: Township, admin: asyncpg.Pool) -> None:
    one, two = await town.household(admin, 1), await town.household(admin, 2)
    told = await pair(town, {one: "bangfu-1", two: "bangfu-1"})
    assert told.status_code == 201, told.text
    assert (told.json()["households_n"], told.json()["ended_n"]) == (2, 0)
    assert (await pair(town, {one: "bangfu-2", two: None}, "2017-06-01")).json()["ended_n"] == 1
    assert await listed(town, "2016-12-31") == []
    may = await listed(town, "2017-05-31")
    assert {(row["household_id"], row["helper"], row["days"]) for row in may} == {
        (one, "bangfu-1", 150),
        (two, "bangfu-1", 150),
    }
    [june] = await listed(town, "2017-06-01")
    assert (june["household_id"], june["helper"], june["visited_on"]) == (one, "bangfu-2", None)
    refused(await pair(town, {one: "bangfu-3"}, "2017-05-31"), 409, "later-fact-known", {"latest_on": "2017-06-01"})


async def test_a_household_that_moved_and_was_paired_anew_is_no_longer_of_its_old_helper(
    town: Township, admin: asyncpg.Pool
) -> None:
    """It moved on 1 June and was paired in the new township on 1 July: until then the old helper still has it."""
    home, county = await town.household(admin, 1), town.county
    await pair(town, {home: "bangfu-1"})
    move = {"household_ids": [home], "region_code": county + "102202", "effective_on": "2017-06-01"}
    await town.change("moves", move)
    assert [row["helper"] for row in await listed(town, "2017-06-30")] == ["bangfu-1"]
    answer = await pair(town, {home: "bangfu-9"}, "2017-07-01", by=town.neighbour)
    assert answer.status_code == 201, answer.text
    assert [row["helper"] for row in await listed(town, "2017-06-30")] == ["bangfu-1"]
    assert await listed(town, "2017-07-01") == []
    assert await listed(town, "2017-07-01", helper(town), "/own") == []
    assert [row["helper"] for row in await listed(town, "2017-07-01", town.neighbour)] == ["bangfu-9"]
    refused(await visit(town, home, "2017-07-02"), 403, "not-paired", {"visited_on": "2017-07-02"})


async def test_a_visit_is_told_by_the_helper_of_the_day_and_counts_once(town: Township, admin: asyncpg.Pool) -> None:
    home = await town.household(admin, 1)
    await pair(town, {home: "bangfu-1"})
    key = uuid4().hex
    first = await visit(town, home, "2017-02-01", key=key)
    assert first.status_code == 201, first.text
    again = await visit(town, home, "2017-02-01", key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    refused(await visit(town, home, "2017-02-01"), 409, "visit-known", {"visited_on": "2017-02-01"})
    assert (await visit(town, home, "2017-03-01")).status_code == 201
    [row] = await listed(town, "2017-03-15")
    assert (row["visited_on"], row["days"]) == ("2017-03-01", 14)
    [row] = await listed(town, "2017-02-15")
    assert (row["visited_on"], row["days"]) == ("2017-02-01", 14)
    found = (await town.clerk.get(VISITS, params={"household": home, "as_of": "2017-02-28"})).json()
    assert [(one["visited_on"], one["helper"]) for one in found["items"]] == [("2017-02-01", "bangfu-1")]
    assert set(found["items"][0]) == {"id", "county_code", "household_id", "helper", "visited_on", "recorded_on"}
    columns = "SELECT column_name FROM information_schema.columns WHERE table_name = 'helper_visit'"
    kept = {row["column_name"] for row in await admin.fetch(columns)}
    assert kept == {
        "county_code",
        "id",
        "household_id",
        "helper",
        "visited_on",
        "region_code",
        "recorded_at",
        "position",
    }


async def test_who_may_not(town: Township, admin: asyncpg.Pool) -> None:
    home = await town.household(admin, 1)
    await pair(town, {home: "bangfu-1"})
    refused(await visit(town, home, "2016-12-31"), 403, "not-paired", {"visited_on": "2016-12-31"})
    refused(await visit(town, home, "2017-02-01", helper(town, "bangfu-2")), 403, "not-paired", {})
    elsewhere = funds_caller(town.http, "helper", town.county + "102", subject="bangfu-1")
    refused(await visit(town, home, "2017-02-01", elsewhere), 403, "not-paired", {})
    assert (await visit(town, home, "2017-02-01", town.clerk)).status_code == 403
    assert (await pair(town, {home: "bangfu-2"}, by=helper(town))).status_code == 403
    assert (await helper(town).get(PAIRS)).status_code == 403
    assert (await helper(town).get("/funds/v1/households")).status_code == 403
    assert (await pair(town, {home: "bangfu-2"}, by=town.neighbour)).status_code == 404
    assert await listed(town, "2017-02-01", town.neighbour) == []
    assert [row["household_id"] for row in await listed(town, "2017-02-01", helper(town), "/own")] == [home]
    assert await listed(town, "2017-02-01", helper(town, "bangfu-2"), "/own") == []


async def test_bad_input_is_refused_whole(town: Township, admin: asyncpg.Pool) -> None:
    home, other = await town.household(admin, 1), await town.household(admin, 2)
    tomorrow = (business_date(clock.now()) + timedelta(days=1)).isoformat()
    await pair(town, {home: "bangfu-1"})
    refused(await visit(town, home, tomorrow), 409, "visit-ahead", {"visited_on": tomorrow})
    for bad in ("99000019800101001X", "张三", "13800000000", ""):
        assert (await pair(town, {other: bad})).status_code == 422, bad
    assert (await pair(town, {other: "bangfu-1", str(uuid4()): "bangfu-1"})).status_code == 404
    twice = [{"household_id": other, "helper": "a"}, {"household_id": other, "helper": "b"}]
    body = {"document": "x", "from_on": "2017-01-01", "pairs": twice}
    refused(await town.clerk.post(PAIRS, body), 409, "household-twice", {"times_n": 2})
    assert len(await listed(town, "2017-02-01")) == 1


async def test_pages_and_what_was_known(town: Township, admin: asyncpg.Pool) -> None:
    homes = sorted([await town.household(admin, place) for place in range(5)])
    await pair(town, dict.fromkeys(homes, "bangfu-1"))
    seen, mark = [], None
    while True:
        params = {"limit": 2, "as_of": "2017-02-01", **({"after": mark} if mark else {})}
        page = (await town.clerk.get(PAIRS, params=params)).json()
        seen += [row["household_id"] for row in page["items"]]
        mark = page["next"]
        if mark is None:
            break
    assert seen == homes
    before = clock.now().isoformat()
    assert (await visit(town, homes[0], "2017-01-15")).status_code == 201
    then = (await town.clerk.get(PAIRS, params={"as_of": "2017-02-01", "known_at": before})).json()
    assert [row["visited_on"] for row in then["items"]] == [None] * 5
    now = await listed(town, "2017-02-01")
    assert sum(row["visited_on"] == "2017-01-15" for row in now) == 1
