"""统筹整合 where a project pays: one treasury order draws what several funds brought, in the order its issuer chose."""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.factories import fund, notice_request
from tests.funds_api.desk import conserved
from tests.funds_api.library import Library, plan
from tests.funds_api.test_project_orders import Orders
from tests.funds_api.test_projects import refusal
from tests.funds_api.test_terms import BARRED, FEE, set_terms, terms

SHARES = {"TEST-FUND": 400_000, "second": 250_000, "third": 150_000}


class Pooled(Orders):
    """A project at building whose quota pools three funds: 400,000, 250,000 and 150,000 fen, ten days apart."""

    async def pool(self, **terms: Any) -> Pooled:
        """Open it, with one contract for all of it, of these terms, that is built and accepted."""
        library = self.library
        await library.fund_it()
        self.codes = {"TEST-FUND": "TEST-FUND"}
        for name in ("second", "third"):
            self.codes[name] = await fund(self.http, f"F-{uuid4().hex[:10]}")
        county_quota = {"region_code": self.county, "name": "县财政指标", "kind": "treasury"}
        self.quota = await self._unit(**county_quota, accounts=[{"name": "指标", "book": "quota"}])
        bank = {"region_code": self.county, "name": "县农村商业银行", "kind": "bank"}
        self.bank = await self._unit(**bank, accounts=[{"name": "在途", "book": "cash"}])
        sources = [{"fund_code": self.codes[name], "planned_fen": fen} for name, fen in SHARES.items()]
        planned = await library.walk("building", plan=plan(sources=sources))
        self.own_cash, self.own_quota = planned["cash_account_id"], planned["quota_account_id"]
        for day, (name, fen) in zip(("2017-04-11", "2017-04-21", "2017-05-02"), SHARES.items(), strict=True):
            notice = await notice_request(
                self.http, self.county, self.quota, amounts=[fen], received_on="2017-04-10", fund_code=self.codes[name]
            )
            assert (await library.clerk.post("/funds/v1/notices", notice)).status_code == 201
            moved = await library.move("hand_down", self.quota, self.own_quota, fen, day, fund_code=self.codes[name])
            assert moved.status_code == 201, moved.text
        self.contract = (await library.sign(800_000, **terms)).json()["id"]
        await library.progress(self.contract, 1_000_000, "2017-07-01")
        return self

    def told(self, order: dict[str, Any]) -> dict[str, int]:
        """What each fund gave, by the names of `SHARES`."""
        by_code = {one["fund_code"]: one["amount_fen"] for one in order["by_fund"]}
        assert sum(by_code.values()) == order["amount_fen"]
        return {name: by_code[code] for name, code in self.codes.items() if code in by_code}


@pytest.fixture
async def pooled(funds_http: httpx.AsyncClient, county: str) -> Pooled:
    return await Pooled(Library(funds_http, county)).pool()


async def test_an_order_draws_every_fund_in_proportion_to_the_fen(
    pooled: Pooled, admin: asyncpg.Pool, county: str
) -> None:
    order = await pooled.issue(333_333, fund_code=None, drawn="proportional")
    assert (order["fund_code"], order["drawn"]) == (None, "proportional")
    gave = pooled.told(order)
    for name, fen in SHARES.items():
        assert abs(gave[name] - Fraction(333_333 * fen, 800_000)) < 1
    drawn = await admin.fetchval("SELECT drawn FROM funds.movement WHERE id = $1::uuid", order["movement_id"])
    assert drawn == "proportional", "the choice is kept with the movement"
    await pooled.settle(order)
    shown = await pooled.library.shown("2017-07-31")
    paid = {one["fund_code"]: one["paid_fen"] for one in shown["sources"]}
    assert paid == {pooled.codes[name]: fen for name, fen in gave.items()}
    assert shown["money"]["paid_fen"] == 333_333, "counted once"
    last = pooled.told(await pooled.issue(466_667, fund_code=None, drawn="proportional"))
    assert {name: gave[name] + last[name] for name in SHARES} == SHARES, "the rest of every fund, to the fen"
    await conserved(admin, county)


async def test_an_order_draws_the_oldest_money_first_whatever_fund(pooled: Pooled) -> None:
    order = await pooled.issue(500_000, fund_code=None)
    assert order["drawn"] == "oldest"
    assert pooled.told(order) == {"TEST-FUND": 400_000, "second": 100_000}
    assert pooled.told(await pooled.issue(150_001, fund_code=None, drawn="oldest")) == {"second": 150_000, "third": 1}


async def test_an_order_draws_the_lots_it_names_of_several_funds(pooled: Pooled) -> None:
    found = await pooled.library.clerk.get(
        "/funds/v1/lots", params={"account": pooled.own_quota, "as_of": "2017-07-01"}
    )
    lots = {one["fund_code"]: one["id"] for one in found.json()["items"]}
    shares = [
        {"lot_id": lots[pooled.codes["third"]], "amount_fen": 100_000},
        {"lot_id": lots["TEST-FUND"], "amount_fen": 50_000},
    ]
    order = await pooled.issue(150_000, fund_code=None, drawn="named", lots=shares)
    assert (order["drawn"], pooled.told(order)) == ("named", {"TEST-FUND": 50_000, "third": 100_000})
    for change in ({"drawn": "named"}, {"drawn": "proportional", "lots": shares}, {"drawn": "oldest", "lots": shares}):
        assert (await pooled.order(150_000, fund_code=None, **change)).status_code == 422


