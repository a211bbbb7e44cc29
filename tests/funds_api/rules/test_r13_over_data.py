"""R13 over lists and paid rosters: who stands on a list of those entitled and was not paid, nor anybody for them."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import httpx
import pytest

from services.funds_api.flags.rules.kept import kept
from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.comparisons import Entry, record
from tests.funds_api.people import Township
from tests.funds_api.rules.town import hits, join, pay

LIST = "2017-06-30"


@pytest.fixture
async def town(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county, households=range(12)).open()


async def lines(town: Township, on: str, region: str = "") -> list[int]:
    found = await ask_rule(town.http, town.county, "R13", on, region)
    return sorted(int(str(kept(facts)["list_line"])) for facts, _ in found.hits)


async def test_who_was_not_paid_so_many_days_after_the_list(
    town: Township, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    await join(town, await town.household(admin, 3), 103, "2016-06-01")
    entries = [Entry(place, category="产业奖补", amount="600") for place in (1, 2, 3, 4, 5, 500)]
    await record(town.http, town.county, "eligible", entries, tmp_path, on=LIST)
    await pay(town, [1], "2017-03-01", entitlement="产业奖补")  # in the year of the list, before it
    await pay(town, [103], "2017-07-01", entitlement="产业奖补")  # for the household of 3
    await pay(town, [4], "2017-07-01", entitlement="另一补贴")
    assert await lines(town, "2017-09-28") == []
    assert len(await lines(town, "2017-09-29")) == 3
    run = await run_rules(town.http, town.county, "2017-12-01", "R13")
    assert (run["new_n"], run["new_fen"]) == (3, 180_000)
    flags = await flags_of(town.http, town.county, "R13")
    expected = {await town.person(admin, place) for place in (2, 4, 5)}
    assert {one["subject_id"] for one in flags} == expected
    assert {(one["facts"]["version_no"], one["facts"]["list_on"]) for one in flags} == {(1, LIST)}
    inspector = funds_caller(town.http, "inspector", town.county)
    for one in flags:
        assert (await inspector.get(f"/funds/v1/flags/{one['id']}/recomputation")).json()["same"]
    assert await lines(town, "2017-12-01", town.county + "102") == []


async def test_a_roster_of_persons_pays_nobody_else_of_the_household(
    town: Township, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    await join(town, await town.household(admin, 1), 101, "2016-06-01")
    await record(town.http, town.county, "eligible", [Entry(1, category="助学金")], tmp_path, on=LIST)
    await pay(town, [101], "2017-07-01", entitlement="助学金", per="person")
    assert len(await lines(town, "2017-12-01")) == 1
    await pay(town, [1], "2017-08-01", entitlement="助学金", per="person")
    assert await lines(town, "2017-12-01") == []


async def test_people_who_left_and_households_removed_are_owed_nothing(
    town: Township, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    await record(
        town.http,
        town.county,
        "eligible",
        [Entry(place, category="产业奖补") for place in (1, 2, 3)],
        tmp_path,
        on=LIST,
    )
    await town.remove(await town.household(admin, 1), "2017-12-01")
    left = {"person_ids": [await town.person(admin, 2)], "left_on": "2017-12-01", "reason": "death"}
    await town.change(f"{await town.household(admin, 2)}/departures", left)
    assert len(await lines(town, "2017-11-30")) == 3
    assert len(await lines(town, "2017-12-01")) == 1


async def test_without_a_list_nothing_is_asked_and_figures_say_who_cannot_be_compared(
    town: Township, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    assert await hits(town, "R13", "2017-12-31") == []
    await record(town.http, town.county, "eligible", [Entry(1, category="产业奖补")], tmp_path, on=LIST)
    await admin.execute(
        "UPDATE funds.person SET match_token = NULL WHERE county_code = $1 AND id = $2::uuid",
        town.county,
        await town.person(admin, 1),
    )
    found = await ask_rule(town.http, town.county, "R13", "2017-12-31")
    assert (found.candidates_n, found.figures[-1]["left_out_n"]) == (0, 1)
