"""The terms of a fund through the API: set by a document, for a year, by each level of government in its own region."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.funds_api import words
from services.funds_api.funds.judge import FundRule
from tests.callers import Caller, funds_caller
from tests.factories import fund

FEE = {"rule": "fee_cap", "cap_ppm": 10_000, "on_breach": "refuse", "source": "财农〔2017〕8号", "basis": "assumed"}
BARRED = {
    "rule": "barred_uses",
    "uses": ["wage", "debt"],
    "on_breach": "refuse",
    "source": "财农〔2017〕8号",
    "basis": "assumed",
}
PUBLIC = {"rule": "publicity", "publicity_days": 10, "on_breach": "refuse", "source": "第四条", "basis": "practice"}


async def new_fund(http: httpx.AsyncClient) -> str:
    """A fund nobody else in this run uses: terms are public and stay."""
    return await fund(http, f"F-{uuid4().hex[:10]}")


def terms(region: str, *rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "region_code": region,
        "fiscal_year": 2017,
        "valid_from": "2017-01-01",
        "document": "县财农〔2017〕3号",
        "rules": list(rules),
        **changes,
    }


async def set_terms(who: Caller, code: str, request: dict[str, Any], **more: Any) -> httpx.Response:
    return await who.post(f"/funds/v1/funds/{code}/terms", request, **more)


async def test_terms_are_kept_with_document_source_and_what_a_breach_does(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    clerk, code = funds_caller(funds_http, "finance_clerk", county), await new_fund(funds_http)
    answer = await set_terms(clerk, code, terms(county, FEE, BARRED, function_code="21305"))
    assert answer.status_code == 201, answer.text
    seen = (
        await clerk.get(f"/funds/v1/funds/{code}/terms", params={"fiscal_year": 2017, "as_of": "2017-06-01"})
    ).json()
    [held] = seen["items"]
    assert (held["document"], held["function_code"], held["region_code"]) == ("县财农〔2017〕3号", "21305", county)
    assert sorted(rule["rule"] for rule in held["rules"]) == ["barred_uses", "fee_cap"]
    assert next(rule for rule in held["rules"] if rule["rule"] == "fee_cap") == FEE
    empty = (await clerk.get(f"/funds/v1/funds/{code}/terms", params={"fiscal_year": 2018})).json()
    assert empty["items"] == []
    assert "国家的一般规定" in empty["empty_because"]


async def test_one_set_may_say_something_of_every_kind(funds_http: httpx.AsyncClient, county: str) -> None:
    clerk, code = funds_caller(funds_http, "finance_clerk", county), await new_fund(funds_http)
    other = await new_fund(funds_http)
    of = {name: FEE[name] for name in ("on_breach", "source", "basis")}
    kinds = [
        FEE,
        BARRED,
        PUBLIC,
        ONLY,
        CAP,
        {**CAP, "rule": "person_cap"},
        {"rule": "permitted_payees", "unit_kinds": ["contractor"], **of},
        {"rule": "exclusive_with", "funds": [other], **of},
        {"rule": "household_exclusive_with", "funds": [other], **of},
        {"rule": "use_named", "kinds": ["pay", "disburse"], **of},
        {"rule": "publicity_before_upload", "before_upload_days": 3, **of},
    ]
    assert {one["rule"] for one in kinds} == set(FundRule), "a kind is missing here"
    answer = await set_terms(clerk, code, terms(county, *kinds, valid_from="2017-04-01"))
    assert answer.status_code == 201, answer.text
    seen = (await clerk.get(f"/funds/v1/funds/{code}/terms", params={"fiscal_year": 2017})).json()
    assert {rule["rule"] for rule in seen["items"][0]["rules"]} == set(FundRule)


async def test_a_later_set_replaces_the_earlier_one_from_its_day_on(funds_http: httpx.AsyncClient, county: str) -> None:
    clerk, code = funds_caller(funds_http, "finance_clerk", county), await new_fund(funds_http)
    await set_terms(clerk, code, terms(county, FEE))
    later = terms(county, {**FEE, "cap_ppm": 5_000}, BARRED, valid_from="2017-07-01", document="县财农〔2017〕9号")
    set_later = await set_terms(clerk, code, later)
    assert (set_later.status_code, set_later.json()["waits"]) == (201, False), "stricter in all it replaces"
    for day, caps, rules in (("2017-06-30", 10_000, 1), ("2017-07-01", 5_000, 2)):
        seen = (await clerk.get(f"/funds/v1/funds/{code}/terms", params={"fiscal_year": 2017, "as_of": day})).json()
        [held] = seen["items"]
        assert len(held["rules"]) == rules
        assert [rule["cap_ppm"] for rule in held["rules"] if rule["rule"] == "fee_cap"] == [caps]


CAP = {"rule": "household_cap", "cap_fen": 10_000, "on_breach": "refuse", "source": "第三条", "basis": "practice"}
ONLY = {**BARRED, "rule": "permitted_uses", "uses": ["infrastructure", "training"]}


@pytest.mark.parametrize(
    ("changed", "waits"),
    [
        ([CAP, ONLY, BARRED], False),
        ([{**CAP, "cap_fen": 9_999}, ONLY, BARRED], False),
        ([{**CAP, "cap_fen": 10_001}, ONLY, BARRED], True),
        ([{**CAP, "on_breach": "flag"}, ONLY, BARRED], True),
        ([CAP, {**ONLY, "uses": ["training"]}, BARRED], False),
        ([CAP, {**ONLY, "uses": ["infrastructure", "training", "health"]}, BARRED], True),
        ([CAP, ONLY, {**BARRED, "uses": ["wage", "debt", "health"]}], False),
        ([CAP, ONLY, {**BARRED, "uses": ["wage"]}], True),
        ([CAP, ONLY], True),
        ([], True),
    ],
)
async def test_lifting_or_loosening_its_own_terms_takes_a_level_two_people(
    funds_http: httpx.AsyncClient, county: str, changed: list[dict[str, Any]], waits: bool
) -> None:
    clerk, code = funds_caller(funds_http, "finance_clerk", county, subject="chen"), await new_fund(funds_http)
    reviewer = funds_caller(funds_http, "finance_reviewer", county, subject="zhao")
    await set_terms(clerk, code, terms(county, CAP, ONLY, BARRED))
    new = terms(county, *changed, valid_from="2017-07-01", document="县财农〔2017〕9号")
    answer = await set_terms(clerk, code, new)
    assert (answer.status_code, answer.json()["waits"]) == (201, waits), answer.text
    path = f"/funds/v1/funds/{code}/terms"

    async def holds() -> tuple[list[str], int, int]:
        seen = (await clerk.get(path, params={"fiscal_year": 2017, "as_of": "2017-07-01"})).json()
        own = [one for one in seen["binding"] if one["origin"] == "own"]
        assert {one["document"] for one in own} <= {one["document"] for one in seen["items"]}
        return [one["document"] for one in seen["items"]], len(own), len(seen["waiting"])

    wanted = {name: new[name] for name in ("region_code", "fiscal_year", "valid_from", "document")}
    if not waits:
        assert await holds() == (["县财农〔2017〕9号"], 3, 0)
        refused = await reviewer.post(f"{path}/confirmation", wanted)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/terms-not-waiting")
        return
    assert await holds() == (["县财农〔2017〕3号"], 3, 1), "until then the earlier ones hold"
    assert (await set_terms(clerk, code, new)).json()["waits"] is True, "the same set says nothing new"
    assert (await clerk.post(f"{path}/confirmation", wanted)).status_code == 403
    both = funds_caller(funds_http, "finance_reviewer", county, subject="chen")
    own_work = await both.post(f"{path}/confirmation", wanted)
    assert (own_work.status_code, own_work.json()["type"]) == (409, "/problems/terms-own-work")
    other = await reviewer.post(f"{path}/confirmation", {**wanted, "document": "县财农〔2017〕10号"})
    assert other.status_code == 404, "another document than the one that waits"
    neighbour = funds_caller(funds_http, "finance_reviewer", "999999")
    assert (await neighbour.post(f"{path}/confirmation", wanted)).status_code == 403
    agreed = await asyncio.gather(*(reviewer.post(f"{path}/confirmation", wanted) for _ in range(3)))
    assert sorted(one.status_code for one in agreed) == [201, 409, 409]
    [told] = [one.json() for one in agreed if one.status_code == 201]
    assert (told["waits"], told["confirmed_by"], len(told["rules"])) == (True, "zhao", len(changed))
    assert await holds() == (["县财农〔2017〕9号"], len(changed), 0)


async def test_every_level_is_heard_and_none_speaks_for_another(funds_http: httpx.AsyncClient, county: str) -> None:
    clerk, code = funds_caller(funds_http, "finance_clerk", county), await new_fund(funds_http)
    province = funds_caller(funds_http, "finance_clerk", "99")
    assert (await set_terms(province, code, terms("99", FEE))).status_code == 201
    assert (await set_terms(clerk, code, terms(county, {**FEE, "cap_ppm": 9_000}))).status_code == 201
    seen = (await clerk.get(f"/funds/v1/funds/{code}/terms", params={"fiscal_year": 2017})).json()
    assert [held["region_code"] for held in seen["items"]] == ["99", county]
    outside = await set_terms(clerk, code, terms("99", FEE, valid_from="2017-02-01"))
    assert (outside.status_code, outside.json()["type"]) == (403, "/problems/outside-region")


async def test_the_same_key_sets_terms_once_and_another_set_for_the_day_is_refused(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    clerk, code = funds_caller(funds_http, "finance_clerk", county), await new_fund(funds_http)
    key = uuid4().hex
    first = await set_terms(clerk, code, terms(county, FEE), key=key)
    again = await set_terms(clerk, code, terms(county, FEE), key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await set_terms(clerk, code, terms(county, FEE))).status_code == 201, "the same set says nothing new"
    other = await set_terms(clerk, code, terms(county, BARRED))
    assert (other.status_code, other.json()["type"]) == (409, "/problems/terms-known")
    assert other.json()["figures"]["document"] == "县财农〔2017〕3号"


async def test_terms_name_only_what_is_known(funds_http: httpx.AsyncClient, county: str) -> None:
    clerk, code = funds_caller(funds_http, "finance_clerk", county), await new_fund(funds_http)
    exclusive = {"rule": "exclusive_with", "funds": ["NO-SUCH"], "on_breach": "flag", "source": "文", "basis": "law"}
    for request, status, slug in (
        (terms(county, {**BARRED, "uses": ["no_such_use"]}), 404, "not-found"),
        (terms(county, exclusive), 404, "not-found"),
        (terms(county, FEE, function_code="2130505"), 409, "function-code-not-in-year"),
        (terms(county, FEE, FEE), 422, "invalid-request"),
        (terms(county, {**FEE, "cap_ppm": 1_000_001}), 422, "invalid-request"),
        (terms(county), 409, "terms-bind-nothing"),
    ):
        answer = await set_terms(clerk, code, request)
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}"), answer.text
    wrong_year = await set_terms(clerk, code, terms(county, FEE, function_code="2130505"))
    assert wrong_year.json()["figures"]["years"] == ["2021–2023", "2024–"]
    assert (await set_terms(clerk, "NO-SUCH", terms(county, FEE))).status_code == 404
    reader = funds_caller(funds_http, "inspector", county)
    assert (await set_terms(reader, code, terms(county, FEE))).status_code == 403


async def test_function_codes_and_uses_say_since_when_and_from_where(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    clerk = funds_caller(funds_http, "finance_clerk", county)
    names = {}
    for year in (2017, 2022, 2024):
        answer = (await clerk.get("/funds/v1/function-codes", params={"fiscal_year": year})).json()
        names[year] = {row["code"]: (row["name"], row["basis"]) for row in answer["items"]}
        assert all(row["source"] for row in answer["items"])
    assert names[2017] == {"21305": ("扶贫", "assumed")}
    assert names[2024]["2130505"] == ("生产发展", "law")
    assert names[2022]["2130505"] == ("生产发展", "assumed")
    assert names[2024]["2130599"][1] == "assumed"
    uses = {row["code"]: row for row in (await clerk.get("/funds/v1/uses")).json()["items"]}
    assert uses["wage"]["barred_by_practice"] is True
    assert uses["management_fee"]["barred_by_practice"] is False


async def test_the_words_of_uses_and_what_the_nation_bars_are_those_of_the_list(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    """One list of uses stands in three places: the table, the words of sentences, and the nation's rule."""
    clerk, code = funds_caller(funds_http, "finance_clerk", county), await new_fund(funds_http)
    uses = (await clerk.get("/funds/v1/uses")).json()["items"]
    assert {row["code"]: row["name"] for row in uses} == words.USES
    asked = {"fiscal_year": 2021, "as_of": "2021-12-31"}
    bound = (await clerk.get(f"/funds/v1/funds/{code}/terms", params=asked)).json()["binding"]
    [barred] = [one["rule"]["uses"] for one in bound if one["rule"]["rule"] == "barred_uses"]
    assert sorted(barred) == sorted(row["code"] for row in uses if row["barred_by_practice"])


