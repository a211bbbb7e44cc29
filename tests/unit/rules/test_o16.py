"""O16: invoices typed differently whose digits and fen are the same, from so many digits on."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from services.funds_api.flags.rules.o16_invoice_claimed_again import FORMER, RULE, InvoiceFacts, narrow
from tests.unit.rules.judging import NOBODY, judged, policy, value
from treasury.policy import PolicyValue

DAY = date(2017, 5, 10)
VALUES = policy(invoice_digits_min=8)


def claimed(digits_n: int, *, same_order: bool = False, project: str | None = "P-17") -> InvoiceFacts:
    return InvoiceFacts(
        subject_id=NOBODY,
        region_code="990001101",
        amount_fen=1_234_500,
        as_of=DAY,
        order_number="支0002",
        document="报账申请〔2017〕2号",
        payer="县农业局",
        project_code=project,
        invoice_number="0440-3210",
        other_order_id=NOBODY if same_order else UUID(int=7),
        other_order_number="支0001",
        other_on=date(2017, 4, 2),
        other_invoice_number="04403210",
        digits_n=digits_n,
    )


@pytest.mark.parametrize(("digits_n", "fires"), [(7, False), (8, True), (9, True), (20, True)])
def test_from_so_many_digits_on(digits_n: int, fires: bool) -> None:
    assert (judged(RULE, claimed(digits_n), VALUES) is not None) == fires


def test_the_sentence_says_its_figures() -> None:
    verdict = judged(RULE, claimed(8), VALUES)
    assert verdict is not None
    for figure in (
        "县农业局",
        "P-17",
        "2017-05-10",
        "支0002",
        "0440-3210",
        "12,345.00",
        "支0001",
        "2017-04-02",
        "末 8 位",
    ):
        assert figure in verdict.explanation
    assert [(one.item, one.amount_fen) for one in verdict.money] == [(f"order:{NOBODY}:04403210", 1_234_500)]
    before = judged(FORMER[0], claimed(8), VALUES)
    assert before is not None
    assert (before.explanation, before.money[0].item) == (verdict.explanation, f"order:{NOBODY}")
    within = judged(RULE, claimed(8, same_order=True, project=None), VALUES)
    assert within is not None
    assert "与同一支付令报账" in within.explanation
    assert "项目" not in within.explanation


def test_the_value_of_the_orders_day_judges_and_the_fewest_digits_narrow() -> None:
    changed: list[PolicyValue] = [
        value("invoice_digits_min", 8),
        value("invoice_digits_min", 10, since=date(2018, 1, 1)),
    ]
    both = type(VALUES)(changed, VALUES.county)
    assert narrow(both, date(2018, 6, 1)) == {"digits": 8}
    assert judged(RULE, claimed(8), both) is not None


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(), DAY) is None
    assert judged(RULE, claimed(20), policy()) is None
