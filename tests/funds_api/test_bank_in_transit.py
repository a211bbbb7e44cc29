"""What lies with a bank is on its way: only its own word, an undoing, or the payee's giving it back moves it on."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.callers import Caller
from tests.funds_api.desk import conserved
from tests.funds_api.library import Library
from tests.funds_api.test_movements import posted
from tests.funds_api.test_orders import Chain
from tests.funds_api.test_project_orders import Orders
from tests.funds_api.test_returns import Paid


@pytest.fixture
async def chain(funds_http: httpx.AsyncClient, county: str) -> Chain:
    return await Chain(funds_http, county).open()


async def moved(clerk: Caller, **order: Any) -> str:
    answer = await clerk.post("/funds/v1/movements", {"document": f"文{uuid4().hex[:6]}", **order})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["movements"][0]["id"])


async def undone(clerk: Caller, movement: str, on: str) -> None:
    await moved(clerk, kind="reverse", effective_on=on, movement_id=movement)


async def test_a_bank_carries_nothing_into_another_year(chain: Chain, urls: dict[str, str], county: str) -> None:
    """Ordered on 28 December, paid on 2 January: money of the year of its order, at the desk that ordered it."""
    assert (await chain.split(300_000, chain.treasury["quota"], chain.township["quota"])).status_code == 201
    order = await chain.issue(100_000, chain.township["quota"], effective_on="2017-12-28")
    carried = {"kind": "carry_over", "document": "转1", "effective_on": "2018-01-01", "from_year": 2017}
    refused = await chain.clerk.post("/funds/v1/movements", {**carried, "account_id": chain.bank["cash"]})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/wrong-account")
    account = {"from": chain.bank["cash"], "to": chain.bank["cash"]}
    move = {
        "id": str(uuid4()),
        "kind": "carry_over",
        "document": "d",
        "document_key": "d",
        "effective_on": "2018-01-01",
    }
    move |= {"amount_fen": 1, "drawn": "named", "actor": "t", **account}
    connection = await asyncpg.connect(urls["funds"])
    try:
        with pytest.raises(asyncpg.PostgresError, match="do not fit"):
            await posted(connection, county, county, json.dumps([move]), "[]")
    finally:
        await connection.close()
    assert (await chain.result(order, effective_on="2018-01-02")).status_code == 201
    for year, resting_fen in ((2017, 200_000), (2018, 0)):
        asked = {"as_of": "2018-06-30", "year": year, "region": county + "101"}
        tree = (await chain.clerk.get("/funds/v1/tree", params=asked)).json()["root"]
        assert tree["resting_fen"] == resting_fen


async def test_nobody_holds_what_is_on_its_way(chain: Chain) -> None:
    order = await chain.issue(100_000)
    hold = {"account_id": chain.bank["cash"], "amount_fen": 1, "document": "冻1", "purpose": "核查"}
    refused = await chain.clerk.post("/funds/v1/holds", hold)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/wrong-account")
    assert (await chain.result(order)).status_code == 201


async def test_what_was_given_back_goes_on_also_after_an_undoing(chain: Chain, admin: asyncpg.Pool) -> None:
    """The lot that an undoing puts back into the bank stands for the one that the payee gave back."""
    order = await chain.issue(100_000)
    assert (await chain.result(order)).status_code == 201
    fund = {"fund_code": chain.fund}
    contractor, bank = chain.contractor["cash"], chain.bank["cash"]
    await moved(
        chain.clerk, kind="recover", effective_on="2017-05-10", account_id=contractor, amount_fen=40_000, **fund
    )
    back = {"kind": "return", "account_id": bank, "amount_fen": 40_000, **fund}
    for day in (11, 13):  # undone twice, and still what the payee gave back
        first = await moved(chain.clerk, effective_on=f"2017-05-{day}", **back)
        await undone(chain.clerk, first, f"2017-05-{day + 1}")
    assert await chain.balance(bank) == 40_000
    await moved(chain.clerk, effective_on="2017-05-15", **back)
    assert await chain.balance(bank) == 0
    await conserved(admin, chain.county)


async def test_a_project_whose_return_was_undone_stands_as_before(funds_http: httpx.AsyncClient, county: str) -> None:
    orders = await Orders(Library(funds_http, county)).open(quota_fen=600_000)
    library, clerk = orders.library, orders.library.clerk
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 600_000, "2017-07-01")
    await orders.settle(await orders.issue(200_000, payee=orders.own_cash))
    before = await orders.money()
    back = {"account_id": orders.own_cash, "amount_fen": 200_000, "fund_code": "TEST-FUND"}
    movement = await moved(clerk, kind="return", effective_on="2017-07-12", **back)
    await undone(clerk, movement, "2017-07-14")
    assert await orders.money() == before
    within = await library.move("hand_down", orders.quota, orders.own_quota, 200_000, "2017-07-20")
    assert within.status_code == 201, within.text


async def test_a_return_undone_later_was_waiting_until_then(funds_http: httpx.AsyncClient, county: str) -> None:
    paid = await Paid(funds_http, county).open()
    back = (await paid.give_back(paid.line(2))).json()
    await undone(paid.town.finance, back["id"], "2017-06-10")
    [after], [then] = await paid.states(as_of="2017-06-30"), await paid.states(as_of="2017-05-20")
    assert (after["status"], then["status"]) == ("undone", "waiting")
    assert [one["id"] for one in await paid.states(as_of="2017-05-20", open="true")] == [then["id"]]
