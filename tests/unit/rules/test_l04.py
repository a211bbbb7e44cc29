"""L04: the day of the loan against the day from which the borrower was not on the list."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.funds_api.flags.rules.l04_borrower_not_registered import RULE, UnregisteredLoanFacts
from tests.unit.rules.judging import NOBODY, judged, policy
from tests.unit.rules.lending import DAY, LOAN

NONE = policy()


def lent(kind: str, since: date | None, **changes: Any) -> UnregisteredLoanFacts:
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
        "act_document": "县扶贫发〔2017〕3号",
        "known_on": date(2017, 12, 1),
    }
    return UnregisteredLoanFacts(**{**told, **changes}, kind=kind, since_on=since)


@pytest.mark.parametrize("kind", ["removed", "outside", "left"])
@pytest.mark.parametrize(
    ("since", "fires"), [(date(2017, 8, 31), True), (date(2017, 9, 1), True), (date(2017, 9, 2), False)]
)
def test_from_the_day_of_the_fact_on(kind: str, since: date, fires: bool) -> None:
    assert (judged(RULE, lent(kind, since), NONE) is not None) == fires


@pytest.mark.parametrize(
    ("kind", "said"), [("removed", "已清退"), ("outside", "已迁出本县"), ("left", "不属于任何在册农户")]
)
def test_the_sentence_says_what_since_when_and_by_which_document(kind: str, said: str) -> None:
    verdict = judged(RULE, lent(kind, date(2017, 8, 22)), NONE)
    assert verdict is not None
    for figure in (said, "“RCB-1”", "20,000.00", "2017-08-22", "县扶贫发〔2017〕3号", "2017-12-01 登记", "10 天"):
        assert figure in verdict.explanation
    assert (verdict.days, [(one.item, one.amount_fen) for one in verdict.money]) == (10, [(f"loan:{LOAN}", 2_000_000)])


def test_whoever_came_into_the_register_only_later_was_not_in_it() -> None:
    verdict = judged(RULE, lent("left", None, act_document=None, known_on=None), NONE)
    assert verdict is not None
    assert "尚未登记" in verdict.explanation
    assert "None" not in verdict.explanation
