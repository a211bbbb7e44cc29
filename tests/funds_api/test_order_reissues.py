"""Orders that came back or were undone: the quota is where it was, the bank speaks again, they are issued once more."""

from __future__ import annotations

import asyncpg

from tests.funds_api.desk import conserved
from tests.funds_api.test_orders import ORDERS, Chain, chain, refused

__all__ = ["chain"]  # a fixture


async def test_returned_money_restores_the_quota_lots_it_came_from_and_is_issued_again_once(
    chain: Chain, admin: asyncpg.Pool, county: str
) -> None:
    treasury = chain.treasury["quota"]
    order = await chain.issue(500_000)
    back = await chain.result(order, "returned")
    assert (back.status_code, back.json()["state"]) == (201, "returned"), back.text
    assert back.json()["result"]["reason_code"] == "AC03"
    await conserved(admin, county)
    assert await chain.balance(treasury) == 1_000_000
    rows = await admin.fetch(
        "SELECT r.amount_fen, o.amount_fen AS was, o.account_id FROM funds.lot r"
        " JOIN funds.lot o ON o.county_code = $1 AND o.id = r.restores_lot_id WHERE r.county_code = $1",
        county,
    )
    assert sorted((row["amount_fen"], row["was"]) for row in rows) == [(100_000, 600_000), (400_000, 400_000)]
    assert {str(row["account_id"]) for row in rows} == {treasury}
    desks = await chain.quota()
    assert (desks[""]["bounced_fen"], desks[""]["returned_in_fen"]) == (500_000, 500_000)

    anew = {"reissues_order_id": order["id"], "effective_on": "2017-05-04"}
    wrong = chain.order(400_000, **anew)
    figures = refused(await chain.clerk.post(ORDERS, wrong), "not-reissuable")
    assert (figures["amount_fen"], figures["asked_fen"], figures["state"]) == (500_000, 400_000, "returned")
    again = await chain.issue(500_000, payee=chain.village["cash"], **anew)
    assert again["reissues_order_id"] == order["id"]
    third = chain.order(500_000, **anew)
    assert refused(await chain.clerk.post(ORDERS, third), "not-reissuable")["reissued_by"] == again["id"]
    assert (await chain.result(again, effective_on="2017-05-05")).json()["state"] == "paid"
    assert await chain.balance(chain.village["cash"]) == 500_000
    await conserved(admin, county)
    await chain.quota()


async def test_an_order_whose_returned_quota_was_drawn_is_not_issued_again(chain: Chain) -> None:
    order = await chain.issue(500_000)
    assert (await chain.result(order, "returned")).status_code == 201
    treasury, department = chain.treasury["quota"], chain.department["quota"]
    assert (await chain.split(700_000, treasury, department, "2017-05-04")).status_code == 201
    again = chain.order(500_000, reissues_order_id=order["id"], effective_on="2017-05-05")
    answer = await chain.clerk.post(ORDERS, again)
    figures = refused(answer, "returned-quota-drawn")
    assert figures == {"order_id": order["id"], "amount_fen": 500_000, "left_fen": 300_000}
    assert "2,000.00 元已被动用" in answer.json()["detail"]


async def test_a_wrongly_recorded_result_is_reversed_and_the_bank_speaks_again(
    chain: Chain, admin: asyncpg.Pool, county: str
) -> None:
    order = await chain.issue(300_000)
    paid = (await chain.result(order)).json()
    undo = {
        "kind": "reverse",
        "document": "冲1",
        "effective_on": "2017-05-10",
        "movement_id": paid["result"]["movement_id"],
    }
    assert (await chain.clerk.post("/funds/v1/movements", undo)).status_code == 201
    seen = (await chain.clerk.get(f"{ORDERS}/{order['id']}")).json()
    assert (seen["state"], seen["result"]) == ("issued", None)
    back = await chain.result(order, "returned", effective_on="2017-05-11")
    assert (back.status_code, back.json()["state"]) == (201, "returned"), back.text
    assert await chain.balance(chain.treasury["quota"]) == 1_000_000
    await conserved(admin, county)
    await chain.quota()


async def test_an_order_that_was_reversed_is_over_and_may_be_issued_again(
    chain: Chain, admin: asyncpg.Pool, county: str
) -> None:
    claim = {"basis": "reimbursement", "invoices": [{"number": "0441", "amount_fen": 300_000}]}
    order = await chain.issue(300_000, payee=chain.village["cash"], **claim)
    undo = {
        "kind": "reverse",
        "document": "冲2",
        "effective_on": "2017-05-02",
        "movement_id": order["movement_id"],
    }
    assert (await chain.clerk.post("/funds/v1/movements", undo)).status_code == 201
    assert refused(await chain.result(order), "order-settled")["state"] == "reversed"
    again = await chain.issue(
        300_000, payee=chain.village["cash"], basis="reimbursement", reissues_order_id=order["id"]
    )
    assert (await chain.result(again)).json()["state"] == "paid"
    await conserved(admin, county)
    await chain.quota()
