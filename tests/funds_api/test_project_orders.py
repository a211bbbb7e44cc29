"""Treasury orders of projects: the order out of a project's quota is the payment that the library judges, once."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.factories import open_account, receive
from tests.funds_api.desk import conserved
from tests.funds_api.library import Library, plan
from tests.funds_api.test_projects import refusal

BANK = "县农村商业银行"
ORDERS = "/funds/v1/treasury-orders"


class Orders:
    """A project at building with 800,000 fen of quota, the county's other quota, and the bank between."""

    def __init__(self, library: Library) -> None:
        self.library, self.http, self.county = library, library.http, library.county
        self.bank_client = funds_caller(self.http, "bank", self.county, unit=BANK, client_id="rcb", subject="rcb")

    async def open(self, until: str = "building", quota_fen: int = 800_000) -> Orders:
        library = self.library
        await library.fund_it()
        county_quota = {"region_code": self.county, "name": "县财政指标", "kind": "treasury"}
        self.quota = await self._unit(**county_quota, accounts=[{"name": "指标", "book": "quota"}])
        self.bank = await open_account(self.http, self.county, "bank", BANK)
        await receive(self.http, self.county, self.quota, 2_000_000)
        planned = await library.walk(until)
        self.own_cash, self.own_quota = planned["cash_account_id"], planned["quota_account_id"]
        if quota_fen:
            moved = await library.move("hand_down", self.quota, self.own_quota, quota_fen, "2017-04-11")
            assert moved.status_code == 201, moved.text
        return self

    async def _unit(self, **unit: Any) -> str:
        answer = await self.library.clerk.post("/funds/v1/units", unit)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["accounts"][0]["id"])

    async def order(self, fen: int, source: str = "", payee: str = "", **changes: Any) -> httpx.Response:
        body = {
            "order_number": f"支{uuid4().hex[:10]}",
            "basis": "direct",
            "from_account_id": source or self.own_quota,
            "bank_account_id": self.bank,
            "payee_account_id": payee or self.library.contractor,
            "payee_bank": "402521000017",
            "fund_code": "TEST-FUND",
            "use": "infrastructure",
            "amount_fen": fen,
            "effective_on": "2017-07-02",
            "document": "支付申请1号",
            **changes,
        }
        return await self.library.clerk.post(ORDERS, body)

    async def issue(self, fen: int, source: str = "", payee: str = "", **changes: Any) -> dict[str, Any]:
        answer = await self.order(fen, source, payee, **changes)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def settle(self, order: dict[str, Any], result: str = "paid", on: str = "2017-07-04") -> dict[str, Any]:
        report = {"result": result, "bank_serial": f"RCB{uuid4().hex[:12]}", "effective_on": on}
        if result == "returned":
            report["reason_code"] = "AC03"
        answer = await self.bank_client.post(f"{ORDERS}/{order['id']}/result", report)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def undo(self, movement: str, on: str = "2017-08-01") -> None:
        order = {"kind": "reverse", "document": f"冲{uuid4().hex[:6]}", "effective_on": on, "movement_id": movement}
        answer = await self.library.clerk.post("/funds/v1/movements", order)
        assert answer.status_code == 201, answer.text

    async def money(self, as_of: str = "2017-12-31") -> tuple[int, ...]:
        """Received, given back, paid, in transit, resting and coming; every proof of the project holds."""
        shown = await self.library.shown(as_of)
        for one in (shown["money"], *shown["sources"], *shown["tranches"]):
            assert one["unexplained_fen"] == 0, one
        names = ("received_fen", "given_back_fen", "paid_fen", "in_transit_fen", "resting_fen", "coming_fen")
        told = tuple(shown["money"][name] for name in names)
        assert told == tuple(sum(one[name] for one in shown["sources"]) for name in names)
        return told


@pytest.fixture
async def orders(funds_http: httpx.AsyncClient, county: str) -> Orders:
    return await Orders(Library(funds_http, county)).open()


