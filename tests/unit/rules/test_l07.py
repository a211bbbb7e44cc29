"""L07: a use with a word that the loan is not for; words of the loan's own day."""

from __future__ import annotations

from datetime import date

import pytest

from services.funds_api.flags.rules.l07_use_not_production import RULE, narrow
from services.funds_api.flags.rules.rule import Policy
from tests.unit.rules.judging import COUNTY, judged, policy, value
from tests.unit.rules.lending import DAY, LOAN, lent

VALUES = policy(loan_use_barred={"建房": 1, "结婚": 1, "入股": 0})


@pytest.mark.parametrize(
    ("use", "fires"),
    [
        ("养殖", False),
        ("建房", True),
        ("翻建房屋", True),
        ("建大棚", False),
        ("儿子结婚", True),
        ("结 婚", False),
        ("入股合作社", False),
    ],
)
def test_a_word_that_is_asked_about(use: str, fires: bool) -> None:
    """A word in two parts, another word, and one taken off the list are not asked about."""
    assert (judged(RULE, lent(use=use), VALUES) is not None) == fires


@pytest.mark.parametrize(("on", "fires"), [(date(2018, 6, 30), False), (date(2018, 7, 1), True)])
def test_the_words_of_the_day_of_the_loan(on: date, fires: bool) -> None:
    later = Policy([*VALUES.values, value("loan_use_barred", {"理财": 1}, date(2018, 7, 1))], COUNTY)
    assert (judged(RULE, lent(use="购买理财", as_of=on), later) is not None) == fires
    assert narrow(later, DAY) == {"words": ["建房", "理财", "结婚"]}


def test_the_sentence_says_the_use_and_its_words() -> None:
    verdict = judged(RULE, lent(use="结婚、建房"), VALUES)
    assert verdict is not None
    for figure in ("“RCB-1”", "20,000.00", "“结婚、建房”", "含“建房、结婚”", "loan_use_barred 的依据"):
        assert figure in verdict.explanation
    assert [(one.item, one.amount_fen) for one in verdict.money] == [(f"loan:{LOAN}", 2_000_000)]


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(), DAY) is None
    assert judged(RULE, lent(use="建房"), policy()) is None
