"""质保金 is paid to whom it was kept back from, by contract, whoever else's lies in the same deposit."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.factories import open_account
from tests.funds_api.desk import Desk, conserved
from tests.funds_api.library import Library
from tests.funds_api.test_project_ends import cancel
from tests.funds_api.test_project_orders import Orders
from tests.funds_api.test_projects import refusal

DAY = "2018-10-01"


async def unit_of(library: Library, account: str) -> str:
    units = (await library.clerk.get("/funds/v1/units", params={"kind": "contractor"})).json()["items"]
    return str(next(one["id"] for one in units if one["accounts"][0]["id"] == account))


class Deposit(Library):
    """A road built by two contractors, 300,000 fen each, with 5 % of each kept in one deposit; A's came first."""

    async def open(self) -> Deposit:
        await self.fund_it()
        self.cash = (await self.walk("building"))["cash_account_id"]
        assert (await self.move("hand_down", self.treasury, self.cash, 800_000, "2017-04-20")).status_code == 201
        self.deposit = await open_account(self.http, self.county + "101", "retention", "质保金专户")
        terms: dict[str, Any] = {"retention_ppm": 50_000, "release_on": DAY}
        self.first = (await self.sign(300_000, **terms)).json()["id"]
        self.other = await open_account(self.http, self.county + "101", "contractor", "另一施工单位")
        self.other_unit = await unit_of(self, self.other)
        self.second = (await self.sign(300_000, contractor_id=self.other_unit, **terms)).json()["id"]
        for contract, on in ((self.first, "2017-10-05"), (self.second, "2017-10-06")):
            await self.progress(contract, 1_000_000, "2017-10-01")
            kept = await self.keep(15_000, contract, on)
            assert kept.status_code == 201, kept.text
        return self

    async def keep(self, fen: int, contract: str | None, on: str = "2017-10-07", **more: Any) -> httpx.Response:
        named = {} if contract is None else {"contract_id": contract}
        return await self.move("retain", self.cash, self.deposit, fen, on, release_on=DAY, **named, **more)

    async def release(self, fen: int, to: str, on: str = DAY, **more: Any) -> httpx.Response:
        return await self.move("pay", self.deposit, to, fen, on, **more)

    async def kept(self, as_of: str) -> dict[str, int]:
        """Per contract what is kept back of it; the project's figures tie."""
        shown = await self.shown(as_of)
        assert shown["money"]["unexplained_fen"] == 0
        found = {one["id"]: one["retained_fen"] for one in shown["contracts"]}
        assert sum(found.values()) == shown["money"]["retained_fen"]
        return found


@pytest.fixture
async def deposit(funds_http: httpx.AsyncClient, county: str) -> Deposit:
    return await Deposit(funds_http, county).open()


async def test_a_deposit_pays_each_contractor_what_was_kept_back_of_it_and_no_more(
    deposit: Deposit, admin: asyncpg.Pool, county: str
) -> None:
    assert await deposit.kept("2018-09-30") == {deposit.first: 15_000, deposit.second: 15_000}
    over = await deposit.release(15_001, deposit.other)
    assert refusal(over) == (409, "retained-for-another")
    assert over.json()["figures"] == {
        "account_id": deposit.deposit,
        "contractor_id": deposit.other_unit,
        "asked_fen": 15_001,
        "kept_fen": 15_000,
        "others_fen": 15_000,
    }
    assert "150.00 元" in over.json()["detail"]
    stranger = await open_account(deposit.http, deposit.county + "101", "contractor", "未中标单位")
    nothing = await deposit.release(1, stranger)
    assert (refusal(nothing), nothing.json()["figures"]["kept_fen"]) == ((409, "retained-for-another"), 0)
    paid = await deposit.release(15_000, deposit.other)
    assert paid.status_code == 201, paid.text
    assert paid.json()["movements"][0]["drawn"] == "named", "its own lot, though another's is older"
    assert await deposit.kept("2018-12-31") == {deposit.first: 15_000, deposit.second: 0}
    assert refusal(await deposit.release(1, deposit.other)) == (409, "retained-for-another")
    assert (await deposit.release(15_000, deposit.contractor)).status_code == 201
    assert await deposit.kept("2018-12-31") == {deposit.first: 0, deposit.second: 0}
    await conserved(admin, county)


