"""The share of industry money: what stands with its projects, what nobody can tell, and the least share of a place."""

from __future__ import annotations

import asyncpg
import pytest

from tests.factories import open_account
from tests.funds_api.desk import Desk
from tests.funds_api.library import Library, plan
from tests.funds_api.test_project_money import library
from tests.funds_api.test_spending_progress import at, done, money, progress

__all__ = ["library"]  # a fixture


async def test_industry_is_what_stands_with_its_projects_and_the_rest_is_told(library: Library) -> None:
    """800,000 of 1,000,000 to a project of industry; 200,000 nobody can tell of."""
    http, county = library.http, library.county
    nobody = await progress(library.clerk)
    assert nobody["total"]["industry"] == {
        "industry_fen": 0,
        "other_projects_fen": 0,
        "unclassified_fen": 1_000_000,
        "share_ppm": 0,
        "share": "0.00",
        "share_at_most": "100.00",
    }
    assert nobody["least_industry"] is None, "none was asked for in 2017"
    cash = (await library.walk("building", plan=plan(kind="industry")))["cash_account_id"]
    await done(await library.move("hand_down", library.treasury, cash, 800_000, "2017-04-20"))
    told = await progress(library.clerk)
    assert (told["total"]["industry"]["industry_fen"], told["total"]["industry"]["share"]) == (800_000, "80.00")
    place = at(told, county + "101")["industry"]
    assert (place["industry_fen"], place["share"], place["share_at_most"]) == (800_000, "100.00", "100.00")
    assert at(told, county, "own")["industry"]["unclassified_fen"] == 200_000
    back = {"kind": "return", "document": "退", "account_id": cash, "fund_code": "TEST-FUND", "amount_fen": 300_000}
    await done(await library.clerk.post("/funds/v1/movements", {**back, "effective_on": "2017-04-25"}))
    contract = (await library.sign(500_000)).json()["id"]
    await library.progress(contract, 1_000_000, "2017-10-01")
    await done(await library.move("pay", cash, library.contractor, 400_000, "2017-10-05"))
    deposit = await open_account(http, county, "retention", "质保金专户")
    kept = {"release_on": "2018-10-01", "contract_id": contract}
    await done(await library.move("retain", cash, deposit, 50_000, "2017-10-05", **kept))
    told = await progress(library.clerk)
    assert (told["total"]["industry"]["industry_fen"], money(told["total"])) == (500_000, (1_000_000, 400_000))
    assert at(told, county, "own")["industry"]["industry_fen"] == 50_000, "the retention is kept by the county, for it"


@pytest.mark.parametrize(
    ("least", "verdict"), [(799_999, "kept"), (800_000, "kept"), (800_001, "open"), (1_000_000, "open")]
)
async def test_the_least_share_is_kept_or_cannot_be_told(
    library: Library, admin: asyncpg.Pool, least: int, verdict: str
) -> None:
    await ask_for(admin, library.county, least)
    cash = (await library.walk("building", plan=plan(kind="photovoltaic")))["cash_account_id"]
    await done(await library.move("hand_down", library.treasury, cash, 800_000, "2017-04-20"))
    asked = (await progress(library.clerk))["least_industry"]
    assert (asked["verdict"], asked["required_ppm"], asked["source"]) == (verdict, least, "县定")


async def test_the_least_share_is_missed_when_what_is_left_could_not_make_it(
    library: Library, admin: asyncpg.Pool
) -> None:
    cash = (await library.walk("building"))["cash_account_id"]  # a road
    await done(await library.move("hand_down", library.treasury, cash, 800_000, "2017-04-20"))
    for least, verdict in ((200_000, "open"), (200_001, "missed")):
        await ask_for(admin, library.county, least)
        assert (await progress(library.clerk))["least_industry"]["verdict"] == verdict


async def ask_for(admin: asyncpg.Pool, county: str, least: int) -> None:
    await admin.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        " VALUES ('industry_share_min_ppm', $1, '2017-01-01', to_jsonb($2::int), '县定', 'assumed')"
        " ON CONFLICT (key, region_code, valid_from, edition) DO UPDATE SET value = excluded.value",
        county,
        least,
    )


@pytest.mark.parametrize(
    ("region", "as_of", "least", "basis"),
    [
        ("150100", "2021-12-31", None, None),
        ("150100", "2022-01-01", 550_000, "practice"),
        ("150100", "2022-12-31", 550_000, "practice"),
        ("150100", "2023-01-01", 600_000, "assumed"),
        ("970001", "2022-12-31", None, None),
        ("970001", "2023-01-01", 600_000, "assumed"),
    ],
)
async def test_the_least_share_holds_where_and_since_when_it_was_laid_down(
    desk: Desk, region: str, as_of: str, least: int | None, basis: str | None
) -> None:
    asked = {"key": "industry_share_min_ppm", "region": region, "as_of": as_of}
    items = (await desk.clerk.get("/funds/v1/policy-values", params=asked)).json()["items"]
    assert [(one["value"], one["basis"]) for one in items] == ([] if least is None else [(least, basis)])
