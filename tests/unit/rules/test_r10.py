"""R10: two kinds of a group, one kind twice within its years, or funds that later terms exclude; and not otherwise."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.funds_api.flags.rules.r10_benefits_that_exclude import RULE, TwiceFacts, narrow
from services.funds_api.flags.rules.rule import Policy
from tests.unit.rules.judging import COUNTY, NOBODY, judged, policy, value
from tests.unit.rules.listing import PAID_ON

WORDS = {"危房改造": 11, "易地搬迁": 12, "异地搬迁": 12, "低保": 21}
VALUES = policy(exclusive_entitlements=WORDS, claimed_once_years={"危房改造": 5})


def twice(because: str, word: str = "", other: str = "", **more: Any) -> TwiceFacts:
    told = {
        "subject_id": NOBODY,
        "region_code": "990001101201",
        "amount_fen": 10_000,
        "as_of": PAID_ON,
        "batch_id": NOBODY,
        "line": 7,
        "fund_code": "WF-2017",
        "entitlement": "危房改造2017",
        "document": "西财农〔2017〕8号",
        "other_batch_id": UUID(int=1),
        "other_line": 3,
        "other_fen": 2_000_000,
        "other_on": date(2016, 6, 30),
        "other_fund_code": "BQ-2016",
        "other_entitlement": "易地搬迁2016",
        "other_document": "西财农〔2016〕4号",
        "because": because,
        "word": word,
        "other_word": other,
        "terms": None,
        "terms_from_on": None,
        "of_home": True,
    }
    return TwiceFacts(**{**told, **more})


@pytest.mark.parametrize(
    ("word", "other", "fires"),
    [
        ("危房改造", "易地搬迁", True),
        ("易地搬迁", "危房改造", True),
        ("易地搬迁", "异地搬迁", False),
        ("危房改造", "危房改造", False),
        ("低保", "危房改造", False),
        ("产业奖补", "危房改造", False),
        ("产业奖补", "以奖代补", False),
    ],
)
def test_two_kinds_of_one_group(word: str, other: str, fires: bool) -> None:
    assert (judged(RULE, twice("名目互斥", word, other), VALUES) is not None) == fires


@pytest.mark.parametrize(
    ("before", "fires"),
    [("2012-05-01", False), ("2012-05-02", True), ("2017-05-01", True), ("2012-04-30", False)],
)
def test_one_kind_twice_within_its_years(before: str, fires: bool) -> None:
    facts = twice("一次性补助", "危房改造", "危房改造", other_on=date.fromisoformat(before))
    assert (judged(RULE, facts, VALUES) is not None) == fires
    assert judged(RULE, twice("一次性补助", "低保", "低保"), VALUES) is None


@pytest.mark.parametrize(("on", "fires"), [("2017-02-27", True), ("2017-02-28", False)])
def test_years_from_the_29th_of_february_end_on_the_28th(on: str, fires: bool) -> None:
    facts = twice("一次性补助", "危房改造", "危房改造", other_on=date(2012, 2, 29), as_of=date.fromisoformat(on))
    assert (judged(RULE, facts, VALUES) is not None) == fires


@pytest.mark.parametrize(
    ("name", "before", "aside", "fires"),
    [
        ("2018年易地搬迁后续扶持产业奖补", "易地搬迁建房补助", {"后续": 1}, False),
        ("易地搬迁建房补助", "2018年易地搬迁后续扶持产业奖补", {"后续": 1}, False),
        ("2018年易地搬迁后续扶持产业奖补", "易地搬迁建房补助", {"后续": 0}, True),
        ("2018年易地搬迁建房补助", "易地搬迁建房补助", {"后续": 1}, True),
    ],
)
def test_a_word_sets_a_name_aside(name: str, before: str, aside: dict[str, int], fires: bool) -> None:
    by = policy(exclusive_entitlements=WORDS, claimed_once_years={"易地搬迁": 50}, entitlement_words_aside=aside)
    told = {"entitlement": name, "other_entitlement": before}
    for facts in (
        twice("一次性补助", "易地搬迁", "易地搬迁", **told),
        twice("名目互斥", "易地搬迁", "危房改造", **told),
    ):
        assert (judged(RULE, facts, by) is not None) == fires
    assert judged(RULE, twice("规定在后", terms="文", terms_from_on=PAID_ON, **told), by) is not None


def test_a_row_is_no_duplicate_of_itself() -> None:
    assert (
        judged(RULE, twice("名目互斥", "危房改造", "易地搬迁", other_batch_id=NOBODY, other_line=8), VALUES) is not None
    )
    assert judged(RULE, twice("名目互斥", "危房改造", "易地搬迁", other_batch_id=NOBODY, other_line=7), VALUES) is None


def test_terms_of_later_need_no_value() -> None:
    facts = twice("规定在后", terms="鄂财农〔2017〕9号", terms_from_on=date(2017, 6, 1), of_home=False)
    verdict = judged(RULE, facts, policy())
    assert verdict is not None
    assert "按“鄂财农〔2017〕9号”（2017-06-01 起）两项资金互斥，该规定晚于这两笔发放" in verdict.explanation
    assert "该收款人已于 2016-06-30 领取" in verdict.explanation
    assert verdict.policy == ()


def test_the_sentence_says_both_rows_and_why() -> None:
    verdict = judged(RULE, twice("名目互斥", "危房改造", "易地搬迁"), VALUES)
    assert verdict is not None
    for figure in (
        "“西财农〔2017〕8号”名册第 7 行 2017-05-01 发放“危房改造2017”100.00 元",
        "该户已于 2016-06-30 领取“易地搬迁2016”20,000.00 元（“西财农〔2016〕4号”名册第 3 行）",
        "“危房改造”与“易地搬迁”一户只能享受一项",
    ):
        assert figure in verdict.explanation
    assert verdict.mark == f"{NOBODY}:7:名目互斥"
    assert verdict.days == 305
    assert [(one.item, one.amount_fen) for one in verdict.money] == [(f"payment:{NOBODY}:7", 10_000)]
    once = judged(RULE, twice("一次性补助", "危房改造", "危房改造"), VALUES)
    assert once is not None
    assert "“危房改造”5 年内一户只能申领一次" in once.explanation


def test_words_of_both_values_are_looked_for() -> None:
    told = narrow(policy(exclusive_entitlements={"甲": 11, "乙": 12}, claimed_once_years={"甲": 3, "丙": 1}), PAID_ON)
    assert sorted(zip(told["words"], told["kinds"], told["years"], strict=True)) == [
        ("丙", 0, 1),
        ("乙", 12, 0),
        ("甲", 11, 3),
    ]
    assert not any(narrow(policy(), PAID_ON).values())
    assert narrow(policy(entitlement_words_aside={"乙": 1, "甲": 1, "丙": 0}), PAID_ON)["aside"] == ["乙", "甲"]


def test_words_of_every_day_are_looked_for_each_on_its_days() -> None:
    """甲 and 乙 until the end of 2016, 乙 of another kind and without 甲 from then on; of later days nothing."""
    editions = [
        value("exclusive_entitlements", {"甲": 11, "乙": 12}),
        value("exclusive_entitlements", {"乙": 13}, date(2017, 1, 1)),
        value("exclusive_entitlements", {"丙": 14}, date(2017, 5, 2)),
        value("entitlement_words_aside", {"后续": 1}, date(2017, 3, 1)),
    ]
    told = narrow(Policy(editions, COUNTY), PAID_ON)
    assert list(zip(*(told[name] for name in ("since", "until", "words", "kinds")), strict=True)) == [
        (date(2015, 1, 1), date(2016, 12, 31), "乙", 12),
        (date(2015, 1, 1), date(2016, 12, 31), "甲", 11),
        (date(2017, 1, 1), date(2017, 2, 28), "乙", 13),
        (date(2017, 3, 1), PAID_ON, "乙", 13),
    ]
    assert (told["aside_since"], told["aside"]) == ([date(2017, 3, 1)], ["后续"])
