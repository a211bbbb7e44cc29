"""Loans that banks reported, for tests of rules about microloans."""

from __future__ import annotations

from typing import Any

import httpx

from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule
from tests.funds_api.people import Township, id_number


async def lend(town: Township, ref: str, borrower: int, bank: str = "rcb", **changes: Any) -> str:
    """The id of a loan of 20,000.00 yuan for two years from 1 September 2017 on."""
    answer = await report(town, ref, borrower, bank, **changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def report(town: Township, ref: str, borrower: int, bank: str = "rcb", **changes: Any) -> httpx.Response:
    """What a bank is answered to its report of a loan."""
    caller = funds_caller(town.http, "bank", town.county, subject=bank, client_id=bank)
    body = {
        "bank_ref": ref,
        "county_code": town.county,
        "borrower_id_number": id_number(borrower),
        "principal_fen": 2_000_000,
        "rate_ppm": 43_500,
        "disbursed_on": "2017-09-01",
        "due_on": "2019-09-01",
        "use": "养殖",
        **changes,
    }
    return await caller.post("/funds/v1/loans/disbursements", body)


async def asked_about(town: Township, code: str, on: str, region: str = "") -> dict[str, str]:
    """The references of the loans that a rule asks about, each with its sentence; every candidate is one of them."""
    found = await ask_rule(town.http, town.county, code, on, region)
    return {facts.bank_ref: verdict.explanation for facts, verdict in found.hits}  # type: ignore[attr-defined]
