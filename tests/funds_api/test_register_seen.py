"""What a township sees of a household that it sees: all of its history, also where that went on with a neighbour."""

from __future__ import annotations

import asyncpg

from tests.callers import Caller, funds_caller
from tests.funds_api.people import CSV, Township, register_csv
from tests.funds_api.test_household_changes import township as township  # noqa: PLC0414 - a fixture


async def test_who_was_split_off_into_another_township_is_no_member_any_more(
    township: Township, admin: asyncpg.Pool
) -> None:
    home, son = await township.household(admin, 1), await township.person(admin, 101)
    away = {"region_code": township.county + "102201", "effective_on": "2017-06-01"}
    await township.change(f"{home}/splits", {"person_ids": [son], "head_id": son, **away})
    whole, own = [await township.seen(home, "2017-07-01", by=by) for by in (township.finance, township.clerk)]
    assert [one["person_id"] for one in own["members"]] == [one["person_id"] for one in whole["members"]]
    assert (len(own["members"]), son in {one["person_id"] for one in own["members"]}) == (3, False)
    # On the day before, the son belongs to it; where he lives now, nobody here is told his name.
    before = (await township.seen(home, "2017-05-31", by=township.clerk))["members"]
    assert [one["name"] for one in before if one["person_id"] == son] == [""]


async def test_a_head_split_off_into_another_township_leaves_one_head(township: Township, admin: asyncpg.Pool) -> None:
    home = await township.household(admin, 1)
    head, son = await township.person(admin, 1), await township.person(admin, 101)
    order = {"person_ids": [head], "head_id": head, "new_head_id": son, "effective_on": "2017-06-01"}
    await township.change(f"{home}/splits", {**order, "region_code": township.county + "102201"})
    own = await township.seen(home, "2017-07-01", by=township.clerk)
    assert [one["person_id"] for one in own["members"] if one["role"] == "head"] == [son]
    page = (await township.clerk.get("/funds/v1/households", params={"as_of": "2017-07-01", "limit": 200})).json()
    [listed] = [one for one in page["items"] if one["id"] == home]
    assert listed["name"] == own["household"]["name"] != ""


async def test_no_household_is_registered_on_a_day_that_cannot_be_meant(township: Township) -> None:
    village = township.county + "101201"
    days = ["2107-01-01", "0207-01-01", "2016-05-01"]
    texts = [register_csv(village, [500 + at]).split("\n")[1].replace("2016-01-01", day) for at, day in enumerate(days)]
    raw = "\n".join([register_csv(village, []).split("\n")[0], *texts])
    clerk = funds_caller(township.http, "finance_clerk", township.county)
    answer = await clerk.request("POST", "/funds/v1/households/imports", content=raw.encode(), headers=CSV)
    told = answer.json()
    assert (told["registered_n"], told["by_reason"]) == (1, {"date_out_of_range": 2, "before_birth": 1}), answer.text


async def test_a_household_that_moved_twice_is_seen_by_every_place_it_lived_in(
    township: Township, admin: asyncpg.Pool
) -> None:
    """The first township lost the past it could read: a household kept the one place it left last."""
    home, county = await township.household(admin, 1), township.county
    await third_township(admin, county)
    for village, day in (("102201", "2017-06-01"), ("103201", "2018-06-01"), ("103202", "2019-06-01")):
        order = {"household_ids": [home], "region_code": county + village, "effective_on": day}
        await township.change("moves", order)
    third = funds_caller(township.http, "township_clerk", county + "103")
    stranger = funds_caller(township.http, "township_clerk", county + "104")
    days = ("2016-06-01", "2017-12-01", "2018-12-01", "2019-12-01")
    lived = {"101": [True, False, False, False], "102": [False, True, False, False], "103": [False, False, True, True]}
    whole = await township.seen(home, "2019-12-01")
    for own, clerk in (("101", township.clerk), ("102", township.neighbour), ("103", third)):
        assert [home in await listed(clerk, day) for day in days] == lived[own], own
        told = await township.seen(home, "2019-12-01", by=clerk)
        assert (told["residences"], told["lives_in"]) == (whole["residences"], county + "103202"), own
        assert len(told["members"]) == len(whole["members"]) > 1
        assert {bool(one["name"]) for one in told["members"]} == {own == "103"}
        # In its own village's list, on the days it lived there.
        assert [home in await listed(clerk, day, county + "101201") for day in days] == (
            lived["101"] if own == "101" else [False] * 4
        )
    assert (await stranger.get(f"/funds/v1/households/{home}")).status_code == 404
    assert [home in await listed(stranger, day) for day in days] == [False] * 4


