"""R18: no visit for more days than the value, and more households than a helper should have."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from services.funds_api.flags.rules.r18_helper_not_visiting import FORMER, RULE, PairedFacts, narrow
from tests.unit.rules.judging import NOBODY, judged, policy

DAY = date(2017, 6, 30)
VALUES = policy(visit_interval_days=30, households_per_helper_max=5)


def paired(**more: Any) -> PairedFacts:
    return PairedFacts(
        **{
            "subject_id": NOBODY,
            "region_code": "990001101201",
            "amount_fen": 0,
            "as_of": DAY,
            "helper": "bangfu-1",
            "document": "西扶办〔2017〕2号",
            "paired_on": date(2017, 1, 1),
            "visited_on": None,
            "nth": 1,
            "households_n": 5,
            "beyond": False,
            **more,
        }
    )


@pytest.mark.parametrize(("days", "fires"), [(0, False), (29, False), (30, False), (31, True)])
def test_after_so_many_days_without_a_visit(days: int, fires: bool) -> None:
    since = DAY - timedelta(days=days)
    assert (judged(RULE, paired(visited_on=since), VALUES) is not None) == fires
    assert (judged(RULE, paired(paired_on=since), VALUES) is not None) == fires


def test_a_visit_before_the_pairing_starts_no_earlier_clock() -> None:
    before = paired(paired_on=DAY - timedelta(days=10), visited_on=DAY - timedelta(days=100))
    assert judged(RULE, before, VALUES) is None


def test_a_visit_before_the_pairing_is_not_told_as_the_last_one() -> None:
    """The days are counted since the pairing; told beside them, an older visit made them look miscounted."""
    facts = paired(paired_on=DAY - timedelta(days=31), visited_on=DAY - timedelta(days=100))
    verdict, before = judged(RULE, facts, VALUES), judged(FORMER[0], facts, VALUES)
    assert verdict is not None
    assert before is not None
    assert f"结对以来没有走访记录，至 {DAY} 已 31 天" in verdict.explanation
    assert "最近一次走访为 2017-03-22" in before.explanation
    assert (verdict.mark, verdict.days) == (before.mark, before.days)


@pytest.mark.parametrize(("households", "fires"), [(4, False), (5, False), (6, True), (9, True)])
def test_more_households_than_a_helper_should_have(households: int, fires: bool) -> None:
    told = paired(beyond=True, households_n=households, nth=6)
    assert (judged(RULE, told, VALUES) is not None) == fires


def test_the_sentences_say_who_since_when_and_how_many() -> None:
    never, late = judged(RULE, paired(), VALUES), judged(RULE, paired(visited_on=date(2017, 5, 1)), VALUES)
    assert never is not None
    assert late is not None
    for figure in ("bangfu-1", "2017-01-01", "西扶办〔2017〕2号", "没有走访记录", "180 天", "超过 30 天"):
        assert figure in never.explanation
    assert "最近一次走访为 2017-05-01" in late.explanation
    assert (late.mark, late.days, late.limit_days) == ("2017-05-01", 60, 30)
    many = judged(RULE, paired(beyond=True, households_n=7, nth=6), VALUES)
    assert many is not None
    assert "结对 7 户，多于 5 户" in many.explanation


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(visit_interval_days=30), DAY) is None
    assert judged(RULE, paired(), policy(households_per_helper_max=5)) is None
