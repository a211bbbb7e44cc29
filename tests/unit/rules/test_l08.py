"""L08: as many households of a village, one bank, day and use, as the value says."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.funds_api.flags.rules.l08_many_alike_on_one_day import RULE, AlikeFacts, narrow
from tests.unit.rules.judging import judged, policy
from tests.unit.rules.lending import DAY, LOAN

VALUES = policy(loan_alike_households_min=10)


def alike(households: int, loans: int = 0) -> AlikeFacts:
    n = loans or households
    return AlikeFacts(
        subject_id=LOAN,
        region_code="990001101201",
        amount_fen=n * 2_000_000,
        as_of=DAY,
        bank="rcb",
        use="入社养牛",
        loans_n=n,
        households_n=households,
        loans=",".join(f"{UUID(int=at)}:2000000" for at in range(n)),
    )


@pytest.mark.parametrize(("households", "fires"), [(9, False), (10, True), (11, True)])
def test_as_many_households_as_the_value_says(households: int, fires: bool) -> None:
    assert (judged(RULE, alike(households), VALUES) is not None) == fires


def test_households_count_and_not_loans() -> None:
    assert judged(RULE, alike(9, loans=20), VALUES) is None


def test_the_sentence_says_bank_village_day_use_and_figures() -> None:
    verdict = judged(RULE, alike(10, loans=12), VALUES)
    assert verdict is not None
    for figure in ("2017-09-01", "rcb", "990001101201", "10 户", "12 笔", "240,000.00", "“入社养牛”", "户贷企用"):
        assert figure in verdict.explanation
    assert [one.item for one in verdict.money] == [f"loan:{UUID(int=at)}" for at in range(12)]
    assert sum(one.amount_fen for one in verdict.money) == 24_000_000


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(), DAY) is None
    assert narrow(VALUES, DAY) == {"households_min": 10}
    assert judged(RULE, alike(99), policy()) is None
