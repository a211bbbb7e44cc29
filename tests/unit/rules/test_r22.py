"""R22: paid within a span in which the household was removed, or the payee in none; not before it, not after it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.funds_api.flags.rules.r22_not_in_the_register import RULE, UnregisteredFacts
from tests.unit.rules.judging import NOBODY, judged, policy

NONE = policy()


def paid(on: date, **more: Any) -> UnregisteredFacts:
    return UnregisteredFacts(
        **{
            "subject_id": NOBODY,
            "region_code": "990001101201",
            "amount_fen": 12_345,
            "as_of": on,
            "batch_id": NOBODY,
            "line": 7,
            "document": "西财农〔2017〕8号",
            "kind": "removed",
            "since_on": date(2017, 3, 1),
            "until_on": date(2017, 9, 1),
            "act_document": "县扶贫发〔2017〕3号",
            "recorded_on": date(2017, 6, 20),
            **more,
        }
    )


@pytest.mark.parametrize(
    ("on", "fires"),
    [
        (date(2017, 2, 28), False),
        (date(2017, 3, 1), True),
        (date(2017, 5, 1), True),
        (date(2017, 8, 31), True),
        (date(2017, 9, 1), False),
        (date(2017, 9, 2), False),
    ],
)
def test_from_the_day_of_removal_until_the_day_it_is_taken_back(on: date, fires: bool) -> None:
    assert (judged(RULE, paid(on), NONE) is not None) == fires


def test_what_still_holds_has_no_end() -> None:
    assert judged(RULE, paid(date(2030, 1, 1), until_on=None), NONE) is not None


@pytest.mark.parametrize(
    ("kind", "said"),
    [("removed", "已清退"), ("outside", "已迁出本县"), ("left", "不属于任何在册农户")],
)
def test_the_sentence_says_row_amount_days_and_by_what_document(kind: str, said: str) -> None:
    verdict = judged(RULE, paid(date(2017, 5, 1), kind=kind), NONE)
    assert verdict is not None
    for figure in (
        "第 7 行",
        "123.45",
        "2017-03-01",
        "县扶贫发〔2017〕3号",
        "2017-06-20 登记",
        "已有 61 天，请核实",
        said,
    ):
        assert figure in verdict.explanation
    assert (verdict.mark, verdict.days) == (f"{NOBODY}:7", 61)
    assert [(one.item, one.amount_fen) for one in verdict.money] == [(f"payment:{NOBODY}:7", 12_345)]