async def test_the_answer_shows_what_binds_and_whence(funds_http: httpx.AsyncClient, county: str) -> None:
    clerk, code = funds_caller(funds_http, "finance_clerk", county), await new_fund(funds_http)
    province = funds_caller(funds_http, "finance_clerk", "99")
    await set_terms(province, code, terms("99", PUBLIC))
    await set_terms(clerk, code, terms(county, {**FEE, "cap_ppm": 9_000}))

    async def bound(on: str) -> list[tuple[str, str, str, str]]:
        asked = {"fiscal_year": 2017, "as_of": on}
        answer = (await clerk.get(f"/funds/v1/funds/{code}/terms", params=asked)).json()
        return [(one["origin"], one["region_code"], one["document"], one["rule"]["rule"]) for one in answer["binding"]]

    own = [("superior", "99", "县财农〔2017〕3号", "publicity"), ("own", county, "县财农〔2017〕3号", "fee_cap")]
    of_2017 = [("national", "00", "财农〔2017〕8号", rule) for rule in ("barred_uses", "fee_cap", "use_named")]
    assert await bound("2017-03-12") == own
    assert await bound("2017-03-13") == of_2017 + own
    assert await bound("2021-03-25") == of_2017 + own
    assert await bound("2021-03-26") == [("national", "00", "财农〔2021〕19号", one[3]) for one in of_2017] + own


