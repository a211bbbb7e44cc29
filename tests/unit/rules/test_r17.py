"""R17: an income that was not passed on, not shared out or not paid, each from the day after its limit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.workdays import later
from services.funds_api.flags.rules.r17_income_not_shared import RULE, IncomeFacts, narrow
from tests.unit.rules.judging import NOBODY, judged, policy

SINCE = date(2017, 11, 3)
VALUES = policy(pv_pass_on_workdays=10, income_share_days=90, share_unpaid_days=30)


def income(step: str, as_of: date, **changes: Any) -> IncomeFacts:
    facts = {
        "subject_id": NOBODY,
        "region_code": "990001101201",
        "amount_fen": 4_000_000 if step == "兑现" else 10_000_100,
        "as_of": as_of,
        "income_id": NOBODY,
        "asset": "村级光伏电站",
        "period_from": date(2017, 10, 20),
        "period_to": date(2017, 10, 31),
        "income_fen": 10_000_100,
        "step": step,
        "since_on": SINCE,
        "document": "电费结算单",
        "decision_no": int(step == "兑现"),
        "lines_n": 2 if step == "兑现" else 0,
        "households_n": 12 if step == "兑现" else 0,
    }
    return IncomeFacts(**{**facts, **changes})


@pytest.mark.parametrize(
    ("as_of", "fires"), [("2017-11-13", False), ("2017-11-17", False), ("2017-11-18", True), ("2018-06-01", True)]
)
def test_ten_working_days_to_pass_on_what_a_power_station_earned(as_of: str, fires: bool) -> None:
    assert (judged(RULE, income("转付", date.fromisoformat(as_of)), VALUES) is not None) == fires


@pytest.mark.parametrize(
    ("step", "days", "fires"),
    [
        ("分配", 89, False),
        ("分配", 90, False),
        ("分配", 91, True),
        ("兑现", 29, False),
        ("兑现", 30, False),
        ("兑现", 31, True),
    ],
)
def test_days_to_decide_and_to_pay(step: str, days: int, fires: bool) -> None:
    assert (judged(RULE, income(step, SINCE + timedelta(days=days)), VALUES) is not None) == fires


@given(day=st.dates(date(2016, 1, 1), date(2023, 12, 31)), since=st.integers(0, 60))
def test_the_query_is_told_the_last_beginning_that_is_late(day: date, since: int) -> None:
    """Near the limit of either side, what narrows and what judges agree on every day of the calendar."""
    began = day - timedelta(days=since)
    by = narrow(VALUES, day)
    assert by is not None
    fires = judged(RULE, income("转付", day, since_on=began), VALUES) is not None
    assert fires == (began <= by["pass_by"]) == (later(began, 10) < day)


def test_the_sentences_say_their_figures() -> None:
    unpaid = judged(RULE, income("兑现", date(2018, 1, 1)), VALUES)
    assert unpaid is not None
    for figure in ("村级光伏电站", "100,001.00", "40,000.00", "2 项", "12 户", "30 天", "2017-12-03"):
        assert figure in unpaid.explanation
    assert [(one.item, one.amount_fen) for one in unpaid.money] == [(f"income:{NOBODY}", 4_000_000)]
    kept = judged(RULE, income("转付", date(2018, 1, 1)), VALUES)
    assert kept is not None
    assert "10 个工作日" in kept.explanation
    assert "2017-11-17" in kept.explanation
    assert kept.mark != unpaid.mark


def test_a_step_without_a_value_is_not_asked_and_without_any_nothing_is() -> None:
    only = policy(income_share_days=90)
    asked = narrow(only, SINCE)
    assert asked is not None
    assert (asked["pass_by"], asked["pay_by"]) == (date.min, date.min)
    assert judged(RULE, income("转付", date(2019, 1, 1)), only) is None
    assert narrow(policy(), SINCE) is None
    assert judged(RULE, income("兑现", date(2019, 1, 1), amount_fen=0), VALUES) is None
