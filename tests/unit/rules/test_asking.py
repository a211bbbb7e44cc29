"""Every rule's sentence asks to look; a former version tells its flags as it told them then."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from services.funds_api.flags.rules import i01_idle, l02_loan_too_long
from services.funds_api.flags.rules.catalogue import RULES, VERSIONS
from services.funds_api.flags.rules.rule import ASKED, Rule
from tests.unit.rules.judging import ASKING, judged, policy
from tests.unit.rules.lending import lent
from tests.unit.rules.test_clock_rules import IDLE, lot

TESTS = {file: file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_*.py")}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_is_judged_where_its_sentence_is_held_to_ask(rule: Rule) -> None:
    """`judged` looks at every sentence; a rule that no test judges so would be held to nothing."""
    module = rule.judge.__module__.rsplit(".", 1)[1]
    assert any(module in text and "judged(" in text for text in TESTS.values()), (
        f"no test asks {rule.code} through `judged`"
    )


@pytest.mark.parametrize(
    ("sentence", "asks"),
    [
        ("已闲置 181 天，请核实", True),
        ("累计 200.00 元，请核实由谁领取", True),
        ("已闲置 181 天", False),
        ("请核实", False),
        ("已闲置 181 天，请核实，否则处罚", False),
        ("已闲置 181 天请核实", False),
    ],
)
def test_what_counts_as_asking(sentence: str, asks: bool) -> None:
    assert bool(ASKING.search(sentence)) == asks


@pytest.mark.parametrize("version", [1, 2])
def test_i01_tells_its_older_flags_as_it_told_them(version: int) -> None:
    now = judged(i01_idle.RULE, lot(181), IDLE)
    then = VERSIONS["I01", version].judge(lot(181), IDLE)
    assert now is not None
    assert then is not None
    assert then.explanation + ASKED == now.explanation
    assert then.explanation.endswith("超过提示线 180 天")
    assert (then.mark, then.days, then.limit_days, then.policy) == (now.mark, now.days, now.limit_days, now.policy)
    assert VERSIONS["I01", version].judge(lot(180), IDLE) is None


def test_a_judged_rule_judges_its_older_flags_by_the_older_sentence() -> None:
    values = policy(loan_max_months=36)
    late = lent(as_of=date(2017, 9, 1), due_on=date(2020, 9, 1) + timedelta(days=1))
    now, then = judged(l02_loan_too_long.RULE, late, values), VERSIONS["L02", 1].judge(late, values)
    assert now is not None
    assert then is not None
    assert now.explanation == then.explanation + ASKED
