"""Undoing what had gone back: money that a project gets or spends again is held to its plan and progress once more."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.factories import open_account
from tests.funds_api.desk import conserved
from tests.funds_api.library import Library
from tests.funds_api.test_project_money import building
from tests.funds_api.test_project_orders import Orders
from tests.funds_api.test_projects import refusal


@pytest.fixture
async def library(funds_http: httpx.AsyncClient, county: str) -> Library:
    opened = Library(funds_http, county)
    await opened.fund_it()
    return opened


@pytest.fixture
async def orders(funds_http: httpx.AsyncClient, county: str) -> Orders:
    return await Orders(Library(funds_http, county)).open()


async def go_back(library: Library, account: str, fen: int, on: str, kind: str = "return") -> str:
    body = {"kind": kind, "document": "退1", "fund_code": "TEST-FUND", "account_id": account, "amount_fen": fen}
    answer = await library.clerk.post("/funds/v1/movements", {**body, "effective_on": on})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["movements"][0]["id"])


async def undo(library: Library, movement: str, on: str, *, cascade: bool = False) -> httpx.Response:
    body = {"kind": "reverse", "document": f"冲{uuid4().hex[:6]}", "effective_on": on, "movement_id": movement}
    return await library.clerk.post("/funds/v1/movements", {**body, "cascade": cascade})


def moved(answer: httpx.Response) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json()["movements"][0]["id"])


@pytest.mark.parametrize("kind", ["return", "recover", "take_back"])
async def test_what_had_gone_back_comes_again_within_the_plan_only(
    library: Library, kind: str, admin: asyncpg.Pool
) -> None:
    """300,000 of 800,000 went back, and others were handed down in their place."""
    await building(library)
    if kind == "take_back":
        order = {"kind": kind, "document": "收1", "effective_on": "2017-05-01", "amount_fen": 300_000}
        ends = {"account_id": library.cash, "to_account_id": library.treasury}
        gone = moved(await library.clerk.post("/funds/v1/movements", {**order, **ends}))
    else:
        gone = await go_back(library, library.cash, 300_000, "2017-05-01", kind)
    again = moved(await library.move("hand_down", library.treasury, library.cash, 200_000, "2017-05-02"))
    refused = await undo(library, gone, "2017-05-03")
    assert refusal(refused) == (409, "over-plan")
    assert refused.json()["figures"] == {
        "project_id": library.id,
        "fund_code": "TEST-FUND",
        "over_on": "2017-05-03",
        "planned_fen": 800_000,
        "asked_fen": 1_000_000,
    }
    money = (await library.shown())["money"]
    assert (money["received_fen"], money["given_back_fen"], money["resting_fen"]) == (1_000_000, 300_000, 700_000)
    assert (await undo(library, again, "2017-05-04")).status_code == 201, "undoing what was brought makes room"
    assert (await undo(library, gone, "2017-05-05")).status_code == 201
    assert (await library.shown())["money"]["resting_fen"] == 800_000
    await conserved(admin, library.county)


async def test_a_chain_is_judged_as_it_leaves_the_project(library: Library) -> None:
    """The very fen that went back were handed down again: undone together, the project has what it had."""
    await building(library)
    # Nothing else is left to hand down.
    other = await open_account(library.http, library.village, "village_collective")
    moved(await library.move("hand_down", library.treasury, other, 200_000, "2017-04-21"))
    gone = await go_back(library, library.cash, 300_000, "2017-05-01")
    moved(await library.move("hand_down", library.treasury, library.cash, 300_000, "2017-05-02"))
    assert refusal(await undo(library, gone, "2017-05-03")) == (409, "spent-on")
    assert (await undo(library, gone, "2017-05-03", cascade=True)).status_code == 201
    money = (await library.shown())["money"]
    assert (money["resting_fen"], money["unexplained_fen"]) == (800_000, 0)


async def test_what_a_contractor_gave_back_is_paid_again_within_progress_only(library: Library) -> None:
    await building(library)
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 500_000, "2017-05-01")
    moved(await library.move("pay", library.cash, library.contractor, 300_000, "2017-05-02", by=library.lister))
    gone = await go_back(library, library.contractor, 100_000, "2017-05-03", "recover")
    again = await library.move("pay", library.cash, library.contractor, 100_000, "2017-05-04", by=library.lister)
    assert again.status_code == 201, again.text
    refused = await undo(library, gone, "2017-05-05")
    assert refusal(refused) == (409, "over-progress")
    assert (refused.json()["figures"]["due_fen"], refused.json()["figures"]["paid_fen"]) == (300_000, 400_000)
    await library.progress(contract, 700_000, "2017-06-01")
    assert refusal(await undo(library, gone, "2017-05-31")) == (409, "over-progress"), "accepted only in June"
    assert (await undo(library, gone, "2017-06-01")).status_code == 201
    assert (await library.shown())["money"]["paid_fen"] == 400_000


async def test_an_order_the_bank_returned_is_on_its_way_again_within_progress_only(orders: Orders) -> None:
    """Due are 300,000; the order came back, another took its place, and the bank's word is undone."""
    library = orders.library
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 500_000, "2017-07-01")
    back = (await orders.settle(await orders.issue(200_000), "returned"))["result"]["movement_id"]
    again = await orders.issue(300_000, effective_on="2017-07-05")
    refused = await undo(library, back, "2017-07-06")
    assert refusal(refused) == (409, "over-progress")
    assert refused.json()["figures"]["paid_fen"] == 500_000
    assert await orders.money() == (800_000, 0, 0, 300_000, 500_000, 0), "nothing was moved"
    await orders.undo(again["movement_id"])
    assert (await undo(library, back, "2017-08-02")).status_code == 201
    assert await orders.money() == (800_000, 0, 0, 200_000, 600_000, 0)


