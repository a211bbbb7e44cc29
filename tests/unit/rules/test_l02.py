"""L02: due after the last day of the longest term; the day itself is within it."""

from __future__ import annotations

from datetime import date

import pytest

from services.funds_api.flags.rules.l02_loan_too_long import RULE, narrow
from tests.unit.rules.judging import judged, policy
from tests.unit.rules.lending import DAY, LOAN, lent

VALUES = policy(loan_max_months=36)


@pytest.mark.parametrize(
    ("on", "due", "fires"),
    [
        (DAY, date(2020, 8, 31), False),
        (DAY, date(2020, 9, 1), False),
        (DAY, date(2020, 9, 2), True),
        (date(2016, 2, 29), date(2019, 2, 28), False),
        (date(2016, 2, 29), date(2019, 3, 1), True),
    ],
)
def test_due_after_the_last_day_of_the_term(on: date, due: date, fires: bool) -> None:
    assert (judged(RULE, lent(as_of=on, due_on=due), VALUES) is not None) == fires


def test_the_sentence_says_days_and_figures() -> None:
    verdict = judged(RULE, lent(due_on=date(2020, 9, 11)), VALUES)
    assert verdict is not None
    for figure in ("“RCB-1”", "20,000.00", "2020-09-11", "36 个月", "2020-09-01", "10 天", "loan_max_months 的依据"):
        assert figure in verdict.explanation
    assert (verdict.days, verdict.limit_days) == (1106, 1096)
    assert [(one.item, one.amount_fen) for one in verdict.money] == [(f"loan:{LOAN}", 2_000_000)]


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(), DAY) is None
    assert narrow(VALUES, DAY) == {"months": 36}
    assert judged(RULE, lent(due_on=date(2050, 1, 1)), policy()) is None
