"""结余 forecast: the day on which money falls under the two years, whatever was carried over since."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.factories import notice_request
from tests.funds_api.desk import Desk, written

PATH = "/funds/v1/idle/forecast"


async def shown(desk: Desk, on: str, region: str = "", **more: Any) -> dict[str, Any]:
    who = funds_caller(desk.http, "inspector", region or desk.county)
    answer = await who.get(PATH, params={"as_of": on, **more})
    assert answer.status_code == 200, answer.text
    told = dict(answer.json())
    assert told["unexplained_fen"] == 0
    assert told["due_fen"] == sum(one["fen"] for one in told["due"])
    assert told["fallen_fen"] == sum(one["fen"] for one in told["fallen"])
    assert told["total_fen"] == told["due_fen"] + told["fallen_fen"] + told["later_fen"]
    return told


def lots(told: dict[str, Any]) -> list[tuple[str, int, str]]:
    return sorted((one["unit_name"], one["amount_fen"], one["balance_on"]) for one in told["items"])


async def receive_for(desk: Desk, year: int, fen: int, on: str) -> None:
    body = await notice_request(desk.http, desk.county, desk.treasury, amounts=[fen], received_on=on, fiscal_year=year)
    assert (await desk.clerk.post("/funds/v1/notices", body)).status_code == 201


async def test_money_is_shown_from_ninety_days_before_its_day(desk: Desk, admin: asyncpg.Pool) -> None:
    """Budget year 2017: last day 31 December 2018. 2 October 2018 is 91 days before 1 January 2019."""
    assert (await desk.out(300_000, desk.first, "2017-05-01")).status_code == 201
    assert (await desk.out(50_000, desk.contractor, "2017-06-01", kind="pay")).status_code == 201
    before = await written(admin)
    early = await shown(desk, "2018-10-02")
    assert (early["due_fen"], early["later_fen"], early["items"]) == (0, 950_000, [])
    assert early["empty_because"] == "您的管辖范围内在所查天数内没有将转为结余的资金"
    told = await shown(desk, "2018-10-03")
    assert told["rule"]["after_years"] == 2
    assert told["rule"]["ahead_days"] == 90
    assert "第四十二条" in told["rule"]["source"]
    assert "第五十条" in told["rule"]["source"]
    assert [(one["first_budgeted"], one["balance_on"], one["days_left"], one["fen"]) for one in told["due"]] == [
        (2017, "2019-01-01", 90, 950_000)
    ]
    assert lots(told) == [
        ("一镇财政所", 300_000, "2019-01-01"),
        ("县国库", 50_000, "2019-01-01"),
        ("县国库", 600_000, "2019-01-01"),
    ]
    assert await written(admin) == before


async def test_the_last_day_of_the_next_year_is_not_yet_balance(desk: Desk) -> None:
    last = await shown(desk, "2018-12-31")
    assert (last["due_fen"], last["fallen_fen"]) == (1_000_000, 0)
    assert last["due"][0]["days_left"] == 1
    turned = await shown(desk, "2019-01-01")
    assert (turned["due_fen"], turned["fallen_fen"], turned["items"]) == (0, 1_000_000, [])
    assert turned["fallen"][0]["days_left"] == 0
    listed = await shown(desk, "2019-01-01", fallen=True)
    assert sorted(one["amount_fen"] for one in listed["items"]) == [400_000, 600_000]
    assert {one["days_left"] for one in listed["items"]} == {0}


async def test_carrying_over_does_not_begin_the_two_years_anew(desk: Desk) -> None:
    """实施条例 art 50 counts from the year that arranged the spending; the lot itself is of the budget of 2018 now."""
    await receive_for(desk, 2018, 70_000, "2018-02-01")
    carried = await desk.order("carry_over", "2018-01-01", account_id=desk.treasury, from_year=2017)
    assert carried.status_code == 201, carried.text
    told = await shown(desk, "2018-11-01")
    assert [(one["first_budgeted"], one["balance_on"], one["fen"]) for one in told["due"]] == [
        (2017, "2019-01-01", 1_000_000)
    ]
    assert told["later_fen"] == 70_000
    assert {(one["first_budgeted"], one["budget_year"]) for one in told["items"]} == {(2017, 2018)}
    again = await desk.order("carry_over", "2019-01-01", account_id=desk.treasury, from_year=2018)
    assert again.status_code == 201, again.text
    after = await shown(desk, "2019-11-01", fallen=True)
    assert (after["fallen_fen"], after["due_fen"]) == (1_000_000, 70_000)
    assert {one["budget_year"] for one in after["items"]} == {2019}


async def test_money_announced_early_counts_from_its_budget_and_not_from_its_arrival(desk: Desk) -> None:
    """提前下达: received in December 2017 for the budget of 2018, so it has until the end of 2019."""
    await receive_for(desk, 2018, 90_000, "2017-12-20")
    told = await shown(desk, "2018-12-01", days=500)
    assert [(one["first_budgeted"], one["balance_on"], one["fen"]) for one in told["due"]] == [
        (2017, "2019-01-01", 1_000_000),
        (2018, "2020-01-01", 90_000),
    ]
    assert (await shown(desk, "2018-12-01", days=31))["due_fen"] == 1_000_000
    assert (await shown(desk, "2018-12-01", days=30))["due_fen"] == 0
    assert (await shown(desk, "2018-12-01", days=395))["due_fen"] == 1_000_000
    assert (await shown(desk, "2018-12-01", days=396))["due_fen"] == 1_090_000


async def test_what_is_used_by_then_is_not_forecast(desk: Desk) -> None:
    assert (await desk.out(1_000_000, desk.contractor, "2018-11-05", kind="pay")).status_code == 201
    assert (await shown(desk, "2018-11-04"))["due_fen"] == 1_000_000
    paid = await shown(desk, "2018-11-05")
    assert (paid["due_fen"], paid["total_fen"], paid["items"]) == (0, 0, [])


async def test_what_was_known_before_the_payment_is_forecast_as_known_then(desk: Desk, admin: asyncpg.Pool) -> None:
    instant = await admin.fetchval("SELECT clock_timestamp()")
    assert (await desk.out(1_000_000, desk.contractor, "2018-11-05", kind="pay")).status_code == 201
    then = await shown(desk, "2018-12-01", known_at=instant.isoformat())
    assert (then["due_fen"], len(then["items"])) == (1_000_000, 2)
    assert then["known_at"] is not None
    assert (await shown(desk, "2018-12-01"))["due_fen"] == 0


async def test_each_sees_the_own_region_page_by_page(desk: Desk) -> None:
    assert (await desk.out(300_000, desk.first, "2017-05-01")).status_code == 201
    assert (await shown(desk, "2018-12-01", desk.county + "101"))["due_fen"] == 300_000
    assert (await shown(desk, "2018-12-01", desk.county + "102"))["due_fen"] == 0
    seen: list[str] = []
    after: dict[str, Any] = {}
    while True:
        page = await shown(desk, "2018-12-01", limit=1, **after)
        seen += [one["lot_id"] for one in page["items"]]
        assert page["due_fen"] == 1_000_000
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert len(seen) == len(set(seen)) == 3
    assert seen == [one["lot_id"] for one in (await shown(desk, "2018-12-01"))["items"]]


async def test_before_the_rule_nothing_is_forecast(desk: Desk) -> None:
    await receive_for(desk, 2012, 10_000, "2012-03-01")
    told = await shown(desk, "2014-12-31")
    assert (told["rule"], told["total_fen"], told["later_fen"]) == (None, 10_000, 10_000)
    assert told["empty_because"] == "当日没有生效的结余年限规定"
    assert (await shown(desk, "2015-01-01"))["fallen_fen"] == 10_000


async def test_who_may_not_and_what_is_misshapen(desk: Desk) -> None:
    for role in ("bank", "feed_reader"):
        assert (await funds_caller(desk.http, role, desk.county).get(PATH)).status_code == 403
    elsewhere = await funds_caller(desk.http, "inspector", "980001").get(PATH, params={"county": desk.county})
    assert elsewhere.status_code == 403
    who = funds_caller(desk.http, "inspector", desk.county)
    for wrong in ({"days": -1}, {"days": 3_651}, {"after": "x"}, {"fallen": "maybe"}):
        assert (await who.get(PATH, params=wrong)).status_code == 422, wrong


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    """400,000 and 600,000 fen of the budget of 2017 in the county's treasury."""
    return await Desk(funds_http, county).open()