async def test_an_order_for_a_project_that_came_back_is_coming_again_within_its_plan_only(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    orders = await Orders(Library(funds_http, county)).open(quota_fen=0)
    first = await orders.issue(500_000, orders.quota, orders.own_cash)
    back = (await orders.settle(first, "returned"))["result"]["movement_id"]
    await orders.issue(600_000, orders.quota, orders.own_cash, effective_on="2017-07-04")
    refused = await undo(orders.library, back, "2017-07-10")
    assert refusal(refused) == (409, "over-plan")
    assert refused.json()["figures"]["asked_fen"] == 1_100_000
    assert (await orders.money())[-1] == 600_000


async def test_what_the_payee_of_an_order_gave_back_is_paid_again_within_progress_only(orders: Orders) -> None:
    """Neither end of that return is the project's: it went from the contractor to the bank."""
    library = orders.library
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 500_000, "2017-07-01")
    await orders.settle(await orders.issue(300_000))
    gone = await go_back(library, library.contractor, 50_000, "2017-07-10")
    await orders.issue(50_000, effective_on="2017-07-11")
    refused = await undo(library, gone, "2017-07-12")
    assert refusal(refused) == (409, "over-progress")
    assert refused.json()["figures"]["paid_fen"] == 350_000


async def test_a_retention_that_went_back_is_kept_again_within_what_is_due(library: Library) -> None:
    """100,000 due; 40,000 of it were kept back and given back to the project, which then paid the contractor all."""
    await building(library)
    contract = (await library.sign(200_000)).json()["id"]
    await library.progress(contract, 500_000, "2017-05-01")
    deposit = await open_account(library.http, library.county + "101", "retention", "质保金专户")
    keep = {"release_on": "2018-05-01", "contract_id": contract, "by": library.lister}
    moved(await library.move("retain", library.cash, deposit, 40_000, "2017-05-02", **keep))
    gone = await go_back(library, deposit, 40_000, "2017-05-03")
    moved(await library.move("pay", library.cash, library.contractor, 100_000, "2017-05-04", by=library.lister))
    refused = await undo(library, gone, "2017-05-05")
    assert refusal(refused) == (409, "over-progress")
    figures = refused.json()["figures"]
    assert (figures["due_fen"], figures["kept_fen"], figures["paid_fen"]) == (100_000, 40_000, 100_000)


async def test_a_retention_paid_and_given_back_is_paid_again_within_what_is_due(library: Library) -> None:
    """The deposit paid 40,000, got them back, and the project paid them out of its cash once more."""
    await building(library)
    contract = (await library.sign(200_000)).json()["id"]
    await library.progress(contract, 500_000, "2017-05-01")
    deposit = await open_account(library.http, library.county + "101", "retention", "质保金专户")
    keep = {"release_on": "2017-05-03", "contract_id": contract, "by": library.lister}
    moved(await library.move("retain", library.cash, deposit, 40_000, "2017-05-02", **keep))
    moved(await library.move("pay", deposit, library.contractor, 40_000, "2017-05-03"))
    gone = await go_back(library, library.contractor, 40_000, "2017-05-04")
    home = await go_back(library, deposit, 40_000, "2017-05-05")
    last = moved(await library.move("pay", library.cash, library.contractor, 100_000, "2017-05-06", by=library.lister))
    assert refusal(await undo(library, home, "2017-05-07")) == (409, "over-progress")
    assert (await undo(library, last, "2017-05-08")).status_code == 201
    assert (await undo(library, home, "2017-05-08")).status_code == 201
    assert (await undo(library, gone, "2017-05-08")).status_code == 201
    assert (await library.shown())["money"]["unexplained_fen"] == 0


async def test_a_slip_is_undone_whatever_room_is_left_elsewhere(library: Library) -> None:
    """A return entered by mistake and nothing in its place: the limit is reached again, to the fen, and not passed."""
    await building(library)
    gone = await go_back(library, library.cash, 300_000, "2017-05-01")
    for stage in ("accepted", "announced"):
        if stage == "announced":
            assert (await library.measure()).status_code == 201
        assert (await library.step(stage)).status_code == 201
    late = await library.move("hand_down", library.treasury, library.cash, 1, "2017-11-01")
    assert refusal(late) == (409, "project-not-admitted"), "nothing more comes to it"
    assert (await undo(library, gone, "2017-11-01")).status_code == 201, "but what it had comes back"


async def test_nothing_comes_again_to_a_project_that_left_the_library(library: Library) -> None:
    library.cash = (await library.walk("planned"))["cash_account_id"]
    moved(await library.move("hand_down", library.treasury, library.cash, 500, "2017-03-06"))
    gone = await go_back(library, library.cash, 500, "2017-03-07")
    assert (await library.step("removed", reason="撤项")).status_code == 201
    for on in ("2017-03-08", "2017-12-31"):
        refused = await undo(library, gone, on)
        assert refusal(refused) == (409, "project-not-admitted"), on
        assert refused.json()["figures"] == {"account_id": library.cash, "stage": "removed", "effective_on": on}
    figures: dict[str, Any] = (await library.shown())["money"]
    assert figures["resting_fen"] == 0