async def test_an_order_out_of_the_projects_quota_is_its_payment(
    orders: Orders, admin: asyncpg.Pool, county: str
) -> None:
    library = orders.library
    contract = (await library.sign(600_000, retention_ppm=30_000, release_on="2018-10-01")).json()["id"]
    await library.progress(contract, 500_000, "2017-07-01")
    over = await orders.order(291_001)
    assert refusal(over) == (409, "over-progress")
    assert over.json()["figures"] == {
        "project_id": library.id,
        "contracts_fen": 600_000,
        "due_fen": 300_000,
        "kept_fen": 9_000,
        "paid_fen": 291_001,
    }
    assert await orders.money() == (800_000, 0, 0, 0, 800_000, 0), "nothing was moved"
    order = await orders.issue(291_000)
    assert await orders.money() == (800_000, 0, 0, 291_000, 509_000, 0)
    assert refusal(await orders.order(1)) == (409, "over-progress"), "what is in transit was spent"
    await orders.settle(order)
    assert await orders.money() == (800_000, 0, 291_000, 0, 509_000, 0)
    assert await orders.money("2017-07-03") == (800_000, 0, 0, 291_000, 509_000, 0)
    [contractor] = (await library.shown("2017-07-31"))["contractors"]
    assert (contractor["paid_fen"], contractor["in_transit_fen"], contractor["payable_fen"]) == (291_000, 0, 0)
    await conserved(admin, county)


async def test_the_progress_of_the_orders_own_day_counts(orders: Orders) -> None:
    library = orders.library
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 400_000, "2017-07-10")
    assert refusal(await orders.order(180_001, effective_on="2017-07-09")) == (409, "over-progress"), "the advance only"
    late = await orders.issue(180_000, effective_on="2017-07-09")
    await orders.settle(late, on="2017-07-20")
    assert refusal(await orders.order(60_001, effective_on="2017-07-10")) == (409, "over-progress")
    await orders.issue(60_000, effective_on="2017-07-10")


async def test_an_order_that_comes_back_has_paid_nothing_and_makes_room_once(orders: Orders) -> None:
    library = orders.library
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 500_000, "2017-07-01")
    first = await orders.issue(300_000)
    await orders.settle(first, "returned")
    assert await orders.money() == (800_000, 0, 0, 0, 800_000, 0)
    over_plan = await library.move("hand_down", orders.quota, orders.own_quota, 1, "2017-07-05")
    assert refusal(over_plan) == (409, "over-plan"), "an order gives nothing back"
    again = await orders.issue(300_000, effective_on="2017-07-05", reissues_order_id=first["id"])
    paid = await orders.settle(again, on="2017-07-06")
    await orders.undo(paid["result"]["movement_id"])
    assert await orders.money() == (800_000, 0, 0, 300_000, 500_000, 0)
    await orders.undo(again["movement_id"])
    assert await orders.money() == (800_000, 0, 0, 0, 800_000, 0)
    assert refusal(await orders.order(300_001, effective_on="2017-08-02")) == (409, "over-progress")
    await orders.issue(300_000, effective_on="2017-08-02")


async def test_an_order_makes_no_room_under_the_plan(orders: Orders) -> None:
    library = orders.library
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 1_000_000, "2017-07-01")
    order = await orders.issue(600_000)
    while_in_transit = await library.move("hand_down", orders.quota, orders.own_quota, 1, "2017-07-03")
    await orders.settle(order)
    once_paid = await library.move("hand_down", orders.quota, orders.own_quota, 1, "2017-07-05")
    for more in (while_in_transit, once_paid):
        assert refusal(more) == (409, "over-plan")
        assert more.json()["figures"]["asked_fen"] == 800_001


async def test_a_project_orders_once_building_began(funds_http: httpx.AsyncClient, county: str) -> None:
    orders = await Orders(Library(funds_http, county)).open("tendering", quota_fen=0)
    moved = await orders.library.move("hand_down", orders.quota, orders.own_quota, 800_000, "2017-03-25")
    assert moved.status_code == 201, moved.text
    assert (await orders.library.sign(600_000, signed_on="2017-03-28")).status_code == 201
    answer = await orders.order(1, effective_on="2017-04-01")
    assert refusal(answer) == (409, "project-not-building")
    assert answer.json()["figures"]["stage"] == "tendering"
    assert (await orders.library.step("building")).status_code == 201
    assert refusal(await orders.order(1, effective_on="2017-04-09")) == (409, "project-not-building")
    await orders.issue(1, effective_on="2017-04-10")


