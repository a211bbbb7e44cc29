"""R09: more people belonged all along than were declared, beyond a slip of the pen."""

from __future__ import annotations

from datetime import date

import pytest

from services.funds_api.flags.rules.r09_dependants_concealed import RULE, DeclaredFacts, narrow
from tests.unit.rules.judging import NOBODY, judged, policy

DAY = date(2017, 12, 31)
VALUES = policy(undeclared_members_max=1)


def household(declared: int, named: int, rows: str = "") -> DeclaredFacts:
    return DeclaredFacts(
        subject_id=NOBODY,
        region_code="990001101201",
        amount_fen=660_000,
        as_of=DAY,
        registered_on=date(2016, 1, 1),
        declared_n=declared,
        named_n=named,
        payees_n=2,
        payments_n=3,
        rows=rows,
    )


@pytest.mark.parametrize(("named", "fires"), [(1, False), (4, False), (5, False), (6, True), (9, True)])
def test_more_than_the_value_allows(named: int, fires: bool) -> None:
    assert (judged(RULE, household(4, named), VALUES) is not None) == fires


def test_the_sentence_says_declared_belonged_and_paid() -> None:
    verdict = judged(RULE, household(4, 9), VALUES)
    assert verdict is not None
    for figure in ("2016-01-01", "申报 4 人", "有 9 人", "多 5 人", "容许 1 人", "3 笔", "6,600.00", "领款 2 人"):
        assert figure in verdict.explanation
    assert verdict.mark == "4:9"


def test_the_money_is_the_years_rows_and_of_flags_of_before_the_households() -> None:
    told = judged(RULE, household(4, 9, f"{NOBODY}:2:400000,{NOBODY}:17:260000"), VALUES)
    assert told is not None
    assert [(one.item, one.amount_fen) for one in told.money] == [
        (f"payment:{NOBODY}:2", 400_000),
        (f"payment:{NOBODY}:17", 260_000),
    ]
    before = judged(RULE, household(4, 9), VALUES)
    assert before is not None
    assert before.money == ()


def test_it_asks_and_does_not_accuse() -> None:
    verdict = judged(RULE, household(4, 9), VALUES)
    assert verdict is not None
    assert verdict.explanation.endswith("，请核实")
    assert "隐瞒" not in RULE.title + verdict.explanation


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(), DAY) is None
    assert judged(RULE, household(1, 9), policy()) is None
