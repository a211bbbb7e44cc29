"""R09 over a register and paid rosters: who was recorded later as counted from the start, and who came afterwards."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.people import Township
from tests.funds_api.rules.town import hits, join, pay


@pytest.fixture
async def town(funds_http: httpx.AsyncClient, county: str) -> Township:
    """Household p declared 1 + p % 6 people and named one."""
    return await Township(funds_http, county, households=range(7)).open()


async def test_people_recorded_later_who_were_there_all_along(town: Township, admin: asyncpg.Pool) -> None:
    one, other = await town.household(admin, 0), await town.household(admin, 6)  # both declared one person
    await join(town, one, 100, "2016-06-01")
    for place in (101, 102):
        await join(town, other, place, "2017-06-01")
    may = await pay(town, [0, 6], "2017-05-01", "30")
    july = await pay(town, [0, 101], "2017-07-01", "12")
    run = await run_rules(town.http, town.county, "2017-12-31", "R09")
    assert (run["rules"][0]["looked_n"], run["rules"][0]["hits_n"]) == (7, 1)
    [flag] = await flags_of(town.http, town.county, "R09")
    assert (flag["subject_id"], flag["mark"], flag["amount_fen"]) == (other, "1:3", 4_200)
    assert "领款 2 人" in flag["explanation"]
    named = {one["item"]: one["amount_fen"] for one in flag["money"]}
    assert named == {f"payment:{may}:3": 3_000, f"payment:{july}:3": 1_200}, "rows that other rules name count once"
    inspector = funds_caller(town.http, "inspector", town.county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]
    # Before the second of them belonged there was one too many, which is a slip; and nobody was paid in 2018.
    assert await hits(town, "R09", "2017-05-31") == []
    assert (await ask_rule(town.http, town.county, "R09", "2018-01-01")).candidates_n == 0
    assert (await ask_rule(town.http, town.county, "R09", "2017-12-31", town.county + "102")).candidates_n == 0


async def test_births_and_marriages_came_afterwards(town: Township, admin: asyncpg.Pool) -> None:
    home = await town.household(admin, 0)
    for place, reason in ((100, "birth"), (101, "marriage"), (102, "adoption"), (103, "return")):
        await join(town, home, place, "2017-03-01", reason)
    await pay(town, [0], "2017-05-01")
    assert (await ask_rule(town.http, town.county, "R09", "2017-12-31")).candidates_n == 0


async def test_a_household_that_was_paid_nothing_is_not_asked_about(town: Township, admin: asyncpg.Pool) -> None:
    home = await town.household(admin, 0)
    for place in (100, 101, 102):
        await join(town, home, place, "2016-06-01")
    assert (await ask_rule(town.http, town.county, "R09", "2017-12-31")).candidates_n == 0
    await pay(town, [0], "2017-05-01")
    assert (await ask_rule(town.http, town.county, "R09", "2017-12-31")).candidates_n == 1


async def test_whom_a_correction_took_out_never_belonged(town: Township, admin: asyncpg.Pool) -> None:
    home = await town.household(admin, 0)
    people = [await join(town, home, place, "2016-01-01") for place in (100, 101)]
    await pay(town, [0], "2017-05-01")
    before = await admin.fetchval("SELECT max(position) FROM funds.movement WHERE county_code = $1", town.county)
    assert [mark for mark, _ in await hits(town, "R09", "2017-12-31")] == ["1:3"]
    # That one of them was its head from that day on, said by a correction of the same day, takes nobody out.
    said = [
        {"person_id": people[0], "on": "2016-01-01", "role": "head"},
        {"person_id": await town.person(admin, 0), "on": "2016-01-01", "role": "member"},
    ]
    await town.change(f"{home}/corrections", {"reason": "户主有误", "members": said})
    assert [mark for mark, _ in await hits(town, "R09", "2017-12-31")] == ["1:3"]
    await town.change(
        f"{home}/corrections",
        {"reason": "补录有误", "members": [{"person_id": people[1], "on": "2016-01-01", "never": True}]},
    )
    assert await hits(town, "R09", "2017-12-31") == []
    # By what was known before the correction it is asked as it was then.
    then = await ask_rule(town.http, town.county, "R09", "2017-12-31", known=before)
    assert [verdict.mark for _, verdict in then.hits] == ["1:3"]
