"""R14 over a list of residents and paid rosters: absent, elsewhere, not yet or no more there, not agricultural."""

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
from tests.funds_api.rules.town import hits, pay

LIST = "2017-12-31"


@pytest.fixture
async def town(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county, households=range(20)).open()


async def test_who_the_list_does_not_answer_for(town: Township, admin: asyncpg.Pool, tmp_path: Path) -> None:
    """19 of 20 are listed; of them 0 elsewhere, 1 there since June, 2 until April, 3 not agricultural (asked here)."""
    await ask_nonfarm(admin, town.county, "nonfarm_asked")
    here = town.county + "101201"
    entries = [
        Entry(0, region="990999101"),
        Entry(1, from_on="2017-06-01", region=here),
        Entry(2, to_on="2017-04-30", region=here),
        Entry(3, category="非农业", region=here),
        Entry(4, from_on="2017-05-01", to_on="2017-05-01", category="农业", region=here),
        *(Entry(place) for place in range(5, 19)),
    ]
    await record(town.http, town.county, "resident", entries, tmp_path, on=LIST)
    batch = await pay(town, list(range(20)), "2017-05-01")
    run = await run_rules(town.http, town.county, "2018-01-31", "R14")
    assert (run["rules"][0]["candidates_n"], run["new_n"], run["new_fen"]) == (6, 5, 50_000)
    flags = {one["mark"]: one for one in await flags_of(town.http, town.county, "R14")}
    said = {2: "不在本县", 3: "户籍不在", 4: "户籍不在", 5: "非农业", 21: "不在户籍人口名单中"}
    assert sorted(flags) == sorted(f"{batch}:{line}" for line in said)
    for line, words in said.items():
        assert words in flags[f"{batch}:{line}"]["explanation"]
    inspector = funds_caller(town.http, "inspector", town.county)
    for one in flags.values():
        assert (await inspector.get(f"/funds/v1/flags/{one['id']}/recomputation")).json()["same"]
    assert await hits(town, "R14", "2018-01-31", town.county + "102") == []


async def test_nobody_is_asked_about_agricultural_registration_where_no_place_says_so(
    town: Township, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    entries = [Entry(0, category="非农业"), *(Entry(place) for place in range(1, 20))]
    await record(town.http, town.county, "resident", entries, tmp_path, on=LIST)
    batch = await pay(town, [0, 1], "2017-05-01", entitlement="城市低保")
    assert await hits(town, "R14", "2018-01-31") == []
    fund = await admin.fetchval("SELECT fund_code FROM funds.payment_batch WHERE id = $1::uuid", batch)
    await ask_nonfarm(admin, town.county, "nonfarm_asked.OTHER")
    assert await hits(town, "R14", "2018-01-31") == []
    await ask_nonfarm(admin, town.county, f"nonfarm_asked.{fund}")
    [(mark, sentence)] = await hits(town, "R14", "2018-01-31")
    assert mark == f"{batch}:2"
    assert "非农业" in sentence


@pytest.mark.parametrize("code", ["99", "99{county[2]}{county[3]}", "98", "98{county[2]}{county[3]}"])
async def test_an_entry_of_the_province_or_prefecture_is_not_elsewhere(
    town: Township, tmp_path: Path, code: str
) -> None:
    region = code.format(county=town.county)
    entries = [Entry(0, region=region), *(Entry(place) for place in range(1, 20))]
    await record(town.http, town.county, "resident", entries, tmp_path, on=LIST)
    await pay(town, [0, 1], "2017-05-01")
    assert (await hits(town, "R14", "2018-01-31") == []) == town.county.startswith(region)


async def ask_nonfarm(admin: asyncpg.Pool, county: str, key: str) -> None:
    await admin.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        " VALUES ($1, $2, '2016-01-01', '1', '县政府办通知', 'practice')",
        key,
        county,
    )


async def test_people_not_compared_are_left_out_and_counted(
    town: Township, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    await record(town.http, town.county, "resident", [Entry(place) for place in range(18)], tmp_path, on=LIST)
    await pay(town, list(range(20)), "2017-05-01")
    assert len(await hits(town, "R14", "2018-01-31")) == 2
    await admin.execute(
        "UPDATE funds.person SET match_token = NULL WHERE county_code = $1 AND id = $2::uuid",
        town.county,
        await town.person(admin, 19),
    )
    found = await ask_rule(town.http, town.county, "R14", "2018-01-31")
    assert (len(found.hits), found.figures[-1]["left_out_n"]) == (1, 1)


@pytest.mark.parametrize(("listed", "asked"), [(17, 0), (18, 2)])
async def test_a_list_of_few_says_nothing_about_the_others(
    town: Township, tmp_path: Path, listed: int, asked: int
) -> None:
    await pay(town, list(range(20)), "2017-05-01")
    await record(town.http, town.county, "resident", [Entry(place) for place in range(listed)], tmp_path, on=LIST)
    assert len(await hits(town, "R14", "2018-01-31")) == asked


async def test_payments_long_before_or_after_the_list_are_not_asked_about(town: Township, tmp_path: Path) -> None:
    await record(town.http, town.county, "resident", [Entry(place) for place in range(19)], tmp_path, on="2018-03-01")
    first = await pay(town, [19], "2017-03-01")
    last = await pay(town, [19], "2018-03-01")
    await pay(town, [19], "2018-03-02")
    assert [mark for mark, _ in await hits(town, "R14", "2018-12-31")] == sorted([f"{first}:2", f"{last}:2"])
    later = await record(
        town.http, town.county, "resident", [Entry(place) for place in range(18)], tmp_path, on="2018-03-02"
    )
    found = await ask_rule(town.http, town.county, "R14", "2018-12-31")
    assert {kept(facts)["version_no"] for facts, _ in found.hits} == {later["version_no"]}
    assert {facts.as_of.isoformat() for facts, _ in found.hits} == {"2018-03-01", "2018-03-02"}
