"""R14: what a list of residents says against a payee on the day, when the list speaks of that day and is one at all."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from services.funds_api.flags.rules.r14_not_local import RULE, NonLocalFacts, narrow
from tests.unit.rules.judging import NOBODY, judged, policy

LIST = date(2017, 12, 31)
VALUES = policy(list_speaks_before_days=365, resident_list_coverage_min_ppm=900_000, nonfarm_asked=1)


def paid(days_before: int = 30, **more: Any) -> NonLocalFacts:
    """Paid so many days before the list, which had 90 of 100; the payee is not on it."""
    return NonLocalFacts(
        **{
            "subject_id": NOBODY,
            "region_code": "990001101201",
            "amount_fen": 12_345,
            "as_of": LIST - timedelta(days=days_before),
            "batch_id": NOBODY,
            "line": 7,
            "document": "西财农〔2017〕8号",
            "fund_code": "PZ-2017",
            "version_id": NOBODY,
            "version_no": 2,
            "list_on": LIST,
            "listed_n": 90,
            "compared_n": 100,
            "entries_n": 0,
            "then_n": 0,
            "here_n": 0,
            "farm_n": 0,
            "listed_region": None,
            **more,
        }
    )


@pytest.mark.parametrize(("days", "fires"), [(-1, False), (0, True), (365, True), (366, False)])
def test_a_list_speaks_of_its_day_and_so_many_before(days: int, fires: bool) -> None:
    assert (judged(RULE, paid(days), VALUES) is not None) == fires


@pytest.mark.parametrize(("listed", "fires"), [(0, False), (89, False), (90, True), (91, True)])
def test_a_list_with_too_few_of_the_register_is_no_list_of_all(listed: int, fires: bool) -> None:
    assert (judged(RULE, paid(listed_n=listed), VALUES) is not None) == fires


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ((0, 0, 0, 0), "不在户籍人口名单中"),
        ((1, 0, 0, 0), "户籍不在"),
        ((1, 1, 0, 0), "户籍在 990002101，不在本县"),
        ((1, 1, 1, 0), "非农业"),
        ((2, 1, 1, 1), None),
        ((2, 2, 1, 1), None),
    ],
)
def test_one_entry_that_answers_is_enough(entries: tuple[int, int, int, int], said: str | None) -> None:
    names = ("entries_n", "then_n", "here_n", "farm_n")
    verdict = judged(RULE, paid(listed_region="990002101", **dict(zip(names, entries, strict=True))), VALUES)
    assert (verdict is None) == (said is None)
    assert said is None or (verdict is not None and said in verdict.explanation)


@pytest.mark.parametrize(("asked", "fires"), [(0, False), (1, True)])
def test_where_the_distinction_has_ended_nobody_is_asked_about_it(asked: int, fires: bool) -> None:
    values = policy(list_speaks_before_days=365, resident_list_coverage_min_ppm=900_000, nonfarm_asked=asked)
    assert (judged(RULE, paid(entries_n=1, then_n=1, here_n=1), values) is not None) == fires
    assert judged(RULE, paid(), values) is not None


@pytest.mark.parametrize(("fund", "fires"), [("PZ-2017", True), ("QT-2017", False)])
def test_the_distinction_is_asked_about_of_one_fund_where_a_place_sets_it(fund: str, fires: bool) -> None:
    numbers = {"nonfarm_asked": 0, "nonfarm_asked__PZ-2017": 1}
    values = policy(list_speaks_before_days=365, resident_list_coverage_min_ppm=900_000, **numbers)
    facts = paid(entries_n=1, then_n=1, here_n=1, fund_code=fund)
    assert (judged(RULE, facts, values) is not None) == fires


def test_the_sentence_says_row_amount_list_and_how_complete_it_is() -> None:
    verdict = judged(RULE, paid(), VALUES)
    assert verdict is not None
    for figure in ("第 7 行", "2017-12-01", "123.45", "第 2 版", "2017-12-31", "100 人", "90 人），请核实"):
        assert figure in verdict.explanation
    assert [(one.item, one.amount_fen) for one in verdict.money] == [(f"payment:{NOBODY}:7", 12_345)]


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(list_speaks_before_days=365), LIST) is None
    assert judged(RULE, paid(), policy(list_speaks_before_days=365)) is None
