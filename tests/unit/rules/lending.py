"""Facts of loans for tests of rules about microloans."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from services.funds_api.flags.rules.lent import LoanFacts, OutstandingFacts
from tests.unit.rules.judging import NOBODY

DAY = date(2017, 9, 1)
LOAN = UUID(int=7)


def lent(**changes: Any) -> LoanFacts:
    """20,000.00 yuan of a bank for two years, at 4.35 %."""
    return LoanFacts(**_told(changes))


def outstanding(n: int, fen: int, **changes: Any) -> OutstandingFacts:
    """A loan with which its household has `n` loans of `fen` outstanding."""
    first = {"first_ref": "ABC-9", "first_bank": "abc", "first_due_on": date(2018, 3, 1)}
    return OutstandingFacts(**_told(changes), **first, running_n=n, running_fen=fen)


def _told(changes: dict[str, Any]) -> dict[str, Any]:
    return {
        "subject_id": LOAN,
        "region_code": "990001101201",
        "amount_fen": 2_000_000,
        "as_of": DAY,
        "household_id": NOBODY,
        "bank": "rcb",
        "bank_ref": "RCB-1",
        "due_on": date(2019, 9, 1),
        "rate_ppm": 43_500,
        "use": "养殖",
        **changes,
    }
