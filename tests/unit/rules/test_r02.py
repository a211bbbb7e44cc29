"""R02: on the payroll on the day of payment, its first and last day included."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.funds_api.flags.rules.listed import ListedPayment
from services.funds_api.flags.rules.r02_payee_on_payroll import RULE, narrow
from services.funds_api.flags.rules.rule import Policy
from tests.unit.rules.judging import COUNTY, judged, policy, value
from tests.unit.rules.listing import LISTED_ON, PAID_ON, listed

VALUES = policy(means_tested=1, list_stands_days=365)
DAY = timedelta(days=1)


def paid(from_on: date | None = None, to_on: date | None = None, on: date = PAID_ON, **more: object) -> ListedPayment:
    return ListedPayment(**listed(from_on=from_on, to_on=to_on, as_of=on, **more))


@pytest.mark.parametrize(
    ("from_on", "to_on", "fires"),
    [
        (PAID_ON, PAID_ON, True),
        (PAID_ON + DAY, None, False),
        (PAID_ON, None, True),
        (PAID_ON - DAY, None, True),
        (None, PAID_ON - DAY, False),
        (None, PAID_ON, True),
        (None, PAID_ON + DAY, True),
    ],
)
def test_from_the_first_day_to_the_last(from_on: date | None, to_on: date | None, fires: bool) -> None:
    assert (judged(RULE, paid(from_on, to_on), VALUES) is not None) == fires


@pytest.mark.parametrize(("days", "fires"), [(-366, False), (-365, True), (0, True), (365, True), (366, False)])
def test_an_entry_without_days_stands_around_the_day_of_its_list(days: int, fires: bool) -> None:
    assert (judged(RULE, paid(on=LISTED_ON + timedelta(days=days)), VALUES) is not None) == fires


def test_a_day_that_the_entry_says_is_believed_however_long_ago() -> None:
    assert judged(RULE, paid(date(1998, 7, 1), on=date(2015, 1, 5)), VALUES) is not None
    assert judged(RULE, paid(None, date(2030, 1, 1), on=date(2029, 12, 31)), VALUES) is not None


def test_what_goes_to_everybody_is_not_asked_about() -> None:
    assert judged(RULE, paid(), policy(means_tested=0, list_stands_days=365)) is None
    own = policy(means_tested=1, list_stands_days=365, **{"means_tested__PZ-2017": 0})
    assert judged(RULE, paid(), own) is None
    assert judged(RULE, paid(fund_code="DB-2017"), own) is not None


def test_the_sentence_says_row_employment_and_list() -> None:
    verdict = judged(RULE, paid(date(2010, 1, 1), category="行政", back_fen=500), VALUES)
    assert verdict is not None
    for figure in (
        "“西财农〔2017〕8号”名册第 7 行 2017-05-01 发放 100.00 元（另已退回 5.00 元）",
        "行政，2010-01-01 至 终止日未载",
        "“财政供养人员”名单第 3 版（截至 2017-12-31）第 41 行",
        "产业奖补2017",
    ):
        assert figure in verdict.explanation


def test_without_a_value_nothing_is_asked_and_each_day_has_the_span_of_its_own() -> None:
    assert narrow(policy(means_tested=1), PAID_ON) is None
    assert narrow(policy(list_stands_days=365), PAID_ON) is None
    later = [value("list_stands_days", 30, PAID_ON), value("list_stands_days", 90, PAID_ON + DAY)]
    assert narrow(Policy([*VALUES.values, *later], COUNTY), PAID_ON) == {
        "span_since": [date(2015, 1, 1), PAID_ON],
        "span_until": [PAID_ON - DAY, PAID_ON],
        "span_days": [365, 30],
    }
    assert judged(RULE, paid(), policy(means_tested=1)) is None


@pytest.mark.parametrize(("said", "shown"), [("张某", "（其他，"), ("事业", "（事业，"), (None, "财政供养人员（2010")])
def test_only_words_of_the_kind_are_printed(said: str | None, shown: str) -> None:
    verdict = judged(RULE, paid(date(2010, 1, 1), category=said), VALUES)
    assert verdict is not None
    assert shown in verdict.explanation
    assert "张某" not in verdict.explanation