async def test_quota_turned_into_own_cash_is_neither_brought_nor_spent(orders: Orders) -> None:
    """The plan is full: the same money counts once, as quota, on its way, and as cash; paying it is judged once."""
    library = orders.library
    order = await orders.issue(300_000, payee=orders.own_cash)
    assert await orders.money() == (800_000, 0, 0, 300_000, 500_000, 0)
    more = await library.move("hand_down", library.treasury, orders.own_cash, 1, "2017-07-03")
    assert refusal(more) == (409, "over-plan")
    paid = await orders.settle(order)
    assert await orders.money() == (800_000, 0, 0, 0, 800_000, 0)
    pay = await library.move("pay", orders.own_cash, library.contractor, 1, "2017-07-05")
    assert refusal(pay) == (409, "over-progress"), "no contract yet"
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 500_000, "2017-07-05")
    both = await orders.issue(100_000, effective_on="2017-07-05")
    over = await library.move("pay", orders.own_cash, library.contractor, 200_001, "2017-07-05")
    assert refusal(over) == (409, "over-progress")
    spent = await library.move("pay", orders.own_cash, library.contractor, 200_000, "2017-07-05")
    assert spent.status_code == 201, spent.text
    assert await orders.money() == (800_000, 0, 200_000, 100_000, 500_000, 0)
    await orders.settle(both, on="2017-07-06")
    await orders.undo(spent.json()["movements"][0]["id"])
    await orders.undo(paid["result"]["movement_id"])
    assert await orders.money() == (800_000, 0, 100_000, 300_000, 400_000, 0)


async def test_cash_ordered_for_a_project_takes_up_the_plan_when_it_is_ordered(
    orders: Orders, admin: asyncpg.Pool, county: str
) -> None:
    library = orders.library
    back = {"kind": "return", "document": "退1", "effective_on": "2017-06-01", "fund_code": "TEST-FUND"}
    returned = {**back, "account_id": orders.own_quota, "amount_fen": 500_000}
    assert (await library.clerk.post("/funds/v1/movements", returned)).status_code == 201
    over = await orders.order(500_001, source=orders.quota, payee=orders.own_cash)
    assert refusal(over) == (409, "over-plan")
    order = await orders.issue(500_000, source=orders.quota, payee=orders.own_cash)
    assert await orders.money() == (800_000, 500_000, 0, 0, 300_000, 500_000)
    assert refusal(await orders.order(1, source=orders.quota, payee=orders.own_cash)) == (409, "over-plan")
    paid = await orders.settle(order)
    assert await orders.money() == (1_300_000, 500_000, 0, 0, 800_000, 0)
    assert await orders.money("2017-07-03") == (800_000, 500_000, 0, 0, 300_000, 500_000)
    await orders.undo(paid["result"]["movement_id"])
    await orders.settle(order, "returned", on="2017-08-02")
    assert await orders.money() == (1_300_000, 1_000_000, 0, 0, 300_000, 0)
    await orders.issue(500_000, source=orders.quota, payee=orders.own_cash, effective_on="2017-08-03")
    await conserved(admin, county)


async def test_only_a_project_in_the_library_is_paid_by_an_order(funds_http: httpx.AsyncClient, county: str) -> None:
    orders = await Orders(Library(funds_http, county)).open("planned", quota_fen=0)
    library = orders.library
    outside = await open_account(funds_http, library.village, "project_unit")
    assert refusal(await orders.order(1, orders.quota, outside)) == (409, "project-not-admitted")
    early = await orders.order(1, orders.quota, orders.own_cash, effective_on="2017-03-04")
    assert refusal(early) == (409, "project-not-admitted")
    assert early.json()["figures"]["stage"] == "admitted"
    order = await orders.issue(500, orders.quota, orders.own_cash, effective_on="2017-03-05")
    held = await library.step("removed", reason="撤项")
    assert refusal(held) == (409, "project-holds-money")
    assert held.json()["figures"] == {"resting_fen": 0, "paid_fen": 0, "in_transit_fen": 500}
    less = plan(planned_fen=499, sources=[{"fund_code": "TEST-FUND", "planned_fen": 499}])
    path = f"/funds/v1/projects/{library.id}/versions"
    change = {"document": "变更", "reason": "核减", "reported_on": "2017-03-06", "plan": less}
    assert (await library.lister.post(path, change)).status_code == 201
    refused = await library.approver.post(f"{path}/2/approval", {"document": "批复", "effective_on": "2017-03-07"})
    assert refusal(refused) == (409, "plan-under-received")
    await orders.settle(order, "returned", on="2017-03-07")
    assert (await library.step("removed", reason="撤项")).status_code == 201


async def test_what_desks_are_reimbursed_counts_together_with_the_contractors(orders: Orders) -> None:
    library = orders.library
    village = await open_account(orders.http, library.village, "village_collective")
    claim = {"payee": village, "basis": "reimbursement", "invoices": [{"number": "INV1", "amount_fen": 100_000}]}
    assert refusal(await orders.order(100_000, **claim)) == (409, "over-progress"), "no contract, nothing due"
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 500_000, "2017-07-01")
    await orders.settle(await orders.issue(100_000, **claim))
    assert await orders.money() == (800_000, 0, 100_000, 0, 700_000, 0)
    over = await orders.order(200_001)
    assert refusal(over) == (409, "over-progress")
    assert over.json()["figures"]["paid_fen"] == 300_001
    await orders.issue(200_000)
    shown = (await library.shown())["contractors"]
    assert [(one["paid_fen"], one["in_transit_fen"]) for one in shown] == [(0, 200_000)], "a desk is no contractor"