async def test_lots_and_holds_of_another_are_not_drawn_by_name(deposit: Deposit) -> None:
    lots = (await deposit.clerk.get("/funds/v1/lots", params={"account": deposit.deposit})).json()["items"]
    of_first, of_second = (one["id"] for one in lots)

    def line(lot: str, to: str) -> dict[str, Any]:
        return {"to_account_id": to, "amount_fen": 1, "lots": [{"lot_id": lot, "amount_fen": 1}]}

    wrong = await deposit.release(0, deposit.other, lines=[line(of_first, deposit.other)])
    assert refusal(wrong) == (409, "retained-for-another")
    body = {"account_id": deposit.deposit, "amount_fen": 1, "document": "申请", "purpose": "质保金"}
    hold = await deposit.clerk.post("/funds/v1/holds", {**body, "lots": [{"lot_id": of_first, "amount_fen": 1}]})
    assert hold.status_code == 201, hold.text
    held = await deposit.release(1, deposit.other, hold_id=hold.json()["id"])
    assert refusal(held) == (409, "retained-for-another")
    assert (await deposit.release(1, deposit.contractor, hold_id=hold.json()["id"])).status_code == 201
    both = [line(of_first, deposit.contractor), line(of_second, deposit.other)]
    assert (await deposit.release(0, deposit.other, lines=both)).status_code == 201, "each line its own"


async def test_of_two_contracts_of_one_contractor_the_payment_says_which(deposit: Deposit) -> None:
    """One deposit keeps for two projects, or two contracts: the older lot is not the one that is meant."""
    third = (await deposit.sign(200_000, retention_ppm=50_000, release_on=DAY)).json()["id"]
    await deposit.progress(third, 1_000_000, "2017-10-01")
    assert (await deposit.keep(10_000, third)).status_code == 201
    unsaid = await deposit.release(10_000, deposit.contractor)
    assert refusal(unsaid) == (409, "contract-needed")
    assert unsaid.json()["figures"]["kept"] == {deposit.first: 15_000, third: 10_000}
    over = await deposit.release(10_001, deposit.contractor, contract_id=third)
    assert refusal(over) == (409, "retained-for-another")
    assert (over.json()["figures"]["kept_fen"], over.json()["figures"]["others_fen"]) == (10_000, 30_000)
    assert (await deposit.release(10_000, deposit.contractor, contract_id=third)).status_code == 201
    assert await deposit.kept("2018-12-31") == {deposit.first: 15_000, deposit.second: 15_000, third: 0}
    assert (await deposit.release(15_000, deposit.contractor)).status_code == 201, "only one is left"


async def test_a_retention_pays_no_more_than_its_cancelled_contract_was_settled_at(deposit: Deposit) -> None:
    """285,000 were paid and 15,000 kept back; settled at 290,000, 10,000 of the deposit have to go back."""
    assert (await deposit.move("pay", deposit.cash, deposit.contractor, 285_000, "2017-10-10")).status_code == 201
    ended = await cancel(deposit, deposit.first, 290_000, cancelled_on="2018-01-10")
    assert ended.status_code == 201, ended.text
    for fen in (15_000, 5_001):
        over = await deposit.release(fen, deposit.contractor)
        assert refusal(over) == (409, "over-progress")
        assert (over.json()["figures"]["due_fen"], over.json()["figures"]["paid_fen"]) == (290_000, 285_000 + fen)
    more = await deposit.move("pay", deposit.cash, deposit.contractor, 1, DAY)
    assert refusal(more) == (409, "over-progress"), "what is owed lies in the deposit"
    again = await deposit.keep(1, deposit.first, DAY)
    assert refusal(again) == (409, "contract-cancelled")
    whole = await deposit.move("pay", deposit.cash, deposit.other, 285_000, "2018-02-01")
    assert whole.status_code == 201, "nobody else waits for what has to go back: " + whole.text
    assert (await deposit.release(5_000, deposit.contractor)).status_code == 201
    assert refusal(await deposit.release(1, deposit.contractor)) == (409, "over-progress")
    assert await deposit.kept(DAY) == {deposit.first: 10_000, deposit.second: 15_000}
    assert (await deposit.release(15_000, deposit.other)).status_code == 201


async def test_what_a_retention_paid_bounds_the_settlement_from_below(deposit: Deposit) -> None:
    assert (await deposit.release(15_000, deposit.contractor)).status_code == 201
    # Another contract of the same contractor could account for all it got, but not for what was kept back of this one.
    third = (await deposit.sign(200_000)).json()["id"]
    await deposit.progress(third, 1_000_000, "2017-10-01")
    below = await cancel(deposit, deposit.first, 14_999, cancelled_on="2018-10-02")
    assert refusal(below) == (409, "settlement-differs")
    assert below.json()["figures"]["least_fen"] == 15_000
    assert (await cancel(deposit, deposit.first, 15_000, cancelled_on="2018-10-02")).status_code == 201


