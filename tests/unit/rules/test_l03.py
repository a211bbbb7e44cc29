"""L03: a rate above the cap of the loan's term and day."""

from __future__ import annotations

from datetime import date

import pytest

from services.funds_api.flags.rules.l03_rate_over_cap import RULE, narrow
from services.funds_api.flags.rules.lent import percent
from services.funds_api.flags.rules.rule import Policy
from tests.unit.rules.judging import COUNTY, judged, policy, value
from tests.unit.rules.lending import DAY, LOAN, lent

VALUES = policy(loan_rate_max_ppm__1y=43_500, loan_rate_max_ppm__3y=47_500)


@pytest.mark.parametrize(
    ("due", "rate", "fires"),
    [
        (date(2018, 9, 1), 43_499, False),
        (date(2018, 9, 1), 43_500, False),
        (date(2018, 9, 1), 43_501, True),
        (date(2018, 8, 31), 43_501, True),
        (date(2018, 9, 2), 43_501, False),
        (date(2018, 9, 2), 47_500, False),
        (date(2018, 9, 2), 47_501, True),
        (date(2020, 9, 1), 47_501, True),
    ],
)
def test_above_the_cap_of_its_term(due: date, rate: int, fires: bool) -> None:
    """Due on the same day of the next year it is a loan of one year; a day later it is one of more."""
    assert (judged(RULE, lent(due_on=due, rate_ppm=rate), VALUES) is not None) == fires


@pytest.mark.parametrize(
    ("on", "fires"), [(date(2021, 12, 19), False), (date(2021, 12, 20), True), (date(2022, 1, 31), True)]
)
def test_the_day_of_the_loan_decides(on: date, fires: bool) -> None:
    caps = [value("loan_rate_max_ppm.1y", 38_500), value("loan_rate_max_ppm.1y", 38_000, date(2021, 12, 20))]
    facts = lent(as_of=on, due_on=date(2022, 6, 1), rate_ppm=38_500)
    assert (judged(RULE, facts, Policy(caps, COUNTY)) is not None) == fires


def test_the_sentence_says_rate_cap_and_term() -> None:
    verdict = judged(RULE, lent(rate_ppm=48_250), VALUES)
    assert verdict is not None
    for figure in ("“RCB-1”", "一年以上", "2019-09-01", "4.825%", "4.75%", "loan_rate_max_ppm.3y 的依据"):
        assert figure in verdict.explanation
    assert [(one.item, one.amount_fen) for one in verdict.money] == [(f"loan:{LOAN}", 2_000_000)]


@pytest.mark.parametrize(
    ("ppm", "told"), [(43_500, "4.35%"), (48_250, "4.825%"), (43_501, "4.3501%"), (40_000, "4.00%"), (0, "0.00%")]
)
def test_a_rate_in_percent(ppm: int, told: str) -> None:
    assert percent(ppm) == told


def test_without_both_values_nothing_is_asked() -> None:
    assert narrow(policy(loan_rate_max_ppm__1y=43_500), DAY) is None
    assert narrow(policy(loan_rate_max_ppm__3y=47_500), DAY) is None
    assert narrow(VALUES, DAY) == {"over_ppm": 43_500}
    assert judged(RULE, lent(rate_ppm=900_000), policy()) is None
