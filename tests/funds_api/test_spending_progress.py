"""Spending progress through the API: what counts as received and spent, beside the year, the curve and the others."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import asyncpg
import httpx
import pytest

from chassis import clock
from tests.callers import Caller, funds_caller
from tests.factories import fund, notice_request, open_account
from tests.funds_api.desk import Desk, refused
from tests.funds_api.test_orders import Chain
from tests.funds_api.test_returns import Paid

END = "2017-12-31"


PATH = "/funds/v1/spending-progress"


async def progress(caller: Caller, **asked: Any) -> dict[str, Any]:
    """An answer, in which everything adds up and every rate is a part of one."""
    answer = await caller.get(PATH, params={"as_of": END, **asked})
    assert answer.status_code == 200, answer.text
    told = dict(answer.json())
    assert (told["unexplained_fen"], told["unexplained_spent_fen"]) == (0, 0)
    for row in (told["total"], *told["items"]):
        assert row["unexplained_fen"] == 0, row
        assert row["unspent_fen"] == row["resting_fen"] + row["carried_out_fen"] >= 0
        assert 0 <= (row["rate_ppm"] or 0) <= 1_000_000
        parts = row["industry"]
        assert parts["industry_fen"] + parts["other_projects_fen"] + parts["unclassified_fen"] == row["received_fen"], (
            row
        )
    ranked = [row["rank"] for row in told["items"] if row["rank"] is not None]
    assert ranked == sorted(ranked)
    assert told["ranked_n"] == len(ranked)
    return told


def at(told: dict[str, Any], code: str, kind: str = "region") -> dict[str, Any]:
    [row] = [one for one in told["items"] if (one["code"], one["kind"]) == (code, kind)]
    return dict(row)


def money(row: dict[str, Any]) -> tuple[int, int]:
    return row["received_fen"], row["spent_fen"]


async def done(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_only_what_reached_the_contractor_is_spent_and_what_passed_through_counts_once(desk: Desk) -> None:
    county, one, two = desk.county, desk.county + "101", desk.county + "102"
    await done(await desk.out(500_000, desk.first, "2017-04-10"))
    await done(await desk.out(100_000, desk.second, "2017-04-10"))
    await done(await desk.out(200_000, desk.village, "2017-04-20", from_account_id=desk.first))
    told = await progress(desk.clerk)
    assert money(told["total"]) == (1_000_000, 0), "handing down is not spending"
    assert money(at(told, county, "own")) == (400_000, 0)
    assert money(at(told, one)) == (500_000, 0), "what the village got of it is in it, once"
    assert money(at(told, two)) == (100_000, 0)
    await done(await desk.out(50_000, desk.contractor, "2017-05-10", kind="pay", from_account_id=desk.village))
    told = await progress(desk.clerk)
    assert money(at(told, one)) == (500_000, 50_000)
    assert (at(told, one)["rate"], at(told, one)["rate_ppm"]) == ("10.00", 100_000)
    assert money(at(await progress(desk.clerk, as_of="2017-05-09"), one)) == (500_000, 0)
    below = await progress(desk.clerk, region=one)
    assert money(at(below, one, "own")) == (300_000, 0)
    assert money(at(below, one + "201")) == (200_000, 50_000)
    assert money(below["total"]) == (500_000, 50_000)
    [alone] = (await progress(desk.clerk, region=one + "201"))["items"]
    assert (alone["kind"], money(alone)) == ("own", (200_000, 50_000))


async def test_what_went_back_or_was_taken_back_was_not_received_and_what_was_recovered_not_spent(desk: Desk) -> None:
    one = desk.county + "101"
    await done(await desk.out(500_000, desk.first, "2017-04-10"))
    paid = await done(await desk.out(300_000, desk.contractor, "2017-05-10", kind="pay", from_account_id=desk.first))
    await done(await desk.back(50_000, desk.contractor, "2017-06-01", "recover"))
    assert money(at(await progress(desk.clerk), one)) == (500_000, 250_000)
    await done(await desk.back(100_000, desk.first, "2017-07-01"))
    told = await progress(desk.clerk)
    assert money(at(told, one)) == (400_000, 250_000), "handed back to the county: not the township's any more"
    assert money(at(told, desk.county, "own")) == (600_000, 0)
    assert money(at(await progress(desk.clerk, as_of="2017-06-30"), one)) == (500_000, 250_000)
    taken = {"account_id": desk.first, "to_account_id": desk.treasury, "amount_fen": 150_000}
    await done(await desk.order("take_back", "2017-08-01", **taken))
    assert at(await progress(desk.clerk), one)["rate"] == "100.00"
    assert money((await progress(desk.clerk))["total"]) == (1_000_000, 250_000)
    undo = {"movement_id": paid["movements"][0]["id"], "cascade": True}
    await done(await desk.order("reverse", "2017-09-01", **undo))
    assert money(at(await progress(desk.clerk), one)) == (400_000, 0), "with all that its money went on to"
    assert money(at(await progress(desk.clerk, as_of="2017-08-31"), one)) == (250_000, 250_000)


async def test_a_retention_is_unspent_until_it_is_paid(desk: Desk) -> None:
    deposit = await open_account(desk.http, desk.county, "retention", "质保金专户")
    await done(await desk.keep_back(30_000, deposit, "2017-05-01", "2017-11-01"))
    assert money((await progress(desk.clerk))["total"]) == (1_000_000, 0)
    await done(await desk.out(30_000, desk.contractor, "2017-11-01", kind="pay", from_account_id=deposit))
    assert money((await progress(desk.clerk))["total"]) == (1_000_000, 30_000)
    assert money((await progress(desk.clerk, as_of="2017-10-31"))["total"]) == (1_000_000, 0)


async def test_money_of_households_is_spent_until_the_bank_gives_it_back(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    paid = await Paid(funds_http, county).open()
    one = county + "101"
    assert money(at(await progress(paid.town.finance), one)) == (150_000, 150_000)
    await done(await paid.give_back(paid.line(1)))
    assert money(at(await progress(paid.town.finance), one)) == (150_000, 130_000)
    assert money((await progress(paid.town.finance, by="fund"))["items"][0]) == (150_000, 130_000)
    assert money(at(await progress(paid.town.finance, as_of="2017-05-07"), one)) == (150_000, 150_000)


async def test_an_order_in_transit_is_unspent_and_the_desks_that_ordered(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    chain = await Chain(funds_http, county).open()
    one = county + "101"
    assert (await chain.split(500_000, chain.treasury["quota"], chain.township["quota"])).status_code == 201
    first = await chain.issue(200_000, chain.township["quota"])
    second = await chain.issue(100_000, chain.township["quota"])
    for by in ("region", "fund", "level"):
        assert money((await progress(chain.clerk, by=by))["total"]) == (1_000_000, 0)
    assert money(at(await progress(chain.clerk), one)) == (500_000, 0), "it lies with the bank, for the township"
    await done(await chain.result(first))
    await done(await chain.result(second, "returned"))
    told = await progress(chain.clerk)
    assert money(at(told, one)) == (500_000, 200_000)
    assert money(at(told, county, "own")) == (500_000, 0)
    assert money((await progress(chain.clerk, by="fund", region=one))["items"][0]) == (500_000, 200_000)


async def test_carrying_over_makes_no_year_look_spent(desk: Desk) -> None:
    one = desk.county + "101"
    await done(await desk.out(500_000, desk.first, "2017-04-10"))
    await done(await desk.out(100_000, desk.contractor, "2017-05-10", kind="pay", from_account_id=desk.first))
    await done(await desk.order("carry_over", END, account_id=desk.first, from_year=2017))
    row = at(await progress(desk.clerk), one)
    assert (row["received_fen"], row["spent_fen"], row["resting_fen"], row["carried_out_fen"]) == (
        500_000,
        100_000,
        0,
        400_000,
    )
    assert row["rate"] == "20.00"
    await done(await desk.out(40_000, desk.contractor, "2018-02-10", kind="pay", from_account_id=desk.first))
    row = at(await progress(desk.clerk, as_of="2018-03-31"), one)
    assert (row["received_fen"], row["carried_in_fen"], row["spent_fen"]) == (400_000, 400_000, 40_000)
    row = at(await progress(desk.clerk, as_of="2018-03-31", year=2017), one)
    assert (row["received_fen"], row["spent_fen"], row["rate"]) == (500_000, 100_000, "20.00")


async def test_rows_are_ranked_by_what_they_are_and_who_received_nothing_is_told_so(
    desk: Desk, admin: asyncpg.Pool
) -> None:
    county = desk.county
    await admin.execute(
        "INSERT INTO funds.region (code, name, level, listed_year) VALUES ($1, '三镇', 'township', 2017)",
        county + "103",
    )
    third = await open_account(desk.http, county + "103", "township_office", "三镇财政所")
    for account, fen, paid in ((desk.first, 300, 100), (desk.second, 30_000, 10_000)):
        await done(await desk.out(fen, account, "2017-04-10"))
        await done(await desk.out(paid, desk.contractor, "2017-04-11", kind="pay", from_account_id=account))
    told = await progress(desk.clerk)
    ranks = {(row["code"], row["kind"]): row["rank"] for row in told["items"]}
    assert ranks == {
        (county + "101", "region"): 1,
        (county + "102", "region"): 1,
        (county + "103", "region"): None,
        (county, "own"): None,
    }
    assert told["ranked_n"] == 2
    nothing = at(told, county + "103")
    assert (nothing["rate"], nothing["ahead_of_months"], nothing["industry"]["share"]) == (None, None, None)
    assert "没有收到" in nothing["unranked_because"]
    assert "本级" in at(told, county, "own")["unranked_because"]
    await done(await desk.out(3_000, third, "2017-04-12"))
    await done(await desk.out(1_001, desk.contractor, "2017-04-13", kind="pay", from_account_id=third))
    told = await progress(desk.clerk)
    assert [(row["code"][6:], row["rank"], row["rate"]) for row in told["items"][:3]] == [
        ("103", 1, "33.37"),
        ("101", 2, "33.33"),
        ("102", 2, "33.33"),
    ]


async def test_the_published_figure_of_zhangye_comes_out_of_the_ledger(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    """张掖市 2023-05-22: 到位 50422 万元, 截至 4 月底支出 21185.83 万元, 支出率 42.02 %, 超序时 8.68 个百分点."""
    desk = Desk(funds_http, county)
    treasury = await open_account(funds_http, county, "treasury", "国库")
    contractor = await open_account(funds_http, county, "contractor", "施工单位")
    body = await notice_request(
        funds_http, county, treasury, amounts=[50_422_000_000], received_on="2023-01-15", fiscal_year=2023
    )
    await done(await desk.clerk.post("/funds/v1/notices", body))
    await done(await pay(desk, treasury, contractor, 21_185_830_000, "2023-04-28"))
    total = (await progress(desk.clerk, as_of="2023-04-30"))["total"]
    assert (total["rate"], total["ahead_of_months"], total["ahead_of_days"]) == ("42.02", "8.68", "9.14")
    early = await progress(desk.clerk, as_of="2023-04-29")
    assert (early["elapsed"]["months"], early["total"]["ahead_of_months"]) == ("25.00", "17.02")


async def pay(desk: Desk, source: str, target: str, fen: int, on: str) -> httpx.Response:
    return await desk.clerk.post(
        "/funds/v1/movements",
        {
            "kind": "pay",
            "document": "付1",
            "effective_on": on,
            "fund_code": "TEST-FUND",
            "from_account_id": source,
            "lines": [{"to_account_id": target, "amount_fen": fen}],
            "use": "infrastructure",
        },
    )


async def test_the_curve_asks_from_the_day_of_each_milestone_on(desk: Desk) -> None:
    await done(await desk.out(400_000, desk.contractor, "2017-03-15", kind="pay"))
    day = await progress(desk.clerk, as_of="2017-03-31")
    assert (day["curve"]["reached"]["required"], day["curve"]["next"]["due_on"]) == ("30.00", "2017-06-30")
    assert (day["total"]["rate"], day["total"]["ahead_of_curve"]) == ("100.00", "70.00"), "of what had come by then"
    before = await progress(desk.clerk, as_of="2017-03-30")
    assert (before["curve"]["reached"], before["curve"]["next"]["due_on"]) == (None, "2017-03-31")
    assert before["total"]["ahead_of_curve"] is None
    assert (await progress(desk.clerk, as_of="2017-06-29"))["total"]["ahead_of_curve"] == "10.00"
    june = await progress(desk.clerk, as_of="2017-06-30")
    assert (june["total"]["rate"], june["total"]["ahead_of_curve"]) == ("40.00", "-10.00")
    over = await progress(desk.clerk, as_of="2018-05-01", year=2017)
    assert (over["curve"]["reached"]["due_on"], over["curve"]["next"]) == ("2017-12-31", None)
    assert (over["elapsed"]["months"], over["elapsed"]["days"]) == ("100.00", "100.00")
    assert (june["curve"]["basis"], june["curve"]["policy_ref"]) == ("assumed", "spending_curve@00@2001-01-01#1")


async def test_a_province_sets_its_own_curve_from_its_day_on(desk: Desk, admin: asyncpg.Pool) -> None:
    await admin.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        """ VALUES ('spending_curve', $1, '2017-06-01', '{"06": 35}', '省定', 'practice')""",
        desk.county,
    )
    await done(await desk.out(400_000, desk.contractor, "2017-04-15", kind="pay"))
    june = await progress(desk.clerk, as_of="2017-06-30")
    assert (june["curve"]["source"], june["total"]["ahead_of_curve"]) == ("省定", "5.00")
    assert (await progress(desk.clerk, as_of="2017-05-31"))["curve"]["basis"] == "assumed"
    values = (await desk.clerk.get("/funds/v1/policy-values", params={"key": "spending_curve", "as_of": END})).json()
    assert values["items"][0]["value"] == {"06": 35}


async def test_funds_and_levels_add_up_to_the_same_as_places(desk: Desk) -> None:
    await fund(desk.http, "OTHER-FUND")
    answer = await desk.clerk.post(
        "/funds/v1/funds", {"code": "CENTRE-FUND", "name": "中央衔接资金", "level": "central", "stream": "巩固"}
    )
    assert answer.status_code == 201
    for code, fen in (("OTHER-FUND", 70_000), ("CENTRE-FUND", 30_000)):
        body = await notice_request(desk.http, desk.county, desk.treasury, amounts=[fen], fund_code=code)
        await done(await desk.clerk.post("/funds/v1/notices", body))
    await done(await desk.out(20_000, desk.first, "2017-04-10", fund_code="CENTRE-FUND"))
    await done(
        await desk.out(
            15_000, desk.contractor, "2017-04-11", kind="pay", fund_code="CENTRE-FUND", from_account_id=desk.first
        )
    )
    places, funds, levels = [await progress(desk.clerk, by=by) for by in ("region", "fund", "level")]
    assert places["total"] == funds["total"] == levels["total"]
    assert {row["code"]: money(row) for row in funds["items"]} == {
        "CENTRE-FUND": (30_000, 15_000),
        "OTHER-FUND": (70_000, 0),
        "TEST-FUND": (1_000_000, 0),
    }
    assert [(row["code"], row["rank"]) for row in funds["items"]] == [
        ("CENTRE-FUND", 1),
        ("OTHER-FUND", 2),
        ("TEST-FUND", 2),
    ]
    assert {row["code"]: money(row) for row in levels["items"]} == {
        "central": (30_000, 15_000),
        "province": (1_070_000, 0),
    }
    only = await progress(desk.clerk, fund="CENTRE-FUND")
    assert money(only["total"]) == (30_000, 15_000)
    assert money(at(only, desk.county + "101")) == (20_000, 15_000)
    one = await progress(desk.clerk, by="fund", region=desk.county + "101")
    assert [(row["code"], *money(row)) for row in one["items"]] == [("CENTRE-FUND", 20_000, 15_000)]


async def test_every_answer_stays_what_it_was_known_to_be(desk: Desk) -> None:
    told: list[tuple[str, Any]] = []

    async def remember() -> None:
        answer = await progress(desk.clerk, as_of="2017-10-31")
        told.append((clock.now().isoformat(), [answer["total"], answer["items"]]))

    await done(await desk.out(500_000, desk.first, "2017-04-10"))
    await remember()
    paid = await done(await desk.out(200_000, desk.contractor, "2017-10-20", kind="pay", from_account_id=desk.first))
    await remember()
    await done(await desk.back(10_000, desk.contractor, "2017-10-25", "recover"))
    await remember()
    await done(await desk.order("carry_over", "2017-10-30", account_id=desk.treasury, from_year=2017))
    await remember()
    undo = {"movement_id": paid["movements"][0]["id"], "cascade": True}
    await done(await desk.order("reverse", "2017-10-31", **undo))
    await remember()
    assert all(before != after for (_, before), (_, after) in pairwise(told))
    for known_at, expected in told:
        again = await progress(desk.clerk, as_of="2017-10-31", known_at=known_at)
        assert [again["total"], again["items"]] == expected


async def test_a_clerk_is_told_the_own_places_and_refused_the_neighbours(desk: Desk) -> None:
    await done(await desk.out(500_000, desk.first, "2017-04-10"))
    await done(await desk.out(200_000, desk.village, "2017-04-11", from_account_id=desk.first))
    await done(await desk.out(100_000, desk.second, "2017-04-11"))
    own = await progress(desk.township_clerk)
    assert (own["region_code"], own["ranked_n"]) == (desk.county + "101", 1)
    assert {row["code"] for row in own["items"]} == {desk.county + "101", desk.county + "101201"}
    assert own["total"] == {**at(await progress(desk.clerk), desk.county + "101"), "kind": "all", "rank": None}
    for place in (desk.county, desk.county + "102"):
        refused = await desk.township_clerk.get(PATH, params={"as_of": END, "region": place})
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/outside-region")


async def test_what_cannot_be_asked_is_refused_and_nothing_is_told_as_nothing(desk: Desk) -> None:
    for bad in ({"by": "unit"}, {"year": 1900}, {"region": "12"}, {"fund": "不是代码"}):
        assert (await desk.clerk.get(PATH, params={"as_of": END, **bad})).status_code == 422, bad
    for missing in ({"region": desk.county + "199"}, {"fund": "NOBODY"}):
        assert (await desk.clerk.get(PATH, params={"as_of": END, **missing})).status_code == 404
    bank = funds_caller(desk.http, "bank", desk.county)
    assert (await bank.get(PATH)).status_code == 403
    above = funds_caller(desk.http, "inspector", desk.county[:4])
    for path in (PATH, "/funds/v1/tree", "/funds/v1/flow-graph"):
        told = await above.get(path)
        refused(told, 422, "county-needed", {"parameter": "region"})
        assert "请用 region 参数" in told.json()["detail"], "county is refused there"
        assert (await above.get(path, params={"region": desk.county})).status_code == 200
    empty = await progress(desk.clerk, year=2016, by="fund")
    assert empty["items"] == []
    assert "没有收到" in empty["empty_because"]
    assert (empty["total"]["rate"], empty["least_industry"]) == (None, None)


async def test_what_rests_of_a_year_is_told_within_the_region_only(desk: Desk, urls: dict[str, str]) -> None:
    """The function reads as the owner, so it holds the place against the caller's region itself."""
    await done(await desk.out(500_000, desk.first, "2017-04-10"))
    connection = await asyncpg.connect(urls["funds"])
    own = desk.county + "101"
    try:
        for region, place, fits in (
            (own, own, True),
            (own, own + "201", True),
            (own, desk.county, False),
            (own, desk.county + "102", False),
            (desk.county, own, True),
            (desk.county, "990", False),
            ("", own, False),
        ):
            await connection.execute("SELECT set_config('app.region', $1, false)", region)
            told = connection.fetch(
                "SELECT * FROM funds.rested_of_year("
                "$1, $2, '2017-12-31', 9223372036854775807, '9999-12-31', NULL, 2017)",
                desk.county,
                place,
            )
            if fits:
                assert [row["fen"] for row in await told] == ([] if place == own + "201" else [500_000])
            else:
                with pytest.raises(asyncpg.PostgresError, match="outside the region"):
                    await told
    finally:
        await connection.close()
