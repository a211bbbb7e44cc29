"""Caps and exclusions over the year of a fund: rows refused at the check, the batch held to them once more."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from tests.factories import fund, notice_request, open_account, receive
from tests.funds_api.people import Township, id_number, roster_csv
from tests.funds_api.test_terms import set_terms, terms

ONE, TWO = id_number(1), id_number(2)
SET = {"on_breach": "refuse", "source": "县财农〔2017〕3号", "basis": "practice"}
CAP = {"rule": "person_cap", "cap_fen": 10_000, **SET}


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county).open()


async def rule(township: Township, *rules: dict[str, Any], code: str = "", **changes: Any) -> None:
    answer = await set_terms(township.finance, code or township.fund, terms(township.county, *rules, **changes))
    assert answer.status_code == 201, answer.text


async def approve(township: Township, checked: dict[str, Any]) -> httpx.Response:
    return await township.reviewer.post(f"/funds/v1/payment-batches/{checked['batch']['id']}/approval")


async def reasons(township: Township, checked: dict[str, Any]) -> list[dict[str, Any]]:
    """The reasons of the rejected rows of a batch, row by row."""
    path = f"/funds/v1/payment-batches/{checked['batch']['id']}/rejected-rows"
    answer = await township.clerk.get(path)
    assert answer.status_code == 200, answer.text
    return [reason for row in answer.json()["items"] for reason in row["reasons"]]


async def test_a_cap_holds_over_all_batches_of_the_fund_in_the_year(township: Township) -> None:
    await rule(township, CAP)
    first = await township.checked([(ONE, "60.00"), (TWO, "100.00")])
    assert (first["rows_good"], first["rows_bad"]) == (2, 0)
    second = await township.checked([(ONE, "40.01"), (TWO, "0.01")])
    assert second["by_reason"] == {"over_fund_year_cap": 2}, "a batch that waits for approval counts too"
    told = await reasons(township, second)
    assert told[0]["figures"] == {
        "year_fen": 6_000,
        "amount_fen": 4_001,
        "cap_fen": 10_000,
        "source": "县财农〔2017〕3号",
    }
    assert "100.00" in told[0]["text"]
    assert (await approve(township, first)).status_code == 201
    assert (await township.checked([(ONE, "40.00")]))["rows_good"] == 1
    assert (await township.checked([(ONE, "100.01")], effective_on="2018-01-02"))["rows_good"] == 1, "no terms for 2018"


async def test_a_withdrawn_or_reversed_batch_has_paid_nobody(township: Township) -> None:
    await rule(township, CAP)
    first = await township.checked([(ONE, "100.00")])
    withdrawal = {"reason": "名册有误"}
    path = f"/funds/v1/payment-batches/{first['batch']['id']}/withdrawal"
    assert (await township.clerk.post(path, withdrawal)).status_code in {200, 201}
    second = await township.checked([(ONE, "100.00")])
    paid = await approve(township, second)
    assert paid.status_code == 201, paid.text
    assert (await township.checked([(ONE, "0.01")]))["rows_bad"] == 1
    undo = {
        "kind": "reverse",
        "document": "冲1",
        "effective_on": "2017-05-02",
        "movement_id": paid.json()["movement_id"],
    }
    assert (await township.finance.post("/funds/v1/movements", undo)).status_code == 201
    assert (await township.checked([(ONE, "100.00")]))["rows_good"] == 1


async def test_what_the_neighbour_paid_counts_although_nobody_may_see_it(
    township: Township, funds_http: httpx.AsyncClient
) -> None:
    await rule(township, {**CAP, "rule": "household_cap"})
    county_office = await open_account(funds_http, township.county, "department")
    await receive(funds_http, township.county, county_office, 100_000)
    batch = await township.batch(by=township.finance, account_id=county_office)
    assert (await township.put(batch, roster_csv([(ONE, "70.00")]), by=township.finance)).status_code == 200
    assert (await township.clerk.get(f"/funds/v1/payment-batches/{batch}")).status_code == 404
    checked = await township.checked([(ONE, "30.01"), (TWO, "30.01")])
    assert (checked["rows_good"], checked["by_reason"]) == (1, {"over_household_year_cap": 1})
    assert (await reasons(township, checked))[0]["figures"]["year_fen"] == 7_000


async def test_who_was_paid_an_exclusive_fund_in_the_year_is_not_paid_this_one(
    township: Township, funds_http: httpx.AsyncClient
) -> None:
    other = await fund(funds_http, "TEST-OTHER")
    await rule(township, {**SET, "rule": "exclusive_with", "funds": [other]})
    office = await open_account(funds_http, township.region, "township_office")
    notice = await notice_request(funds_http, township.county, office, amounts=[50_000], fund_code=other)
    assert (await township.finance.post("/funds/v1/notices", notice)).status_code == 201
    assert (await township.checked([(ONE, "10.00")], fund_code=other, account_id=office))["rows_good"] == 1
    checked = await township.checked([(ONE, "10.00"), (TWO, "10.00")])
    assert (checked["rows_good"], checked["by_reason"]) == (1, {"exclusive_fund": 1})
    [reason] = await reasons(township, checked)
    assert reason["figures"] == {"other_fund": other, "source": "县财农〔2017〕3号"}


async def test_an_exclusion_holds_from_the_other_fund_too_although_that_one_names_nobody(
    township: Township, funds_http: httpx.AsyncClient
) -> None:
    other = await fund(funds_http, "TEST-OTHER")
    third = await fund(funds_http, "TEST-THIRD")
    await rule(township, {**SET, "rule": "exclusive_with", "funds": [other]})
    office = await open_account(funds_http, township.region, "township_office")
    for code in (other, third):
        notice = await notice_request(funds_http, township.county, office, amounts=[50_000], fund_code=code)
        assert (await township.finance.post("/funds/v1/notices", notice)).status_code == 201
    late = await township.checked([(TWO, "10.00")], fund_code=other, account_id=office)
    paid = await township.checked([(ONE, "10.00")])
    assert (await approve(township, paid)).status_code == 201
    checked = await township.checked([(ONE, "10.00")], fund_code=other, account_id=office)
    assert (checked["rows_good"], checked["by_reason"]) == (0, {"exclusive_fund": 1})
    [reason] = await reasons(township, checked)
    assert reason["figures"] == {"other_fund": township.fund, "source": "县财农〔2017〕3号"}
    assert (await township.checked([(ONE, "10.00")], fund_code=third, account_id=office))["rows_good"] == 1
    assert (await approve(township, late)).status_code == 201, "whom this fund did not pay"


async def test_an_exclusion_that_only_flags_is_flagged_from_either_side(
    township: Township, funds_http: httpx.AsyncClient
) -> None:
    """The term stands with one fund and names the other; paid from the named one, it is that money's flag."""
    other = await fund(funds_http, "TEST-OTHER")
    await rule(township, {**SET, "rule": "exclusive_with", "funds": [other], "on_breach": "flag"})
    office = await open_account(funds_http, township.region, "township_office")
    notice = await notice_request(funds_http, township.county, office, amounts=[50_000], fund_code=other)
    assert (await township.finance.post("/funds/v1/notices", notice)).status_code == 201
    assert (await approve(township, await township.checked([(ONE, "10.00")]))).json()["flagged"] == []
    named = await township.checked([(ONE, "10.00"), (TWO, "5.00")], fund_code=other, account_id=office)
    assert [one["code"] for one in (await approve(township, named)).json()["flagged"]] == ["B07"]
    [flag] = (await township.finance.get("/funds/v1/flags", params={"as_of": "2017-12-31"})).json()["items"]
    assert (flag["rule_code"], flag["amount_fen"], flag["facts"]["rows_n"]) == ("B07", 1_500, 1)


