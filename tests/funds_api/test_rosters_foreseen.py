"""What the terms of its money say of a roster is told when it is checked, not only when it is approved."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.factories import notice_request
from tests.funds_api.people import Township, id_number
from tests.funds_api.test_fund_year import rule

SET = {"source": "县财农〔2017〕3号", "basis": "practice"}
TRAINING = {"rule": "barred_uses", "uses": ["training"], **SET}
PUBLIC = {"rule": "publicity", "publicity_days": 10, "on_breach": "refuse", **SET}


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county).open()


def codes(told: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(one["code"], one["on_breach"], one["fiscal_year"]) for one in told]


async def checked(township: Township, amount: str = "100.00", **more: Any) -> dict[str, Any]:
    return await township.checked([(id_number(1), amount)], **more)


async def test_a_flag_is_told_at_the_check_and_raised_at_the_approval(township: Township) -> None:
    await rule(township, {**TRAINING, "on_breach": "flag"})
    plain = await checked(township, use="production")
    assert (plain["rows_good"], plain["foreseen"]) == (1, [])
    told = await checked(township, use="training")
    assert (told["rows_good"], codes(told["foreseen"])) == (1, [("B02", "flag", 2017)])
    assert "技能培训" in told["foreseen"][0]["sentence"]
    paid = await township.approve(told["batch"]["id"])
    assert codes(paid.json()["flagged"]) == [("B02", "flag", 2017)]


async def test_what_the_approval_will_refuse_is_told_and_publicity_is_not(township: Township) -> None:
    payees = {"rule": "permitted_payees", "unit_kinds": ["contractor"], "on_breach": "refuse", **SET}
    await rule(township, PUBLIC, payees)
    told = await checked(township, use="production")
    assert codes(told["foreseen"]) == [("B03", "refuse", 2017)]
    refused = await township.approve(told["batch"]["id"])
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/fund-rule-broken")
    breaches = refused.json()["figures"]["breaches"]
    assert codes(breaches) == [("B03", "refuse", 2017), ("B08", "refuse", 2017)]


async def test_a_fund_without_terms_foresees_what_the_nation_bars(township: Township) -> None:
    told = await checked(township, use="wage")
    assert [(one["code"], one["document"]) for one in told["foreseen"]] == [("B02", "财农〔2017〕8号")]
    assert (await township.approve(told["batch"]["id"])).status_code == 409


async def test_only_the_money_that_would_be_drawn_is_asked(township: Township) -> None:
    """10,000 yuan of the budget of 2017 lie before those of 2016, whose terms bar the use."""
    body = await notice_request(
        township.http, township.county, township.office, amounts=[50_000], fiscal_year=2016, received_on="2017-04-01"
    )
    assert (await township.finance.post("/funds/v1/notices", body)).status_code == 201
    await rule(township, {**TRAINING, "on_breach": "flag"}, fiscal_year=2016)
    rows = [(id_number(place), "5000.00") for place in range(2)]
    more = {"use": "training", "entitlement": "培训一"}
    assert (await township.checked(rows, **more))["foreseen"] == []
    over = await township.checked([*rows, (id_number(2), "0.01")], use="training")
    assert (over["rows_good"], codes(over["foreseen"])) == (3, [("B02", "flag", 2016)])
    held = await township.finance.post(
        "/funds/v1/holds",
        {"account_id": township.office, "amount_fen": 1_000_000, "document": "申请", "purpose": "待支付"},
    )
    assert held.status_code == 201, held.text
    kept = await township.checked([(id_number(3), "100.00")], use="training", hold_id=held.json()["id"])
    assert kept["foreseen"] == [], "its hold keeps money of 2017"
    free = await township.checked([(id_number(4), "100.00")], use="training")
    assert codes(free["foreseen"]) == [("B02", "flag", 2016)]
