"""Caps and exclusions of households over a fund's year: all of its people count, for the household of each day."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from tests.factories import fund, notice_request, open_account
from tests.funds_api.people import CSV, Township, card, id_number
from tests.funds_api.test_fund_year import approve, reasons, rule

HEAD, WIFE, SON, ALONE = (id_number(place) for place in (1, 101, 102, 2))
SET = {"on_breach": "refuse", "source": "县财农〔2017〕3号", "basis": "practice"}
CAP = {"rule": "household_cap", "cap_fen": 10_000, **SET}


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    """Household of person 1 with the members 101 and 102; that of person 2 alone."""
    township = await Township(funds_http, county, households=range(1, 3)).open()
    header = "村代码,户主姓名,身份证号,银行卡号,手机号,人口数,登记日期,与户主关系,户主身份证号"
    rows = [f",成员{at},{member},{card(at)},,,,子女,{HEAD}" for at, member in ((101, WIFE), (102, SON))]
    register = "\n".join([header, *rows]).encode()
    answer = await township.finance.request("POST", "/funds/v1/households/imports", content=register, headers=CSV)
    assert (answer.status_code, answer.json()["members_n"]) == (201, 2), answer.text
    return township


async def test_the_cap_of_a_household_is_used_up_by_all_of_its_people(township: Township) -> None:
    await rule(township, CAP)
    first = await township.checked([(HEAD, "60.00"), (ALONE, "100.00")])
    assert first["rows_bad"] == 0
    second = await township.checked([(WIFE, "40.01"), (ALONE, "0.01")])
    assert (second["rows_good"], second["by_reason"]) == (0, {"over_household_year_cap": 2})
    told = await reasons(township, second)
    assert told[0]["figures"] == {
        "year_fen": 6_000,
        "amount_fen": 4_001,
        "cap_fen": 10_000,
        "source": "县财农〔2017〕3号",
    }
    assert "该户" in told[0]["text"]
    assert (await township.checked([(WIFE, "40.00")]))["rows_good"] == 1, "to the fen"


async def test_a_cap_of_persons_is_each_members_own(township: Township) -> None:
    await rule(township, {**CAP, "rule": "person_cap"})
    assert (await township.checked([(HEAD, "100.00")]))["rows_good"] == 1
    assert (await township.checked([(WIFE, "100.00"), (SON, "100.01")], per="person"))["by_reason"] == {
        "over_fund_year_cap": 1
    }


async def test_people_of_one_household_in_one_roster_share_its_cap(township: Township) -> None:
    """A row that is refused uses up nothing: the next one of the household is held to what was accepted."""
    await rule(township, CAP)
    checked = await township.checked(
        [(HEAD, "60.00"), (WIFE, "40.01"), (SON, "40.00"), (ALONE, "100.00")], per="person"
    )
    assert (checked["rows_good"], checked["by_reason"]) == (3, {"over_household_year_cap": 1})
    assert (await township.rejected(checked["batch"]["id"])) == {3: ["over_household_year_cap"]}
    assert (await approve(township, checked)).status_code == 201


async def test_at_the_approval_a_household_is_counted_once_with_all_that_was_posted(township: Township) -> None:
    first = await township.checked([(WIFE, "50.00"), (SON, "30.00")], per="person")
    second = await township.checked([(HEAD, "20.01"), (ALONE, "100.00")])
    third = await township.checked([(HEAD, "20.00"), (ALONE, "0.01")], entitlement="另一项目")
    await rule(township, CAP)
    assert (await approve(township, first)).status_code == 201
    refused = await approve(township, second)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/fund-rule-broken"), refused.text
    [breach] = refused.json()["figures"]["breaches"]
    told = {name: breach[name] for name in ("code", "rows_n", "first_line", "cap_fen", "over_fen")}
    assert told == {"code": "B05", "rows_n": 1, "first_line": 2, "cap_fen": 10_000, "over_fen": 1}
    assert "1 户" in breach["sentence"]
    assert (await approve(township, third)).status_code == 201


async def test_what_a_household_got_before_a_split_stays_with_it(township: Township, admin: asyncpg.Pool) -> None:
    await rule(township, CAP)
    paid = await township.checked([(WIFE, "70.00")], effective_on="2017-04-01")
    assert (await approve(township, paid)).status_code == 201
    home = await township.household(admin, 1)
    people = [await township.person(admin, place) for place in (101, 102)]
    split = {"person_ids": people, "head_id": people[0], "effective_on": "2017-06-01"}
    await township.change(f"{home}/splits", split)
    later = await township.checked([(HEAD, "30.01"), (WIFE, "100.00")], effective_on="2017-07-01")
    assert (later["rows_good"], await township.rejected(later["batch"]["id"])) == (1, {2: ["over_household_year_cap"]})
    before = await township.checked([(SON, "30.01")], effective_on="2017-05-31")
    assert before["by_reason"] == {"over_household_year_cap": 1}, "judged by the household of its own day"


@pytest.mark.parametrize(
    ("named", "refused"),
    [("household_exclusive_with", {"household_exclusive_fund": 1}), ("exclusive_with", {})],
)
async def test_an_excluding_fund_counts_for_the_household_or_the_person_as_the_term_says(
    township: Township, funds_http: httpx.AsyncClient, named: str, refused: dict[str, int]
) -> None:
    other = await fund(funds_http, "TEST-OTHER")
    office = await open_account(funds_http, township.region, "township_office")
    notice = await notice_request(funds_http, township.county, office, amounts=[50_000], fund_code=other)
    assert (await township.finance.post("/funds/v1/notices", notice)).status_code == 201
    paid = await township.checked([(WIFE, "10.00")], fund_code=other, account_id=office)
    assert (await approve(township, paid)).status_code == 201
    early = await township.checked([(HEAD, "1.00")], entitlement="先校验")
    await rule(township, {**SET, "rule": named, "funds": [other]})
    checked = await township.checked([(HEAD, "10.00"), (ALONE, "10.00")])
    assert checked["by_reason"] == refused
    if refused:
        [reason] = await reasons(township, checked)
        assert reason["figures"] == {"other_fund": other, "source": "县财农〔2017〕3号"}
    assert (await township.checked([(WIFE, "1.00")]))["rows_good"] == 0, "the person is excluded either way"
    answer = await approve(township, early)
    assert answer.status_code == (409 if refused else 201), answer.text
    if refused:
        assert answer.json()["figures"]["breaches"][0]["code"] == "B09"


async def test_what_came_back_has_not_used_up_the_cap(township: Township, admin: asyncpg.Pool) -> None:
    await rule(township, CAP)
    first = await township.checked([(WIFE, "100.00")])
    paid = await approve(township, first)
    assert paid.status_code == 201
    assert (await township.checked([(HEAD, "0.01")]))["rows_bad"] == 1
    undo: dict[str, Any] = {"kind": "reverse", "document": "冲1", "effective_on": "2017-05-02"}
    answer = await township.finance.post("/funds/v1/movements", {**undo, "movement_id": paid.json()["movement_id"]})
    assert answer.status_code == 201
    assert (await township.checked([(HEAD, "100.00")]))["rows_good"] == 1
