"""L04 and L06 over reported loans: the register as it became known later, and the age that is kept nowhere."""

from __future__ import annotations

import asyncpg
import pytest

from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.people import Township, id_number
from tests.funds_api.rules.lending import asked_about, lend, report

NOW = "2017-12-31"
# The places of generated people born on 1 and 2 September 1951.
OF_66_YEARS, OF_65_YEARS = 560 * 999, 561 * 999


async def test_households_removed_before_the_loan_as_became_known_later(town: Township, admin: asyncpg.Pool) -> None:
    """Removed the day before, on the day, and the day after the loan; the report after a removal is refused."""
    homes = [await town.household(admin, place) for place in range(4)]
    for place in range(4):
        await lend(town, f"A-{place}", place)
    assert await asked_about(town, "L04", NOW) == {}
    for place, on in enumerate(("2017-08-31", "2017-09-01", "2017-09-02")):
        await town.remove(homes[place], on)
    refused = await report(town, "A-9", 0)
    assert refused.json()["type"] == "/problems/borrower-not-registered"
    run = await run_rules(town.http, town.county, NOW, "L04")
    [told] = run["rules"]
    assert (told["looked_n"], told["candidates_n"], told["hits_n"], told["new_fen"]) == (4, 2, 2, 4_000_000)
    flags = {flag["facts"]["bank_ref"]: flag for flag in await flags_of(town.http, town.county, "L04")}
    assert {ref: flag["days"] for ref, flag in flags.items()} == {"A-0": 1, "A-1": 0}
    assert "自 2017-08-31 起已清退（“县扶贫发〔2017〕3号”" in flags["A-0"]["explanation"]
    assert id_number(0) not in str(flags)
    inspector = funds_caller(town.http, "inspector", town.county)
    assert (await inspector.get(f"/funds/v1/flags/{flags['A-1']['id']}/recomputation")).json()["same"]
    assert await asked_about(town, "L04", "2017-08-31") == {}
    assert await asked_about(town, "L04", NOW, town.county + "102") == {}


async def test_lifted_and_monitored_households_may_borrow(town: Township, admin: asyncpg.Pool) -> None:
    for place, standing in enumerate(("lifted", "monitored")):
        home = [{"household_id": await town.household(admin, place), "reason": "年度动态调整"}]
        await town.change("standings", {"effective_on": "2017-01-01", "standing": standing, "households": home})
        await lend(town, f"A-{place}", place)
    assert (await ask_rule(town.http, town.county, "L04", NOW)).candidates_n == 0


async def test_a_removal_that_was_taken_back_from_its_day_is_not_asked_about(
    town: Township, admin: asyncpg.Pool
) -> None:
    home = await town.household(admin, 1)
    await lend(town, "A-1", 1)
    await town.remove(home, "2017-08-01")
    assert list(await asked_about(town, "L04", NOW)) == ["A-1"]
    body = {"reason": "错误清退", "standings": [{"on": "2017-08-01", "never": True}]}
    await town.change(f"{home}/corrections", body)
    assert await asked_about(town, "L04", NOW) == {}


async def test_a_household_that_had_left_the_county_and_a_borrower_of_no_household(
    town: Township, admin: asyncpg.Pool
) -> None:
    for place in (1, 2, 3):
        await lend(town, f"A-{place}", place)
    gone = [await town.household(admin, 1)]
    await town.change("moves", {"household_ids": gone, "effective_on": "2017-08-01"})
    for place, on in ((2, "2017-09-01"), (3, "2017-09-02")):
        left = {"person_ids": [await town.person(admin, place)], "left_on": on, "reason": "death"}
        await town.change(f"{await town.household(admin, place)}/departures", left)
    found = await asked_about(town, "L04", NOW)
    assert sorted(found) == ["A-1", "A-2"]
    assert "自 2017-08-01 起已迁出本县" in found["A-1"]
    assert "自 2017-09-01 起不属于任何在册农户" in found["A-2"]


async def test_whoever_was_older_than_banks_lend_to(town: Township, admin: asyncpg.Pool) -> None:
    """66 years old on the day of the loan, and 66 the day after; only the answer is kept."""
    await town.register([OF_66_YEARS, OF_65_YEARS])
    old = await lend(town, "A-66", OF_66_YEARS)
    await lend(town, "A-65", OF_65_YEARS)
    [(ref, said)] = (await asked_about(town, "L06", NOW)).items()
    assert (ref, "已超过 65 周岁" in said, "暂定" in said) == ("A-66", True, True)
    run = await run_rules(town.http, town.county, NOW, "L06")
    assert [(one["looked_n"], one["hits_n"], one["new_n"]) for one in run["rules"]] == [(2, 1, 1)]
    [flag] = await flags_of(town.http, town.county, "L06")
    assert (flag["subject_id"], flag["money"]) == (old, [{"item": f"loan:{old}", "amount_fen": 2_000_000}])
    assert "1951" not in flag["explanation"]
    aged = {name: told for name, told in flag["facts"].items() if "age" in name or "born" in name or "birth" in name}
    assert aged == {"age_limit_years": 65, "is_over_age": True}
    kept = await admin.fetch(
        "SELECT bank_ref, age_limit_years, is_over_age FROM funds.loan WHERE county_code = $1 ORDER BY 1", town.county
    )
    assert [tuple(row) for row in kept] == [("A-65", 65, False), ("A-66", 65, True)]
    page = (await funds_caller(town.http, "inspector", town.county).get("/funds/v1/loans")).json()
    assert not any("age" in name and name != "page" for one in page["items"] for name in one)


async def test_a_limit_laid_down_later_does_not_reach_loans_of_before(town: Township, admin: asyncpg.Pool) -> None:
    await town.register([OF_65_YEARS])
    await lend(town, "A-1", OF_65_YEARS)
    await admin.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        " VALUES ('loan_max_age_years', $1, '2015-01-01', '60', '县办发〔2017〕9号', 'practice')",
        town.county,
    )
    assert await asked_about(town, "L06", NOW) == {}
    await lend(town, "A-2", OF_65_YEARS)
    found = await asked_about(town, "L06", NOW)
    assert list(found) == ["A-2"]
    assert "60 周岁（县办发〔2017〕9号）" in found["A-2"]


async def test_a_loan_from_before_the_rule_is_not_asked_about(town: Township, admin: asyncpg.Pool) -> None:
    await town.register([OF_66_YEARS])
    loan = await lend(town, "A-1", OF_66_YEARS)
    await admin.execute("UPDATE funds.loan SET age_limit_years = NULL, is_over_age = NULL WHERE id = $1::uuid", loan)
    assert await asked_about(town, "L06", NOW) == {}
    with pytest.raises(asyncpg.CheckViolationError):
        await admin.execute("UPDATE funds.loan SET is_over_age = true WHERE id = $1::uuid", loan)
