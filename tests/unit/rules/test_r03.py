"""R03: from so many people or so much money of a cadre and kin in a year on, and not below both."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.funds_api.flags.rules.r03_cadre_kin import FORMER, RULE, KinFacts, narrow
from services.funds_api.flags.rules.rule import Policy
from tests.unit.rules.judging import COUNTY, NOBODY, judged, policy, value
from tests.unit.rules.listing import LISTED_ON, PAID_ON

SPAN = {"span_since": [date(2015, 1, 1)], "span_until": [PAID_ON], "span_days": [365]}
VALUES = policy(cadre_kin_payees_n=3, cadre_kin_fen=500_000, list_stands_days=365)


def kin(**more: Any) -> KinFacts:
    return KinFacts(
        **{
            "subject_id": NOBODY,
            "region_code": "990001101201",
            "amount_fen": 30_000,
            "as_of": PAID_ON,
            "cadre_id": NOBODY,
            "document": "西财农〔2017〕8号",
            "entitlement": "产业奖补2017",
            "rows_n": 2,
            "own_fen": 10_000,
            "lines": "3:10000,17:20000",
            "year_payees_n": 3,
            "year_rows_n": 5,
            "year_fen": 90_000,
            "place_rows_n": 20,
            "place_fen": 240_000,
            "cadre_version_id": NOBODY,
            "cadre_no": 2,
            "cadre_list_on": LISTED_ON,
            "relative_version_id": NOBODY,
            "relative_no": 4,
            "relative_list_on": date(2017, 11, 30),
            "year_apart": "2017-05-01:244",
            **more,
        }
    )


@pytest.mark.parametrize(
    ("people", "fen", "fires"),
    [(2, 499_999, False), (3, 499_999, True), (4, 1, True), (2, 500_000, True), (1, 500_001, True)],
)
def test_so_many_people_or_so_much_money(people: int, fen: int, fires: bool) -> None:
    assert (judged(RULE, kin(year_payees_n=people, year_fen=fen), VALUES) is not None) == fires


def test_the_sentence_says_the_share_of_the_place_the_year_the_limits_and_both_lists() -> None:
    verdict = judged(RULE, kin(), VALUES)
    assert verdict is not None
    for figure in (
        "“西财农〔2017〕8号”名册 2017-05-01 发给 990001101201 共 20 笔 2,400.00 元",
        "2 笔 300.00 元（本人 100.00 元），占 12.5%",
        "本年至此 3 人 5 笔 900.00 元",
        "3 人或 5,000.00 元",
        "“村干部”名单第 2 版（截至 2017-12-31）",
        "“村干部亲属”名单第 4 版（截至 2017-11-30）",
    ):
        assert figure in verdict.explanation
    assert {(one.item, one.amount_fen) for one in verdict.money} == {
        (f"payment:{NOBODY}:3", 10_000),
        (f"payment:{NOBODY}:17", 20_000),
    }
    assert sum(one.amount_fen for one in verdict.money) == kin().amount_fen


@pytest.mark.parametrize(
    ("on", "days", "fires"),
    [
        ("2017-04-30", 365, True),
        ("2017-04-30", 366, False),
        ("2017-05-01", 30, True),
        ("2017-05-01", 31, False),
        ("2017-05-01", 365, False),
    ],
)
@pytest.mark.parametrize("before", ["", "2017-01-01:365,"])
def test_an_entry_without_days_stands_by_the_value_of_the_day(before: str, on: str, days: int, fires: bool) -> None:
    """365 days until the end of April, 30 from May on: by the day of each payment of the year."""
    by = Policy([*VALUES.values, value("list_stands_days", 30, PAID_ON)], COUNTY)
    facts = kin(as_of=date.fromisoformat(on), year_apart=f"{before}{on}:{days}")
    verdict = judged(RULE, facts, by)
    assert (verdict is not None) == fires
    if verdict is not None:
        used = {("2017-01-01", 365)} if before else set()
        used.add((on, 365 if on < "2017-05-01" else 30))
        assert [one.number for one in verdict.policy[2:]] == sorted({n for _, n in used}, reverse=True)


def test_an_earlier_payment_of_the_year_by_entries_that_did_not_stand_makes_no_question() -> None:
    assert judged(RULE, kin(year_apart="2017-04-30:366,2017-05-01:0"), VALUES) is None


def test_of_a_place_what_it_kept_is_told_with_what_came_back() -> None:
    verdict = judged(RULE, kin(place_back_fen=1_500), VALUES)
    assert verdict is not None
    assert "共 20 笔 2,400.00 元（另已退回 15.00 元），其中" in verdict.explanation


def test_a_flag_of_before_says_what_it_said() -> None:
    """It kept neither the span nor how far a payment lay from a list's day."""
    verdict = judged(FORMER[0], kin(year_apart=""), policy(cadre_kin_payees_n=3, cadre_kin_fen=500_000))
    assert verdict is not None
    assert [one.key for one in verdict.policy] == ["cadre_kin_payees_n", "cadre_kin_fen"]
    assert "共 20 笔 2,400.00 元，其中" in verdict.explanation


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(VALUES, PAID_ON) == {"payees_n": 3, "kin_fen": 500_000, **SPAN}
    assert narrow(policy(cadre_kin_payees_n=3, cadre_kin_fen=1), PAID_ON) is None
    assert judged(RULE, kin(), policy(cadre_kin_payees_n=3)) is None
