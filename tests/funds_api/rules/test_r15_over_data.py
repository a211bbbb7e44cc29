"""R15 over a list of certificates and paid rosters: the payee's own, or anybody's of the household on the day."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.comparisons import Entry, record
from tests.funds_api.people import Township
from tests.funds_api.rules.town import hits, join, pay

LIST = "2017-12-31"
NURSING = "重度残疾人护理补贴2017"


@pytest.fixture
async def town(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county, households=range(12)).open()


async def test_payees_without_a_certificate_of_the_day_and_grade(town: Township, tmp_path: Path) -> None:
    entries = [
        Entry(0, category="肢体二级"),
        Entry(1, category="视力三级"),
        Entry(1, category="肢体2级", to_on="2017-04-30"),
        Entry(2, category="肢体一级", from_on="2017-05-02"),
        Entry(3, category="言语"),
        Entry(4, category="肢体四级"),
    ]
    await record(town.http, town.county, "disability", entries, tmp_path, on=LIST)
    await pay(town, [0, 5], "2017-05-01", entitlement="产业奖补")
    batch = await pay(town, [0, 1, 2, 3, 4, 5], "2017-05-01", entitlement=NURSING, per="person")
    living = await pay(town, [4, 6], "2017-05-01", entitlement="困难残疾人生活补贴", per="person")
    run = await run_rules(town.http, town.county, "2018-01-31", "R15")
    assert (run["new_n"], run["rules"][0]["candidates_n"]) == (4, 7)
    flags = {one["mark"]: one for one in await flags_of(town.http, town.county, "R15")}
    said = {
        f"{batch}:3": "三级，该补贴要求二级以上",
        f"{batch}:6": "四级",
        f"{batch}:7": "领款人不在名单中",
        f"{living}:3": "领款人不在名单中",
    }
    assert sorted(flags) == sorted(said)
    for mark, words in said.items():
        assert words in flags[mark]["explanation"]
    inspector = funds_caller(town.http, "inspector", town.county)
    for one in flags.values():
        assert (await inspector.get(f"/funds/v1/flags/{one['id']}/recomputation")).json()["same"]
    assert await hits(town, "R15", "2018-01-31", town.county + "102") == []


async def test_a_certificate_given_anew_after_the_payment_accuses_nobody(town: Township, tmp_path: Path) -> None:
    """Paid on 1 March; 0 and 1 have one from June on, and 1 had another until February, 2 until the day itself."""
    entries = [
        Entry(0, category="肢体一级", from_on="2017-06-01"),
        Entry(1, category="肢体一级", from_on="2017-06-01"),
        Entry(1, category="肢体一级", to_on="2017-02-28"),
        Entry(2, category="肢体一级", to_on="2017-03-01"),
    ]
    await record(town.http, town.county, "disability", entries, tmp_path, on=LIST)
    batch = await pay(town, [0, 1, 2], "2017-03-01", entitlement=NURSING, per="person")
    [(mark, sentence)] = await hits(town, "R15", "2018-01-31")
    assert mark == f"{batch}:3"
    assert "在发放之日以前已到期" in sentence
    assert sentence.endswith("，请核实")


async def test_a_roster_of_households_is_answered_by_anybody_of_the_day(
    town: Township, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    """101 belongs to 1 until June; 2 has somebody who cannot be compared; 3 has nobody."""
    home = await town.household(admin, 1)
    person = await join(town, home, 101, "2016-06-01")
    await join(town, await town.household(admin, 2), 102, "2016-06-01")
    left = {"person_ids": [person], "left_on": "2017-06-01", "reason": "moved"}
    await town.change(f"{home}/departures", left)
    await record(town.http, town.county, "disability", [Entry(101, category="肢体一级")], tmp_path, on=LIST)
    await admin.execute(
        "UPDATE funds.person SET match_token = NULL WHERE county_code = $1 AND id = $2::uuid",
        town.county,
        await town.person(admin, 102),
    )
    may = await pay(town, [1, 2, 3], "2017-05-31", entitlement=f"{NURSING}上")
    june = await pay(town, [1], "2017-06-01", entitlement=f"{NURSING}下")
    found = await ask_rule(town.http, town.county, "R15", "2018-01-31")
    assert sorted(verdict.mark for _, verdict in found.hits) == sorted([f"{may}:4", f"{june}:2"])
    assert found.figures[-1]["left_out_n"] == 1


async def test_a_payee_who_cannot_be_compared_is_left_out(town: Township, admin: asyncpg.Pool, tmp_path: Path) -> None:
    await record(town.http, town.county, "disability", [Entry(7, category="肢体一级")], tmp_path, on=LIST)
    await pay(town, [1], "2017-05-01", entitlement=NURSING, per="person")
    assert len(await hits(town, "R15", "2018-01-31")) == 1
    await admin.execute(
        "UPDATE funds.person SET match_token = NULL WHERE county_code = $1 AND id = $2::uuid",
        town.county,
        await town.person(admin, 1),
    )
    assert await hits(town, "R15", "2018-01-31") == []
