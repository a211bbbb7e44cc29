"""Quarantined fen stay whichever way money would go: a roster, a row that comes back, an order, a bank report."""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from services.funds_api.lots import ledger
from tests.funds_api.desk import Desk, conserved, refused
from tests.funds_api.people import Township, id_number
from tests.funds_api.quarantined import DOCUMENT, quarantine, release
from tests.funds_api.test_orders import ORDERS, Chain
from tests.funds_api.test_returns import Paid

POST: Final = "SELECT funds.post_movements($1, $2::jsonb, $3::jsonb, $4)"


async def lots_of(clerk: Any, account: str) -> list[dict[str, Any]]:
    answer = await clerk.get("/funds/v1/lots", params={"account": account})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def kept(answer: httpx.Response, free_fen: int, quarantined_fen: int) -> None:
    figures = {"free_fen": free_fen, "quarantined_fen": quarantined_fen, "documents": [DOCUMENT]}
    refused(answer, 409, "money-quarantined", figures)


async def test_a_roster_is_paid_from_what_is_free_and_no_fen_more(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    town = await Township(funds_http, county, fen=100_000).open()
    [lot] = await lots_of(town.finance, town.office)
    batch = (await town.checked([(id_number(place), "100") for place in range(3)]))["batch"]["id"]
    keeps = await quarantine(funds_http, county, {lot["id"]: 80_000})
    late = await town.checked([(id_number(place), "100") for place in range(3, 6)])
    assert (late["rows_good"], late["rows_bad"]) == (2, 1), "a roster that comes now is told what is free"
    kept(await town.approve(batch), 20_000, 80_000)
    await release(funds_http, county, keeps)
    assert (await town.approve(batch)).status_code == 201
    await conserved(admin, county)


async def test_a_paid_row_does_not_come_back_while_its_fen_are_quarantined(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    paid = await Paid(funds_http, county).open()
    keeps = await quarantine(
        funds_http,
        county,
        {one["id"]: one["remaining_fen"] for one in await lots_of(paid.town.finance, paid.town.cards)},
    )
    kept(await paid.give_back(paid.line(0)), 0, 50_000)
    undo = {
        "kind": "reverse",
        "document": "冲1",
        "effective_on": "2017-06-20",
        "movement_id": paid.approval["movement_id"],
    }
    kept(await paid.town.finance.post("/funds/v1/movements", undo), 0, 150_000)
    await release(funds_http, county, keeps)
    assert (await paid.give_back(paid.line(0))).status_code == 201


async def test_an_order_and_its_bank_leave_quarantined_money_where_it_is(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    chain = await Chain(funds_http, county).open()
    first, second = await lots_of(chain.clerk, chain.treasury["quota"])
    keeps = await quarantine(funds_http, county, {first["id"]: 400_000, second["id"]: 100_000})
    named = [{"lot_id": first["id"], "amount_fen": 1}]
    kept(await chain.clerk.post(ORDERS, chain.order(500_001)), 500_000, 500_000)
    kept(await chain.clerk.post(ORDERS, chain.order(1, lots=named)), 0, 400_000)
    kept(await chain.clerk.post(ORDERS, chain.order(500_001, drawn="proportional")), 500_000, 500_000)
    order = await chain.issue(500_000)
    drawn = await admin.fetch(
        "SELECT from_lot_id::text FROM funds.draw WHERE movement_id = $1::uuid", order["movement_id"]
    )
    assert {one["from_lot_id"] for one in drawn} == {second["id"]}, "the older lot is quarantined as a whole"
    [transit] = await lots_of(chain.clerk, chain.bank["cash"])
    stays = await quarantine(funds_http, county, {transit["id"]: 1})
    kept(await chain.result(order), 499_999, 1)
    for one in (keeps, stays):
        await release(funds_http, county, one)
    assert (await chain.result(order)).status_code in {200, 201}
    await conserved(admin, county)


async def test_a_quarantine_over_several_accounts_is_kept_and_released_whole(
    funds_http: httpx.AsyncClient, desk: Desk, admin: asyncpg.Pool
) -> None:
    assert (await desk.out(300_000, desk.first, "2017-05-01")).status_code == 201
    lots = [*await lots_of(desk.clerk, desk.treasury), *await lots_of(desk.clerk, desk.first)]
    keeps = await quarantine(funds_http, desk.county, {one["id"]: one["remaining_fen"] for one in lots})
    for source in (desk.treasury, desk.first):
        answer = await desk.out(1, desk.contractor, "2017-05-02", kind="pay", from_account_id=source)
        assert answer.json()["type"] == "/problems/money-quarantined", answer.text
    holds = (await desk.clerk.get("/funds/v1/holds", params={"live": "true"})).json()["items"]
    assert {one["account_id"] for one in holds} == {desk.treasury, desk.first}
    assert sum(one["amount_fen"] for one in holds) == 1_000_000
    today = ledger.today().isoformat()
    shown = (await desk.clerk.get(f"/funds/v1/accounts/{desk.first}", params={"as_of": today})).json()
    assert (shown["held_fen"], shown["available_fen"]) == (300_000, 0)
    await release(funds_http, desk.county, keeps)
    assert (
        await desk.out(300_000, desk.contractor, "2017-05-02", kind="pay", from_account_id=desk.first)
    ).status_code == 201
    with pytest.raises(DBAPIError, match="is over"):
        await release(funds_http, desk.county, keeps)
    await conserved(admin, desk.county)


async def alone(role: asyncpg.Connection, region: str, statement: str, *values: Any) -> None:
    async with role.transaction():
        await role.execute("SELECT set_config('app.region', $1, true)", region)
        await role.execute(statement, *values)


async def test_the_database_holds_it_by_itself(
    funds_http: httpx.AsyncClient, desk: Desk, urls: dict[str, str], admin: asyncpg.Pool
) -> None:
    """As the service's own role: no function voids, pays or draws it, and no row of it can be written by hand."""
    first, _ = sorted(await lots_of(desk.clerk, desk.treasury), key=lambda one: one["arrived_on"])
    keeps = await quarantine(funds_http, desk.county, {first["id"]: 400_000})
    [hold] = (await desk.clerk.get("/funds/v1/holds", params={"live": "true"})).json()["items"]
    move = {
        "id": str(uuid4()),
        "kind": "hand_down",
        "document": "绕行1号",
        "document_key": "绕行1号",
        "from": desk.treasury,
        "to": desk.first,
        "effective_on": "2017-05-01",
        "amount_fen": 1,
        "drawn": "named",
        "actor": "somebody",
    }
    part = {"move": move["id"], "to_lot": str(uuid4()), "amount_fen": 1, "from_lot": first["id"]}
    today = ledger.today()
    paying = {**move, "hold": hold["id"]}
    lift = "SELECT funds.release_money($1, $2, '解封1号', $3, $3)"
    tries = (
        ("", "SELECT funds.void_hold($1, $2::uuid)", [desk.county, hold["id"]], "QL415"),
        ("", POST, [desk.county, json.dumps([move]), json.dumps([part]), today], "QL424"),
        ("", POST, [desk.county, json.dumps([paying]), json.dumps([part]), today], "QL415"),
        ("", "UPDATE funds.hold SET status = 'voided' WHERE county_code = $1", [desk.county], "42501"),
        ("", "DELETE FROM funds.quarantine_lot WHERE county_code = $1", [desk.county], "42501"),
        ("", "UPDATE funds.quarantine SET released_on = $2 WHERE county_code = $1", [desk.county, today], "42501"),
        # From its own township nobody lifts it either: a quarantine is of the whole county.
        ("101", lift, [desk.county, keeps, today], "QL403"),
    )
    role = await asyncpg.connect(urls["funds"])
    try:
        for place, statement, values, state in tries:
            with pytest.raises(asyncpg.PostgresError) as refusal:
                await alone(role, desk.county + place, statement, *values)
            assert refusal.value.sqlstate == state, statement
    finally:
        await role.close()
    await conserved(admin, desk.county)
