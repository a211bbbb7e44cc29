"""L01: over what one household may borrow, by one loan or by several; on the limit it is not."""

from __future__ import annotations

from datetime import date

import pytest

from services.funds_api.flags.rules.l01_household_over_limit import FORMER, RULE, narrow
from services.funds_api.flags.rules.rule import Policy
from tests.unit.rules.judging import COUNTY, judged, policy, value
from tests.unit.rules.lending import DAY, LOAN, outstanding
from treasury.money import yuan

VALUES = policy(loan_max_fen=5_000_000)
SINCE = date(2021, 3, 4)
TOPPED = Policy([*VALUES.values, value("loan_total_max_fen", 10_000_000, SINCE)], COUNTY)


@pytest.mark.parametrize(
    ("fen", "fires"), [(2_000_000, False), (4_999_999, False), (5_000_000, False), (5_000_001, True)]
)
def test_loans_together_over_the_limit(fen: int, fires: bool) -> None:
    assert (judged(RULE, outstanding(2, fen), VALUES) is not None) == fires


@pytest.mark.parametrize(("fen", "fires"), [(4_999_999, False), (5_000_000, False), (5_000_001, True)])
@pytest.mark.parametrize("by", [VALUES, TOPPED])
def test_one_loan_over_the_limit_of_one(fen: int, fires: bool, by: Policy) -> None:
    """A limit that was laid down after the loan was reported; a top-up does not make room for one larger loan."""
    assert (judged(RULE, outstanding(1, fen, amount_fen=fen, as_of=SINCE), by) is not None) == fires


@pytest.mark.parametrize(
    ("on", "fen", "fires"),
    [
        (date(2021, 3, 3), 8_000_000, True),
        (SINCE, 8_000_000, False),
        (SINCE, 9_999_999, False),
        (SINCE, 10_000_000, False),
        (SINCE, 10_000_001, True),
    ],
)
def test_since_loans_on_top_are_possible_their_sum_has_a_limit_of_its_own(on: date, fen: int, fires: bool) -> None:
    assert (judged(RULE, outstanding(2, fen, as_of=on, amount_fen=4_000_000), TOPPED) is not None) == fires


def test_the_sentence_says_how_many_how_much_and_by_how_much() -> None:
    verdict = judged(RULE, outstanding(3, 6_500_000), VALUES)
    assert verdict is not None
    for figure in (
        "2017-09-01",
        "rcb",
        "“RCB-1”",
        "20,000.00",
        "3 笔",
        "65,000.00",
        "50,000.00",
        "15,000.00",
        "还款尚未入账",
    ):
        assert figure in verdict.explanation
    assert "不贴息" not in verdict.explanation
    assert [(one.item, one.amount_fen) for one in verdict.money] == [(f"loan:{LOAN}", 1_500_000)]


def test_what_is_over_names_no_more_of_a_loan_than_it_has() -> None:
    verdict = judged(RULE, outstanding(3, 12_000_000), VALUES)
    assert verdict is not None
    assert [one.amount_fen for one in verdict.money] == [2_000_000]


def test_over_the_sum_the_part_without_subsidy_is_told() -> None:
    verdict = judged(RULE, outstanding(3, 11_000_000, as_of=SINCE), TOPPED)
    assert verdict is not None
    for figure in ("110,000.00", "100,000.00", "10,000.00", "超过 50,000.00 元的部分不贴息"):
        assert figure in verdict.explanation
    assert [one.key for one in verdict.policy] == ["loan_max_fen", "loan_total_max_fen"]


@pytest.mark.parametrize(
    ("fen", "running", "told"),
    [
        (5_000_000, 10_000_000, []),
        (5_000_001, 10_000_000, [1]),
        (5_000_000, 10_000_001, [1]),
        (5_000_001, 10_000_001, [1, 1]),
        (6_000_000, 14_000_000, [1_000_000, 4_000_000]),
    ],
)
def test_a_loan_over_its_own_limit_that_takes_all_over_theirs_tells_both(
    fen: int, running: int, told: list[int]
) -> None:
    verdict = judged(RULE, outstanding(2, running, amount_fen=fen, as_of=SINCE), TOPPED)
    assert (verdict is not None) == bool(told)
    if verdict is not None:
        assert verdict.explanation.count("超过每户") == len(told)
        assert all(f"）{yuan(one)} 元" in verdict.explanation for one in told)
        assert ("不贴息" in verdict.explanation) == (running > 10_000_000)
        assert [one.amount_fen for one in verdict.money] == [max(told)]


def test_before_loans_on_top_one_limit_was_for_both() -> None:
    verdict = judged(RULE, outstanding(2, 8_000_000, amount_fen=6_000_000), VALUES)
    assert verdict is not None
    assert "本笔超过每户上限 50,000.00 元（loan_max_fen 的依据）10,000.00 元" in verdict.explanation
    assert (
        "共 2 笔、80,000.00 元，超过每户合计上限 50,000.00 元（loan_max_fen 的依据）30,000.00 元" in verdict.explanation
    )
    alone = judged(RULE, outstanding(1, 6_000_000, amount_fen=6_000_000), VALUES)
    assert alone is not None
    assert "合计" not in alone.explanation


def test_flags_of_before_tell_the_first_excess_only() -> None:
    facts = outstanding(2, 14_000_000, amount_fen=6_000_000, as_of=SINCE)
    first, second = (former.judge(facts, TOPPED) for former in FORMER)
    assert first is not None
    assert second is not None
    assert second.explanation == f"{first.explanation}，请核实"
    assert "本笔超过每户上限 50,000.00 元" in second.explanation
    assert "连同" not in second.explanation


def test_the_query_narrows_by_the_lowest_limit_of_any_time() -> None:
    later = Policy([*TOPPED.values, value("loan_max_fen", 3_000_000, SINCE)], COUNTY)
    assert narrow(later, date(2022, 1, 1)) == {"over_fen": 3_000_000}


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(loan_total_max_fen=10_000_000), DAY) is None
    assert narrow(policy(), DAY) is None
    assert judged(RULE, outstanding(9, 99_000_000), policy()) is None