async def test_a_household_split_off_and_moved_twice_is_told_where_it_came_from(
    township: Township, admin: asyncpg.Pool
) -> None:
    """A township sees the household that left it, not the one that began with a neighbour, and its own past member."""
    home, son, county = await township.household(admin, 1), await township.person(admin, 101), township.county
    await third_township(admin, county)
    split = {"person_ids": [son], "head_id": son, "effective_on": "2017-02-01"}
    here = (await township.change(f"{home}/splits", split))["household_id"]
    for village, day in (("102201", "2017-03-01"), ("103201", "2017-04-01")):
        order = {"household_ids": [here], "region_code": county + village, "effective_on": day}
        await township.change("moves", order)
    own = await township.seen(here, "2017-05-01", by=township.clerk)
    assert (own["household"]["came_from"], own["lives_in"]) == (home, county + "103201")
    assert [one["name"] for one in own["members"]] == [""]
    before = await township.seen(home, "2017-01-15", by=township.clerk)
    assert [one["name"] for one in before["members"] if one["person_id"] == son] == [""]
    # One that began in the second township was never the first one's.
    daughter = await township.person(admin, 102)
    order = {"person_ids": [daughter], "head_id": daughter, "effective_on": "2017-06-01"}
    away = (await township.change(f"{home}/splits", {**order, "region_code": county + "102201"}))["household_id"]
    await township.change(
        "moves", {"household_ids": [away], "region_code": county + "103201", "effective_on": "2017-07-01"}
    )
    assert (await township.clerk.get(f"/funds/v1/households/{away}")).status_code == 404
    assert (await township.seen(away, "2017-08-01", by=township.neighbour))["lives_in"] == county + "103201"


async def test_a_code_that_went_over_between_two_moves_hides_nothing(township: Township, admin: asyncpg.Pool) -> None:
    """Moved, then its village merged into another township's, then moved on: every code it lived under sees it."""
    home, county = await township.household(admin, 1), township.county
    await third_township(admin, county)
    away = {"household_ids": [home], "region_code": county + "102201", "effective_on": "2017-03-01"}
    await township.change("moves", away)
    merged = {
        "kind": "merged",
        "document": "县政发〔2018〕1号",
        "effective_on": "2018-01-01",
        "links": [
            {"from_code": county + "102201", "to_code": county + "103201"},
            {"from_code": county + "102202", "to_code": county + "103201"},
        ],
        "closed": [county + "102201", county + "102202"],
    }
    administrator = funds_caller(township.http, "system_admin", "99")
    assert (await administrator.post("/funds/v1/regions/changes", merged)).status_code == 201
    over = {"from_region": county + "102201", "region_code": county + "103201", "effective_on": "2018-01-01"}
    await township.change("moves", over)
    await township.change(
        "moves", {"household_ids": [home], "region_code": county + "103202", "effective_on": "2019-01-01"}
    )
    for clerk in (township.clerk, township.neighbour, funds_caller(township.http, "township_clerk", county + "103")):
        told = await township.seen(home, "2019-06-01", by=clerk)
        assert [one["region_code"][6:] for one in told["residences"]] == ["101201", "102201", "103201", "103202"]
    assert home in await listed(township.neighbour, "2017-12-31")
    assert home in await listed(township.clerk, "2017-02-28")


async def test_a_corrected_place_is_listed_by_what_is_known_now(township: Township, admin: asyncpg.Pool) -> None:
    """A township hears of every move of a household it sees, or it would go on listing one that is somewhere else."""
    home, county = await township.household(admin, 1), township.county
    await third_township(admin, county)
    for village, day in (("102201", "2017-03-01"), ("103201", "2017-06-01"), ("103202", "2017-09-01")):
        order = {"household_ids": [home], "region_code": county + village, "effective_on": day}
        await township.change("moves", order)
    stayed = [{"on": "2017-03-01", "never": True}]
    body = {"document": "更正", "reason": "迁移日期有误", "residences": stayed}
    await township.change(f"{home}/corrections", body)
    days = ("2017-04-01", "2017-07-01", "2017-10-01")
    assert [home in await listed(township.clerk, day) for day in days] == [True, False, False]
    assert [home in await listed(township.neighbour, day) for day in days] == [False] * 3
    assert (await township.seen(home, "2017-10-01", by=township.clerk))["lives_in"] == county + "103202"


async def listed(clerk: Caller, day: str, village: str | None = None) -> list[str]:
    """The households that the caller lists on a day, page by page."""
    found: list[str] = []
    params: dict[str, str | int] = {"as_of": day, "limit": 2} | ({"village": village} if village else {})
    while True:
        page = (await clerk.get("/funds/v1/households", params=params)).json()
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            assert len(set(found)) == len(found)
            return found
        params["after"] = page["next"]


async def third_township(admin: asyncpg.Pool, county: str) -> None:
    rows = [
        (f"{county}103", "township", county),
        *((f"{county}103{one}", "village", f"{county}103") for one in (201, 202)),
    ]
    add = "INSERT INTO funds.region (code, name, level, parent_code, listed_year) VALUES ($1, $1, $2, $3, 2023)"
    await admin.executemany(add, rows)
