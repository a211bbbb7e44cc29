"""L10: more subsidy than all the interest that can have accrued, from so many fen on."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.flags.rules.l10_subsidy_over_interest import RULE, SubsidyFacts, narrow
from tests.unit.rules.judging import NOBODY, judged, policy, value

DAY = date(2018, 9, 1)
WORDS = {"小额信贷贴息": 1, "小额贷款贴息": 0}
VALUES = policy(loan_subsidy_words=WORDS, loan_interest_year_days=360, loan_subsidy_over_min_fen=10_000)
# 20,000.00 yuan at 4.35 % for 360 days: 870.00 yuan.
LENT = 2_000_000 * 43_500 * 360


def paid(fen: int, **changes: Any) -> SubsidyFacts:
    told: dict[str, Any] = {
        "subject_id": NOBODY,
        "region_code": "990001101201",
        "amount_fen": 50_000,
        "as_of": DAY,
        "batch_id": UUID(int=3),
        "line": 2,
        "document": "西财农〔2018〕8号",
        "entitlement": "2018年小额信贷贴息",
        "paid_fen": fen,
        "loans_n": 1,
        "fen_ppm_days": LENT,
        **changes,
    }
    return SubsidyFacts(**told)


@pytest.mark.parametrize(
    ("facts", "fires"),
    [
        (paid(87_000), False),
        (paid(96_999), False),
        (paid(97_000), True),
        (paid(97_000, fen_ppm_days=LENT + 1), False),
        (paid(97_001, fen_ppm_days=LENT + 1), True),
        (paid(9_999, loans_n=0, fen_ppm_days=0), False),
        (paid(10_000, loans_n=0, fen_ppm_days=0), True),
        (paid(500_000, entitlement="小额贷款贴息"), False),
        (paid(500_000, entitlement="产业奖补"), False),
    ],
)
def test_from_so_many_fen_above_all_the_interest(facts: SubsidyFacts, fires: bool) -> None:
    assert (judged(RULE, facts, VALUES) is not None) == fires


def test_the_sentences_say_their_figures() -> None:
    much, none = judged(RULE, paid(120_000), VALUES), judged(RULE, paid(50_000, loans_n=0, fen_ppm_days=0), VALUES)
    assert much is not None
    assert none is not None
    for figure in (
        "西财农〔2018〕8号",
        "第 2 行",
        "2018-09-01",
        "500.00",
        "1,200.00",
        "1 笔",
        "870.00",
        "360 天",
        "330.00",
    ):
        assert figure in much.explanation
    assert "账内没有该户" in none.explanation
    assert [(one.item, one.amount_fen) for one in much.money] == [(f"payment:{UUID(int=3)}:2", 33_000)]
    assert [one.amount_fen for one in none.money] == [50_000]


@given(fen=st.integers(0, 10**7), base=st.integers(0, 10**16), longer=st.integers(1, 10**12))
def test_more_interest_never_makes_a_question(fen: int, base: int, longer: int) -> None:
    before, after = (RULE.judge(paid(fen, fen_ppm_days=one), VALUES) for one in (base, base + longer))
    assert before is not None or after is None


def test_each_value_is_needed_and_the_query_hears_all_of_them() -> None:
    assert narrow(VALUES, DAY) == {"words": ["小额信贷贴息"], "year": 360, "over": 10_000}
    later = policy(loan_subsidy_words=WORDS, loan_interest_year_days=360, loan_subsidy_over_min_fen=10_000)
    more = [*later.values, value("loan_interest_year_days", 365, since=date(2019, 1, 1))]
    assert (narrow(type(later)(more, later.county), DAY) or {})["year"] == 365
    for key in ("loan_subsidy_words", "loan_interest_year_days", "loan_subsidy_over_min_fen"):
        without = type(VALUES)([one for one in VALUES.values if one.key != key], VALUES.county)
        assert narrow(without, DAY) is None
        assert judged(RULE, paid(10**9), without) is None
