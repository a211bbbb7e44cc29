"""Invoices on the real database: each counts once in the county, while an order that stands claims it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from tests.funds_api.desk import conserved
from tests.funds_api.test_orders import ORDERS, Chain, chain, refused

__all__ = ["chain"]


def claim(fen: int, **more: Any) -> dict[str, Any]:
    return {"basis": "reimbursement", "invoices": [{"number": "04403210", "amount_fen": fen}], **more}


async def undo(chain: Chain, movement: str, **more: Any) -> httpx.Response:
    body = {
        "kind": "reverse",
        "document": f"冲{uuid4().hex[:6]}",
        "effective_on": "2017-05-20",
        "movement_id": movement,
    }
    return await chain.clerk.post("/funds/v1/movements", {**body, **more})


async def ask(chain: Chain, fen: int, source: str = "", **changes: Any) -> httpx.Response:
    body = chain.order(fen, source, chain.village["cash"], effective_on="2017-05-21", **changes)
    return await chain.clerk.post(ORDERS, body)


async def returned(chain: Chain, fen: int) -> tuple[dict[str, Any], str]:
    """A reimbursement that came back, and the movement that brought it back."""
    order = await chain.issue(fen, payee=chain.village["cash"], **claim(fen))
    back = await chain.result(order, "returned")
    assert back.status_code == 201, back.text
    return order, str(back.json()["result"]["movement_id"])


async def drawn_meanwhile(chain: Chain) -> None:
    """All the quota of the treasury goes to the department, and as much arrives again."""
    treasury, department = chain.treasury["quota"], chain.department["quota"]
    assert (await chain.split(1_000_000, treasury, department, "2017-05-04")).status_code == 201
    assert (await chain.split(900_000, department, treasury, "2017-05-05")).status_code == 201


async def test_an_invoice_is_the_same_in_whatever_letters(chain: Chain) -> None:
    small, capital = ({"number": number, "amount_fen": 300} for number in ("fp-0440", "FP-0440"))
    twice = await ask(chain, 600, basis="reimbursement", invoices=[small, capital])
    assert twice.status_code == 422, "one row would be kept of the two, and both would be paid"
    assert (await ask(chain, 300, basis="reimbursement", invoices=[small])).status_code == 201
    figures = refused(await ask(chain, 300, basis="reimbursement", invoices=[capital]), "invoice-claimed")
    assert figures["invoice_numbers"] == ["FP-0440"]


async def test_a_wrong_amount_is_undone_and_claimed_rightly(chain: Chain, admin: asyncpg.Pool, county: str) -> None:
    wrong = await chain.issue(300_000, payee=chain.village["cash"], **claim(300_000))
    refused(await ask(chain, 30_000, **claim(30_000)), "invoice-claimed")
    assert (await undo(chain, wrong["movement_id"])).status_code == 201
    right = await ask(chain, 30_000, **claim(30_000))
    assert right.status_code == 201, right.text
    figures = refused(await ask(chain, 30_000, **claim(30_000)), "invoice-claimed")
    assert figures["order_numbers"] == [right.json()["order_number"]], "the one undone claims nothing"
    # The wrong one would claim the invoice again if it were issued again.
    figures = refused(
        await ask(chain, 300_000, basis="reimbursement", reissues_order_id=wrong["id"]), "invoice-claimed"
    )
    assert (figures["invoice_numbers"], figures["amount_fen"]) == (["04403210"], 300_000)
    await conserved(admin, county)


async def test_a_wrong_desk_is_undone_and_the_right_one_claims(chain: Chain) -> None:
    assert (await chain.split(300_000, chain.treasury["quota"], chain.department["quota"])).status_code == 201
    wrong = await chain.issue(300_000, payee=chain.village["cash"], **claim(300_000))
    assert (await undo(chain, wrong["movement_id"])).status_code == 201
    right = await ask(chain, 300_000, chain.department["quota"], **claim(300_000))
    assert right.status_code == 201, right.text


async def test_what_came_back_is_claimed_by_a_new_order_and_its_return_is_not_undone_then(chain: Chain) -> None:
    old, movement = await returned(chain, 400_000)
    await drawn_meanwhile(chain)
    new = await ask(chain, 400_000, **claim(400_000))
    assert new.status_code == 201, new.text
    refused(await ask(chain, 400_000, **claim(400_000)), "invoice-claimed")
    assert (await chain.clerk.get(f"{ORDERS}/{old['id']}")).json()["invoices"] == claim(400_000)["invoices"]
    refused(await undo(chain, movement), "spent-on")


async def test_an_order_issued_again_goes_on_claiming(chain: Chain) -> None:
    old, _ = await returned(chain, 400_000)
    again = await ask(chain, 400_000, basis="reimbursement", reissues_order_id=old["id"])
    assert again.status_code == 201, again.text
    refused(await ask(chain, 1_000, **claim(1_000)), "invoice-claimed")
    assert (await undo(chain, again.json()["movement_id"], effective_on="2017-05-22")).status_code == 201
    assert (await ask(chain, 1_000, **claim(1_000))).status_code == 201


async def test_the_return_of_an_order_is_not_undone_once_its_invoice_is_claimed_elsewhere(chain: Chain) -> None:
    assert (await chain.split(100_000, chain.treasury["quota"], chain.department["quota"])).status_code == 201
    _, movement = await returned(chain, 400_000)
    new = await ask(chain, 1_000, chain.department["quota"], **claim(1_000))
    assert new.status_code == 201, new.text
    figures = refused(await undo(chain, movement, effective_on="2017-05-22"), "invoice-claimed")
    assert figures["order_numbers"] == [new.json()["order_number"]]
    assert (await undo(chain, new.json()["movement_id"], effective_on="2017-05-22")).status_code == 201
    assert (await undo(chain, movement, effective_on="2017-05-22")).status_code == 201
    refused(await ask(chain, 1_000, chain.department["quota"], **claim(1_000)), "invoice-claimed")


async def test_claims_race_and_one_wins(chain: Chain, admin: asyncpg.Pool, county: str) -> None:
    old, movement = await returned(chain, 100_000)
    # Of different quotas, so that no account makes them wait for each other.
    desks = [chain.department["quota"], chain.project["quota"], chain.township["quota"]]
    for desk in desks:
        assert (await chain.split(10_000, chain.treasury["quota"], desk)).status_code == 201
    answers = await asyncio.gather(
        *(ask(chain, 1_000, desk, **claim(1_000)) for desk in desks),
        ask(chain, 100_000, basis="reimbursement", reissues_order_id=old["id"]),
        undo(chain, movement),
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409], [one.text for one in answers]
    await conserved(admin, county)


async def test_the_database_knows_two_claims_of_one_invoice(chain: Chain, admin: asyncpg.Pool, county: str) -> None:
    """Past the service: at the commit a claim beside one that stands is refused; beside one that is over it is not."""
    order = await chain.issue(300_000, payee=chain.village["cash"], **claim(300_000))
    other = await chain.issue(1_000)
    insert = (
        "INSERT INTO funds.order_invoice (county_code, invoice_key, region_code, order_id, invoice_number, amount_fen)"
        " VALUES ($1, '04403210', $1, $2, '04403210', 1000)"
    )
    with pytest.raises(asyncpg.UniqueViolationError, match="claimed by two orders"):
        await admin.execute(insert, county, UUID(other["id"]))
    assert (await undo(chain, order["movement_id"])).status_code == 201
    await admin.execute(insert, county, UUID(other["id"]))


async def test_a_reimbursement_claims_each_invoice_once_in_the_county(
    chain: Chain, admin: asyncpg.Pool, county: str
) -> None:
    invoices = [{"number": "04403210", "amount_fen": 120_000}, {"number": "04403211", "amount_fen": 30_000}]
    claim = {"basis": "reimbursement", "invoices": invoices}
    village = chain.village["cash"]
    order = await chain.issue(150_000, payee=village, **claim)
    seen = (await chain.clerk.get(f"{ORDERS}/{order['id']}")).json()
    assert seen["invoices"] == invoices
    twice = {"basis": "reimbursement", "invoices": [invoices[1]]}
    answer = await chain.clerk.post(ORDERS, chain.order(30_000, payee=village, **twice))
    figures = refused(answer, "invoice-claimed")
    claimed_by = [order["order_number"]]
    assert figures == {"invoice_numbers": ["04403211"], "amount_fen": 30_000, "order_numbers": claimed_by}
    assert await chain.balance(chain.bank["cash"]) == 150_000, "nothing was half-written"
    for wrong in (
        chain.order(1, payee=village, **claim),
        chain.order(150_000, payee=village, basis="reimbursement"),
        chain.order(150_000, payee=village, invoices=invoices),
        chain.order(240_000, payee=village, basis="reimbursement", invoices=[invoices[0], invoices[0]]),
        chain.order(150_000, payee_bank="40252100001"),
    ):
        refused_shape = await chain.clerk.post(ORDERS, wrong)
        assert refused_shape.status_code == 422, refused_shape.text
    assert (await chain.result(order)).status_code == 201
    assert await chain.balance(village) == 150_000
    await conserved(admin, county)