async def test_a_release_and_a_cancellation_race_and_the_settlement_holds(deposit: Deposit) -> None:
    ended, paid = await asyncio.gather(
        cancel(deposit, deposit.first, 0, cancelled_on="2018-01-10"), deposit.release(15_000, deposit.contractor)
    )
    assert sorted((ended.status_code, paid.status_code)) == [201, 409], (ended.text, paid.text)


async def test_two_lines_to_one_contractor_name_the_lots_of_two_contracts(deposit: Deposit) -> None:
    third = (await deposit.sign(200_000, retention_ppm=50_000, release_on=DAY)).json()["id"]
    await deposit.progress(third, 1_000_000, "2017-10-01")
    assert (await deposit.keep(10_000, third)).status_code == 201
    lots = (await deposit.clerk.get("/funds/v1/lots", params={"account": deposit.deposit})).json()["items"]
    lines = [
        {"to_account_id": deposit.contractor, "amount_fen": fen, "lots": [{"lot_id": lots[n]["id"], "amount_fen": fen}]}
        for n, fen in ((0, 15_000), (2, 10_000))
    ]
    paid = await deposit.release(0, deposit.contractor, lines=lines)
    assert paid.status_code == 201, paid.text
    assert await deposit.kept(DAY) == {deposit.first: 0, deposit.second: 15_000, third: 0}


async def test_a_retention_is_of_a_contract_of_its_project_and_of_what_is_due_of_it(deposit: Deposit) -> None:
    unnamed = await deposit.keep(1, None)
    assert (refusal(unnamed), unnamed.json()["figures"]["kept"]) == ((409, "contract-needed"), {})
    assert refusal(await deposit.keep(1, str(uuid4()))) == (404, "not-found")
    # The first contractor may still get 285,000 of its 300,000; the second as much, which is no room for the first.
    over = await deposit.keep(285_001, deposit.first)
    assert refusal(over) == (409, "over-progress")
    assert (over.json()["figures"]["due_fen"], over.json()["figures"]["paid_fen"]) == (300_000, 300_001)
    assert (await deposit.keep(285_000, deposit.first)).status_code == 201
    assert refusal(await deposit.move("pay", deposit.cash, deposit.contractor, 1, "2017-10-08")) == (
        409,
        "over-progress",
    )
    for wrong in ({"contractor_id": deposit.other_unit}, {"kind": "hand_down", "release_on": None}):
        body = {"contract_id": deposit.first, "release_on": DAY, "kind": "retain", **wrong}
        kind = body.pop("kind")
        answer = await deposit.move(kind, deposit.cash, deposit.deposit, 1, "2017-10-07", **body)
        assert answer.status_code == 422, answer.text
    elsewhere = await deposit.move("pay", deposit.cash, deposit.other, 1, "2017-10-08", contract_id=deposit.second)
    assert refusal(elsewhere) == (409, "wrong-account"), "only a deposit is told the contract"


async def test_what_is_forfeited_for_defects_goes_back_to_the_project_or_to_the_treasury(
    deposit: Deposit, admin: asyncpg.Pool, county: str
) -> None:
    back = {
        "kind": "return",
        "document": "质量缺陷认定书1号",
        "effective_on": "2018-03-01",
        "fund_code": "TEST-FUND",
        "account_id": deposit.deposit,
        "amount_fen": 15_000,
    }
    assert (await deposit.clerk.post("/funds/v1/movements", back)).status_code == 201
    assert await deposit.kept("2018-03-01") == {deposit.first: 0, deposit.second: 15_000}
    taken = {**back, "kind": "take_back", "document": "质量缺陷认定书2号", "to_account_id": deposit.treasury}
    early = await deposit.clerk.post("/funds/v1/movements", taken)
    assert refusal(early) == (409, "money-retained"), "the treasury waits for the day, as everybody does"
    answer = await deposit.clerk.post("/funds/v1/movements", {**taken, "effective_on": DAY})
    assert answer.status_code == 201, answer.text
    assert await deposit.kept(DAY) == {deposit.first: 0, deposit.second: 0}
    money = (await deposit.shown(DAY))["money"]
    assert (money["given_back_fen"], money["retained_fen"], money["resting_fen"]) == (15_000, 0, 785_000)
    undo = {
        "kind": "reverse",
        "document": "冲1",
        "effective_on": "2018-10-02",
        "movement_id": answer.json()["movements"][0]["id"],
    }
    assert (await deposit.clerk.post("/funds/v1/movements", undo)).status_code == 201
    assert await deposit.kept("2018-10-02") == {deposit.first: 0, deposit.second: 15_000}
    assert refusal(await deposit.release(1, deposit.contractor, "2018-10-03")) == (409, "retained-for-another")
    assert (await deposit.release(15_000, deposit.other, "2018-10-03")).status_code == 201
    await conserved(admin, county)


