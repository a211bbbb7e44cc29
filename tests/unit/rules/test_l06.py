"""L06: over the age that the report was held against; which ages are over it; without an age anywhere."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.funds_api.flags.rules.l06_borrower_too_old import RULE, AgedLoanFacts
from tests.unit.rules.judging import NOBODY, judged, policy
from tests.unit.rules.lending import DAY, LOAN
from treasury.calendar import full_years

VALUES = policy(loan_max_age_years=65)


def lent(*, is_over: bool, limit: int = 65) -> AgedLoanFacts:
    told: dict[str, Any] = {
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
    }
    return AgedLoanFacts(**told, age_limit_years=limit, is_over_age=is_over)


@pytest.mark.parametrize(("is_over", "fires"), [(True, True), (False, False)])
def test_what_was_found_at_the_report_stands(is_over: bool, fires: bool) -> None:
    assert (judged(RULE, lent(is_over=is_over), VALUES) is not None) == fires


def test_the_sentence_says_the_limit_and_its_source_and_no_age() -> None:
    verdict = judged(RULE, lent(is_over=True), VALUES)
    assert verdict is not None
    for figure in ("“RCB-1”", "20,000.00", "65 周岁", "loan_max_age_years 的依据"):
        assert figure in verdict.explanation
    assert [(one.item, one.amount_fen) for one in verdict.money] == [(f"loan:{LOAN}", 2_000_000)]


def test_a_limit_laid_down_later_is_not_told_as_what_the_report_was_held_against() -> None:
    verdict = judged(RULE, lent(is_over=True, limit=60), VALUES)
    assert verdict is not None
    assert "60 周岁" in verdict.explanation
    assert "的依据" not in verdict.explanation


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(1951, 9, 2), date(2017, 9, 1), 65),
        (date(1951, 9, 1), date(2017, 9, 1), 66),
        (date(1951, 8, 31), date(2017, 9, 1), 66),
        (date(1952, 2, 29), date(2018, 2, 28), 65),
        (date(1952, 2, 29), date(2018, 3, 1), 66),
        (date(2017, 9, 1), date(2017, 9, 1), 0),
    ],
)
def test_full_years(born: date, on: date, years: int) -> None:
    assert full_years(born, on) == years
