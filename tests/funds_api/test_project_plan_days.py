"""What a project has from each fund fits the plan of every day, also where what is dated back fits at the end."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import httpx
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from chassis.database import async_url
from services.funds_api.moments import Moment
from services.funds_api.projects import money
from tests.factories import open_account, receive
from tests.funds_api.desk import conserved, refused
from tests.funds_api.library import Library, plan
from tests.funds_api.test_project_money import building, library
from tests.funds_api.test_project_orders import Orders
from tests.funds_api.test_undone_returns import go_back, moved, orders, undo

__all__ = ["library", "orders"]  # fixtures


def of(fen: int) -> dict[str, object]:
    return plan(planned_fen=fen, sources=[{"fund_code": "TEST-FUND", "planned_fen": fen}])


async def change(library: Library, version: int, fen: int, on: str, reported_on: str | None = None) -> httpx.Response:
    """Change the plan to `fen` from a day on: the approval's answer."""
    body = {"document": "变更", "reason": "调整", "reported_on": reported_on or on, "plan": of(fen)}
    path = f"/funds/v1/projects/{library.id}/versions"
    answer = await library.lister.post(path, body)
    assert answer.status_code == 201, answer.text
    return await library.approver.post(f"{path}/{version}/approval", {"document": "批复", "effective_on": on})


async def held(library: Library, *days: str) -> list[int]:
    """What the project had and was sent at the end of these days."""
    shown = [(await library.shown(day))["money"] for day in days]
    return [one["received_fen"] - one["given_back_fen"] + one["coming_fen"] for one in shown]


async def test_what_went_back_later_makes_no_room_for_what_is_dated_before_it(
    library: Library, admin: asyncpg.Pool
) -> None:
    """800,000 came on 04-20 and 300,000 of it went back on 05-10."""
    await receive(library.http, library.county, library.treasury, 1_000_000)
    await building(library)
    await go_back(library, library.cash, 300_000, "2017-05-10")
    days = ("2017-05-04", "2017-05-05", "2017-05-09", "2017-05-10")
    figures = {"fund_code": "TEST-FUND", "over_on": "2017-05-05", "planned_fen": 800_000, "asked_fen": 1_100_000}
    early = await library.move("hand_down", library.treasury, library.cash, 300_000, "2017-05-05")
    refused(early, 409, "over-plan", {"project_id": library.id, **figures})
    assert "2017-05-05" in early.json()["detail"]
    assert await held(library, *days) == [800_000, 800_000, 800_000, 500_000], "nothing is half-written"
    one = await library.move("hand_down", library.treasury, library.cash, 1, "2017-05-09")
    refused(one, 409, "over-plan", {"over_on": "2017-05-09", "asked_fen": 800_001})
    moved(await library.move("hand_down", library.treasury, library.cash, 300_000, "2017-05-10"))
    assert await held(library, *days) == [800_000, 800_000, 800_000, 800_000], "on the very day it fits to the fen"
    await conserved(admin, library.county)


async def test_the_figures_are_of_the_day_that_is_furthest_over(library: Library) -> None:
    """300,000 went back on 05-10, 200,000 came again on 05-20 and went back on 05-30."""
    await building(library)
    await go_back(library, library.cash, 300_000, "2017-05-10")
    moved(await library.move("hand_down", library.treasury, library.cash, 200_000, "2017-05-20"))
    await go_back(library, library.cash, 200_000, "2017-05-30")
    over = await library.move("hand_down", library.treasury, library.cash, 150_000, "2017-05-15")
    refused(over, 409, "over-plan", {"over_on": "2017-05-20", "planned_fen": 800_000, "asked_fen": 850_000})
    moved(await library.move("hand_down", library.treasury, library.cash, 100_000, "2017-05-15"))
    assert await held(library, "2017-05-15", "2017-05-20", "2017-05-30") == [600_000, 800_000, 600_000]


async def test_the_undoing_of_a_return_fits_the_plan_of_each_day_too(library: Library) -> None:
    """What went back on 05-01 came again on 05-05, and went back once more on 05-10: the first return was a slip."""
    await building(library)
    gone = await go_back(library, library.cash, 300_000, "2017-05-01")
    moved(await library.move("hand_down", library.treasury, library.cash, 200_000, "2017-05-05"))
    await go_back(library, library.cash, 200_000, "2017-05-10")
    figures = {"over_on": "2017-05-06", "planned_fen": 800_000, "asked_fen": 1_000_000}
    refused(await undo(library, gone, "2017-05-06"), 409, "over-plan", figures)
    assert (await held(library, "2017-05-06")) == [700_000]
    assert (await undo(library, gone, "2017-05-10")).status_code == 201
    assert await held(library, "2017-05-09", "2017-05-10") == [700_000, 800_000]


