"""R13: entitled by a list and not paid so many days after it; the last day of waiting is in time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.funds_api.flags.rules.r13_eligible_but_unpaid import FORMER, RULE, UnpaidFacts, narrow
from tests.unit.rules.judging import NOBODY, judged, policy

LIST = date(2017, 3, 31)
VALUES = policy(eligible_unpaid_days=90)


def unpaid(days: int, fen: int = 60_000) -> UnpaidFacts:
    return UnpaidFacts(
        subject_id=NOBODY,
        region_code="990001101201",
        amount_fen=fen,
        as_of=LIST + timedelta(days=days),
        household_id=NOBODY,
        entitlement="产业奖补",
        version_id=NOBODY,
        version_no=2,
        list_on=LIST,
        list_line=41,
    )


@pytest.mark.parametrize(("days", "fires"), [(0, False), (89, False), (90, False), (91, True), (400, True)])
def test_after_the_time_to_wait(days: int, fires: bool) -> None:
    assert (judged(RULE, unpaid(days), VALUES) is not None) == fires


def test_the_sentence_says_list_line_benefit_and_days() -> None:
    verdict = judged(RULE, unpaid(100), VALUES)
    assert verdict is not None
    for figure in ("第 2 版", "2017-03-31", "第 41 行", "产业奖补", "应发 600.00 元", "100 天", "等待期 90 天"):
        assert figure in verdict.explanation
    assert (verdict.mark, verdict.days, verdict.limit_days) == ("产业奖补:2017", 100, 90)
    assert [(one.item, one.amount_fen) for one in verdict.money] == [(f"due:{NOBODY}:产业奖补:2017", 60_000)]
    for former in FORMER:
        before = judged(former, unpaid(100), VALUES)
        assert before is not None
        assert (before.explanation, before.money) == (verdict.explanation, ())
    silent = judged(RULE, unpaid(100, 0), VALUES)
    assert silent is not None
    assert silent.money == ()
    assert "应发" not in silent.explanation


def test_it_asks_in_a_sentence() -> None:
    verdict = judged(RULE, unpaid(100), VALUES)
    assert verdict is not None
    assert verdict.explanation.endswith("，请核实")


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(), LIST) is None
    assert judged(RULE, unpaid(400), policy()) is None