async def test_orders_and_payments_of_one_project_race_and_the_contract_holds(orders: Orders) -> None:
    library = orders.library
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 1_000_000, "2017-07-01")
    await orders.settle(await orders.issue(400_000, payee=orders.own_cash), on="2017-07-02")
    answers = await asyncio.gather(
        orders.order(200_000),
        library.move("pay", orders.own_cash, library.contractor, 200_000, "2017-07-02"),
        orders.order(200_000),
        library.move("pay", orders.own_cash, library.contractor, 200_000, "2017-07-02", by=library.lister),
    )
    assert sorted(one.status_code for one in answers) == [201, 201, 201, 409]
    received, _, paid, in_transit, resting, _ = await orders.money()
    assert (received, paid + in_transit, resting) == (800_000, 600_000, 200_000)


async def test_two_orders_for_a_project_race_and_the_plan_holds(funds_http: httpx.AsyncClient, county: str) -> None:
    """Through two banks, so that the orders have no account in common but the one that is to be paid."""
    orders = await Orders(Library(funds_http, county)).open(quota_fen=0)
    other = await open_account(funds_http, county, "bank", "另一银行")
    answers = await asyncio.gather(
        *(orders.order(500_000, orders.quota, orders.own_cash, bank_account_id=bank) for bank in (orders.bank, other))
    )
    assert sorted(one.status_code for one in answers) == [201, 409]
    assert (await orders.money())[-1] == 500_000


async def test_what_a_contractor_gives_back_of_an_order_makes_room_again(
    orders: Orders, admin: asyncpg.Pool, county: str
) -> None:
    """It goes back the way it came: to the bank's account, where it is in transit, and on to the project's quota."""
    library = orders.library
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 500_000, "2017-07-01")
    await orders.settle(await orders.issue(300_000))
    back = {"kind": "return", "document": "退1", "fund_code": "TEST-FUND", "amount_fen": 50_000}

    async def give_back(account: str, on: str) -> str:
        answer = await library.clerk.post("/funds/v1/movements", {**back, "account_id": account, "effective_on": on})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["movements"][0]["id"])

    first = await give_back(library.contractor, "2017-07-10")
    assert await orders.money() == (800_000, 0, 250_000, 50_000, 500_000, 0)
    second = await give_back(orders.bank, "2017-07-11")
    assert await orders.money() == (800_000, 0, 250_000, 0, 550_000, 0)
    assert await orders.money("2017-07-10") == (800_000, 0, 250_000, 50_000, 500_000, 0)
    [contractor] = (await library.shown("2017-07-31"))["contractors"]
    assert (contractor["paid_fen"], contractor["payable_fen"]) == (250_000, 50_000)
    assert refusal(await orders.order(50_001, effective_on="2017-07-12")) == (409, "over-progress")
    await orders.undo(second)
    await orders.undo(first)
    assert await orders.money() == (800_000, 0, 300_000, 0, 500_000, 0)
    assert refusal(await orders.order(1, effective_on="2017-08-02")) == (409, "over-progress")
    await give_back(library.contractor, "2017-08-03")
    assert await orders.money() == (800_000, 0, 250_000, 50_000, 500_000, 0), "also of what an undoing restored"
    await conserved(admin, county)


async def test_own_cash_given_back_is_quota_again_and_has_not_left_the_project(orders: Orders) -> None:
    library = orders.library
    await orders.settle(await orders.issue(300_000, payee=orders.own_cash))
    back = {"kind": "return", "document": "退1", "fund_code": "TEST-FUND", "amount_fen": 100_000}
    for account, on in ((orders.own_cash, "2017-07-10"), (orders.bank, "2017-07-11")):
        answer = await library.clerk.post("/funds/v1/movements", {**back, "account_id": account, "effective_on": on})
        assert answer.status_code == 201, answer.text
    assert await orders.money("2017-07-10") == (800_000, 0, 0, 100_000, 700_000, 0)
    assert await orders.money() == (800_000, 0, 0, 0, 800_000, 0)
    more = await library.move("hand_down", orders.quota, orders.own_quota, 1, "2017-07-12")
    assert refusal(more) == (409, "over-plan")
