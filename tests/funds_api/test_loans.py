"""Loans that banks report: a registered borrower, the limits of that day, and one act per reference for ever."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import Caller, funds_caller
from tests.funds_api.people import Township, id_number
from treasury.calendar import months_later

PATH = "/funds/v1/loans/disbursements"


@pytest.fixture
async def bank(funds_http: httpx.AsyncClient, county: str) -> Caller:
    await Township(funds_http, county, fen=0, households=range(5)).open()
    return bank_of(funds_http, county)


def bank_of(http: httpx.AsyncClient, county: str, name: str = "bank-rcb") -> Caller:
    return funds_caller(http, "bank", county, subject=name, client_id=name)


def loan(county: str, **changes: Any) -> dict[str, Any]:
    return {
        "bank_ref": "RCB-2017-0001",
        "county_code": county,
        "borrower_id_number": id_number(1),
        "principal_fen": 5_000_000,
        "rate_ppm": 43_500,
        "disbursed_on": "2017-08-31",
        "due_on": "2020-08-31",
        "use": "养殖",
        **changes,
    }


async def test_a_bank_reference_counts_once_whatever_the_key(bank: Caller, county: str, admin: asyncpg.Pool) -> None:
    first = await bank.post(PATH, loan(county), key="loan-key-1")
    assert first.status_code == 201, first.text
    replay = await bank.post(PATH, loan(county), key="loan-key-1")
    assert (replay.status_code, replay.headers["Idempotency-Replayed"]) == (201, "true")
    again = await bank.post(PATH, loan(county), key="loan-key-2")
    assert (again.status_code, again.json()) == (200, first.json())
    for change in ({"principal_fen": 1}, {"borrower_id_number": id_number(2)}, {"use": "种植"}):
        other = await bank.post(PATH, loan(county, **change))
        assert (other.status_code, other.json()["type"]) == (409, "/problems/bank-ref-reused")
        assert other.json()["figures"]["loan_id"] == first.json()["id"]
    assert await admin.fetchval("SELECT count(*) FROM funds.loan WHERE county_code = $1", county) == 1
    events = await admin.fetchval(
        "SELECT count(*) FROM funds.event WHERE stream = $1 AND kind = 'LoanDisbursed'", county
    )
    assert events == 1


async def test_one_reference_sent_many_times_at_once_counts_once(bank: Caller, county: str) -> None:
    answers = await asyncio.gather(*(bank.post(PATH, loan(county)) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_limits_are_those_of_the_day(bank: Caller, county: str) -> None:
    over = await bank.post(PATH, loan(county, principal_fen=5_000_001))
    assert (over.status_code, over.json()["type"]) == (409, "/problems/loan-over-limit")
    assert over.json()["figures"]["limit_fen"] == 5_000_000
    assert "银监发〔2017〕42号" in over.json()["detail"]
    late = await bank.post(PATH, loan(county, due_on="2020-09-01"))
    assert (late.status_code, late.json()["type"]) == (409, "/problems/loan-too-long")
    assert late.json()["figures"]["latest_on"] == "2020-08-31"
    before = loan(county, disbursed_on="2017-06-30", due_on="2027-06-30", principal_fen=9_000_000, bank_ref="OLD-1")
    assert (await bank.post(PATH, before)).status_code == 201  # the value was not yet in force
    assert (await bank.post(PATH, loan(county))).status_code == 201


async def test_the_borrower_is_a_registered_household_on_that_day(
    bank: Caller, county: str, admin: asyncpg.Pool
) -> None:
    unknown = await bank.post(PATH, loan(county, borrower_id_number=id_number(9)))
    assert (unknown.status_code, unknown.json()["type"]) == (409, "/problems/borrower-not-registered")
    invalid = await bank.post(PATH, loan(county, borrower_id_number=id_number(1)[:17]))
    assert (invalid.status_code, invalid.json()["type"]) == (422, "/problems/id-number-invalid")
    early = loan(county, disbursed_on="2015-12-31", due_on="2016-12-31")  # registered on 2016-01-01
    assert (await bank.post(PATH, early)).json()["type"] == "/problems/borrower-not-registered"
    township = Township(bank.http, county)
    township.finance = funds_caller(bank.http, "finance_clerk", county)
    await township.remove(await township.household(admin, 1), "2017-09-01")
    assert (await bank.post(PATH, loan(county))).status_code == 201
    gone = await bank.post(PATH, loan(county, bank_ref="R-2", disbursed_on="2017-09-01"))
    assert gone.json()["type"] == "/problems/borrower-not-registered"
    for answer in (unknown, invalid, gone):
        assert id_number(1)[:17] not in answer.text
        assert id_number(9) not in answer.text


async def test_each_sees_what_is_theirs(bank: Caller, county: str, funds_http: httpx.AsyncClient) -> None:
    other = bank_of(funds_http, county, "bank-abc")
    assert (await bank.post(PATH, loan(county))).status_code == 201
    assert (await other.post(PATH, loan(county, principal_fen=1_000_000))).status_code == 201  # the same reference
    for who, expected in (
        (bank, [5_000_000]),
        (other, [1_000_000]),
        (funds_caller(funds_http, "finance_clerk", county), [5_000_000, 1_000_000]),
        (funds_caller(funds_http, "township_clerk", county + "101"), [5_000_000, 1_000_000]),
        (funds_caller(funds_http, "township_clerk", county + "102"), []),
    ):
        page = (await who.get("/funds/v1/loans")).json()
        assert [item["principal_fen"] for item in page["items"]] == expected
        assert (page["empty_because"] is None) == bool(expected)
        assert id_number(1) not in str(page)
    page = (await funds_caller(funds_http, "inspector", county).get("/funds/v1/loans", params={"limit": 1})).json()
    assert page["next"]
    assert (await bank.post(PATH, loan("980001"))).status_code == 403
    clerk = funds_caller(funds_http, "finance_clerk", county)
    assert (await clerk.post(PATH, loan(county))).status_code == 403


async def test_what_has_no_shape_is_refused_by_its_field(bank: Caller, county: str) -> None:
    for change in ({"principal_fen": 0}, {"principal_fen": "5"}, {"rate_ppm": 0.5}, {"due_on": "2017-08-31"},
                   {"bank_ref": "a b"}, {"county_code": "99"}, {"more": 1}):  # fmt: skip
        answer = await bank.post(PATH, loan(county, **change))
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request"), change
        assert id_number(1) not in answer.text


def test_months_end_on_the_last_day_a_month_has() -> None:
    assert months_later(date(2016, 2, 29), 36) == date(2019, 2, 28)
    assert months_later(date(2017, 11, 30), 3) == date(2018, 2, 28)
    assert months_later(date(2017, 12, 1), 1) == date(2018, 1, 1)
