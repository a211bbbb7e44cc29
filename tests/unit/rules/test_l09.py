"""L09: a bank behind its quota by more than the value, to the fen; the day before and after the line."""

from __future__ import annotations

import json
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.flags.rules.l09_bank_behind_its_quota import RULE, QuotaFacts, narrow
from tests.unit.rules.judging import COUNTY, judged, policy

YUNXI = {
    "RCB": 22_000_000_000,
    "ABC": 10_000_000_000,
    "PSBC": 3_000_000_000,
    "CCB": 2_000_000_000,
    "VTB": 3_000_000_000,
}
VALUES = policy(loan_quota_fen=YUNXI, loan_quota_lag_ppm=100_000)
HALF = date(2017, 7, 2)  # day 183 of 365


def bank(lent: int, on: date = HALF, name: str = "ABC") -> QuotaFacts:
    rest = max(YUNXI.get(name, 0) - lent, 0)
    return QuotaFacts(
        subject_id=UUID(int=1), region_code=COUNTY, amount_fen=rest, as_of=on, bank=name, lent_fen=lent, loans_n=3
    )


# 183/365 − 1/10 of the quota is 4,013,698,630 fen and a part of one.
@pytest.mark.parametrize(
    ("lent", "fires"), [(0, True), (4_013_698_630, True), (4_013_698_631, False), (10_000_000_000, False)]
)
def test_behind_by_more_than_the_value(lent: int, fires: bool) -> None:
    assert (judged(RULE, bank(lent), VALUES) is not None) == fires


@pytest.mark.parametrize(
    ("on", "fires"), [(date(2017, 1, 1), False), (date(2017, 2, 5), False), (date(2017, 2, 6), True)]
)
def test_a_bank_that_lent_nothing_is_asked_about_from_the_day_it_is_behind(on: date, fires: bool) -> None:
    """Day 36 of 365 is 9.86 %, day 37 10.14 %."""
    assert (judged(RULE, bank(0, on), VALUES) is not None) == fires


def test_behind_by_just_the_value_is_not_more() -> None:
    """Day 219 is six tenths of the year; half of the quota is lent."""
    on = date(2017, 1, 1) + timedelta(days=218)
    assert judged(RULE, bank(5_000_000_000, on), VALUES) is None
    assert judged(RULE, bank(4_999_999_999, on), VALUES) is not None


@given(st.integers(0, 12_000_000_000), st.integers(0, 364))
def test_who_lent_more_is_asked_about_no_sooner(lent: int, day: int) -> None:
    on = date(2017, 1, 1) + timedelta(days=day)
    if RULE.judge(bank(lent, on), VALUES) is None:
        assert RULE.judge(bank(lent + 1, on), VALUES) is None
    if lent >= YUNXI["ABC"]:
        assert RULE.judge(bank(lent, on), VALUES) is None


def test_the_sentence_says_both_shares_and_the_quarter_is_the_mark() -> None:
    verdict = judged(RULE, bank(2_500_000_000), VALUES)
    assert verdict is not None
    for figure in (
        "2017-07-02",
        "ABC",
        "3 笔",
        "25,000,000.00",
        "100,000,000.00",
        "25.00%",
        "50.14%",
        "183/365",
        "10 个百分点",
    ):
        assert figure in verdict.explanation
    assert (verdict.mark, verdict.money) == ("2017Q3", ())


def test_the_quotas_of_yunxi_are_four_hundred_million_yuan() -> None:
    assert sum(YUNXI.values()) == 40_000_000_000


def test_a_bank_without_a_quota_and_a_county_without_values_are_not_asked_about() -> None:
    assert judged(RULE, bank(0, name="ICBC"), VALUES) is None
    assert narrow(policy(loan_quota_fen=YUNXI), HALF) is None
    assert narrow(policy(loan_quota_lag_ppm=1), HALF) is None
    assert judged(RULE, bank(0), policy(loan_quota_fen=YUNXI)) is None


def test_a_bank_is_the_same_subject_however_its_name_is_written() -> None:
    told = [narrow(policy(loan_quota_fen={name: 5}, loan_quota_lag_ppm=1), HALF) for name in ("RCB", "rcb", "ABC")]
    ids = [json.loads(one["quotas"])[0]["id"] for one in told if one is not None]
    assert ids[0] == ids[1] != ids[2]
