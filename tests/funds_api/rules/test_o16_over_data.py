"""O16 over orders: the same invoice typed otherwise, and what is near to it and is not."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.test_flag_outcomes import raise_flag
from tests.funds_api.test_orders import ORDERS, Chain, chain

__all__ = ["chain"]


async def claim(chain: Chain, *invoices: tuple[str, int], **more: Any) -> dict[str, Any]:
    """A reimbursement of the village by these invoices, on 2 May."""
    body = {
        "basis": "reimbursement",
        "invoices": [{"number": number, "amount_fen": fen} for number, fen in invoices],
        **more,
    }
    return await chain.issue(sum(fen for _, fen in invoices), payee=chain.village["cash"], **body)


async def undone(chain: Chain, order: dict[str, Any], on: str) -> None:
    body = {
        "kind": "reverse",
        "document": f"冲{uuid4().hex[:6]}",
        "effective_on": on,
        "movement_id": order["movement_id"],
    }
    assert (await chain.clerk.post("/funds/v1/movements", body)).status_code == 201


async def hits(chain: Chain, on: str = "2017-12-31", region: str = "") -> list[tuple[str, str, str]]:
    found = await ask_rule(chain.http, chain.county, "O16", on, region)
    assert found.candidates_n == len(found.hits), "what the query narrows to is judged so too"
    return sorted((str(one.subject_id), one.invoice_number, one.other_invoice_number) for one, _ in found.hits)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("number", "fen", "fires"),
    [
        ("0440-3210", 30_000, True),
        ("4403210", 30_000, True),
        ("011001900104-04403210", 30_000, True),
        ("NO.04403210", 30_000, True),
        ("04403210", 30_000, None),
        ("4403-210", 30_000, True),
        ("403210", 30_000, False),
        ("40440321", 30_000, False),
        ("044032100", 30_000, False),
        ("04403211", 30_000, False),
        ("14403210", 30_000, False),
        ("0440-3210", 30_001, False),
    ],
)
async def test_the_same_digits_and_fen(chain: Chain, number: str, fen: int, fires: bool | None) -> None:
    """Zeros that were lost are made good; another first or last digit or another amount is another invoice."""
    await claim(chain, ("04403210", 30_000))
    body = chain.order(
        fen,
        payee=chain.village["cash"],
        basis="reimbursement",
        effective_on="2017-05-10",
        invoices=[{"number": number, "amount_fen": fen}],
    )
    answer = await chain.clerk.post(ORDERS, body)
    if fires is None:
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/invoice-claimed")
        return
    assert answer.status_code == 201, answer.text
    assert await hits(chain) == [(answer.json()["id"], number, "04403210")] * fires
    assert await hits(chain, "2017-05-09") == [], "the second was not there yet"
    assert await hits(chain, region=chain.county + "102") == []


async def test_within_one_order_too_and_once(chain: Chain) -> None:
    order = await claim(chain, ("04403210", 30_000), ("0440-3210", 30_000), ("55553210", 30_000))
    assert (await run_rules(chain.http, chain.county, "2017-06-01", "O16"))["new_n"] == 1
    [flag] = await flags_of(chain.http, chain.county, "O16")
    assert (flag["subject"], flag["subject_id"], flag["amount_fen"]) == ("order", order["id"], 30_000)
    assert "同一支付令" in flag["explanation"]
    inspector = funds_caller(chain.http, "inspector", chain.county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]
    assert (await run_rules(chain.http, chain.county, "2017-06-02", "O16"))["new_n"] == 0


async def test_what_was_undone_claims_nothing_from_that_day_on(chain: Chain) -> None:
    first = await claim(chain, ("04403210", 30_000))
    again = await claim(chain, ("0440-3210", 30_000), effective_on="2017-05-10")
    assert len(await hits(chain, "2017-05-19")) == 1
    await undone(chain, first, "2017-05-20")
    assert len(await hits(chain, "2017-05-19")) == 1
    assert await hits(chain, "2017-05-20") == []
    assert again["state"] == "issued"


async def test_what_came_back_claims_nothing_until_it_is_issued_again(chain: Chain) -> None:
    first = await claim(chain, ("04403210", 400_000))
    assert (await chain.result(first, "returned", effective_on="2017-05-04")).status_code == 201
    second = await claim(chain, ("0440-3210", 400_000), effective_on="2017-05-10")
    assert await hits(chain) == []
    more = chain.order(400_000, payee=chain.village["cash"], basis="reimbursement", effective_on="2017-05-21")
    answer = await chain.clerk.post(ORDERS, {**more, "reissues_order_id": first["id"]})
    assert answer.status_code == 201, answer.text
    assert await hits(chain, "2017-05-20") == []
    assert await hits(chain, "2017-05-21") == [(second["id"], "0440-3210", "04403210")]


async def test_a_neighbours_orders_are_not_looked_at(chain: Chain, funds_http: httpx.AsyncClient) -> None:
    await claim(chain, ("04403210", 30_000))
    await claim(chain, ("0440-3210", 30_000), effective_on="2017-05-10")
    assert len(await hits(chain, region=chain.county)) == 1
    assert await hits(chain, region=chain.county + "101") == []


async def test_two_invoices_of_one_order_are_two_and_lie_in_their_order(chain: Chain, admin: asyncpg.Pool) -> None:
    """Both were claimed before: their fen are added up, and not again to an order that another flag names whole."""
    await claim(chain, ("04403210", 30_000), ("05503321", 20_000))
    later = await claim(chain, ("0440-3210", 30_000), ("0550-3321", 20_000), effective_on="2017-05-10")
    await run_rules(chain.http, chain.county, "2017-12-31", "O16")
    inspector = funds_caller(chain.http, "inspector", chain.county)

    async def told() -> tuple[int, int, int]:
        one = (await inspector.get("/funds/v1/rule-records", params={"once": True})).json()["total"]
        return one["hits_n"], one["named_fen"], one["distinct_fen"]

    assert await told() == (2, 50_000, 50_000)
    await raise_flag(admin, chain.county, "R16", "order", later["id"], 50_000)
    assert await told() == (3, 100_000, 50_000)
