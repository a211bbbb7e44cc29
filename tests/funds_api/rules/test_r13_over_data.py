"""R13 over lists and paid rosters: who stands on a list of those entitled and was not paid, nor anybody for them."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from services.funds_api.flags.rules.kept import kept
from services.funds_api.flags.rules.r13_eligible_but_unpaid import PLAIN, SPELLED
from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, database, flags_of, run_rules
from tests.funds_api.comparisons import Entry, record
from tests.funds_api.people import Township
from tests.funds_api.rules.town import hits, join, pay
from treasury.documents import normalise_document

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


async def test_a_benefit_is_the_same_in_the_list_and_in_the_roster(town: Township, tmp_path: Path) -> None:
    entries = [Entry(1, category="产业奖补（2017年度）"), Entry(2, category="产业奖补(2017年度)")]
    await record(town.http, town.county, "eligible", entries, tmp_path, on=LIST)
    assert len(await lines(town, "2017-12-01")) == 2
    await pay(town, [1, 2], "2017-07-01", entitlement="产业奖补〔2017 年度〕")
    assert await lines(town, "2017-12-01") == []


async def test_names_are_spelled_as_rosters_spell_them(town: Township) -> None:
    names = ["产业奖补（2017）", " 助学 金\u3000", "【a】{b}［c］(d)﹝e﹞", "；医保，补贴。", "Ａ１；", "。", "低保"]
    async with database(town.http).reading(town.county) as tx:
        spelled = [
            await tx.scalar(text(f"SELECT {SPELLED.format('CAST(:name AS text)')}").bindparams(name=name))
            for name in names
        ]
    assert spelled == [normalise_document(name) for name in names]


async def test_an_entry_owes_what_falls_into_the_year_of_the_list(town: Township, tmp_path: Path) -> None:
    async def asked(*until: str) -> int:
        entries = [Entry(1 + at, category="低保", from_on="2015-01-01", to_on=last) for at, last in enumerate(until)]
        await record(town.http, town.county, "eligible", entries, tmp_path, on=LIST)
        return len(await lines(town, "2017-12-01"))

    assert await asked("2015-12-31", "2016-12-31") == 0
    assert await asked("2016-12-31", "2017-01-01") == 1
    assert await asked("2016-12-31", "2017-01-01", "", "2018-12-31") == 3


async def test_a_household_that_left_the_county_is_owed_nothing(
    town: Township, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    await record(town.http, town.county, "eligible", [Entry(1, category="低保")], tmp_path, on=LIST)
    move = {"household_ids": [await town.household(admin, 1)], "effective_on": "2017-11-01"}
    await town.change("moves", move)
    assert len(await lines(town, "2017-10-31")) == 1
    assert await lines(town, "2017-11-01") == []


async def test_who_was_paid_in_another_township_was_paid(town: Township, admin: asyncpg.Pool, tmp_path: Path) -> None:
    await record(
        town.http, town.county, "eligible", [Entry(1, category="低保"), Entry(2, category="低保")], tmp_path, on=LIST
    )
    await pay(town, [1], "2017-07-01", entitlement="低保")
    there = town.county + "102"
    homes = [await town.household(admin, place) for place in (1, 2)]
    await town.change("moves", {"household_ids": homes, "region_code": there + "201", "effective_on": "2017-08-01"})
    assert len(await lines(town, "2017-12-01", there)) == 1
    assert len(await lines(town, "2017-12-01")) == 1


async def test_a_plain_name_is_answered_by_each_roster_of_it_and_a_batch_by_itself(
    town: Township, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    """A list of 产业奖补 asks for any roster of it; one of the second batch for that one; 产业奖补贷款 is another."""
    benefits = {1: "产业奖补", 2: "产业奖补", 3: "产业奖补第二批", 4: "产业奖补第二批", 5: "产业奖补"}
    entries = [Entry(place, category=benefit) for place, benefit in benefits.items()]
    await record(town.http, town.county, "eligible", entries, tmp_path, on=LIST)
    places = {await town.person(admin, place): place for place in benefits}

    async def unpaid() -> list[int]:
        found = await ask_rule(town.http, town.county, "R13", "2017-12-01")
        return sorted(places[str(facts.subject_id)] for facts, _ in found.hits)

    assert await unpaid() == [1, 2, 3, 4, 5]
    await pay(town, [1, 3], "2017-07-01", entitlement="2017年产业奖补（第一批）")
    assert await unpaid() == [2, 3, 4, 5]
    await pay(town, [4], "2017-07-02", entitlement="产业奖补第二批")
    assert await unpaid() == [2, 3, 5]
    await pay(town, [2], "2017-07-03", entitlement="产业奖补贷款")
    assert await unpaid() == [2, 3, 5]


@pytest.mark.parametrize(
    ("entitlement", "plain"),
    [
        ("2017年产业奖补第一批", "产业奖补"),
        ("产业奖补〔2017年度〕", "产业奖补"),
        ("2018年一季度低保金", "低保金"),
        ("12月份特困供养金", "特困供养金"),
        ("2017年秋季学期雨露计划补助", "雨露计划补助"),
        ("首批危房改造补助", "危房改造补助"),
        ("一次性补助", "一次性补助"),
        ("产业奖补〔大户〕", "产业奖补〔大户〕"),
    ],
)
async def test_year_batch_quarter_and_month_are_no_part_of_a_benefits_name(
    town: Township, entitlement: str, plain: str
) -> None:
    async with database(town.http).reading(town.county) as tx:
        found = await tx.scalar(text(f"SELECT {PLAIN.format('CAST(:name AS text)')}").bindparams(name=entitlement))
    assert found == plain


async def test_a_household_answers_for_whoever_belonged_to_it_then_or_belongs_now(
    town: Township, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    """101 left a household that was paid, 102 one that was paid after it; 103 came into one that had been paid."""
    people = {}
    for place in (1, 2):
        people[place] = await join(town, await town.household(admin, place), 100 + place, "2016-06-01")
    await record(
        town.http,
        town.county,
        "eligible",
        [Entry(place, category="产业奖补") for place in (101, 102, 103)],
        tmp_path,
        on=LIST,
    )
    await pay(town, [1, 3], "2017-03-01", entitlement="产业奖补")
    for place, person in people.items():
        told = {"person_ids": [person], "head_id": person, "effective_on": "2017-04-01", "document": "分户审批表3"}
        await town.change(f"{await town.household(admin, place)}/splits", told)
    await join(town, await town.household(admin, 3), 103, "2017-05-01", "marriage")
    await pay(town, [2], "2017-04-01", entitlement="产业奖补")
    found = await ask_rule(town.http, town.county, "R13", "2017-12-01")
    assert [str(facts.subject_id) for facts, _ in found.hits] == [people[2]]
