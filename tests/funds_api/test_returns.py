"""Returns (退汇): a row's fen go back to the lots that fed it, once, and are kept for the next payment of the same."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.callers import Caller, funds_caller
from tests.factories import receive
from tests.funds_api.people import Township, id_number


class Paid:
    """A township whose roster of five rows (100, 200, 300, 400, 500 yuan) was paid out of three lots of 500 yuan."""

    def __init__(self, http: httpx.AsyncClient, county: str) -> None:
        self.http, self.county = http, county
        self.town = Township(http, county, fen=0)
        self.bank = funds_caller(http, "bank", county, client_id="rcb")
        self.county_reviewer = funds_caller(http, "finance_reviewer", county)
        self.back: dict[str, Any] = {}
        self.again = ""

    async def open(self) -> Paid:
        await self.town.open()
        for day in ("2017-03-01", "2017-03-02", "2017-03-03"):
            await receive(self.http, self.county, self.town.office, 50_000, day)
        self.entitlement = f"产业奖补{uuid4().hex[:8]}"
        rows = [(id_number(place), f"{place + 1}00") for place in range(5)]
        self.batch = (await self.town.checked(rows, entitlement=self.entitlement))["batch"]["id"]
        answer = await self.town.approve(self.batch)
        assert answer.status_code == 201, answer.text
        self.approval: dict[str, Any] = answer.json()
        return self

    def line(self, row: int) -> str:
        """The payment of the `row`-th household (from 0): data begins on line 2."""
        return f"{self.batch}-{row + 2}"

    async def give_back(self, payment: str, by: Caller | None = None, **more: Any) -> httpx.Response:
        key = more.pop("key", None)
        body = {
            "document": f"TH{uuid4().hex}",
            "effective_on": "2017-05-08",
            "reason": "account_closed",
            **more,
        }
        return await (by or self.bank).post(f"/funds/v1/payments/{payment}/returns", body, key=key)

    async def lots(self) -> list[dict[str, Any]]:
        """What the office holds, oldest first."""
        answer = await self.town.finance.get("/funds/v1/lots", params={"account": self.town.office})
        return list(answer.json()["items"])

    async def states(self, **params: Any) -> list[dict[str, Any]]:
        answer = await self.town.finance.get("/funds/v1/payment-returns", params=params)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])


async def test_a_row_goes_back_to_exactly_the_lots_that_fed_it(funds_http: httpx.AsyncClient, county: str) -> None:
    """Row 2 (300 yuan, [300, 600) of the running sum) was fed by the first lot with 200 and by the second with 100."""
    paid = await Paid(funds_http, county).open()
    first, second, _ = paid.approval["spans"]
    answer = await paid.give_back(paid.line(2))
    assert answer.status_code == 201, answer.text
    back = answer.json()
    assert (back["amount_fen"], back["unexplained_fen"]) == (30_000, 0)
    assert {(lot["restored_lot_id"], lot["from_lot_id"], lot["amount_fen"]) for lot in back["lots"]} == {
        (first["from_lot_id"], first["to_lot_id"], 20_000),
        (second["from_lot_id"], second["to_lot_id"], 10_000),
    }
    held = {lot["id"]: lot for lot in await paid.lots()}
    assert {held[lot["lot_id"]]["remaining_fen"] for lot in back["lots"]} == {20_000, 10_000}
    assert {held[lot["lot_id"]]["arrived_on"] for lot in back["lots"]} == {"2017-05-08"}
    tranche = {lot["lot_id"]: held[lot["lot_id"]]["tranche_id"] for lot in back["lots"]}
    assert len(set(tranche.values())) == 2, "each fen keeps its tranche"
    hold = (await paid.town.finance.get(f"/funds/v1/holds/{back['hold_id']}")).json()
    assert (hold["status"], hold["purpose"], hold["amount_fen"], hold["expires_on"]) == (
        "held",
        "退汇待重发",
        30_000,
        None,
    )
    [state] = await paid.states(open="true", as_of="2017-05-18")
    assert (state["id"], state["status"], state["waits_days"]) == (back["id"], "waiting", 10)
    assert await paid.states(open="false", as_of="2017-05-18") == []
    assert await paid.states(as_of="2017-05-07") == []


async def test_nobody_else_draws_what_waits_to_be_paid_again(funds_http: httpx.AsyncClient, county: str) -> None:
    paid = await Paid(funds_http, county).open()
    back = (await paid.give_back(paid.line(4))).json()
    order = {
        "kind": "hand_down",
        "document": "文1",
        "effective_on": "2017-05-09",
        "fund_code": paid.town.fund,
        "from_account_id": paid.town.office,
        "lines": [{"to_account_id": await village(paid), "amount_fen": 1}],
    }
    refused = await paid.town.finance.post("/funds/v1/movements", order)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/money-held")
    voided = await paid.town.finance.post(
        f"/funds/v1/holds/{back['hold_id']}/voiding", {"reason": "该户已死亡，无继承人，收回统筹"}
    )
    assert voided.status_code == 200, voided.text
    assert (await paid.town.finance.post("/funds/v1/movements", order)).status_code == 201
    assert [state["status"] for state in await paid.states(as_of="2017-05-18")] == ["free"]


async def village(paid: Paid) -> str:
    unit = {
        "region_code": paid.county + "101201",
        "name": f"村{uuid4().hex[:6]}",
        "kind": "village_collective",
        "accounts": [{"name": "专户"}],
    }
    return str((await paid.town.finance.post("/funds/v1/units", unit)).json()["accounts"][0]["id"])


async def test_a_serial_acts_once_for_ever(funds_http: httpx.AsyncClient, county: str) -> None:
    paid = await Paid(funds_http, county).open()
    first = await paid.give_back(paid.line(0), document="RCB-1")
    again = await paid.give_back(paid.line(0), document="RCB-1")
    spelled = await paid.give_back(paid.line(0), document="RCB-1 ")
    assert (first.status_code, again.status_code, spelled.status_code) == (201, 200, 200)
    assert again.json() == spelled.json() == first.json()
    other = await paid.give_back(paid.line(1), document="RCB-1")
    assert (other.status_code, other.json()["type"]) == (409, "/problems/return-serial-reused")
    assert other.json()["figures"]["returned_fen"] == 10_000
    elsewhere = await paid.give_back(
        paid.line(1), document="RCB-1", by=funds_caller(funds_http, "bank", county, client_id="abc")
    )
    assert elsewhere.status_code == 201, "another bank numbers its vouchers by itself"
    assert len(await paid.states()) == 2


async def test_parts_come_back_from_the_end_and_never_more_than_was_paid(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    paid = await Paid(funds_http, county).open()
    first, second, _ = paid.approval["spans"]
    part = (await paid.give_back(paid.line(2), amount_fen=12_000)).json()
    assert part["hold_id"] is None, "a part is not kept unless asked"
    assert {(lot["restored_lot_id"], lot["amount_fen"]) for lot in part["lots"]} == {
        (second["from_lot_id"], 10_000),
        (first["from_lot_id"], 2_000),
    }
    too_much = await paid.give_back(paid.line(2), amount_fen=18_001)
    assert (too_much.status_code, too_much.json()["type"]) == (409, "/problems/return-too-large")
    assert too_much.json()["figures"] == {
        "payment_id": paid.line(2),
        "asked_fen": 18_001,
        "paid_fen": 30_000,
        "returned_fen": 12_000,
    }
    rest = (await paid.give_back(paid.line(2))).json()
    assert [(lot["restored_lot_id"], lot["amount_fen"]) for lot in rest["lots"]] == [(first["from_lot_id"], 18_000)]
    nothing = await paid.give_back(paid.line(2))
    assert nothing.json()["type"] == "/problems/return-too-large"


async def test_what_was_not_paid_does_not_come_back(funds_http: httpx.AsyncClient, county: str) -> None:
    paid = await Paid(funds_http, county).open()
    early = await paid.give_back(paid.line(0), effective_on="2017-04-30")
    assert (early.status_code, early.json()["type"]) == (409, "/problems/return-too-early")
    missing = await paid.give_back(f"{paid.batch}-99")
    assert missing.status_code == 404
    unexplained = await paid.give_back(paid.line(0), reason="other")
    assert unexplained.status_code == 422
    await receive(funds_http, county, paid.town.office, 10_000)
    waiting = (await paid.town.checked([(id_number(9), "10")]))["batch"]["id"]
    unpaid = await paid.give_back(f"{waiting}-2")
    assert (unpaid.status_code, unpaid.json()["type"]) == (409, "/problems/not-paid")
    undone = await paid.town.finance.post(
        "/funds/v1/movements",
        {
            "kind": "reverse",
            "document": "冲1",
            "effective_on": "2017-05-09",
            "movement_id": paid.approval["movement_id"],
        },
    )
    assert undone.status_code == 201, undone.text
    assert (await paid.give_back(paid.line(0))).json()["figures"]["status"] == "reversed"


async def test_returns_of_one_row_race_and_one_wins(funds_http: httpx.AsyncClient, county: str) -> None:
    paid = await Paid(funds_http, county).open()
    answers = await asyncio.gather(*(paid.give_back(paid.line(3)) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    same = await asyncio.gather(*(paid.give_back(paid.line(1), document="RCB-7") for _ in range(6)))
    assert sorted(answer.status_code for answer in same) == [200, 200, 200, 200, 200, 201]
    assert len({answer.text for answer in same}) == 1


async def test_who_may_return_and_who_sees_it(funds_http: httpx.AsyncClient, county: str) -> None:
    paid = await Paid(funds_http, county).open()
    assert (await paid.give_back(paid.line(0), by=paid.town.clerk)).status_code == 403
    neighbour = funds_caller(funds_http, "bank", county + "102", client_id="rcb")
    assert (await paid.give_back(paid.line(0), by=neighbour)).status_code == 404
    by_clerk = await paid.give_back(
        paid.line(0), by=paid.town.finance, reason="other", reason_text="卡 6299000000000000001 已注销"
    )
    assert by_clerk.status_code == 201
    assert by_clerk.json()["reason_text"] == "卡 ****0001 已注销"
    assert (await paid.give_back(paid.line(1))).status_code == 201
    seen = (await paid.bank.get("/funds/v1/payment-returns")).json()["items"]
    assert [one["source"] for one in seen] == ["rcb"], "a bank sees its own"
    assert (await paid.town.neighbour.get("/funds/v1/payment-returns")).json()["items"] == []
    assert len((await paid.town.clerk.get("/funds/v1/payment-returns")).json()["items"]) == 2


async def test_the_database_refuses_what_did_not_feed_the_row(
    funds_http: httpx.AsyncClient, county: str, urls: dict[str, str]
) -> None:
    """The service's own role, past the service: no insert, and no return without a movement of the same act."""
    paid = await Paid(funds_http, county).open()
    back = (await paid.give_back(paid.line(0))).json()
    role = await asyncpg.connect(urls["funds"])
    try:
        async with role.transaction():
            await role.execute("SELECT set_config('app.region', $1, true)", county)
            assert await role.fetchval("SELECT count(*) FROM funds.payment_return WHERE county_code = $1", county) == 1
        for statement in (
            "UPDATE funds.payment_return SET amount_fen = 1",
            "DELETE FROM funds.payment_return",
            "INSERT INTO funds.payment_return SELECT * FROM funds.payment_return",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await role.execute(statement)
        with pytest.raises(asyncpg.PostgresError, match="no movement of its own act"):
            await _record_again(role, county, back["id"], paid.batch)
    finally:
        await role.close()


async def _record_again(role: asyncpg.Connection, county: str, movement: str, batch: str) -> None:
    async with role.transaction():
        await role.execute("SELECT set_config('app.region', $1, true)", county)
        await role.execute(
            "SELECT funds.record_return($1, $2, $3, 3, NULL, 'x', 'y', 'deceased', '', '\\x00')",
            county,
            movement,
            batch,
        )


async def test_what_households_got_comes_back_row_by_row_and_not_as_a_sum(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    """A township's clerk may not return rows, so neither all of them at once by a movement."""
    paid = await Paid(funds_http, county).open()
    units = (await paid.town.finance.get("/funds/v1/units", params={"kind": "households"})).json()["items"]
    order = {
        "kind": "return",
        "document": "退",
        "effective_on": "2017-05-20",
        "fund_code": "TEST-FUND",
        "account_id": units[0]["accounts"][0]["id"],
        "amount_fen": 150_000,
    }
    answer = await paid.town.clerk.post("/funds/v1/movements", order)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/wrong-account")
