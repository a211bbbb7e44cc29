"""R04 to R07: what a payee (or kin) had on the day of payment, from which limit on, and whom it is asked about."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from services.funds_api.flags.rules.listed import HeldPayment
from services.funds_api.flags.rules.r04_payee_owns_car import RULE as CAR
from services.funds_api.flags.rules.r05_payee_owns_flats import RULE as FLATS
from services.funds_api.flags.rules.r06_payee_in_business import RULE as BUSINESS
from services.funds_api.flags.rules.r07_kin_on_payroll import RULE as KIN
from services.funds_api.flags.rules.rule import Rule
from tests.unit.rules.judging import NOBODY, judged, policy
from tests.unit.rules.listing import PAID_ON, listed

NUMBERS: dict[str, Any] = {
    "means_tested": 1,
    "list_stands_days": 365,
    "car_value_fen": 3_000_000,
    "flats_several_n": 2,
    "flats_of_use_n": {"非住宅": 1, "厂房": 2},
    "business_capital_fen": {"法人": 0, "个体户": 10_000_000, "其他": 50_000_000},
    "payroll_members_n": 2,
}
VALUES = policy(**NUMBERS)


def entry(line: int = 41, **more: Any) -> dict[str, Any]:
    told = {"person": f"人{line}", "line": line, "category": None, "amount_fen": None, "count_n": None}
    return {**told, "from_on": None, "to_on": None, **more}


def held(*entries: dict[str, Any], **more: Any) -> HeldPayment:
    row = listed(**more)
    for name in ("person_id", "list_line", "from_on", "to_on", "category"):
        del row[name]
    return HeldPayment(**row, held=json.dumps(entries))


@pytest.mark.parametrize(
    ("fen", "fires"), [(2_999_999, False), (3_000_000, True), (3_000_001, True), (0, False), (None, True)]
)
def test_a_car_of_some_value_or_of_none_that_is_told(fen: int | None, fires: bool) -> None:
    assert (judged(CAR, held(entry(amount_fen=fen)), VALUES) is not None) == fires


def test_a_limit_of_nothing_asks_about_every_car() -> None:
    assert judged(CAR, held(entry(amount_fen=0)), policy(**{**NUMBERS, "car_value_fen": 0})) is not None


def test_of_several_cars_those_of_the_day_and_the_value_are_told() -> None:
    cars = [
        entry(3, amount_fen=7_000_000),
        entry(4, amount_fen=100_000),
        entry(5, amount_fen=9_000_000, from_on="2017-05-02"),
        entry(6, count_n=2, to_on="2017-05-01"),
    ]
    verdict = judged(CAR, held(*cars), VALUES)
    assert verdict is not None
    assert "3 辆价值 30,000.00 元以上或价值未载的车（70,000.00 元、价值未载；" in verdict.explanation
    assert "“车辆”名单第 3 版（截至 2017-12-31）第 3、6 行" in verdict.explanation


@pytest.mark.parametrize(
    ("flats", "fires"),
    [
        ([("住宅", 1)], False),
        ([("住宅", 2)], True),
        ([("住宅", 1), ("安置房", 1)], True),
        ([("非住宅", 1)], True),
        ([("厂房", 1)], False),
        ([(None, None)], False),
        ([(None, 2)], True),
    ],
)
def test_several_flats_or_one_that_is_no_dwelling(flats: list[tuple[str | None, int | None]], fires: bool) -> None:
    entries = [entry(line, category=use, count_n=n) for line, (use, n) in enumerate(flats, 2)]
    assert (judged(FLATS, held(*entries), VALUES) is not None) == fires


def test_a_use_is_asked_about_from_its_own_number_on() -> None:
    many = policy(**{**NUMBERS, "flats_several_n": 9})
    assert judged(FLATS, held(entry(category="厂房", count_n=1)), many) is None
    assert judged(FLATS, held(entry(category="厂房", count_n=2)), many) is not None


def test_flats_are_told_by_use_with_the_limits_they_reach() -> None:
    verdict = judged(
        FLATS, held(entry(2, category="非住宅", count_n=2), entry(3, category="安置房", count_n=3)), VALUES
    )
    assert verdict is not None
    assert "房产 5 套（非住宅 2 套、安置房 3 套；" in verdict.explanation
    assert "界限“共 2 套以上”“非住宅 1 套以上”" in verdict.explanation


@pytest.mark.parametrize(
    ("capacity", "fen", "fires"),
    [
        ("法人", 0, True),
        ("个体户", 9_999_999, False),
        ("个体户", 10_000_000, True),
        ("个体户", None, True),
        ("个体工商户", 500_000, False),
        ("个体工商户", 9_999_999, False),
        ("个体工商户", 10_000_000, True),
        ("监事", 49_999_999, False),
        ("监事", 50_000_000, True),
        (None, 49_999_999, False),
        (None, 50_000_000, True),
    ],
)
def test_capital_by_capacity(capacity: str | None, fen: int | None, fires: bool) -> None:
    assert (judged(BUSINESS, held(entry(category=capacity, amount_fen=fen)), VALUES) is not None) == fires


def test_a_capacity_without_a_limit_is_not_asked_about() -> None:
    only = policy(**{**NUMBERS, "business_capital_fen": {"法人": 0}})
    assert judged(BUSINESS, held(entry(category="股东", amount_fen=10**12)), only) is None


def test_a_business_is_told_with_capacity_capital_and_limit() -> None:
    verdict = judged(BUSINESS, held(entry(category="个体户", amount_fen=20_000_000)), VALUES)
    assert verdict is not None
    assert "工商登记 1 户（个体户，注册资本 200,000.00 元，界限 100,000.00 元；" in verdict.explanation


@pytest.mark.parametrize(("people", "fires"), [([1], False), ([1, 1], False), ([1, 2], True), ([1, 2, 3], True)])
def test_so_many_other_members_on_the_payroll(people: list[int], fires: bool) -> None:
    """Somebody with two entries is one member."""
    entries = [entry(line, person=f"人{one}") for line, one in enumerate(people)]
    assert (judged(KIN, held(*entries), VALUES) is not None) == fires


def test_members_are_told_with_what_they_are() -> None:
    verdict = judged(KIN, held(entry(8, category="事业"), entry(9)), VALUES)
    assert verdict is not None
    assert "同户另有 2 人当日为财政供养人员（事业、身份未载；" in verdict.explanation
    assert "第 8、9 行" in verdict.explanation


HITS = {
    CAR: [entry(amount_fen=7_000_000)],
    FLATS: [entry(category="住宅", count_n=3)],
    BUSINESS: [entry(category="法人", amount_fen=1)],
    KIN: [entry(1), entry(2)],
}
by_rule = pytest.mark.parametrize("rule", HITS, ids=[rule.code for rule in HITS])


@by_rule
def test_only_while_it_stood_and_where_means_are_looked_at(rule: Rule) -> None:
    def asked(by: Any = VALUES, **more: Any) -> bool:
        return judged(rule, held(*({**one, **more} for one in HITS[rule])), by) is not None

    assert asked()
    assert asked(from_on="2017-05-01", to_on="2017-05-01")
    assert not asked(from_on="2017-05-02")
    assert not asked(to_on="2017-04-30")
    assert not asked(policy(**{**NUMBERS, "means_tested": 0}))
    assert not asked(policy(**NUMBERS, **{"means_tested__PZ-2017": 0}))
    assert not asked(policy(**{**NUMBERS, "list_stands_days": 243}))
    assert asked(policy(**{**NUMBERS, "list_stands_days": 244}))


@by_rule
def test_without_a_value_nothing_is_asked(rule: Rule) -> None:
    assert rule.narrow(VALUES, PAID_ON) == {"stands_days": 365}
    assert rule.narrow(VALUES, date(2014, 12, 31)) is None
    for key in rule.policy_keys:
        lacking = policy(**{name: number for name, number in NUMBERS.items() if name != key})
        assert rule.narrow(lacking, PAID_ON) is None
        assert judged(rule, held(*HITS[rule]), lacking) is None


@by_rule
def test_the_money_is_that_of_the_row(rule: Rule) -> None:
    verdict = judged(rule, held(*HITS[rule], amount_fen=6_000, back_fen=4_000), VALUES)
    assert verdict is not None
    assert [(one.item, one.amount_fen) for one in verdict.money] == [(f"payment:{NOBODY}:7", 6_000)]
    assert "发放 60.00 元（另已退回 40.00 元）" in verdict.explanation


@pytest.mark.parametrize("rule", [FLATS, BUSINESS, KIN])
def test_only_words_of_the_kind_are_printed(rule: Rule) -> None:
    unknown = [entry(line, category="张某", count_n=3, amount_fen=10**12) for line in (8, 9)]
    verdict = judged(rule, held(*unknown), VALUES)
    assert verdict is not None
    assert "其他" in verdict.explanation
    assert "张某" not in verdict.explanation
