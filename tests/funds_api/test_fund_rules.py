"""Movements held against the terms of their funds: refused with figures, or let through with a flag in the same act."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.callers import Caller, funds_caller
from tests.factories import notice_request, open_account
from tests.funds_api.test_orders import ORDERS, Chain, refused
from tests.funds_api.test_terms import BARRED, FEE, set_terms, terms


class Ruled(Chain):
    """The chain with 1,000,000 fen of cash of the same fund beside its quota, and terms."""

    async def open(self, use: str = "infrastructure") -> Ruled:
        await super().open(use)
        notice = await notice_request(
            self.http, self.county, self.treasury["cash"], amounts=[1_000_000], fund_code=self.fund
        )
        assert (await self.clerk.post("/funds/v1/notices", notice)).status_code == 201
        return self

    async def rule(self, *rules: dict[str, Any], by: Caller | None = None, region: str = "", **changes: Any) -> None:
        answer = await set_terms(by or self.clerk, self.fund, terms(region or self.county, *rules, **changes))
        assert answer.status_code == 201, answer.text

    async def of_the_nation(self, *rules: dict[str, Any]) -> None:
        """Terms that put a general rule aside for this fund, by two people."""
        clerk, reviewer = (funds_caller(self.http, role, "00") for role in ("finance_clerk", "finance_reviewer"))
        await self.rule(*rules, by=clerk, region="00")
        set_by_one = terms("00", *rules)
        named = {name: set_by_one[name] for name in ("region_code", "fiscal_year", "valid_from", "document")}
        answer = await reviewer.post(f"/funds/v1/funds/{self.fund}/terms/confirmation", named)
        assert answer.status_code == 201, answer.text

    async def pay(self, fen: int, use: str | None = None, **changes: Any) -> httpx.Response:
        order = {"kind": "pay", "use": use, **changes}
        source, target = self.treasury["cash"], self.contractor["cash"]
        return await self.split(fen, source, changes.pop("to", target), "2017-05-02", **order)

    async def flags(self) -> list[dict[str, Any]]:
        answer = await self.clerk.get("/funds/v1/flags", params={"as_of": "2017-12-31"})
        return list(answer.json()["items"])


@pytest.fixture
async def ruled(funds_http: httpx.AsyncClient, county: str) -> Ruled:
    return await Ruled(funds_http, county).open()


async def test_a_barred_use_is_refused_with_the_term_it_breaks_and_nothing_moves(ruled: Ruled) -> None:
    await ruled.rule({**BARRED, "uses": ["training", "health"]})
    for answer in (
        await ruled.pay(1_000, "training"),
        await ruled.clerk.post(ORDERS, ruled.order(1_000, use="health")),
        await ruled.split(1_000, ruled.treasury["quota"], ruled.department["quota"], use="training"),
    ):
        figures = refused(answer, "fund-rule-broken")
        [breach] = figures["breaches"]
        assert (breach["code"], breach["on_breach"], breach["fiscal_year"]) == ("B02", "refuse", 2017)
        assert (breach["source"], breach["document"]) == ("财农〔2017〕8号", "县财农〔2017〕3号")
    assert await ruled.balance(ruled.treasury["cash"]) == 1_000_000
    assert await ruled.balance(ruled.treasury["quota"]) == 1_000_000
    assert (await ruled.pay(1_000, "infrastructure")).status_code == 201
    assert await ruled.flags() == []


async def test_a_permitted_list_asks_for_a_use_of_the_list(ruled: Ruled) -> None:
    await ruled.rule({**BARRED, "rule": "permitted_uses", "uses": ["infrastructure"]})
    assert (await ruled.pay(1_000, "infrastructure")).status_code == 201
    for use in (None, "training"):
        [breach] = refused(await ruled.pay(1_000, use), "fund-rule-broken")["breaches"]
        assert (breach["code"], breach["use"], breach["permitted"]) == ("B01", use, ["infrastructure"])
    assert (await ruled.split(1_000, ruled.treasury["cash"], ruled.department["cash"])).status_code == 201
    refused(await ruled.pay(1_000, "no_such_use"), "not-found", 404)


async def test_a_breach_that_only_flags_goes_through_and_says_so_in_the_same_act(
    ruled: Ruled, admin: asyncpg.Pool, county: str
) -> None:
    await ruled.rule({**BARRED, "uses": ["training"], "on_breach": "flag"})
    key = uuid4().hex
    body = ruled.order(300_000, use="training")
    order = await ruled.clerk.post(ORDERS, body, key=key)
    assert order.status_code == 201, order.text
    assert [one["code"] for one in order.json()["flagged"]] == ["B02"]
    paid = await ruled.pay(2_000, "training")
    assert [one["title"] for one in paid.json()["flagged"]] == ["用于资金禁止的用途"]
    assert (await ruled.clerk.post(ORDERS, body, key=key)).json() == order.json()

    flags = await ruled.flags()
    assert [(one["rule_code"], one["amount_fen"], one["as_of"]) for one in flags] == [
        ("B02", 300_000, "2017-05-02"),
        ("B02", 2_000, "2017-05-02"),
    ]
    assert flags[0]["facts"]["source"] == "财农〔2017〕8号"
    assert "技能培训" in flags[0]["explanation"]
    rows = await admin.fetch(
        "SELECT kind, body::jsonb->'flags'->0->>'unit_name' AS desk FROM funds.event"
        " WHERE stream = $1 ORDER BY position DESC LIMIT 4",
        county,
    )
    assert [tuple(row) for row in reversed(rows)] == [
        ("TreasuryOrderIssued", None),
        ("FlagsRaised", "县财政局"),
        ("MoneyMoved", None),
        ("FlagsRaised", "县财政局"),
    ]


async def test_a_payee_of_the_wrong_kind_is_refused(ruled: Ruled) -> None:
    payees = {"rule": "permitted_payees", "unit_kinds": ["village_collective", "households"]}
    await ruled.rule({**{name: BARRED[name] for name in ("on_breach", "source", "basis")}, **payees})
    [breach] = refused(await ruled.pay(1_000), "fund-rule-broken")["breaches"]
    assert (breach["code"], breach["payee_kind"]) == ("B03", "contractor")
    assert (await ruled.clerk.post(ORDERS, ruled.order(1_000, payee=ruled.village["cash"]))).status_code == 201
    refused(await ruled.clerk.post(ORDERS, ruled.order(1_000)), "fund-rule-broken")


async def test_management_fees_stay_within_their_share_over_payments_and_orders(ruled: Ruled) -> None:
    """2,000,000 fen were received of the fund-year, so 20,000 may be fees."""
    assert (await ruled.pay(12_000, "management_fee")).status_code == 201
    order = await ruled.issue(5_000, use="management_fee")
    [breach] = refused(await ruled.pay(3_001, "management_fee"), "fund-rule-broken")["breaches"]
    told = {name: breach[name] for name in ("received_fen", "cap_fen", "fees_before_fen", "amount_fen", "over_fen")}
    assert told == {
        "received_fen": 2_000_000,
        "cap_fen": 20_000,
        "fees_before_fen": 17_000,
        "amount_fen": 3_001,
        "over_fen": 1,
    }
    # What came back was not spent on fees.
    await ruled.result(order, "returned")
    last = await ruled.pay(8_000, "management_fee")
    assert last.status_code == 201
    refused(await ruled.pay(1, "management_fee"), "fund-rule-broken")
    undo = {
        "kind": "reverse",
        "document": "冲1",
        "effective_on": "2017-05-05",
        "movement_id": last.json()["movements"][0]["id"],
    }
    assert (await ruled.clerk.post("/funds/v1/movements", undo)).status_code == 201
    assert (await ruled.pay(8_000, "management_fee")).status_code == 201
    assert (await ruled.pay(100_000, "infrastructure")).status_code == 201


async def test_fees_at_the_same_time_do_not_pass_their_share_together(ruled: Ruled) -> None:
    await ruled.rule(FEE)
    answers = await asyncio.gather(*(ruled.pay(6_000, "management_fee") for _ in range(8)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] * 3 + [409] * 5


async def test_a_county_cannot_loosen_what_its_province_set(ruled: Ruled, funds_http: httpx.AsyncClient) -> None:
    province = funds_caller(funds_http, "finance_clerk", "99")
    await ruled.rule({**FEE, "cap_ppm": 5_000})
    await ruled.rule({**FEE, "cap_ppm": 0}, by=province, region="99")
    [breach] = refused(await ruled.pay(1, "management_fee"), "fund-rule-broken")["breaches"]
    assert breach["region_code"] == "99"
    looser = await set_terms(
        ruled.clerk, ruled.fund, terms(ruled.county, {**FEE, "cap_ppm": 1}, valid_from="2017-02-01")
    )
    assert looser.json()["type"] == "/problems/terms-loosened"


async def test_terms_bind_the_money_of_their_year_from_their_day_on(ruled: Ruled) -> None:
    training = {**BARRED, "uses": ["training"]}
    await ruled.rule(training, fiscal_year=2018, valid_from="2017-01-01")
    assert (await ruled.pay(1_000, "training")).status_code == 201
    await ruled.rule(training, valid_from="2017-05-03")
    assert (await ruled.pay(1_000, "training")).status_code == 201
    refused(await ruled.pay(1_000, "training", effective_on="2017-05-03"), "fund-rule-broken")
    await ruled.rule({**BARRED, "uses": ["health"]}, valid_from="2017-06-01", document="县财农〔2017〕20号")
    refused(await ruled.pay(1_000, "training", effective_on="2017-06-01"), "fund-rule-broken")
    reviewer = funds_caller(ruled.http, "finance_reviewer", ruled.county, subject="zhao")
    lifting = {"region_code": ruled.county, "fiscal_year": 2017, "valid_from": "2017-06-01"}
    agreed = await reviewer.post(
        f"/funds/v1/funds/{ruled.fund}/terms/confirmation", {**lifting, "document": "县财农〔2017〕20号"}
    )
    assert agreed.status_code == 201, agreed.text
    assert (await ruled.pay(1_000, "training", effective_on="2017-06-01")).status_code == 201


async def test_a_fund_without_terms_keeps_what_the_nation_laid_down_for_every_fund(ruled: Ruled) -> None:
    """2,000,000 fen received: 20,000 may be fees, and nothing may be wages, whoever has set nothing."""
    assert (await ruled.pay(20_000, "management_fee")).status_code == 201
    [over] = refused(await ruled.pay(1, "management_fee"), "fund-rule-broken")["breaches"]
    assert (over["code"], over["region_code"], over["document"], over["over_fen"]) == (
        "B04",
        "00",
        "财农〔2017〕8号",
        1,
    )
    for answer in (
        await ruled.pay(1_000, "wage"),
        await ruled.clerk.post(ORDERS, ruled.order(1_000, use="debt")),
        await ruled.split(1_000, ruled.treasury["cash"], ruled.department["cash"], use="wage"),
    ):
        [barred] = refused(answer, "fund-rule-broken")["breaches"]
        assert (barred["code"], barred["document"], barred["basis"]) == ("B02", "财农〔2017〕8号", "assumed")
        assert "一般" not in barred["source"]
        assert barred["source"] in answer.json()["detail"]
    assert (await ruled.pay(1_000, "advance")).status_code == 201, "barred since 2021 only"
    advance = await ruled.pay(1_000, "advance", effective_on="2021-03-25")
    assert advance.status_code == 201, advance.text
    refused(await ruled.pay(1_000, "advance", effective_on="2021-03-26"), "fund-rule-broken")
    assert (await ruled.pay(1_000)).status_code == 201


async def test_only_the_nation_says_otherwise_for_one_fund(ruled: Ruled) -> None:
    await ruled.of_the_nation({**FEE, "cap_ppm": 20_000, "on_breach": "flag"})
    assert (await ruled.pay(40_000, "management_fee")).json()["flagged"] == []
    beyond = await ruled.pay(1, "management_fee")
    assert [(one["code"], one["cap_ppm"]) for one in beyond.json()["flagged"]] == [("B04", 20_000)]
    refused(await ruled.pay(1, "wage"), "fund-rule-broken")


async def test_a_fee_that_was_recovered_gives_room_again_to_the_fen(ruled: Ruled) -> None:
    """Of 20,000 by payment and order, what the contractor no longer has is no fee."""
    assert (await ruled.pay(12_000, "management_fee")).status_code == 201
    order = await ruled.issue(8_000, use="management_fee")
    await ruled.result(order, "paid")
    refused(await ruled.pay(1, "management_fee"), "fund-rule-broken")

    async def back(kind: str, fen: int) -> str:
        body = {
            "kind": kind,
            "document": f"文{uuid4().hex[:8]}",
            "effective_on": "2017-05-10",
            "account_id": ruled.contractor["cash"],
            "fund_code": ruled.fund,
            "amount_fen": fen,
        }
        answer = await ruled.clerk.post("/funds/v1/movements", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["movements"][0]["id"])

    await back("recover", 5_000)
    assert (await ruled.pay(5_000, "management_fee")).status_code == 201
    [breach] = refused(await ruled.pay(1, "management_fee"), "fund-rule-broken")["breaches"]
    assert (breach["fees_before_fen"], breach["over_fen"]) == (20_000, 1)
    # all that is left of the first payment and 3,000 of the order's
    await back("return", 10_000)
    [breach] = refused(await ruled.pay(10_001, "management_fee"), "fund-rule-broken")["breaches"]
    assert (breach["fees_before_fen"], breach["over_fen"]) == (10_000, 1)
    assert (await ruled.pay(10_000, "management_fee")).status_code == 201


async def test_undoing_what_came_back_of_a_fee_is_held_to_its_share(ruled: Ruled) -> None:
    """Of 20,000: an order of 8,000 came back and 5,000 were recovered, so others filled the room to the fen."""
    order = await ruled.issue(8_000, use="management_fee")
    returned = await ruled.result(order, "returned")
    assert (await ruled.pay(20_000, "management_fee")).status_code == 201
    order_back = returned.json()["result"]["movement_id"]
    body = {
        "kind": "recover",
        "document": "追1",
        "effective_on": "2017-05-10",
        "account_id": ruled.contractor["cash"],
        "fund_code": ruled.fund,
        "amount_fen": 5_000,
    }
    recovered = (await ruled.clerk.post("/funds/v1/movements", body)).json()["movements"][0]["id"]
    last = (await ruled.pay(5_000, "management_fee")).json()["movements"][0]["id"]

    async def undo(movement: str) -> httpx.Response:
        reversal = {"kind": "reverse", "document": "冲1", "effective_on": "2017-05-20", "movement_id": movement}
        return await ruled.clerk.post("/funds/v1/movements", reversal)

    for movement, fen in ((recovered, 5_000), (order_back, 8_000)):
        [breach] = refused(await undo(movement), "fund-rule-broken")["breaches"]
        told = {name: breach[name] for name in ("rule", "fees_before_fen", "amount_fen", "over_fen")}
        assert told == {"rule": "fee_cap", "fees_before_fen": 20_000, "amount_fen": fen, "over_fen": fen}
    assert (await undo(last)).status_code == 201
    assert (await undo(recovered)).status_code == 201, "20,000 again, to the fen"
    refused(await ruled.pay(1, "management_fee"), "fund-rule-broken")


async def undone_receipt(ruled: Ruled) -> httpx.Response:
    """Undo the receipt of 1,000,000 fen of cash."""
    received = (await ruled.clerk.get("/funds/v1/movements", params={"kind": "receive"})).json()["items"]
    [cash] = [one["id"] for one in received if one["amount_fen"] == 1_000_000]
    reversal = {"kind": "reverse", "document": "冲1", "effective_on": "2017-05-20", "movement_id": cash}
    return await ruled.clerk.post("/funds/v1/movements", reversal)


async def test_undoing_a_receipt_leaves_no_fee_above_the_share_of_what_is_left(
    ruled: Ruled, funds_http: httpx.AsyncClient, county: str
) -> None:
    """15,000 of 20,000 were taken; without the second million 10,000 is the cap."""
    await open_account(funds_http, county, "outside", "县外")
    order = await ruled.issue(15_000, use="management_fee")
    answer = await undone_receipt(ruled)
    [breach] = refused(answer, "fund-rule-broken")["breaches"]
    told = [breach[name] for name in ("rule", "received_fen", "cap_fen", "fees_before_fen", "amount_fen", "over_fen")]
    assert told == ["fee_cap", 1_000_000, 10_000, 15_000, 0, 5_000]
    assert "本笔" not in answer.json()["detail"]
    reversal = {"kind": "reverse", "document": "冲2", "effective_on": "2017-05-20", "movement_id": order["movement_id"]}
    assert (await ruled.clerk.post("/funds/v1/movements", reversal)).status_code == 201
    await ruled.issue(10_000, use="management_fee")
    assert (await undone_receipt(ruled)).status_code == 201, "the share of what is left, to the fen"


async def test_a_receipt_is_undone_and_flagged_where_the_rule_only_flags(
    ruled: Ruled, funds_http: httpx.AsyncClient, county: str
) -> None:
    await open_account(funds_http, county, "outside", "县外")
    await ruled.of_the_nation({**FEE, "on_breach": "flag"})
    await ruled.issue(15_000, use="management_fee")
    answer = await undone_receipt(ruled)
    assert answer.status_code == 201, answer.text
    [flagged] = answer.json()["flagged"]
    assert (flagged["code"], flagged["over_fen"]) == ("B04", 5_000)
    assert [one["rule_code"] for one in await ruled.flags()] == ["B04"]


async def test_a_township_is_held_to_the_fees_of_the_whole_county_and_flagged_on_its_own_desk(
    ruled: Ruled, funds_http: httpx.AsyncClient, county: str
) -> None:
    await ruled.of_the_nation({**FEE, "on_breach": "flag"})
    await ruled.split(500_000, ruled.treasury["quota"], ruled.township["quota"])
    assert (await ruled.pay(20_000, "management_fee")).status_code == 201
    township = funds_caller(funds_http, "township_clerk", county + "101")
    own = ruled.order(100, ruled.township["quota"], ruled.village["cash"], use="management_fee")
    answer = await township.post(ORDERS, own)
    assert answer.status_code == 201, answer.text
    [flag] = (await township.get("/funds/v1/flags", params={"as_of": "2017-12-31"})).json()["items"]
    assert (flag["rule_code"], flag["region_code"], flag["amount_fen"]) == ("B04", county + "101", 100)


async def test_fees_that_name_no_fund_do_not_pass_its_share_side_by_side_either(
    ruled: Ruled, admin: asyncpg.Pool
) -> None:
    """Two desks pay 15,000 each out of holds, to different payees, both judged before either is recorded."""
    await ruled.rule(FEE)
    other = await open_account(ruled.http, ruled.county, "contractor", "另一施工单位")
    orders = []
    for source, payee in ((ruled.department["cash"], other), (ruled.township["cash"], ruled.contractor["cash"])):
        assert (await ruled.split(100_000, ruled.treasury["cash"], source, "2017-04-20")).status_code == 201
        hold = {"account_id": source, "amount_fen": 15_000, "document": "申请", "purpose": "待支付"}
        held = await ruled.clerk.post("/funds/v1/holds", hold)
        orders.append(
            {
                "kind": "pay",
                "document": f"文{uuid4().hex[:8]}",
                "effective_on": "2017-05-02",
                "from_account_id": source,
                "hold_id": held.json()["id"],
                "use": "management_fee",
                "lines": [{"to_account_id": payee, "amount_fen": 15_000}],
            }
        )
    async with admin.acquire() as recording, recording.transaction():
        await recording.execute("SELECT FROM funds.stream_head WHERE stream = $1 FOR UPDATE", ruled.county)
        running = [asyncio.create_task(ruled.clerk.post("/funds/v1/movements", order)) for order in orders]
        await asyncio.sleep(0.7)
    answers = await asyncio.gather(*running)
    assert sorted(one.status_code for one in answers) == [201, 409]
