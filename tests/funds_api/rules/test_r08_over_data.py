"""R08 over paid rosters: splits whose halves were both paid, moves into a place with a benefit, and what is neither."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.people import Township
from tests.funds_api.rules.town import hits, join, pay

SPLIT = "2017-03-01"


@pytest.fixture
async def town(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county, households=range(6)).open()


async def split(town: Township, admin: asyncpg.Pool, place: int, member: int, on: str = SPLIT) -> tuple[str, str]:
    """Person `member`, who joins the household of `place`, becomes a household of their own; (old, new)."""
    old = await town.household(admin, place)
    person = await join(town, old, member, "2016-06-01")
    told = await town.change(
        f"{old}/splits", {"person_ids": [person], "head_id": person, "effective_on": on, "document": "分户审批表3"}
    )
    return old, str(told["household_id"])


async def test_both_halves_paid_within_the_days_are_asked_about(town: Township, admin: asyncpg.Pool) -> None:
    old, new = await split(town, admin, 1, 101)
    await split(town, admin, 2, 102)
    await split(town, admin, 3, 103)
    # 28 August is the 180th day. Households 2: the new half a day late; 3: only one half.
    batch = await pay(town, [1, 2, 103], "2017-04-01", entitlement="产业奖补")
    last = await pay(town, [101], "2017-08-28", "60", entitlement="产业奖补")
    await pay(town, [102], "2017-08-29", entitlement="产业奖补")
    await pay(town, [3], "2017-05-01", entitlement="另一补贴")
    run = await run_rules(town.http, town.county, "2017-12-31", "R08")
    assert (run["rules"][0]["hits_n"], run["new_fen"]) == (1, 6_000)
    [flag] = await flags_of(town.http, town.county, "R08")
    assert (flag["subject_id"], flag["mark"], flag["days"]) == (new, f"{last}:2", 180)
    assert (flag["facts"]["other_id"], flag["facts"]["other_batch_id"]) == (old, batch)
    inspector = funds_caller(town.http, "inspector", town.county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]
    assert (await ask_rule(town.http, town.county, "R08", "2017-08-27")).candidates_n == 0
    assert (await ask_rule(town.http, town.county, "R08", "2017-12-31", town.county + "102")).candidates_n == 0


async def test_what_was_paid_before_the_split_is_no_second_half(town: Township, admin: asyncpg.Pool) -> None:
    old = await town.household(admin, 1)
    person = await join(town, old, 101, "2016-06-01")
    await pay(town, [1], "2017-04-01", entitlement="产业奖补")
    await town.change(f"{old}/splits", {"person_ids": [person], "head_id": person, "effective_on": "2017-04-02"})
    await pay(town, [101], "2017-05-01", entitlement="产业奖补")
    assert await hits(town, "R08", "2017-12-31") == []


async def test_a_move_into_a_place_with_a_benefit(town: Township, admin: asyncpg.Pool) -> None:
    """Household 1 comes from another township, where nobody was paid; 2 from a village where the same was paid."""
    for place, village in ((11, "102201"), (12, "101202"), (13, "101202")):
        await town.register([place], village=village)
    homes = [await town.household(admin, place) for place in (11, 12)]
    for home in homes:
        move = {"household_ids": [home], "region_code": town.county + "101201", "effective_on": SPLIT}
        await town.change("moves", move)
    batch = await pay(town, [1, 11, 12, 13], "2017-04-01", entitlement="产业奖补")
    await pay(town, [11], "2017-08-29", entitlement="另一补贴")
    [(mark, sentence)] = await hits(town, "R08", "2017-12-31")
    assert mark == f"{batch}:3"
    assert town.county + "102201" in sentence
    assert "31 天" in sentence


async def test_a_village_with_another_code_moved_nobody(town: Township, admin: asyncpg.Pool) -> None:
    await town.register([11], village="101202")
    change = await admin.fetchval(
        "INSERT INTO funds.region_change (id, kind, document, effective_on)"
        " VALUES (gen_random_uuid(), 'recoded', '民发1', '2017-03-01') RETURNING id"
    )
    codes = (change, town.county + "101202", town.county + "101201")
    await admin.execute("INSERT INTO funds.region_link VALUES ($1, $2, $3)", *codes)
    await town.change("moves", {"from_region": codes[1], "region_code": codes[2], "effective_on": SPLIT})
    await pay(town, [11], "2017-04-01", entitlement="产业奖补")
    assert await hits(town, "R08", "2017-12-31") == []
