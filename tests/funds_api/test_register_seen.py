"""What a township sees of a household that it sees: all of its history, also where that went on with a neighbour."""

from __future__ import annotations

import asyncpg

from tests.callers import funds_caller
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
    assert (told["registered_n"], told["by_reason"]) == (1, {"date_out_of_range": 2}), answer.text
