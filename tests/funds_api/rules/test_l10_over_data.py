"""L10 over loans and paid rosters: what a household got of subsidy beside the interest its loans can have borne."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.people import Township
from tests.funds_api.rules.lending import lend
from tests.funds_api.rules.town import join, pay

SUBSIDY = "小额信贷贴息"


@pytest.fixture
async def town(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county, fen=5_000_000, households=range(12)).open()


async def asked(town: Township, on: str = "2019-12-31", region: str = "") -> list[tuple[str, int, int]]:
    """(day, the household's subsidy so far, loans) of each row that is asked about."""
    found = await ask_rule(town.http, town.county, "L10", on, region)
    assert found.candidates_n == len(found.hits), "what the query narrows to is judged so too"
    return sorted((str(one.as_of), one.paid_fen, one.loans_n) for one, _ in found.hits)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("yuan", "fires"), [("969.99", False), ("970.00", True)])
async def test_more_than_all_the_interest_and_a_hundred_yuan(town: Township, yuan: str, fires: bool) -> None:
    """20,000.00 yuan at 4.35 % for 360 days, to 27 August 2018: 870.00 yuan."""
    await lend(town, "A-1", 1)
    await pay(town, [1], "2018-08-27", yuan, entitlement=f"2018年{SUBSIDY}")
    assert await asked(town) == [("2018-08-27", 97_000, 1)] * fires
    assert await asked(town, "2018-08-26") == []
    assert await asked(town, region=town.county + "102") == []


async def test_rows_add_up_until_the_loan_is_due_and_each_is_asked_about_from_there(town: Township) -> None:
    """Two years at 870.00 yuan in 360 days: 730 days bear 1,764.17 yuan, and not a fen more after that."""
    await lend(town, "A-1", 1)
    await pay(town, [1], "2018-09-01", "870", entitlement=f"2018年{SUBSIDY}")
    await pay(town, [1], "2019-09-01", "994.16", entitlement=f"2019年{SUBSIDY}第一批")
    assert await asked(town) == []
    await pay(town, [1], "2019-12-01", "0.01", entitlement=f"2019年{SUBSIDY}第二批")
    assert await asked(town) == [("2019-12-01", 186_417, 1)]
    await pay(town, [1], "2019-12-02", "30", entitlement="产业奖补")
    assert len(await asked(town)) == 1


async def test_subsidy_without_a_loan_and_loans_of_the_household_and_of_the_payee(
    town: Township, admin: asyncpg.Pool
) -> None:
    """2 has none; 3's was lent to another of the household; of 4 a member borrowed and then left."""
    await join(town, await town.household(admin, 3), 103, "2016-06-01")
    await lend(town, "A-103", 103)
    await lend(town, "A-4", 4)
    await pay(town, [2, 3, 4], "2018-08-27", "500", entitlement=SUBSIDY)
    run = await run_rules(town.http, town.county, "2019-12-31", "L10")
    assert (run["new_n"], run["new_fen"]) == (1, 50_000)
    [flag] = await flags_of(town.http, town.county, "L10")
    assert (flag["subject"], flag["subject_id"]) == ("payment", await town.household(admin, 2))
    assert "账内没有该户" in flag["explanation"]
    inspector = funds_caller(town.http, "inspector", town.county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]
    assert (await run_rules(town.http, town.county, "2020-01-01", "L10"))["new_n"] == 0


async def test_before_any_bank_reported_a_loan_nothing_is_asked(town: Township) -> None:
    await pay(town, [2], "2018-08-27", "500", entitlement=SUBSIDY)
    assert await asked(town) == []
    await lend(town, "A-1", 1, disbursed_on="2018-08-28", due_on="2019-08-28")
    assert await asked(town) == [], "the first report is later than the payment"
    await lend(town, "A-5", 5, disbursed_on="2018-08-27", due_on="2019-08-27")
    assert await asked(town) == [("2018-08-27", 50_000, 0)]


async def test_subsidy_of_before_the_first_report_is_not_held_against_the_loans_of_after_it(town: Township) -> None:
    """It was for loans that nobody reported: added up, what a reported loan bore to the fen was 500 yuan too much."""
    await pay(town, [1], "2017-08-31", "500", entitlement=f"2017年{SUBSIDY}")
    await lend(town, "A-1", 1)  # on 1 September 2017
    await pay(town, [1], "2018-08-27", "870", entitlement=f"2018年{SUBSIDY}")
    assert await asked(town) == []
    await pay(town, [1], "2018-08-27", "100", entitlement=f"2018年{SUBSIDY}第二批")
    assert await asked(town) == [("2018-08-27", 97_000, 1)]
    [(_, verdict)] = (await ask_rule(town.http, town.county, "L10", "2019-12-31")).hits
    assert "该户自 2017-09-01（账内首笔贷款）至此共领贴息 970.00 元" in verdict.explanation
