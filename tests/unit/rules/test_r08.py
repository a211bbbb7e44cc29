"""R08: both halves of a split, or a household that moved, paid within so many days of it; on each side of the limit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from services.funds_api.flags.rules.r08_split_to_qualify import RULE, ChangedFacts, narrow
from tests.unit.rules.judging import NOBODY, judged, policy

CHANGED = date(2017, 3, 1)
VALUES = policy(qualify_change_days=180)


def paid(days: int, other: int | None = 10, **more: Any) -> ChangedFacts:
    """Paid so many days after the change; the other half `other` days after it."""
    split = other is not None
    return ChangedFacts(
        **{
            "subject_id": NOBODY,
            "region_code": "990001101201",
            "amount_fen": 10_000,
            "as_of": CHANGED + timedelta(days=days),
            "kind": "split" if split else "moved",
            "batch_id": NOBODY,
            "line": 7,
            "document": "西财农〔2017〕8号",
            "entitlement": "产业奖补2017",
            "changed_on": CHANGED,
            "act_document": "分户审批表3",
            "other_id": NOBODY if split else None,
            "other_batch_id": NOBODY if split else None,
            "other_line": 8 if split else None,
            "other_on": CHANGED + timedelta(days=other) if other is not None else None,
            "other_fen": 20_000 if split else None,
            "left_region": None if split else "990001102201",
            **more,
        }
    )


@pytest.mark.parametrize("other", [0, 10, None])
@pytest.mark.parametrize(("days", "fires"), [(-1, False), (0, True), (179, True), (180, True), (181, False)])
def test_within_so_many_days_of_the_change(days: int, other: int | None, fires: bool) -> None:
    assert (judged(RULE, paid(days, other), VALUES) is not None) == fires


@pytest.mark.parametrize(("other", "fires"), [(-1, False), (0, True), (180, True), (181, False)])
def test_the_other_half_counts_as_well(other: int, fires: bool) -> None:
    assert (judged(RULE, paid(5, other), VALUES) is not None) == fires


def test_the_sentence_of_a_split_says_both_payments() -> None:
    verdict = judged(RULE, paid(30), VALUES)
    assert verdict is not None
    said = ("第 7 行", "2017-03-31", "100.00", "2017-03-01", "分户审批表3", "2017-03-11", "200.00", "30 天", "180 天")
    for figure in said:
        assert figure in verdict.explanation
    assert [(one.item, one.amount_fen) for one in verdict.money] == [(f"payment:{NOBODY}:7", 10_000)]
    assert (verdict.days, verdict.limit_days) == (30, 180)


def test_the_sentence_of_a_move_says_where_it_came_from() -> None:
    verdict = judged(RULE, paid(30, None), VALUES)
    assert verdict is not None
    assert "990001102201" in verdict.explanation
    assert "原居住村没有发放过" in verdict.explanation


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(), CHANGED) is None
    assert judged(RULE, paid(5), policy()) is None
