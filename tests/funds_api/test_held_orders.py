"""Holds that orders and rosters pay from: fen kept on a quota until its order, and on an account until an approval."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.factories import fund, notice_request
from tests.funds_api.desk import conserved
from tests.funds_api.people import Township, id_number, roster_csv
from tests.funds_api.test_orders import ORDERS, Chain, refused
from tests.funds_api.test_returns import Paid


@pytest.fixture
async def chain(funds_http: httpx.AsyncClient, county: str) -> Chain:
    return await Chain(funds_http, county).open()


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county, fen=100_000).open()


async def held(chain: Chain, fen: int, **more: Any) -> dict[str, Any]:
    body = {"account_id": chain.treasury["quota"], "amount_fen": fen, "document": "支付申请1号", "purpose": "待支付"}
    answer = await chain.clerk.post("/funds/v1/holds", {**body, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def status(chain: Chain | Township, hold: str) -> str:
    clerk = chain.clerk if isinstance(chain, Chain) else chain.finance
    return str((await clerk.get(f"/funds/v1/holds/{hold}")).json()["status"])


async def test_an_order_posts_the_hold_on_its_quota(chain: Chain, admin: asyncpg.Pool, county: str) -> None:
    hold = await held(chain, 900_000)
    figures = refused(await chain.clerk.post(ORDERS, chain.order(100_001)), "money-held")
    assert (figures["free_fen"], figures["held_fen"]) == (100_000, 900_000)
    order = await chain.issue(850_000, hold_id=hold["id"])
    assert (order["hold_id"], order["drawn"]) == (hold["id"], "named")
    assert order["by_fund"] == [{"fund_code": chain.fund, "amount_fen": 850_000}]
    assert await status(chain, hold["id"]) == "posted"
    drawn = await admin.fetch(
        "SELECT d.from_lot_id::text AS lot, d.amount_fen FROM funds.draw d WHERE d.movement_id = $1::uuid",
        order["movement_id"],
    )
    kept = {one["lot_id"]: one["amount_fen"] for one in hold["lots"]}
    assert {one["lot"] for one in drawn} == set(kept)
    assert all(one["amount_fen"] <= kept[one["lot"]] for one in drawn)
    figures = refused(await chain.clerk.post(ORDERS, chain.order(1, hold_id=hold["id"])), "hold-over")
    assert figures["status"] == "posted"
    await chain.issue(150_000)
    assert await chain.balance(chain.treasury["quota"]) == 0, "what the order left of the hold is free again"
    paid = await chain.result(order)
    assert paid.json()["hold_id"] == hold["id"]
    shown = (await chain.clerk.get(f"{ORDERS}/{order['id']}")).json()
    assert (shown["hold_id"], shown["drawn"], shown["by_fund"]) == (hold["id"], "named", order["by_fund"])
    await conserved(admin, county)


async def test_an_order_gets_no_more_than_its_hold_and_none_of_another_account(chain: Chain) -> None:
    hold = await held(chain, 1_000)
    figures = refused(await chain.clerk.post(ORDERS, chain.order(1_001, hold_id=hold["id"])), "hold-too-small")
    assert (figures["asked_fen"], figures["held_fen"]) == (1_001, 1_000)
    await chain.split(500_000, chain.treasury["quota"], chain.department["quota"])
    elsewhere = chain.order(1_000, chain.department["quota"], hold_id=hold["id"])
    refused(await chain.clerk.post(ORDERS, elsewhere), "hold-over")
    nobody = chain.order(1_000, hold_id="019a0000-0000-7000-8000-000000000001")
    refused(await chain.clerk.post(ORDERS, nobody), "not-found", 404)
    for change in (
        {"drawn": "oldest"},
        {"lots": [{"lot_id": hold["lots"][0]["lot_id"], "amount_fen": 1_000}]},
        {"reissues_order_id": "019a0000-0000-7000-8000-000000000001"},
    ):
        answer = await chain.clerk.post(ORDERS, chain.order(1_000, hold_id=hold["id"], **change))
        assert answer.status_code == 422, answer.text
    assert await status(chain, hold["id"]) == "held", "nothing that was refused has ended it"
    await chain.issue(1_000, hold_id=hold["id"])


async def test_a_hold_of_several_funds_gives_the_fund_that_is_named_or_all_of_them(chain: Chain, county: str) -> None:
    other = await fund(chain.http, f"F-{uuid4().hex[:10]}")
    notice = await notice_request(
        chain.http, county, chain.treasury["quota"], amounts=[300_000], received_on="2017-04-05", fund_code=other
    )
    assert (await chain.clerk.post("/funds/v1/notices", notice)).status_code == 201
    hold = await held(chain, 1_300_000)
    figures = refused(
        await chain.clerk.post(ORDERS, chain.order(300_001, hold_id=hold["id"], fund_code=other)), "hold-too-small"
    )
    assert figures["held_fen"] == 300_000
    order = await chain.issue(1_200_000, hold_id=hold["id"], fund_code=None)
    assert {one["fund_code"]: one["amount_fen"] for one in order["by_fund"]} == {chain.fund: 1_000_000, other: 200_000}
    pooled = chain.order(1, fund_code=None)
    refused(await chain.clerk.post(ORDERS, pooled), "fund-needed", 422)


async def test_two_orders_race_for_one_hold_and_one_pays(chain: Chain, admin: asyncpg.Pool, county: str) -> None:
    hold = await held(chain, 600_000)
    answers = await asyncio.gather(
        *(chain.clerk.post(ORDERS, chain.order(300_000, hold_id=hold["id"])) for _ in range(4))
    )
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    assert {one.json()["type"] for one in answers if one.status_code == 409} == {"/problems/hold-over"}
    assert await chain.balance(chain.treasury["quota"]) == 700_000
    await conserved(admin, county)


async def of_office(township: Township, fen: int, **more: Any) -> dict[str, Any]:
    body = {"account_id": township.office, "amount_fen": fen, "document": "发放申请1号", "purpose": "待发放", **more}
    answer = await township.finance.post("/funds/v1/holds", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_an_approval_pays_from_the_hold_that_kept_the_money_since_the_check(
    township: Township, admin: asyncpg.Pool
) -> None:
    hold = await of_office(township, 30_000)
    told = await township.checked([(id_number(p), "100") for p in range(3)], hold_id=hold["id"])
    assert (told["available_fen"], told["batch"]["hold_id"], told["rows_good"]) == (30_000, hold["id"], 3)
    rival = await township.checked([(id_number(p), "100") for p in range(10, 18)])
    assert (rival["rows_good"], rival["rows_bad"]) == (7, 1), "the rival sees what is free without the hold"
    assert (await township.approve(rival["batch"]["id"])).status_code == 201
    paid = await township.approve(told["batch"]["id"])
    assert paid.status_code == 201, paid.text
    assert (paid.json()["total_fen"], paid.json()["unexplained_fen"]) == (30_000, 0)
    assert await status(township, hold["id"]) == "posted"
    movement = paid.json()["movement_id"]
    kept = await admin.fetchrow("SELECT drawn, hold_id::text FROM funds.movement WHERE id = $1::uuid", movement)
    assert tuple(kept) == ("named", hold["id"])
    await conserved(admin, township.county)


async def test_a_roster_gets_no_more_than_its_hold_keeps(township: Township) -> None:
    hold = await of_office(township, 25_000)
    told = await township.checked([(id_number(p), "100") for p in range(3)], hold_id=hold["id"])
    assert (told["rows_good"], told["rows_bad"], told["total_fen"]) == (2, 1, 20_000)
    assert set(told["by_reason"]) == {"money_not_there"}
    assert (await township.approve(told["batch"]["id"])).status_code == 201
    assert await status(township, hold["id"]) == "posted"
    left = await township.finance.get(f"/funds/v1/accounts/{township.office}", params={"as_of": "2017-12-31"})
    assert left.json()["balance_fen"] == 80_000, "the 50 元 that the roster left of its hold stay, free"
    again = await township.checked([(id_number(p), "100") for p in range(20, 28)])
    assert again["rows_good"] == 8


async def test_a_batch_names_only_a_hold_that_can_pay_it(township: Township) -> None:
    order = {
        "account_id": township.office,
        "fund_code": township.fund,
        "entitlement": "产业奖补",
        "document": "文",
        "effective_on": "2017-05-01",
    }

    async def opening(hold: str, **more: Any) -> httpx.Response:
        return await township.clerk.post("/funds/v1/payment-batches", {**order, "hold_id": hold, **more})

    refused(await opening("019a0000-0000-7000-8000-000000000001"), "not-found", 404)
    hold = await of_office(township, 10_000)
    other = await fund(township.http, f"F-{uuid4().hex[:10]}")
    assert refused(await opening(hold["id"], fund_code=other), "hold-not-for-batch") == {
        "hold_id": hold["id"],
        "fund_code": other,
        "kept_for_return": False,
    }
    voiding = await township.finance.post(f"/funds/v1/holds/{hold['id']}/voiding", {"reason": "撤回"})
    assert voiding.status_code == 200
    assert refused(await opening(hold["id"]), "hold-over")["status"] == "voided"


async def test_a_hold_that_ended_after_the_check_pays_no_roster(township: Township) -> None:
    hold = await of_office(township, 30_000)
    first, second = [await township.batch(hold_id=hold["id"]) for _ in range(2)]
    for batch, place in ((first, 1), (second, 2)):
        answer = await township.put(batch, roster_csv([(id_number(place), "100")]))
        assert answer.status_code == 200, answer.text
    assert (await township.approve(first)).status_code == 201
    assert refused(await township.approve(second), "hold-over")["status"] == "posted"
    late = await township.batch()
    assert (await township.put(late, roster_csv([(id_number(3), "1")]))).status_code == 200


async def test_what_came_back_for_one_household_pays_no_other_roster(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    paid = await Paid(funds_http, county).open()
    back = (await paid.give_back(paid.line(2))).json()
    order = {
        "account_id": paid.town.office,
        "fund_code": paid.town.fund,
        "entitlement": "别的项目",
        "document": "文",
        "effective_on": "2017-05-20",
        "hold_id": back["hold_id"],
    }
    figures = refused(await paid.town.clerk.post("/funds/v1/payment-batches", order), "hold-not-for-batch")
    assert figures["kept_for_return"] is True
