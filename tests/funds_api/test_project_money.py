"""Money of projects: only after the plan, by source, by progress, never more than planned; all from the ledger."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import httpx
import pytest

from tests.factories import notice_request, open_account, receive
from tests.funds_api.library import Library, plan
from tests.funds_api.people import CSV, Township, id_number, roster_csv
from tests.funds_api.test_projects import refusal


@pytest.fixture
async def library(funds_http: httpx.AsyncClient, county: str) -> Library:
    opened = Library(funds_http, county)
    await opened.fund_it()
    return opened


async def building(library: Library, **changes: Any) -> None:
    """The project at building, with 800,000 fen in its account since 20 April."""
    library.cash = (await library.walk("building", **changes))["cash_account_id"]
    moved = await library.move("hand_down", library.treasury, library.cash, 800_000, "2017-04-20")
    assert moved.status_code == 201, moved.text


async def test_only_a_project_whose_plan_was_given_out_receives_money(library: Library) -> None:
    cash = (await library.walk("planned"))["cash_account_id"]
    early = await library.move("hand_down", library.treasury, cash, 1, "2017-03-04")
    assert refusal(early) == (409, "project-not-admitted")
    assert early.json()["figures"] == {"account_id": cash, "stage": "admitted", "effective_on": "2017-03-04"}
    assert (await library.move("hand_down", library.treasury, cash, 800_000, "2017-03-05")).status_code == 201
    over = await library.move("hand_down", library.treasury, cash, 1, "2017-03-06")
    assert refusal(over) == (409, "over-plan")
    assert (over.json()["figures"]["planned_fen"], over.json()["figures"]["asked_fen"]) == (800_000, 800_001)
    outside = await open_account(library.http, library.village, "project_unit")
    alone = await library.move("hand_down", library.treasury, outside, 1, "2017-03-06")
    assert refusal(alone) == (409, "project-not-admitted")
    money = (await library.shown("2017-12-31"))["money"]
    assert (money["received_fen"], money["resting_fen"], money["unexplained_fen"]) == (800_000, 800_000, 0)


async def test_a_project_with_money_stays_in_the_library(library: Library) -> None:
    cash = (await library.walk("planned"))["cash_account_id"]
    moved = await library.move("hand_down", library.treasury, cash, 500, "2017-03-05")
    held = await library.step("removed", reason="撤项")
    assert refusal(held) == (409, "project-holds-money")
    assert held.json()["figures"] == {"resting_fen": 500, "paid_fen": 0, "in_transit_fen": 0}
    back = await library.step("declared", by=library.clerk, effective_on="2017-03-10", reason="重报")
    assert refusal(back) == (409, "project-holds-money")
    undo = {
        "kind": "reverse",
        "document": "冲1",
        "effective_on": "2017-03-20",
        "movement_id": moved.json()["movements"][0]["id"],
    }
    assert (await library.clerk.post("/funds/v1/movements", undo)).status_code == 201
    assert (await library.shown("2017-03-20"))["money"]["given_back_fen"] == 500
    assert (await library.step("removed", reason="撤项")).status_code == 201


async def test_payment_follows_accepted_progress_after_the_advance(library: Library) -> None:
    await building(library)
    contract = (await library.sign(600_000, retention_ppm=30_000, release_on="2018-10-01")).json()["id"]

    async def pay(fen: int, on: str) -> httpx.Response:
        return await library.move("pay", library.cash, library.contractor, fen, on, by=library.lister)

    # 30 % of 600,000 in advance, 3 % of that kept back.
    over = await pay(174_601, "2017-05-01")
    assert refusal(over) == (409, "over-progress")
    assert over.json()["figures"] == {
        "project_id": library.id,
        "contracts_fen": 600_000,
        "due_fen": 180_000,
        "kept_fen": 5_400,
        "paid_fen": 174_601,
    }
    assert (await pay(174_600, "2017-05-01")).status_code == 201
    await library.progress(contract, 500_000, "2017-07-01", accepted=False)
    assert refusal(await pay(1, "2017-07-02")) == (409, "over-progress")
    await library.progress(contract, 600_000, "2017-07-10")
    assert refusal(await pay(100, "2017-07-09")) == (409, "over-progress"), "accepted only on the tenth"
    assert (await pay(174_600, "2017-07-10")).status_code == 201
    shown = await library.shown("2017-07-31")
    assert shown["contracts"][0]["progress_ppm"] == 600_000
    assert shown["contractors"] == [
        {
            "contractor_id": library.contractor_unit,
            "contracts_fen": 600_000,
            "due_fen": 360_000,
            "kept_fen": 10_800,
            "paid_fen": 349_200,
            "in_transit_fen": 0,
            "payable_fen": 0,
        }
    ]
    money = shown["money"]
    assert [money[name] for name in ("received_fen", "paid_fen", "resting_fen", "unexplained_fen")] == [
        800_000,
        349_200,
        450_800,
        0,
    ]
    assert (await library.shown("2017-05-31"))["money"]["paid_fen"] == 174_600
    await library.progress(contract, 1_000_000, "2017-09-30")
    assert refusal(await pay(232_801, "2017-10-01")) == (409, "over-progress")
    assert (await pay(232_800, "2017-10-01")).status_code == 201
    assert (await pay(18_000, "2018-10-01")).status_code == 201, "the retention, on its day"


async def test_a_contractor_without_a_contract_gets_nothing(library: Library) -> None:
    await building(library)
    nothing = await library.move("pay", library.cash, library.contractor, 1, "2017-05-01")
    assert refusal(nothing) == (409, "over-progress")
    assert nothing.json()["figures"]["contracts_fen"] == 0
    other = await open_account(library.http, library.county + "101", "contractor")
    assert (await library.sign(100_000)).status_code == 201
    assert refusal(await library.move("pay", library.cash, other, 1, "2017-05-01")) == (409, "over-progress")


async def test_a_project_hands_nothing_on_and_its_plan_stays_taken_up(library: Library) -> None:
    """Through a village collective a contractor without a contract would be paid, and the plan would be free again."""
    await building(library)
    village = await open_account(library.http, library.village, "village_collective")
    onward = await library.move("hand_down", library.cash, village, 50_000, "2017-05-01", by=library.lister)
    assert refusal(onward) == (409, "project-hands-nothing-on")
    assert onward.json()["figures"] == {
        "project_id": library.id,
        "to_account_id": village,
        "asked_fen": 50_000,
        "effective_on": "2017-05-01",
    }
    assert "500.00 元" in onward.json()["detail"]
    more = await library.move("hand_down", library.treasury, library.cash, 1, "2017-05-02")
    assert (refusal(more), more.json()["figures"]["asked_fen"]) == ((409, "over-plan"), 800_001)
    money = (await library.shown())["money"]
    assert (money["given_back_fen"], money["resting_fen"], money["unexplained_fen"]) == (0, 800_000, 0)
    back = {
        "kind": "return",
        "document": "结余退回",
        "effective_on": "2017-05-03",
        "account_id": library.cash,
        "fund_code": "TEST-FUND",
        "amount_fen": 50_000,
    }
    assert (await library.clerk.post("/funds/v1/movements", back)).status_code == 201
    assert (await library.shown())["money"]["given_back_fen"] == 50_000


async def test_a_project_pays_once_building_began(library: Library) -> None:
    cash = (await library.walk("tendering"))["cash_account_id"]
    await library.move("hand_down", library.treasury, cash, 800_000, "2017-03-25")
    assert (await library.sign(600_000, signed_on="2017-03-28")).status_code == 201
    answer = await library.move("pay", cash, library.contractor, 1, "2017-04-01")
    assert refusal(answer) == (409, "project-not-building")
    assert answer.json()["figures"]["stage"] == "tendering"


async def test_n_sources_in_one_project_keep_their_traces(library: Library) -> None:
    clerk = library.clerk
    other = {"code": "TEST-POOLED", "name": "另", "level": "county", "stream": "另"}
    assert (await clerk.post("/funds/v1/funds", other)).status_code in {200, 201}
    second = await notice_request(library.http, library.county, library.treasury, amounts=[300_000, 100_000])
    assert (await clerk.post("/funds/v1/notices", {**second, "fund_code": "TEST-POOLED"})).status_code == 201
    pooled = plan(
        sources=[
            {"fund_code": "TEST-FUND", "planned_fen": 450_000},
            {"fund_code": "TEST-POOLED", "planned_fen": 350_000},
        ]
    )
    cash = (await library.walk("building", plan=pooled))["cash_account_id"]
    for fund, fen in (("TEST-FUND", 450_000), ("TEST-POOLED", 350_000)):
        moved = await library.move("hand_down", library.treasury, cash, fen, "2017-04-20", fund_code=fund)
        assert moved.status_code == 201, moved.text
    over = await library.move("hand_down", library.treasury, cash, 1, "2017-04-21", fund_code="TEST-POOLED")
    assert refusal(over) == (409, "over-plan")
    assert over.json()["figures"]["fund_code"] == "TEST-POOLED"
    contract = (await library.sign(800_000)).json()["id"]
    await library.progress(contract, 500_000, "2017-06-01")
    paid = await library.move("pay", cash, library.contractor, 320_000, "2017-06-02", fund_code="TEST-POOLED")
    assert paid.status_code == 201, paid.text
    shown = await library.shown("2017-06-30")
    assert [
        (one["fund_code"], one["planned_fen"], one["received_fen"], one["paid_fen"], one["resting_fen"])
        for one in shown["sources"]
    ] == [("TEST-FUND", 450_000, 450_000, 0, 450_000), ("TEST-POOLED", 350_000, 350_000, 320_000, 30_000)]
    assert [(one["received_fen"], one["paid_fen"]) for one in shown["tranches"]] == [
        (450_000, 0),
        (300_000, 300_000),
        (50_000, 20_000),
    ]
    assert {one["unexplained_fen"] for one in (*shown["sources"], *shown["tranches"], shown["money"])} == {0}
    for one in shown["tranches"]:
        assert (await clerk.get(one["trace"], params={"as_of": "2017-06-30"})).status_code == 200
    township = await library.shown("2017-06-30", by=library.lister)
    assert township["tranches"] == shown["tranches"]


async def test_a_plan_cannot_shrink_below_what_came(library: Library) -> None:
    await building(library)
    less = plan(planned_fen=700_000, sources=[{"fund_code": "TEST-FUND", "planned_fen": 700_000}])
    path = f"/funds/v1/projects/{library.id}/versions"
    change = {"document": "变更", "reason": "核减", "reported_on": "2017-05-02", "plan": less}
    assert (await library.lister.post(path, change)).status_code == 201
    refused = await library.approver.post(
        f"{path}/2/approval", {"document": "批复", "effective_on": str(date(2017, 5, 3))}
    )
    assert refusal(refused) == (409, "plan-under-received")
    assert (refused.json()["figures"]["planned_fen"], refused.json()["figures"]["received_fen"]) == (700_000, 800_000)


async def test_two_payments_race_and_the_contract_holds(library: Library) -> None:
    await building(library)
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 1_000_000, "2017-07-01")
    answers = await asyncio.gather(
        *(
            library.move("pay", library.cash, library.contractor, 200_000, "2017-07-02", by=caller)
            for caller in (library.clerk, library.lister, library.clerk, library.lister)
        )
    )
    assert sorted(one.status_code for one in answers) == [201, 201, 201, 409]
    assert (await library.shown("2017-07-31"))["money"]["paid_fen"] == 600_000


async def test_quota_and_cash_of_a_project_count_together(library: Library) -> None:
    planned = await library.walk("building")
    cash, quota = planned["cash_account_id"], planned["quota_account_id"]
    unit = {
        "region_code": library.county,
        "name": "县财政指标",
        "kind": "treasury",
        "accounts": [{"name": "指标", "book": "quota"}],
    }
    source = (await library.clerk.post("/funds/v1/units", unit)).json()["accounts"][0]["id"]
    await receive(library.http, library.county, source, 500_000)
    for kind, here, there, fen in (
        ("hand_down", source, quota, 500_000),
        ("hand_down", library.treasury, cash, 300_000),
    ):
        moved = await library.move(kind, here, there, fen, "2017-04-20")
        assert moved.status_code == 201, moved.text
    over = await library.move("hand_down", library.treasury, cash, 1, "2017-04-21")
    assert refusal(over) == (409, "over-plan")
    money = (await library.shown("2017-04-30"))["money"]
    assert (money["received_fen"], money["resting_fen"], money["unexplained_fen"]) == (800_000, 800_000, 0)


async def test_a_pooled_payment_in_proportion_shows_in_every_source(library: Library) -> None:
    await receive(library.http, library.county, library.treasury, 200_000)
    whole = {"planned_fen": 1_200_000, "sources": [{"fund_code": "TEST-FUND", "planned_fen": 1_200_000}]}
    await building(library, plan=plan(**whole))
    assert (await library.move("hand_down", library.treasury, library.cash, 400_000, "2017-04-21")).status_code == 201
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 1_000_000, "2017-06-01")
    paid = await library.move(
        "pay", library.cash, library.contractor, 600_000, "2017-06-02", fund_code=None, drawn="proportional"
    )
    assert paid.status_code == 201, paid.text
    shown = await library.shown("2017-06-30")
    halves = [(one["received_fen"], one["paid_fen"], one["resting_fen"]) for one in shown["tranches"]]
    assert sorted(halves) == [(200_000, 100_000, 100_000), (1_000_000, 500_000, 500_000)]
    assert shown["money"]["unexplained_fen"] == 0


async def test_a_notice_does_not_pay_straight_into_a_project(library: Library) -> None:
    cash = (await library.walk("planned"))["cash_account_id"]
    answer = await library.clerk.post(
        "/funds/v1/notices", await notice_request(library.http, library.county, cash, amounts=[5])
    )
    assert refusal(answer) == (422, "account-missing")


async def test_money_that_comes_back_makes_room_again(library: Library) -> None:
    await building(library)
    back = {
        "kind": "return",
        "document": "退1",
        "effective_on": "2017-05-01",
        "fund_code": "TEST-FUND",
        "account_id": library.cash,
        "amount_fen": 300_000,
    }
    assert (await library.clerk.post("/funds/v1/movements", back)).status_code == 201
    money = (await library.shown("2017-05-01"))["money"]
    assert (money["received_fen"], money["given_back_fen"], money["resting_fen"]) == (800_000, 300_000, 500_000)
    again = await library.move("hand_down", library.treasury, library.cash, 300_000, "2017-05-02")
    assert again.status_code == 201, again.text
    assert (await library.shown("2017-05-02"))["money"]["unexplained_fen"] == 0


async def test_a_roster_of_a_project_is_paid_once_building_began(library: Library) -> None:
    """Public posts are paid to households: no contract, but the stage is asked for all the same."""
    township = await Township(library.http, library.county).open()
    cash = (await library.walk("tendering"))["cash_account_id"]
    assert (await library.move("hand_down", library.treasury, cash, 800_000, "2017-03-25")).status_code == 201
    roster = roster_csv([(id_number(place), "100.00") for place in township.households[:2]])

    async def approve(on: str, item: str) -> httpx.Response:
        batch = await township.batch(account_id=cash, effective_on=on, entitlement=item)
        path = f"/funds/v1/payment-batches/{batch}"
        checked = await township.clerk.put(f"{path}/roster", roster.encode(), headers=CSV)
        assert checked.status_code == 200, checked.text
        body = {"file_sha256": checked.json()["batch"]["file_sha256"]}
        return await township.reviewer.post(f"{path}/approval", body)

    assert refusal(await approve("2017-04-01", "公益岗位补助")) == (409, "project-not-building")
    assert (await library.step("building")).status_code == 201
    paid = await approve("2017-06-01", "公益岗位工资")
    assert paid.status_code == 201, paid.text
    money = (await library.shown("2017-06-30"))["money"]
    assert (money["paid_fen"], money["resting_fen"], money["unexplained_fen"]) == (20_000, 780_000, 0)
