"""R16: a name again within so many years, one contract in two projects, money paid and nothing accepted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from services.funds_api.flags.rules.r16_repeated_project import FORMER, RULE, RepeatedFacts, narrow, work
from tests.unit.rules.judging import NOBODY, judged, policy

DAY = date(2019, 6, 1)
VALUES = policy(repeated_project_years=3, paid_without_progress_days=180)


def again(**changes: Any) -> RepeatedFacts:
    facts = {
        "subject_id": NOBODY,
        "region_code": "990001101201",
        "amount_fen": 80_000_000,
        "as_of": DAY,
        "ask": "重名",
        "code": "P-19",
        "name": "2019年通村公路（建设）项目",
        "nature": "new",
        "other_code": "P-17",
        "other_name": "通村 公路工程",
        "years_n": 2,
        "number": None,
        "since_on": None,
    }
    return RepeatedFacts(**{**facts, **changes})


@pytest.mark.parametrize(("years", "fires"), [(0, True), (2, True), (3, True), (4, False)])
def test_the_same_work_within_so_many_years(years: int, fires: bool) -> None:
    assert (judged(RULE, again(years_n=years), VALUES) is not None) == fires


@pytest.mark.parametrize(
    ("changes", "fires"),
    [
        ({}, True),
        ({"nature": "continued"}, False),
        ({"other_name": "通村公路二期"}, False),
        ({"other_name": "2017年度通村公路"}, True),
    ],
)
def test_a_continued_project_and_another_work_are_not_asked_about(changes: dict[str, Any], fires: bool) -> None:
    assert (judged(RULE, again(**changes), VALUES) is not None) == fires


@pytest.mark.parametrize(
    ("name", "is_work"),
    [
        ("2019年通村公路（建设）项目", "通村公路"),
        ("通村公路一期", "通村公路一期"),
        ("建设项目", ""),
        ("蓄水池20口", "蓄水池20口"),
    ],
)
def test_what_a_name_says_about_the_work(name: str, is_work: str) -> None:
    assert work(name) == is_work


@pytest.mark.parametrize(
    ("name", "words", "fires"),
    [
        ("2018年公益性岗位补贴项目", {"公益性岗位": 1}, False),
        ("2018年公益性岗位补贴项目", {"公益性岗位": 0}, True),
        ("2018年公益性岗位补贴项目", {"贴息": 1}, True),
        ("2018年公益林道路项目", {"公益性岗位": 1}, True),
    ],
)
def test_what_is_arranged_every_year_is_no_repetition(name: str, words: dict[str, int], fires: bool) -> None:
    by = policy(repeated_project_years=3, recurring_project_words=words)
    facts = again(name=name, other_name=name.replace("2018", "2017"), years_n=1)
    assert (judged(RULE, facts, by) is not None) == fires


def test_every_sentence_asks_people_to_look() -> None:
    shared = again(ask="合同", number="西建合〔2019〕7号", since_on=date(2019, 4, 1))
    for facts in (again(), shared, paid(200)):
        verdict = judged(RULE, facts, VALUES)
        assert verdict is not None
        assert "，请核实" in verdict.explanation
        assert "疑似" not in verdict.explanation


def test_two_projects_of_one_year_are_told_so() -> None:
    facts = again(years_n=0)
    verdict, before = judged(RULE, facts, VALUES), judged(FORMER[0], facts, VALUES)
    assert verdict is not None
    assert before is not None
    assert "与同一地点同一年度的项目 P-17" in verdict.explanation
    assert "与同一地点 0 年前的项目 P-17" in before.explanation


def paid(days: int) -> RepeatedFacts:
    return again(ask="无进度", other_code=None, other_name=None, years_n=0, since_on=DAY - timedelta(days=days))


@pytest.mark.parametrize(("days", "fires"), [(0, False), (179, False), (180, False), (181, True)])
def test_money_paid_and_no_progress_accepted(days: int, fires: bool) -> None:
    assert (judged(RULE, paid(days), VALUES) is not None) == fires


def test_the_sentences_say_their_figures() -> None:
    verdict = judged(RULE, again(), VALUES)
    assert verdict is not None
    for figure in ("P-19", "P-17", "通村 公路工程", "800,000.00", "2 年前", "3 年以内"):
        assert figure in verdict.explanation
    assert (verdict.mark, [one.item for one in verdict.money]) == ("重名:P-17", [f"project:{NOBODY}"])
    shared = judged(RULE, again(ask="合同", number="西建合〔2019〕7号", since_on=date(2019, 4, 1)), VALUES)
    assert shared is not None
    for figure in ("西建合〔2019〕7号", "2019-04-01", "P-17", "800,000.00"):
        assert figure in shared.explanation
    unproved = judged(RULE, paid(200), VALUES)
    assert unproved is not None
    assert (unproved.days, unproved.limit_days) == (200, 180)
    assert "200 天" in unproved.explanation


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(repeated_project_years=3), DAY) is None
    assert judged(RULE, again(), policy()) is None
    assert judged(RULE, paid(999), policy()) is None
