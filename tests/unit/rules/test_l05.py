"""L05: more loans outstanding at once than a household may have."""

from __future__ import annotations

from datetime import date

import pytest

from services.funds_api.flags.rules.l05_several_loans_at_once import RULE, narrow
from services.funds_api.flags.rules.rule import Policy
from tests.unit.rules.judging import COUNTY, judged, policy, value
from tests.unit.rules.lending import DAY, LOAN, outstanding

VALUES = policy(loan_active_max_n=1)
SINCE = date(2021, 3, 4)
TOPPED = Policy([*VALUES.values, value("loan_active_max_n", 2, SINCE)], COUNTY)


@pytest.mark.parametrize(("n", "fires"), [(1, False), (2, True), (3, True)])
def test_one_loan_at_a_time(n: int, fires: bool) -> None:
    assert (judged(RULE, outstanding(n, 2_000_000), VALUES) is not None) == fires


@pytest.mark.parametrize(
    ("on", "n", "fires"), [(date(2021, 3, 3), 2, True), (SINCE, 1, False), (SINCE, 2, False), (SINCE, 3, True)]
)
def test_a_loan_on_top_since_it_is_possible(on: date, n: int, fires: bool) -> None:
    assert (judged(RULE, outstanding(n, 4_000_000, as_of=on), TOPPED) is not None) == fires


def test_the_sentence_names_the_first_loan_and_what_it_cannot_know() -> None:
    verdict = judged(RULE, outstanding(2, 4_500_000), VALUES)
    assert verdict is not None
    for figure in ("“RCB-1”", "2 笔", "45,000.00", "多于 1 笔", "abc “ABC-9”", "2018-03-01", "还款尚未入账"):
        assert figure in verdict.explanation
    assert [(one.item, one.amount_fen) for one in verdict.money] == [(f"loan:{LOAN}", 2_000_000)]


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(), DAY) is None
    assert narrow(TOPPED, DAY) == {"over_n": 1}
    assert judged(RULE, outstanding(9, 2_000_000), policy()) is None
