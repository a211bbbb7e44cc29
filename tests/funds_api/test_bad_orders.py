"""Each way to ask for an order or a report that must not be: its own problem with figures, and not one row changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.factories import fund
from tests.funds_api.desk import conserved, refused, written
from tests.funds_api.test_orders import ORDERS, Chain

Ask = Callable[[Chain, dict[str, Any]], Awaitable[tuple[httpx.Response, dict[str, Any]]]]


async def _order(chain: Chain, fen: int, **more: Any) -> httpx.Response:
    return await chain.clerk.post(ORDERS, chain.order(fen, **more))


async def _before_its_quota_arrived(chain: Chain, _: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await _order(chain, 400_001, effective_on="2017-03-15")
    return answer, {"asked_fen": 400_001, "available_fen": 390_000, "on": "2017-03-15"}


async def _beyond_its_quota(chain: Chain, _: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    return await _order(chain, 990_001), {"asked_fen": 990_001, "available_fen": 990_000, "on": "2017-05-02"}


async def _into_a_closed_period(chain: Chain, _: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await _order(chain, 1, effective_on="2017-04-30")
    return answer, {"effective_on": "2017-04-30", "closed_through": "2017-05-02"}


async def _over_a_hold(chain: Chain, _: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    return await _order(chain, 90_001), {"asked_fen": 90_001, "free_fen": 90_000, "held_fen": 900_000}


async def _past_a_funds_cap(chain: Chain, _: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await _order(chain, 10_001, use="management_fee")
    [breach] = answer.json()["figures"]["breaches"]
    assert (breach["rule"], breach["amount_fen"], breach["cap_fen"]) == ("fee_cap", 10_001, 10_000), breach
    return answer, {}


async def _to_a_payee_of_the_wrong_kind(chain: Chain, _: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await _order(chain, 1, payee=chain.bank["cash"])
    return answer, {"account_id": chain.bank["cash"], "kind": "bank", "movement": "order"}


async def _from_the_wrong_book(chain: Chain, _: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await _order(chain, 1, source=chain.treasury["cash"])
    return answer, {"account_id": chain.treasury["cash"], "book": "cash"}


async def _with_a_number_already_used(chain: Chain, order: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await _order(chain, 1, order_number=order["order_number"])
    return answer, {"order_number": order["order_number"], "fiscal_year": 2017}


async def _again_without_having_come_back(chain: Chain, order: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await _order(chain, 10_000, reissues_order_id=order["id"])
    return answer, {"order_id": order["id"], "state": "issued", "amount_fen": 10_000, "asked_fen": 10_000}


async def _of_a_fund_nobody_listed(chain: Chain, _: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    return await _order(chain, 1, fund_code="NO-SUCH-FUND"), {"id": "NO-SUCH-FUND"}


async def _held_of_a_fund_nobody_listed(chain: Chain, _: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    hold = (await chain.clerk.get("/funds/v1/holds")).json()["items"][0]["id"]
    return await _order(chain, 1, fund_code="NO-SUCH-FUND", hold_id=hold), {"id": "NO-SUCH-FUND"}


async def _a_fee_of_a_fund_nobody_listed(chain: Chain, _: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    fee = {"use": "management_fee", "fund_code": "NO-SUCH-FUND"}
    answer = await chain.clerk.post(
        "/funds/v1/movements",
        {
            **fee,
            "kind": "hand_down",
            "document": "费1",
            "effective_on": "2017-05-02",
            "from_account_id": chain.treasury["cash"],
            "lines": [{"to_account_id": chain.department["cash"], "amount_fen": 1}],
        },
    )
    assert answer.status_code == 404, answer.text
    return await _order(chain, 1, **fee), {"id": "NO-SUCH-FUND"}


async def _settled_against_what_was_told(chain: Chain, order: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await chain.result(order, "returned")
    return answer, {"order_id": order["id"], "amount_fen": 10_000, "state": "paid"}


async def _settled_by_a_serial_already_used(
    chain: Chain, order: dict[str, Any]
) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await chain.result(order, bank_serial="RCB-1", effective_on="2017-05-04")
    return answer, {"bank_serial": "RCB-1", "order_id": order["id"]}


async def _settled_before_it_was_issued(chain: Chain, order: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await chain.result(order, effective_on="2017-05-01")
    return answer, {"effective_on": "2017-05-01", "arrived_on": "2017-05-02"}


async def _settled_into_a_closed_period(chain: Chain, order: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await chain.result(order, effective_on="2017-05-02")
    return answer, {"effective_on": "2017-05-02", "closed_through": "2017-05-02"}


CASES: dict[str, tuple[str, Ask]] = {
    "before its quota arrived": ("money-arrives-later", _before_its_quota_arrived),
    "beyond its quota": ("money-not-there", _beyond_its_quota),
    "into a closed period": ("books-closed", _into_a_closed_period),
    "over a hold": ("money-held", _over_a_hold),
    "past a fund's cap": ("fund-rule-broken", _past_a_funds_cap),
    "to a payee of the wrong kind": ("wrong-account", _to_a_payee_of_the_wrong_kind),
    "from the wrong book": ("wrong-book", _from_the_wrong_book),
    "with a number already used": ("order-number-used", _with_a_number_already_used),
    "of a fund nobody listed": ("not-found", _of_a_fund_nobody_listed),
    "held, of a fund nobody listed": ("not-found", _held_of_a_fund_nobody_listed),
    "a fee of a fund nobody listed": ("not-found", _a_fee_of_a_fund_nobody_listed),
    "again without having come back": ("not-reissuable", _again_without_having_come_back),
    "settled against what was told": ("order-settled", _settled_against_what_was_told),
    "settled by a serial already used": ("bank-serial-used", _settled_by_a_serial_already_used),
    "settled before it was issued": ("movement-predates-arrival", _settled_before_it_was_issued),
    "settled into a closed period": ("books-closed", _settled_into_a_closed_period),
}


async def _set_up(chain: Chain, name: str, order: dict[str, Any]) -> None:
    match name:
        case "into a closed period" | "settled into a closed period":
            reviewer = funds_caller(chain.http, "finance_reviewer", chain.county)
            closing = {"through": "2017-05-02", "document": "结账"}
            assert (await reviewer.post("/funds/v1/closings", closing)).status_code == 201
        case "over a hold" | "held, of a fund nobody listed":
            body = {
                "account_id": chain.treasury["quota"],
                "amount_fen": 900_000,
                "document": "申请",
                "purpose": "待支付",
            }
            assert (await chain.clerk.post("/funds/v1/holds", body)).status_code == 201
        case "settled against what was told" | "settled by a serial already used":
            assert (await chain.result(order, bank_serial="RCB-1")).status_code == 201


@pytest.mark.parametrize("name", CASES)
async def test_a_bad_order_has_its_own_problem_with_figures_and_leaves_no_row(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool, name: str
) -> None:
    """A county with 1,000,000 fen of quota and one order of 10,000 fen in transit."""
    await fund(funds_http)
    chain = await Chain(funds_http, county).open()
    order = await chain.issue(10_000)
    slug, ask = CASES[name]
    await _set_up(chain, name, order)
    before = await written(admin)
    answer, figures = await ask(chain, order)
    refused(answer, 404 if slug == "not-found" else 409, slug, figures)
    assert await written(admin) == before
    await conserved(admin, county)