async def test_what_is_coming_by_an_order_takes_up_the_plan_of_each_day(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    """500,000 were on their way from 07-02 until the bank sent them back on 07-04."""
    orders = await Orders(Library(funds_http, county)).open(quota_fen=0)
    first = await orders.issue(500_000, orders.quota, orders.own_cash)
    await orders.settle(first, "returned")
    early = await orders.order(300_001, source=orders.quota, payee=orders.own_cash, effective_on="2017-07-03")
    refused(early, 409, "over-plan", {"over_on": "2017-07-03", "planned_fen": 800_000, "asked_fen": 800_001})
    await orders.issue(300_000, orders.quota, orders.own_cash, effective_on="2017-07-03")
    assert await held(orders.library, "2017-07-02", "2017-07-03", "2017-07-04") == [500_000, 800_000, 300_000]


async def test_a_plan_that_was_less_in_between_holds_its_days(library: Library) -> None:
    """800,000 until 05-19, 500,000 until 06-09, 900,000 since; 300,000 went back on 05-10."""
    await building(library)
    await go_back(library, library.cash, 300_000, "2017-05-10")
    lower = await change(library, 2, 500_000, "2017-05-09", reported_on="2017-05-08")
    refused(lower, 409, "plan-under-received", {"over_on": "2017-05-09", "received_fen": 800_000})
    path = f"/funds/v1/projects/{library.id}/versions/2/approval"
    approval = {"document": "批复", "effective_on": "2017-05-20"}
    assert (await library.approver.post(path, approval)).status_code == 201
    assert (await change(library, 3, 900_000, "2017-06-10")).status_code == 201
    early = await library.move("hand_down", library.treasury, library.cash, 300_000, "2017-05-15")
    refused(early, 409, "over-plan", {"over_on": "2017-05-20", "planned_fen": 500_000, "asked_fen": 800_000})
    moved(await library.move("hand_down", library.treasury, library.cash, 400_000, "2017-06-10"))
    assert await held(library, "2017-05-15", "2017-06-09", "2017-06-10") == [500_000, 500_000, 900_000]


async def test_a_contract_fits_a_plan_that_was_less_in_between(library: Library) -> None:
    await library.walk("building")
    assert (await library.sign(400_000, signed_on="2017-04-15")).status_code == 201
    assert (await change(library, 2, 500_000, "2017-05-20")).status_code == 201
    assert (await change(library, 3, 900_000, "2017-06-10")).status_code == 201
    early = await library.sign(200_000, signed_on="2017-05-01")
    refused(early, 409, "over-plan", {"over_on": "2017-05-20", "planned_fen": 500_000, "asked_fen": 600_000})
    assert (await library.sign(100_000, signed_on="2017-05-01")).status_code == 201
    assert (await library.sign(400_000, signed_on="2017-06-10")).status_code == 201
    ahead = await library.sign(1, signed_on="2016-12-01")
    refused(ahead, 409, "over-plan", {"over_on": "2017-05-20", "planned_fen": 500_000, "asked_fen": 500_001})


async def test_a_contract_that_was_cancelled_took_its_amount_until_then(library: Library) -> None:
    await library.walk("building")
    first = (await library.sign(700_000, signed_on="2017-04-15")).json()["id"]
    ended = {"document": "解除协议", "cancelled_on": "2017-06-01", "settled_fen": 0}
    path = f"/funds/v1/projects/{library.id}/contracts/{first}/cancellation"
    assert (await library.clerk.post(path, ended)).status_code == 201
    early = await library.sign(100_001, signed_on="2017-04-20")
    refused(early, 409, "over-plan", {"over_on": "2017-04-20", "planned_fen": 800_000, "asked_fen": 800_001})
    assert (await library.sign(100_000, signed_on="2017-04-20")).status_code == 201
    assert (await library.sign(700_000, signed_on="2017-06-01")).status_code == 201


async def test_the_days_add_up_to_what_the_project_shows_at_each(orders: Orders, urls: dict[str, str]) -> None:
    """An order coming and sent back, a return undone, and a retention that the treasury took back."""
    library = orders.library
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 500_000, "2017-05-01")
    gone = await go_back(library, orders.own_quota, 400_000, "2017-05-02")
    moved(await library.move("hand_down", library.treasury, orders.own_cash, 300_000, "2017-05-03"))
    deposit = await open_account(library.http, library.county + "101", "retention", "质保金专户")
    keep = {"release_on": "2017-05-05", "contract_id": contract, "by": library.lister}
    moved(await library.move("retain", orders.own_cash, deposit, 40_000, "2017-05-04", **keep))
    taking = {"kind": "take_back", "document": "收1", "effective_on": "2017-05-05", "amount_fen": 40_000}
    ends = {"account_id": deposit, "to_account_id": library.treasury}
    taken = moved(await library.clerk.post("/funds/v1/movements", {**taking, **ends}))
    coming = await orders.issue(100_000, orders.quota, orders.own_cash, effective_on="2017-05-06")
    await orders.settle(coming, "returned", "2017-05-08")
    await go_back(library, orders.own_cash, 260_000, "2017-05-07")
    assert (await undo(library, taken, "2017-05-09")).status_code == 201
    assert (await undo(library, gone, "2017-05-10")).status_code == 409, "440,000 and 400,000 are beyond the plan"
    await go_back(library, orders.own_quota, 40_000, "2017-05-10")
    assert (await undo(library, gone, "2017-05-10")).status_code == 201

    project, engine = (
        UUID(library.id),
        create_async_engine(async_url(urls["admin"])[0]),
    )
    async with AsyncSession(engine) as session:
        changes = (await money.planned_use(session, library.county, project))["TEST-FUND"]
        used = {}
        for day, _ in changes:
            flows = (await money.flows(session, library.county, [project], Moment(day)))[project]
            used[day] = money.total(one.flow for one in flows).planned_use_fen
    await engine.dispose()
    assert used == {day: sum(fen for on, fen in changes if on <= day) for day in used}
    assert [fen // 10_000 for _, fen in sorted(used.items())] == [80, 40, 70, 66, 76, 50, 40, 44, 80]
