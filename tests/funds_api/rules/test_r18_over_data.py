"""R18 over pairings and visits: who was not visited, whose helper changed, who has too many, who is gone."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.people import Township
from tests.funds_api.test_visits import helper, pair, visit


@pytest.fixture
async def town(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county, fen=0, households=range(8)).open()


async def homes_of(town: Township, admin: asyncpg.Pool, places: range) -> list[str]:
    return [await town.household(admin, place) for place in places]


async def asked(town: Township, on: str, region: str = "") -> set[tuple[str, str]]:
    found = await ask_rule(town.http, town.county, "R18", on, region)
    return {(str(facts.subject_id), verdict.mark) for facts, verdict in found.hits}


async def test_households_that_nobody_visited_for_too_long(town: Township, admin: asyncpg.Pool) -> None:
    homes = await homes_of(town, admin, range(4))
    await pair(town, dict.fromkeys(homes, "bangfu-1"), "2017-01-01")
    for home, on in ((homes[1], "2017-01-02"), (homes[2], "2017-01-01")):
        assert (await visit(town, home, on)).status_code == 201
    assert await asked(town, "2017-01-31") == set()
    first = {(homes[0], "2017-01-01"), (homes[2], "2017-01-01"), (homes[3], "2017-01-01")}
    assert await asked(town, "2017-02-01") == first
    run = await run_rules(town.http, town.county, "2017-02-02", "R18")
    assert (run["new_n"], run["new_fen"], run["rules"][0]["looked_n"]) == (4, 0, 8)
    inspector = funds_caller(town.http, "inspector", town.county)
    for one in await flags_of(town.http, town.county, "R18"):
        assert (await inspector.get(f"/funds/v1/flags/{one['id']}/recomputation")).json()["same"]
    # Visited since, then not again: the next gap is a question of its own.
    assert (await visit(town, homes[0], "2017-02-10")).status_code == 201
    assert (homes[0], "2017-02-10") in await asked(town, "2017-03-13")
    assert homes[0] not in {home for home, _ in await asked(town, "2017-03-12")}
    assert await asked(town, "2017-03-13", town.county + "102") == set()


async def test_the_clock_begins_anew_with_a_new_helper_and_ends_with_none(town: Township, admin: asyncpg.Pool) -> None:
    homes = await homes_of(town, admin, range(4))
    await pair(town, dict.fromkeys(homes, "bangfu-1"), "2017-01-01")
    await pair(town, {homes[0]: "bangfu-2", homes[1]: None}, "2017-01-20")
    await town.remove(homes[2], "2017-02-01")
    assert await asked(town, "2017-02-19") == {(homes[3], "2017-01-01")}
    assert await asked(town, "2017-02-20") == {(homes[3], "2017-01-01"), (homes[0], "2017-01-20")}
    # The former helper's visit of before is no visit of the new one.
    assert (await visit(town, homes[0], "2017-01-19")).status_code == 201
    assert (homes[0], "2017-01-20") in await asked(town, "2017-02-20")
    assert (await visit(town, homes[0], "2017-01-25", helper(town, "bangfu-2"))).status_code == 201
    assert (homes[0], "2017-01-20") not in await asked(town, "2017-02-20")


async def test_a_helper_with_more_than_five_households(town: Township, admin: asyncpg.Pool) -> None:
    homes = await homes_of(town, admin, range(7))
    await pair(town, dict.fromkeys(homes[:5], "bangfu-1"), "2017-01-01")
    assert await asked(town, "2017-01-05") == set()
    await pair(town, {homes[5]: "bangfu-1"}, "2017-01-03")
    assert await asked(town, "2017-01-05") == {(homes[5], "超户:bangfu-1:6")}
    assert await asked(town, "2017-01-02") == set()
    await pair(town, {homes[6]: "bangfu-1"}, "2017-01-04")
    assert await asked(town, "2017-01-05") == {(homes[5], "超户:bangfu-1:7")}
    await town.remove(homes[0], "2017-01-04")
    await town.remove(homes[1], "2017-01-04")
    assert await asked(town, "2017-01-05") == set()