async def test_an_order_in_proportion_of_one_fund_leaves_the_others(pooled: Pooled) -> None:
    order = await pooled.issue(10_000, fund_code=pooled.codes["second"], drawn="proportional")
    assert pooled.told(order) == {"second": 10_000}


async def test_the_project_gate_counts_a_pooled_order_once(pooled: Pooled) -> None:
    library = pooled.library
    await pooled.issue(800_000, fund_code=None, drawn="proportional")
    await library.move("hand_down", pooled.quota, pooled.own_quota, 1, "2017-07-01")
    assert refusal(await pooled.order(1, fund_code=None)) == (409, "money-not-there")
    assert await pooled.money() == (800_000, 0, 0, 800_000, 0, 0)


async def test_a_pooled_order_brings_each_fund_within_its_own_plan(pooled: Pooled) -> None:
    """From a pool's quota to another project's account: what it brings of one fund is held to that fund's plan."""
    other = Library(pooled.http, pooled.county)
    other.contractor_unit = pooled.library.contractor_unit
    sources = [
        {"fund_code": "TEST-FUND", "planned_fen": 700_000},
        {"fund_code": pooled.codes["second"], "planned_fen": 100_000},
    ]
    target = (await other.walk("building", plan=plan(sources=sources)))["cash_account_id"]
    over = await pooled.order(500_001, payee=target, fund_code=None)
    assert refusal(over) == (409, "over-plan")
    assert (over.json()["figures"]["fund_code"], over.json()["figures"]["asked_fen"]) == (
        pooled.codes["second"],
        100_001,
    )
    assert (await pooled.order(500_000, payee=target, fund_code=None)).status_code == 201


async def test_what_comes_back_of_a_pooled_order_goes_to_each_fund_and_is_issued_again(
    pooled: Pooled, admin: asyncpg.Pool, county: str
) -> None:
    order = await pooled.issue(333_333, fund_code=None, drawn="proportional")
    gave = pooled.told(order)
    await pooled.settle(order, "returned")
    assert await pooled.money() == (800_000, 0, 0, 0, 800_000, 0)
    named = await pooled.order(333_333, reissues_order_id=order["id"], effective_on="2017-07-05")
    assert refusal(named) == (409, "not-reissuable"), "the same money: all of its funds"
    again = await pooled.issue(333_333, fund_code=None, reissues_order_id=order["id"], effective_on="2017-07-05")
    assert (again["drawn"], pooled.told(again)) == ("named", gave)
    await pooled.settle(again, on="2017-07-06")
    await conserved(admin, county)


async def test_the_quota_chain_and_the_list_show_a_pooled_order_in_each_of_its_funds(pooled: Pooled) -> None:
    clerk = pooled.library.clerk
    order = await pooled.issue(333_333, fund_code=None, drawn="proportional")
    gave = pooled.told(order)
    for name, code in pooled.codes.items():
        params = {"as_of": "2017-07-31", "fund": code}
        chain = (await clerk.get("/funds/v1/quota", params=params)).json()
        assert {(one["unexplained_fen"], one["orders_unexplained_fen"]) for one in chain["items"]} == {(0, 0)}
        assert (chain["total"]["ordered_fen"], chain["total"]["in_transit_fen"]) == (gave[name], gave[name])
        listed = (await clerk.get("/funds/v1/treasury-orders", params=params)).json()["items"]
        assert [(one["id"], one["fund_code"], one["drawn"]) for one in listed] == [(order["id"], None, "proportional")]
    other = await fund(pooled.http, f"F-{uuid4().hex[:10]}")
    none = await clerk.get("/funds/v1/treasury-orders", params={"as_of": "2017-07-31", "fund": other})
    assert none.json()["items"] == []


async def test_the_terms_of_every_fund_that_is_drawn_are_heard(pooled: Pooled, county: str) -> None:
    clerk = pooled.library.clerk
    rules = terms(county, {**BARRED, "uses": ["training"]})
    assert (await set_terms(clerk, pooled.codes["second"], rules)).status_code == 201
    refused = await pooled.order(1_000, fund_code=None, drawn="proportional", use="training")
    assert refusal(refused) == (409, "fund-rule-broken")
    [breach] = refused.json()["figures"]["breaches"]
    assert breach["fund_code"] == pooled.codes["second"]
    # Oldest first does not reach the second fund, so its terms have no say.
    assert (await pooled.order(1_000, fund_code=None, use="training")).status_code == 201


async def test_a_pooled_fee_is_judged_by_its_share_of_each_fund(pooled: Pooled, county: str) -> None:
    """At most 1 % of the second fund's 250,000 fen: of 10,000 it would give 3,125, of 8,000 just 2,500."""
    assert (await set_terms(pooled.library.clerk, pooled.codes["second"], terms(county, FEE))).status_code == 201
    fee = {"fund_code": None, "drawn": "proportional", "use": "management_fee"}
    refused = await pooled.order(10_000, **fee)
    assert refusal(refused) == (409, "fund-rule-broken")
    broken = {(one["fund_code"], one["amount_fen"], one["cap_fen"]) for one in refused.json()["figures"]["breaches"]}
    assert (pooled.codes["second"], 3_125, 2_500) in broken, "beside it the nation's rule, which binds the first, too"
    assert pooled.told(await pooled.issue(8_000, **fee))["second"] == 2_500


async def test_only_a_project_leaves_out_the_fund(pooled: Pooled) -> None:
    refused = await pooled.order(1_000, pooled.quota, fund_code=None, drawn="proportional")
    assert refusal(refused) == (422, "fund-needed")
