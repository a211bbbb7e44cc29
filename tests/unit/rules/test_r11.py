"""R11: from so many households of one account in a year on, and not below."""

from __future__ import annotations

from typing import Any

import pytest

from services.funds_api.flags.rules.r11_shared_account import RULE, SharedFacts, narrow
from tests.unit.rules.judging import NOBODY, judged, policy
from tests.unit.rules.listing import PAID_ON

VALUES = policy(card_households_n=3)


def shared(**more: Any) -> SharedFacts:
    told = {
        "subject_id": NOBODY,
        "region_code": "990001101",
        "amount_fen": 30_000,
        "as_of": PAID_ON,
        "card_id": NOBODY,
        "document": "西财农〔2017〕8号",
        "entitlement": "产业奖补2017",
        "rows_n": 2,
        "households_n": 2,
        "lines": "3:10000,17:20000",
        "year_households_n": 10,
        "year_rows_n": 33,
        "year_fen": 7_012_000,
    }
    return SharedFacts(**{**told, **more})


@pytest.mark.parametrize(("households", "fires"), [(1, False), (2, False), (3, True), (4, True)])
def test_so_many_households_of_a_year(households: int, fires: bool) -> None:
    assert (judged(RULE, shared(year_households_n=households), VALUES) is not None) == fires


def test_the_sentence_says_the_rows_the_year_and_the_limit() -> None:
    verdict = judged(RULE, shared(), VALUES)
    assert verdict is not None
    for figure in (
        "“西财农〔2017〕8号”名册 2017-05-01 有 2 笔（2 户）300.00 元发到同一账户（第 3、17 行）",
        "本年至此为 10 户代领 33 笔 70,120.00 元，达到 3 户的界限",
    ):
        assert figure in verdict.explanation
    assert {(one.item, one.amount_fen) for one in verdict.money} == {
        (f"payment:{NOBODY}:3", 10_000),
        (f"payment:{NOBODY}:17", 20_000),
    }


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(VALUES, PAID_ON) == {"households_n": 3}
    assert narrow(policy(), PAID_ON) is None
    assert judged(RULE, shared(), policy()) is None