async def test_terms_that_came_after_the_check_are_held_to_at_the_approval(
    township: Township, admin: asyncpg.Pool
) -> None:
    first = await township.checked([(ONE, "60.00"), (TWO, "60.00")])
    second = await township.checked([(TWO, "60.00"), (ONE, "30.00")])
    await rule(township, CAP)
    assert (await approve(township, first)).status_code == 201
    refused = await approve(township, second)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/fund-rule-broken"), refused.text
    [breach] = refused.json()["figures"]["breaches"]
    told = {name: breach[name] for name in ("code", "rows_n", "first_line", "cap_fen", "over_fen")}
    assert told == {"code": "B06", "rows_n": 1, "first_line": 2, "cap_fen": 10_000, "over_fen": 2_000}
    assert (
        await admin.fetchval(
            "SELECT count(*) FROM funds.movement WHERE county_code = $1 AND kind = 'disburse'", township.county
        )
        == 1
    )


async def test_a_cap_that_only_flags_pays_and_raises_a_flag_with_the_payment(
    township: Township, admin: asyncpg.Pool
) -> None:
    await rule(township, {**CAP, "on_breach": "flag"})
    checked = await township.checked([(ONE, "160.00"), (TWO, "100.00")])
    assert checked["rows_bad"] == 0
    paid = await approve(township, checked)
    assert [one["code"] for one in paid.json()["flagged"]] == ["B06"]
    [flag] = (await township.finance.get("/funds/v1/flags", params={"as_of": "2017-12-31"})).json()["items"]
    assert (flag["rule_code"], flag["title"], flag["amount_fen"]) == ("B06", "超过每人年度上限", 26_000)
    assert (flag["facts"]["rows_n"], flag["facts"]["over_fen"]) == (1, 6_000)
    kinds = await admin.fetch(
        "SELECT kind FROM funds.event WHERE stream = $1 ORDER BY position DESC LIMIT 2", township.county
    )
    assert [row["kind"] for row in kinds] == ["FlagsRaised", "PaymentsDisbursed"]
