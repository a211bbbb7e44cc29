"""R23: a roster not on show, or paid before its last day, by the days of its fund, of rosters or in general."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from policies.workdays import later
from services.funds_api.flags.rules.r23_not_publicised import RULE, PublicityFacts, narrow
from services.funds_api.flags.rules.rule import Policy
from tests.unit.rules.judging import COUNTY, NOBODY, judged, policy, value

PAID = date(2017, 5, 1)
GENERAL = policy(publicity_min_days=10)
WORKING = Policy(
    [
        value("publicity_min_days", 10),
        value("batch_publicity_days", {"days": 7, "counted": "working"}),
        value("batch_publicity_days.PZ", 15),
    ],
    COUNTY,
)


def roster(from_on: date | None, fund: str = "TEST-FUND") -> PublicityFacts:
    return PublicityFacts(
        subject_id=NOBODY,
        region_code="990001101",
        amount_fen=1_500_000,
        as_of=PAID,
        document="西财农〔2017〕8号",
        entitlement="产业奖补2017",
        fund_code=fund,
        rows_n=12,
        movement_id=NOBODY,
        from_on=from_on,
        publication=None if from_on is None else "公示〔2017〕3号",
    )


@pytest.mark.parametrize(("days", "fires"), [(None, True), (0, True), (9, True), (10, False), (11, False)])
def test_ten_days_in_principle_where_nothing_is_laid_down_for_rosters(days: int | None, fires: bool) -> None:
    since = None if days is None else PAID - timedelta(days=days)
    assert (judged(RULE, roster(since), GENERAL) is not None) == fires


@pytest.mark.parametrize(("since", "fires"), [("2017-04-18", False), ("2017-04-19", False), ("2017-04-20", True)])
def test_seven_working_days_where_a_region_asks_for_them(since: str, fires: bool) -> None:
    """From 19 April, a Wednesday, the seventh working day is 28 April; from the 20th, behind the holiday, 2 May."""
    began = date.fromisoformat(since)
    assert (later(began, 7) > PAID) == fires
    assert (judged(RULE, roster(began), WORKING) is not None) == fires


@pytest.mark.parametrize(("days", "fires"), [(14, True), (15, False)])
def test_a_fund_has_its_own_days(days: int, fires: bool) -> None:
    assert (judged(RULE, roster(PAID - timedelta(days=days), "PZ"), WORKING) is not None) == fires


def test_the_query_looks_as_far_back_as_any_value_asks() -> None:
    assert narrow(GENERAL, PAID) == {"near_days": 10}
    asked = narrow(WORKING, PAID)
    assert asked is not None
    for n in range(3_000):
        began = date(2015, 1, 1) + timedelta(days=n)
        assert (later(began, 7) - began).days <= asked["near_days"]
    assert narrow(policy(), PAID) is None
    assert judged(RULE, roster(None), policy()) is None


def test_the_sentence_says_its_figures() -> None:
    verdict = judged(RULE, roster(date(2017, 4, 24)), GENERAL)
    assert verdict is not None
    for figure in ("西财农〔2017〕8号", "产业奖补2017", "12 笔", "15,000.00", "2017-04-24", "7 天", "10 天", "的依据"):
        assert figure in verdict.explanation
    assert (verdict.days, verdict.limit_days) == (7, 10)
    assert [one.item for one in verdict.money] == [f"movement:{NOBODY}"]
    never = judged(RULE, roster(None), GENERAL)
    assert never is not None
    assert "没有公示记录" in never.explanation
