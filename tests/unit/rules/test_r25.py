"""R25: any payment to a person's account, and cash above what may be paid in cash."""

from __future__ import annotations

from datetime import date

import pytest

from services.funds_api.flags.rules.r25_personal_account import RULE, PersonalFacts, narrow
from tests.unit.rules.judging import NOBODY, judged, policy

DAY = date(2017, 5, 10)
VALUES = policy(cash_payment_max_fen=100_000)


def payment(fen: int, nature: str) -> PersonalFacts:
    return PersonalFacts(
        subject_id=NOBODY,
        region_code="990001101",
        amount_fen=fen,
        as_of=DAY,
        document="支付申请〔2017〕1号",
        payer="一镇财政所",
        from_account_id=NOBODY,
        to_account_id=NOBODY,
        holder_nature=nature,
    )


@pytest.mark.parametrize(
    ("fen", "nature", "fires"),
    [
        (99_999, "cash", False),
        (100_000, "cash", False),
        (100_001, "cash", True),
        (1, "personal", True),
        (100_001, "personal", True),
    ],
)
def test_to_a_person_at_all_and_cash_above_its_limit(fen: int, nature: str, fires: bool) -> None:
    assert (judged(RULE, payment(fen, nature), VALUES) is not None) == fires


def test_the_sentences_say_their_figures() -> None:
    person, cash = judged(RULE, payment(7_000_000, "personal"), VALUES), judged(RULE, payment(200_000, "cash"), VALUES)
    assert person is not None
    assert cash is not None
    for figure in ("一镇财政所", "2017-05-10", "支付申请〔2017〕1号", "70,000.00", "个人账户"):
        assert figure in person.explanation
    for figure in ("2,000.00", "1,000.00", "现金"):
        assert figure in cash.explanation
    assert [(one.item, one.amount_fen) for one in cash.money] == [(f"movement:{NOBODY}", 200_000)]


def test_without_a_value_cash_is_not_asked_about_and_persons_are() -> None:
    assert narrow(policy(), DAY) == {"cash_fen": 0}
    assert narrow(VALUES, DAY) == {"cash_fen": 100_000}
    assert judged(RULE, payment(9_999_999, "cash"), policy()) is None
    assert judged(RULE, payment(1, "personal"), policy()) is not None
