"""R04 to R07 over paid rosters and lists of what payees and their kin have."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.comparisons import Entry, record
from tests.funds_api.people import Township, id_number
from tests.funds_api.rules.paying import give_back, pay

FOUR = {0: "100", 1: "200", 2: "300", 3: "400"}


async def lines(town: Township, rule: str, on: str = "2017-06-01", region: str = "") -> list[int]:
    found = await ask_rule(town.http, town.county, rule, on, region)
    return sorted(facts.line for facts, _ in found.hits)  # type: ignore[attr-defined]


async def test_cars_of_the_day_and_of_some_value(town: Township, tmp_path: Path) -> None:
    """Person 0: 70,000 yuan; 1: a fen below the limit; 2: sold the day before; 3: two, one of them of no told value."""
    batch = await pay(town, FOUR, "2017-05-01")
    cars = [
        Entry(0, from_on="2016-01-01", category="小型轿车", amount="70000"),
        Entry(1, amount="29999.99"),
        Entry(2, to_on="2017-04-30", amount="70000"),
        Entry(3, from_on="2017-05-01", amount="30000"),
        Entry(3, to_on="2017-05-01"),
        Entry(60, amount="70000"),
    ]
    await record(town.http, town.county, "car", cars, tmp_path)
    [ran] = (await run_rules(town.http, town.county, "2017-06-01", "R04"))["rules"]
    assert (ran["looked_n"], ran["candidates_n"], ran["hits_n"], ran["new_fen"]) == (4, 3, 2, 50_000)
    flags = {flag["mark"]: flag["explanation"] for flag in await flags_of(town.http, town.county, "R04")}
    assert "名下有 1 辆" in flags[f"{batch}:2"]
    assert "名下有 2 辆" in flags[f"{batch}:5"]


async def test_flats_of_the_day(town: Township, tmp_path: Path) -> None:
    """One dwelling, two, one shop, and one dwelling with another given away before."""
    await pay(town, FOUR, "2017-05-01")
    flats = [
        Entry(0, category="住宅", count="1"),
        Entry(1, category="住宅", count="2"),
        Entry(2, category="非住宅"),
        Entry(3, category="住宅"),
        Entry(3, category="住宅", to_on="2017-04-30"),
    ]
    await record(town.http, town.county, "flat", flats, tmp_path)
    assert await lines(town, "R05") == [3, 4]
    assert await lines(town, "R05", region=town.county + "102") == []


async def test_businesses_of_the_day(town: Township, tmp_path: Path) -> None:
    """A shareholder, a pedlar below the limit, one at it, and a firm that was struck off; pedlars by two words."""
    await pay(town, {**FOUR, 4: "500", 5: "600"}, "2017-05-01")
    firms = [
        Entry(0, category="股东", amount="1"),
        Entry(1, category="个体户", amount="99999.99"),
        Entry(2, category="个体户", amount="100000"),
        Entry(3, category="法人", to_on="2017-04-30"),
        Entry(4, category="个体工商户", amount="99999.99"),
        Entry(5, category="个体工商户", amount="100000"),
    ]
    await record(town.http, town.county, "business", firms, tmp_path)
    assert await lines(town, "R06") == [2, 4, 7]


async def test_what_came_back_is_left_out_everywhere(town: Township, tmp_path: Path) -> None:
    batch = await pay(town, FOUR, "2017-05-01")
    for kind, entry in (("car", Entry(0)), ("flat", Entry(0, category="非住宅")), ("business", Entry(0))):
        await record(town.http, town.county, kind, [entry], tmp_path)
    await give_back(town, batch, 2, "2017-05-08")
    for rule in ("R04", "R05", "R06"):
        assert await lines(town, rule, "2017-05-07") == [2]
        assert await lines(town, rule, "2017-05-08") == []


async def join(town: Township, admin: asyncpg.Pool, home: int, place: int, on: str) -> None:
    """The `place`-th generated person, whom nobody knew, joins the household of the `home`-th."""
    member = {"name": "张某", "id_number": id_number(place), "reason": "marriage", "joined_on": on}
    await town.change(f"{await town.household(admin, home)}/members", member)


async def test_kin_who_belonged_to_the_household_on_the_day(
    town: Township, tmp_path: Path, admin: asyncpg.Pool
) -> None:
    """50 joined household 0 on the day of payment, 51 joined household 1 the day after; 2 is on the payroll alone."""
    await join(town, admin, 0, 50, "2017-05-01")
    await join(town, admin, 1, 51, "2017-05-02")
    batch = await pay(town, FOUR, "2017-05-01")
    await record(town.http, town.county, "payroll", [Entry(50, category="事业"), Entry(51), Entry(2)], tmp_path)
    assert await lines(town, "R07") == [2]
    later = await pay(town, FOUR, "2017-05-03")
    [ran] = (await run_rules(town.http, town.county, "2017-06-01", "R07"))["rules"]
    assert (ran["hits_n"], ran["new_fen"]) == (3, 40_000)
    marks = {flag["mark"] for flag in await flags_of(town.http, town.county, "R07")}
    assert marks == {f"{batch}:2", f"{later}:2", f"{later}:3"}