async def test_terms_looser_than_what_stands_above_are_refused_with_both(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    clerk, code = funds_caller(funds_http, "finance_clerk", county), await new_fund(funds_http)
    province = funds_caller(funds_http, "finance_clerk", "99")
    late = {"valid_from": "2017-04-01"}
    only = {**BARRED, "rule": "permitted_uses", "uses": ["infrastructure", "training"]}
    caps = {name: FEE[name] for name in ("on_breach", "source", "basis")}
    cap = {"rule": "household_cap", "cap_fen": 10_000, **caps}
    payees = {"rule": "permitted_payees", "unit_kinds": ["contractor"], **caps}
    assert (await set_terms(province, code, terms("99", only, PUBLIC, cap, payees))).status_code == 201
    for rule, above in (
        ({**FEE, "cap_ppm": 10_001}, ("00", "财农〔2017〕8号", 10_000)),
        ({**FEE, "on_breach": "flag"}, ("00", "财农〔2017〕8号", 10_000)),
        ({**BARRED, "on_breach": "flag"}, ("00", "财农〔2017〕8号", None)),
        ({**only, "uses": ["infrastructure", "health"]}, ("99", "县财农〔2017〕3号", ["infrastructure", "training"])),
        ({**PUBLIC, "publicity_days": 9}, ("99", "县财农〔2017〕3号", 10)),
        ({**PUBLIC, "on_breach": "flag"}, ("99", "县财农〔2017〕3号", 10)),
        ({**cap, "cap_fen": 10_001}, ("99", "县财农〔2017〕3号", 10_000)),
        ({**payees, "unit_kinds": ["contractor", "households"]}, ("99", "县财农〔2017〕3号", ["contractor"])),
    ):
        answer = await set_terms(clerk, code, terms(county, rule, **late))
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/terms-loosened"), answer.text
        [told] = answer.json()["figures"]["loosened"]
        assert (told["rule"], told["above"]["region_code"], told["above"]["document"]) == (rule["rule"], *above[:2])
        assert above[2] is None or told["above"]["value"] == above[2]
    barred_above = await set_terms(clerk, code, terms(county, {**only, "uses": ["training", "debt"]}, **late))
    told = barred_above.json()["figures"]["loosened"]
    assert [(one["above"]["region_code"], one["set"]["value"]) for one in told] == [
        ("00", ["training", "debt"]),
        ("99", ["training", "debt"]),
    ]
    kept = terms(
        county,
        FEE,
        {**BARRED, "uses": ["education"], "on_breach": "flag"},
        {**only, "uses": ["training"]},
        {**PUBLIC, "publicity_days": 11, "on_breach": "flag"},
        cap,
        payees,
        **late,
    )
    assert (await set_terms(clerk, code, kept)).status_code == 201
    before = await set_terms(clerk, code, terms(county, {**FEE, "cap_ppm": 10_001}, valid_from="2017-03-12"))
    assert before.status_code == 201, "before its day the national rule bound nobody"