async def test_what_was_carried_over_or_came_back_is_still_its_own(deposit: Deposit) -> None:
    carry = {"kind": "carry_over", "document": "结转", "account_id": deposit.deposit, "from_year": 2017}
    carried = await deposit.clerk.post("/funds/v1/movements", {**carry, "effective_on": "2017-12-31"})
    assert carried.status_code == 201, carried.text
    paid = await deposit.release(15_000, deposit.contractor)
    assert paid.status_code == 201, paid.text
    undo = {
        "kind": "reverse",
        "document": "冲1",
        "effective_on": "2018-10-02",
        "movement_id": paid.json()["movements"][0]["id"],
    }
    assert (await deposit.clerk.post("/funds/v1/movements", undo)).status_code == 201
    over = await deposit.release(15_001, deposit.other, "2018-10-03")
    assert (refusal(over), over.json()["figures"]["kept_fen"]) == ((409, "retained-for-another"), 15_000)
    assert (await deposit.release(15_000, deposit.contractor, "2018-10-03")).status_code == 201


async def test_a_retention_of_no_project_names_its_contractor(desk: Desk) -> None:
    kept = await open_account(desk.http, desk.county, "retention", "质保金专户")
    nobody = await desk.out(10, kept, "2017-05-01", kind="retain", release_on=DAY)
    assert refusal(nobody) == (409, "contract-needed")
    units = (await desk.clerk.get("/funds/v1/units")).json()["items"]
    treasury = next(one["id"] for one in units if one["kind"] == "treasury")
    wrong = await desk.out(10, kept, "2017-05-01", kind="retain", release_on=DAY, contractor_id=treasury)
    assert refusal(wrong) == (409, "no-contractor")
    ghost = await desk.out(10, kept, "2017-05-01", kind="retain", release_on=DAY, contractor_id=str(uuid4()))
    assert refusal(ghost) == (404, "not-found")
    assert (await desk.keep_back(10, kept, "2017-05-01", DAY)).status_code == 201
    other = await open_account(desk.http, desk.county + "101", "contractor", "另一施工单位")
    pay = {"kind": "pay", "from_account_id": kept}
    assert refusal(await desk.out(1, other, DAY, **pay)) == (409, "retained-for-another")
    assert (await desk.out(10, desk.contractor, DAY, **pay)).status_code == 201


class QuotaDeposit(Orders):
    """A road that pays by orders, with quota of one contract kept back."""

    async def finish(self) -> QuotaDeposit:
        await self.open()
        library = self.library
        unit = {"region_code": self.county, "name": "质保金", "kind": "retention"}
        opened = await library.clerk.post("/funds/v1/units", {**unit, "accounts": [{"name": "指标", "book": "quota"}]})
        self.kept = opened.json()["accounts"][0]["id"]
        self.contract = (await library.sign(600_000, retention_ppm=50_000, release_on=DAY)).json()["id"]
        await library.progress(self.contract, 1_000_000, "2017-10-01")
        order = {"release_on": DAY, "contract_id": self.contract}
        kept = await library.move("retain", self.own_quota, self.kept, 30_000, "2017-10-05", **order)
        assert kept.status_code == 201, kept.text
        return self


