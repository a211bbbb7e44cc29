"""R21: money of a project that is over or not begun, from the day after its limit, with each lot named."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.funds_api.flags.rules.r21_stopped_project_money import RULE, StoppedFacts, narrow
from tests.unit.rules.judging import NOBODY, judged, policy

SINCE = date(2017, 3, 5)
VALUES = policy(over_project_money_days=92, unbegun_project_money_days=90)
LOTS = (UUID(int=1), UUID(int=2))


def stopped(days: int, *, is_over: bool = False, **changes: Any) -> StoppedFacts:
    facts = {
        "subject_id": NOBODY,
        "region_code": "990001101201",
        "amount_fen": 80_000_000,
        "as_of": SINCE + timedelta(days=days),
        "code": "P-17",
        "name": "通村公路",
        "stage": "accepted" if is_over else "tendering",
        "is_over": is_over,
        "since_on": SINCE,
        "document": "西发改〔2017〕9号",
        "oldest_on": date(2017, 3, 20),
        "lots": f"{LOTS[0]}:50000000 {LOTS[1]}:30000000",
    }
    return StoppedFacts(**{**facts, **changes})


@pytest.mark.parametrize(("days", "fires"), [(0, False), (90, False), (91, True), (400, True)])
def test_a_project_that_was_not_begun(days: int, fires: bool) -> None:
    assert (judged(RULE, stopped(days), VALUES) is not None) == fires


@pytest.mark.parametrize(("days", "fires"), [(91, False), (92, False), (93, True)])
def test_a_project_that_is_over(days: int, fires: bool) -> None:
    assert (judged(RULE, stopped(days, is_over=True), VALUES) is not None) == fires


def test_the_sentence_says_project_days_limit_and_money() -> None:
    verdict = judged(RULE, stopped(100), VALUES)
    assert verdict is not None
    for figure in (
        "P-17",
        "通村公路",
        "2017-03-05",
        "西发改〔2017〕9号",
        "100 天",
        "90 天",
        "800,000.00",
        "2017-03-20",
    ):
        assert figure in verdict.explanation
    assert "未开工" in verdict.explanation
    assert (verdict.days, verdict.limit_days, verdict.mark) == (100, 90, "未开工:2017-03-05")
    over = judged(RULE, stopped(100, is_over=True), VALUES)
    assert over is not None
    assert "验收" in over.explanation
    assert "未开工" not in over.explanation


def test_what_rests_is_named_lot_by_lot() -> None:
    verdict = judged(RULE, stopped(100), VALUES)
    assert verdict is not None
    assert [(one.item, one.amount_fen) for one in verdict.money] == [
        (f"lot:{LOTS[0]}", 50_000_000),
        (f"lot:{LOTS[1]}", 30_000_000),
    ]


def test_a_side_without_a_value_is_not_asked_and_without_any_nothing_is() -> None:
    only = policy(unbegun_project_money_days=90)
    asked = narrow(only, SINCE)
    assert asked == {"over_before": date.min, "unbegun_before": SINCE - timedelta(days=90)}
    assert judged(RULE, stopped(999, is_over=True), only) is None
    assert judged(RULE, stopped(999), only) is not None
    assert narrow(policy(), SINCE) is None
