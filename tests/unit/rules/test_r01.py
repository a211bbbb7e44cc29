"""R01: paid after the last day on which a benefit is owed to somebody who died, and not on it."""

from __future__ import annotations

import json
from datetime import date

import pytest

from services.funds_api.flags.rules.r01_paid_after_death import RULE, DeadFacts, narrow, owed_through
from tests.unit.rules.judging import NOBODY, judged, policy
from tests.unit.rules.listing import PAID_ON, listed

DIED_ON = date(2017, 2, 1)


def dead(died_on: date = DIED_ON, paid_on: date = PAID_ON, fund: str = "PZ-2017") -> DeadFacts:
    return DeadFacts(**listed(from_on=died_on, as_of=paid_on, fund_code=fund), since=since((paid_on, fund)))


def since(*paid: tuple[date, str]) -> str:
    """What was paid since the death, 100 yuan each."""
    return json.dumps([{"paid_on": day.isoformat(), "fund": fund, "fen": 10_000} for day, fund in paid])


@pytest.mark.parametrize(
    ("months", "paid_on", "fires"),
    [
        (0, "2017-01-31", False),
        (0, "2017-02-01", False),
        (0, "2017-02-02", True),
        (1, "2017-02-02", False),
        (1, "2017-02-28", False),
        (1, "2017-03-01", True),
        (2, "2017-03-31", False),
        (2, "2017-04-01", True),
    ],
)
def test_the_months_that_are_still_owed(months: int, paid_on: str, fires: bool) -> None:
    facts = dead(paid_on=date.fromisoformat(paid_on))
    assert (judged(RULE, facts, policy(paid_after_death_months=months)) is not None) == fires


def test_months_end_where_they_end_and_years_turn() -> None:
    assert owed_through(date(2016, 2, 10), 1) == date(2016, 2, 29)
    assert owed_through(date(2017, 12, 31), 1) == date(2017, 12, 31)
    assert owed_through(date(2017, 12, 1), 2) == date(2018, 1, 31)
    assert owed_through(date(2017, 1, 31), 14) == date(2018, 2, 28)


def test_a_fund_may_say_otherwise() -> None:
    values = policy(paid_after_death_months=1, **{"paid_after_death_months__PZ-2017": 0})
    paid_on = date(2017, 2, 20)
    assert judged(RULE, dead(paid_on=paid_on), values) is not None
    assert judged(RULE, dead(paid_on=paid_on, fund="QT-2017"), values) is None


def test_the_sentence_says_row_day_of_death_list_and_how_much_since() -> None:
    verdict = judged(RULE, dead(), policy(paid_after_death_months=1))
    assert verdict is not None
    for figure in (
        "西财农〔2017〕8号",
        "第 7 行",
        "2017-05-01 发放 100.00 元",
        "2017-02-01 死亡",
        "“死亡人员”名单第 3 版（截至 2017-12-31）第 41 行",
        "最迟发放至 2017-02-28",
        "应停发后第 1 笔，累计 100.00 元",
    ):
        assert figure in verdict.explanation
    assert verdict.days == 89
    assert [(one.item, one.amount_fen) for one in verdict.money] == [(f"payment:{NOBODY}:7", 10_000)]


def test_the_month_that_is_still_owed_is_not_counted() -> None:
    """Dead on 10 May: what was paid on the 20th was owed, what was paid in June and July was not."""
    own = ((date(2017, 5, 20), "PZ-2017"), (date(2017, 6, 20), "PZ-2017"), (date(2017, 7, 20), "PZ-2017"))
    for n, said in ((2, "第 1 笔，累计 100.00 元"), (3, "第 2 笔，累计 200.00 元")):
        row = listed(from_on=date(2017, 5, 10), as_of=own[n - 1][0], fund_code="PZ-2017")
        verdict = judged(RULE, DeadFacts(**row, since=since(*own[:n])), policy(paid_after_death_months=1))
        assert verdict is not None
        assert said in verdict.explanation


def test_each_payment_is_counted_by_the_value_of_its_fund() -> None:
    """A fund that stops with the death counts what it paid in the same month; the other's is owed until its end."""
    values = policy(paid_after_death_months=1, **{"paid_after_death_months__PZ-2017": 0})
    paid = ((date(2017, 5, 20), "PZ-2017"), (date(2017, 5, 21), "QT-2017"), (date(2017, 6, 20), "QT-2017"))
    row = listed(from_on=date(2017, 5, 10), as_of=paid[-1][0], fund_code="QT-2017")
    verdict = judged(RULE, DeadFacts(**row, since=since(*paid)), values)
    assert verdict is not None
    assert "第 2 笔，累计 200.00 元" in verdict.explanation
    assert [one.key for one in verdict.policy] == ["paid_after_death_months", "paid_after_death_months.PZ-2017"]


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(means_tested=1), PAID_ON) is None
    assert judged(RULE, dead(), policy(means_tested=1)) is None