async def test_an_order_out_of_a_retention_pays_its_contractor_also_when_issued_again(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    quota = await QuotaDeposit(Library(funds_http, county)).finish()
    other = await open_account(funds_http, county + "101", "contractor", "另一施工单位")
    wrong = await quota.order(30_000, quota.kept, other, effective_on=DAY)
    assert refusal(wrong) == (409, "retained-for-another")
    assert (wrong.json()["figures"]["kept_fen"], wrong.json()["figures"]["others_fen"]) == (0, 30_000)
    elsewhere = await quota.order(1, effective_on=DAY, contract_id=quota.contract)
    assert refusal(elsewhere) == (409, "wrong-account")
    first = await quota.issue(30_000, quota.kept, effective_on=DAY, contract_id=quota.contract)
    await quota.settle(first, "returned", on="2018-10-02")
    again = await quota.order(30_000, quota.kept, other, effective_on="2018-10-03", reissues_order_id=first["id"])
    assert refusal(again) == (409, "retained-for-another")
    second = await quota.issue(30_000, quota.kept, effective_on="2018-10-03", reissues_order_id=first["id"])
    await quota.settle(second, on="2018-10-04")
    [contract] = (await quota.library.shown("2018-10-04"))["contracts"]
    assert contract["retained_fen"] == 0


async def test_an_order_on_its_way_counts_as_paid_out_of_a_cancelled_contracts_retention(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    quota = await QuotaDeposit(Library(funds_http, county)).finish()
    ended = await cancel(quota.library, quota.contract, 20_000, cancelled_on="2018-01-10")
    assert ended.status_code == 201, ended.text
    over = await quota.order(20_001, quota.kept, effective_on=DAY)
    assert refusal(over) == (409, "over-progress")
    first = await quota.issue(12_000, quota.kept, effective_on=DAY)
    for fen in (8_001, 18_000):
        assert refusal(await quota.order(fen, quota.kept, effective_on=DAY)) == (409, "over-progress")
    await quota.settle(first, "returned", on="2018-10-02")
    whole = await quota.issue(20_000, quota.kept, effective_on="2018-10-03")
    await quota.settle(whole, on="2018-10-04")
    assert refusal(await quota.order(1, quota.kept, effective_on="2018-10-05")) == (409, "over-progress")


async def test_whose_a_retention_is_is_told_within_the_county(
    deposit: Deposit, admin: asyncpg.Pool, county: str
) -> None:
    asked = (
        "SELECT count(*) FROM funds.kept_for($1, ARRAY(SELECT id FROM funds.lot"
        " WHERE county_code = $1 AND account_id = $2::uuid))"
    )
    async with admin.acquire() as session:
        for region in (county[:4], county, county + "101"):
            await session.execute("SELECT set_config('app.region', $1, false)", region)
            assert await session.fetchval(asked, county, deposit.deposit) == 2
        for region in ("", "999999", "999999101"):
            await session.execute("SELECT set_config('app.region', $1, false)", region)
            with pytest.raises(asyncpg.PostgresError, match="outside the region"):
                await session.fetchval(asked, county, deposit.deposit)


async def test_what_came_back_and_is_kept_back_again_is_of_its_new_contract_alone(deposit: Deposit) -> None:
    back = {"kind": "return", "document": "退1", "effective_on": "2017-11-01", "fund_code": "TEST-FUND"}
    answer = await deposit.clerk.post(
        "/funds/v1/movements", {**back, "account_id": deposit.deposit, "amount_fen": 15_000}
    )
    assert answer.status_code == 201, answer.text
    [lot] = [draw["to_lot_id"] for one in answer.json()["movements"] for draw in one["draws"]]
    line = {"to_account_id": deposit.deposit, "amount_fen": 15_000, "lots": [{"lot_id": lot, "amount_fen": 15_000}]}
    kept = await deposit.keep(0, deposit.second, "2017-11-02", lines=[line])
    assert kept.status_code == 201, kept.text
    assert await deposit.kept("2017-12-31") == {deposit.first: 0, deposit.second: 30_000}
    assert (await deposit.release(30_000, deposit.other)).status_code == 201
    assert await deposit.kept(DAY) == {deposit.first: 0, deposit.second: 0}


async def test_the_database_pays_no_retention_to_another_and_keeps_none_for_nobody(
    deposit: Deposit, admin: asyncpg.Pool, county: str
) -> None:
    lots = await admin.fetch(
        "SELECT id::text, account_id::text AS account FROM funds.lot WHERE county_code = $1 AND is_open"
        " AND account_id = ANY($2::uuid[]) ORDER BY arrived_on",
        county,
        [deposit.deposit, deposit.cash],
    )
    of = {one["account"]: one["id"] for one in lots}
    for kind, source, target, release_on, wrong in (
        ("pay", deposit.deposit, deposit.contractor, None, "pays what is kept for another"),
        ("retain", deposit.cash, deposit.deposit, DAY, "is kept for nobody"),
        ("hand_down", deposit.deposit, deposit.cash, None, "joins accounts that do not fit"),
    ):
        move = {
            "id": str(uuid4()),
            "kind": kind,
            "document": "绕过",
            "document_key": "绕过",
            "from": source,
            "to": target,
            "effective_on": DAY,
            "amount_fen": 1,
            "drawn": "named",
            "actor": "某一人",
        }
        part = {"move": move["id"], "from_lot": of[source], "to_lot": str(uuid4()), "amount_fen": 1}
        async with admin.acquire() as session:
            await session.execute("SELECT set_config('app.region', $1, false)", county)
            with pytest.raises(asyncpg.PostgresError, match=wrong):
                await session.fetchval(
                    "SELECT funds.post_movements($1, $2::jsonb, $3::jsonb, current_date)",
                    county,
                    json.dumps([move]),
                    json.dumps([{**part, "release_on": release_on}]),
                )
