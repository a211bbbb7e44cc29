"""Whoever spends says what for: asked by lists of the fund and the nation's rule, derived where a project says it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.factories import open_account
from tests.funds_api.library import Library, plan
from tests.funds_api.people import Township, id_number
from tests.funds_api.test_fund_rules import BARRED, Ruled, refused
from tests.funds_api.test_terms import set_terms, terms

NAMED = {
    "rule": "use_named",
    "kinds": ["pay", "disburse"],
    "on_breach": "refuse",
    "source": "县办法第五条",
    "basis": "practice",
}


@pytest.fixture
async def ruled(funds_http: httpx.AsyncClient, county: str) -> Ruled:
    return await Ruled(funds_http, county).open()


def codes(told: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(one["code"], one["rule"], one["on_breach"]) for one in told]


async def test_a_silent_payment_is_flagged_by_the_nations_rule_and_goes_through(ruled: Ruled) -> None:
    paid = await ruled.pay(1_000)
    assert paid.status_code == 201, paid.text
    assert codes(paid.json()["flagged"]) == [("B10", "use_named", "flag")]
    [flag] = await ruled.flags()
    assert (flag["rule_code"], flag["title"], flag["amount_fen"]) == ("B10", "支出没有写明用途", 1_000)
    assert "支付须写明用途，本笔没有写明（依据：" in flag["explanation"]
    named = await ruled.pay(1_000, "infrastructure")
    assert (named.status_code, named.json()["flagged"]) == (201, [])


@pytest.mark.parametrize("on_breach", ["refuse", "flag"])
async def test_a_funds_own_list_of_barred_uses_asks_for_the_use_as_its_policy_says(
    ruled: Ruled, on_breach: str
) -> None:
    await ruled.rule({**BARRED, "uses": ["training"], "on_breach": on_breach})
    answer = await ruled.pay(1_000)
    if on_breach == "refuse":
        figures = refused(answer, "fund-rule-broken")
        assert codes(figures["breaches"]) == [("B10", "barred_uses", "refuse")]
        assert figures["breaches"][0]["title"] == "支出没有写明用途"
        assert await ruled.balance(ruled.treasury["cash"]) == 1_000_000
    else:
        assert codes(answer.json()["flagged"]) == [("B10", "use_named", "flag"), ("B10", "barred_uses", "flag")]
        assert len(await ruled.flags()) == 1, "one question about one lot"
    down = await ruled.split(1_000, ruled.treasury["cash"], ruled.department["cash"])
    assert (down.status_code, down.json()["flagged"]) == (201, []), "money within public hands need not say"


async def test_a_level_makes_the_naming_of_uses_a_condition_for_its_own_funds(ruled: Ruled) -> None:
    await ruled.rule({**NAMED, "kinds": ["disburse"]})
    assert (await ruled.pay(1_000)).status_code == 201
    loose = terms(ruled.county, {**NAMED, "on_breach": "flag"}, valid_from="2017-04-01")
    assert (await set_terms(ruled.clerk, ruled.fund, loose)).json()["waits"] is True, "looser than its own"
    stricter = terms(ruled.county, NAMED, valid_from="2017-05-01")
    assert (await set_terms(ruled.clerk, ruled.fund, stricter)).json()["waits"] is False
    assert codes(refused(await ruled.pay(1_000), "fund-rule-broken")["breaches"]) == [("B10", "use_named", "refuse")]
    assert (await ruled.pay(1_000, "infrastructure")).status_code == 201


async def test_a_silent_roster_is_told_at_its_check_and_asked_at_its_approval(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    township = await Township(funds_http, county).open()
    checked = await township.checked([(id_number(1), "100.00")], use=None)
    assert codes(checked["foreseen"]) == [("B10", "use_named", "flag")]
    assert "到户发放须写明用途" in checked["foreseen"][0]["sentence"]
    paid = await township.approve(checked["batch"]["id"])
    assert (paid.status_code, codes(paid.json()["flagged"])) == (201, [("B10", "use_named", "flag")])


@pytest.mark.parametrize(
    ("kind", "use"), [("drinking_water", "infrastructure"), ("industry", "production"), ("ecology", None)]
)
async def test_what_a_project_and_its_deposit_pay_is_for_what_the_project_is_for(
    funds_http: httpx.AsyncClient, county: str, kind: str, use: str | None
) -> None:
    library = Library(funds_http, county)
    await library.fund_it()
    library.cash = (await library.walk("building", plan=plan(kind=kind)))["cash_account_id"]
    contract = (await library.sign(600_000, retention_ppm=50_000, release_on="2018-10-01")).json()["id"]
    await library.progress(contract, 500_000, "2017-07-01")
    assert (await library.move("hand_down", library.treasury, library.cash, 800_000, "2017-04-20")).status_code == 201
    said = await library.move("pay", library.cash, library.contractor, 1, "2017-07-02", use="training")
    assert said.json()["movements"][0]["use"] == "training", "what the order says goes before"
    paid = await library.move("pay", library.cash, library.contractor, 284_999, "2017-07-02", by=library.lister)
    deposit = await open_account(library.http, county + "101", "retention", "质保金专户")
    kept = {"release_on": "2018-10-01", "contract_id": contract}
    retained = await library.move("retain", library.cash, deposit, 15_000, "2017-07-02", **kept)
    assert (retained.status_code, retained.json()["movements"][0]["use"]) == (201, None), "it stays in public hands"
    released = await library.move("pay", deposit, library.contractor, 15_000, "2018-10-01", by=library.lister)
    asked = [] if use else [("B10", "use_named", "flag")]
    for answer in (paid, released):
        assert answer.status_code == 201, answer.text
        assert (answer.json()["movements"][0]["use"], codes(answer.json()["flagged"])) == (use, asked)
    batch = {"account_id": library.cash, "fund_code": "TEST-FUND", "entitlement": "务工报酬", "document": "村1号"}
    opened = await library.lister.post("/funds/v1/payment-batches", {**batch, "effective_on": "2017-07-03"})
    assert (opened.status_code, opened.json()["use"]) == (201, use), opened.text


async def test_a_project_of_fees_does_not_pass_the_fee_cap_by_saying_nothing(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    library = Library(funds_http, county)
    await library.fund_it()
    library.cash = (await library.walk("building", plan=plan(kind="management_fee")))["cash_account_id"]
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 1_000_000, "2017-07-01")
    assert (await library.move("hand_down", library.treasury, library.cash, 800_000, "2017-04-20")).status_code == 201
    over = await library.move("pay", library.cash, library.contractor, 10_001, "2017-07-02")
    assert codes(refused(over, "fund-rule-broken")["breaches"]) == [("B04", "fee_cap", "refuse")]
    within = await library.move("pay", library.cash, library.contractor, 10_000, "2017-07-02")
    assert (within.status_code, within.json()["movements"][0]["use"]) == (201, "management_fee"), within.text
    batch = {"account_id": library.cash, "fund_code": "TEST-FUND", "entitlement": "劳务", "document": "村1号"}
    opened = await library.clerk.post("/funds/v1/payment-batches", {**batch, "effective_on": "2017-07-03"})
    assert (opened.status_code, opened.json()["use"]) == (201, None), "households are paid no fee"


async def test_a_deposit_of_several_projects_pays_each_contractor_for_what_its_own_is_for(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    """Of both together it was told nothing, and a fee passed its cap in silence."""
    library = Library(funds_http, county)
    await library.fund_it()
    deposit = await open_account(library.http, county + "101", "retention", "质保金专户")
    other = await open_account(library.http, county + "101", "contractor", "咨询公司")
    units = (await library.clerk.get("/funds/v1/units", params={"kind": "contractor"})).json()["items"]
    builders = {account["id"]: one["id"] for one in units for account in one["accounts"]}
    for kind, contractor in (("infrastructure", library.contractor), ("management_fee", other)):
        cash = (await library.walk("building", plan=plan(kind=kind)))["cash_account_id"]
        kept = {"retention_ppm": 50_000, "release_on": "2018-10-01"}
        signed = await library.sign(600_000, contractor_id=builders[contractor], **kept)
        assert signed.status_code == 201, signed.text
        await library.progress(signed.json()["id"], 1_000_000, "2017-07-01")
        assert (await library.move("hand_down", library.treasury, cash, 20_000, "2017-04-20")).status_code == 201
        kept = {"release_on": "2018-10-01", "contract_id": signed.json()["id"]}
        retained = await library.move("retain", cash, deposit, 15_000, "2017-07-02", **kept)
        assert retained.status_code == 201, retained.text
    over = await library.move("pay", deposit, other, 10_001, "2018-10-01", by=library.lister)
    assert codes(refused(over, "fund-rule-broken")["breaches"]) == [("B04", "fee_cap", "refuse")]
    paid = await library.move("pay", deposit, library.contractor, 15_000, "2018-10-01", by=library.lister)
    assert (paid.status_code, paid.json()["movements"][0]["use"]) == (201, "infrastructure"), paid.text
    assert paid.json()["flagged"] == []
