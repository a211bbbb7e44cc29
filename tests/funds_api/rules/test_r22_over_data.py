"""R22 over paid rosters: removals, moves away and departures that became known after the payment."""

from __future__ import annotations

from datetime import date

import asyncpg
import httpx
import pytest

from services.funds_api.flags.asking import ask
from services.funds_api.flags.rules.catalogue import RULES
from services.funds_api.flags.rules.rule import Policy
from services.funds_api.flags.store import Place
from services.funds_api.moments import Moment
from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, database, flags_of, run_rules
from tests.funds_api.people import Township
from tests.funds_api.rules.town import hits, pay


@pytest.fixture
async def town(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county, households=range(8)).open()


async def test_a_removal_from_a_day_before_the_payment_that_became_known_after_it(
    town: Township, admin: asyncpg.Pool
) -> None:
    batch = await pay(town, [1, 2, 3, 4], "2017-05-01")
    homes = [await town.household(admin, place) for place in (1, 2, 3)]
    assert await hits(town, "R22", "2017-06-01") == []
    before = (await town.change("removals", removal(homes[0], "2017-04-30")))["position"] - 1
    await town.change("removals", removal(homes[1], "2017-05-01"))
    await town.change("removals", removal(homes[2], "2017-05-02"))
    run = await run_rules(town.http, town.county, "2017-06-01", "R22")
    assert (run["rules"][0]["hits_n"], run["new_fen"]) == (2, 20_000)
    flags = await flags_of(town.http, town.county, "R22")
    assert sorted(one["mark"] for one in flags) == [f"{batch}:2", f"{batch}:3"]
    assert {one["subject_id"] for one in flags} == set(homes[:2])
    inspector = funds_caller(town.http, "inspector", town.county)
    for one in flags:
        assert (await inspector.get(f"/funds/v1/flags/{one['id']}/recomputation")).json()["same"]
    assert (await run_rules(town.http, town.county, "2017-06-01", "R22"))["new_n"] == 0
    # As it was known before the first removal nobody is asked about.
    async with database(town.http).reading(town.county) as tx:
        moment = Moment(date(2017, 6, 1), before)
        then = await ask(tx, RULES["R22"], Place(town.county, town.county), moment, Policy([], town.county))
    assert then.candidates_n == 0


async def test_what_was_taken_back_from_its_day_is_not_asked_about(town: Township, admin: asyncpg.Pool) -> None:
    await pay(town, [1, 2], "2017-05-01")
    homes = [await town.household(admin, place) for place in (1, 2)]
    for home in homes:
        await town.change("removals", removal(home, "2017-04-01"))
    await town.change("reinstatements", removal(homes[0], "2017-04-01"))
    await town.change("reinstatements", removal(homes[1], "2017-05-02"))
    assert len(await hits(town, "R22", "2017-06-01")) == 1


async def test_households_that_had_left_the_county_and_people_who_had_left_theirs(
    town: Township, admin: asyncpg.Pool
) -> None:
    batch = await pay(town, [1, 2, 3, 4], "2017-05-01")
    away = {"household_ids": [await town.household(admin, 1)], "effective_on": "2017-04-01"}
    await town.change("moves", away)
    for place, day in ((2, "2017-05-01"), (3, "2017-05-02")):
        left = {"person_ids": [await town.person(admin, place)], "left_on": day, "reason": "moved"}
        await town.change(f"{await town.household(admin, place)}/departures", left)
    found = await hits(town, "R22", "2017-06-01")
    assert [mark for mark, _ in found] == [f"{batch}:2", f"{batch}:3"]
    assert "已迁出本县" in found[0][1]
    assert "不属于任何在册农户" in found[1][1]
    assert await hits(town, "R22", "2017-04-30") == []
    assert await hits(town, "R22", "2017-06-01", town.county + "102") == []
    # A household that was both removed and had left is asked about once.
    await town.change("removals", removal(str(await town.household(admin, 1)), "2017-04-15"))
    judged = await ask_rule(town.http, town.county, "R22", "2017-06-01")
    assert (judged.candidates_n, len(judged.hits)) == (2, 2)


async def test_who_died_is_asked_about_by_the_list_of_the_dead(town: Township, admin: asyncpg.Pool) -> None:
    """Dead on 10 May and paid on the 20th: the month is owed, and R01 knows it."""
    batch = await pay(town, [1, 2], "2017-05-20")
    for place, reason in ((1, "death"), (2, "moved")):
        left = {"person_ids": [await town.person(admin, place)], "left_on": "2017-05-10", "reason": reason}
        await town.change(f"{await town.household(admin, place)}/departures", left)
    assert [mark for mark, _ in await hits(town, "R22", "2017-06-01")] == [f"{batch}:3"]


async def test_money_that_came_back_was_not_paid(town: Township, admin: asyncpg.Pool) -> None:
    batch = await pay(town, [1], "2017-05-01")
    back = {"amount_fen": 4_000, "effective_on": "2017-05-20", "document": "缴款书1", "reason": "recovered"}
    [row] = (await town.finance.get("/funds/v1/payments", params={"batch": batch})).json()["items"]
    answer = await town.finance.post(f"/funds/v1/payments/{row['id']}/returns", back)
    assert answer.status_code in {200, 201}, answer.text
    await town.change("removals", removal(await town.household(admin, 1), "2017-04-30"))
    [(_, sentence)] = await hits(town, "R22", "2017-06-01")
    assert "60.00" in sentence
    [(_, sentence)] = await hits(town, "R22", "2017-05-19")
    assert "100.00" in sentence


def removal(household: str, on: str) -> dict[str, object]:
    return {"effective_on": on, "households": [{"household_id": household, "reason": "不符合标准"}]}
