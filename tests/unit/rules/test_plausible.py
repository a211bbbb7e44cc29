"""A rule doubts itself above the share of rows that is plausible; on it, and where nothing was looked at, not."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.flags.plausible import ONE, implausible
from services.funds_api.flags.rules.catalogue import RULES
from services.funds_api.flags.rules.rule import Policy
from tests.unit.rules.judging import COUNTY, policy

DAY = date(2017, 6, 1)
ONE_PERCENT = policy(rule_share_warn_ppm=10_000)


@pytest.mark.parametrize(
    ("hits", "looked", "doubts"),
    [(0, 1_000, False), (9, 1_000, False), (10, 1_000, False), (11, 1_000, True), (1, 99, True), (1, 100, False)],
)
def test_more_than_the_share_is_doubted(hits: int, looked: int, doubts: bool) -> None:
    told = implausible(ONE_PERCENT, DAY, RULES["R12"], hits, looked)
    assert (told is not None) == doubts


def test_the_doubt_says_its_figures() -> None:
    told = implausible(ONE_PERCENT, DAY, RULES["R12"], 11, 1_000)
    assert told is not None
    for figure in ("命中 11 个", "所看 1000 个", "1.1%", "1.0%", "先抽查"):
        assert figure in told


def test_nothing_is_doubted_without_a_share_or_of_money_at_rest() -> None:
    assert implausible(Policy([], COUNTY), DAY, RULES["R12"], 1_000, 1_000) is None
    assert implausible(ONE_PERCENT, date(2014, 12, 31), RULES["R12"], 1_000, 1_000) is None, "not in force yet"
    assert implausible(ONE_PERCENT, DAY, RULES["R12"], 0, 0) is None
    assert implausible(ONE_PERCENT, DAY, RULES["I01"], 1_000, 1_000) is None, "that it sits is the finding"


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(1, ONE))
def test_it_is_the_share_to_the_last_digit(hits: int, looked: int, share: int) -> None:
    told = implausible(policy(rule_share_warn_ppm=share), DAY, RULES["R12"], hits, looked)
    assert (told is not None) == (hits * ONE > looked * share)
