"""Each rule fires, does not fire, and misses narrowly on each side of its limit."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from services.funds_api.flags.rules import i01_idle, r19_handed_down_late
from services.funds_api.flags.rules.catalogue import RULES
from services.funds_api.flags.rules.rule import Facts, Rule
from treasury.policy import Basis, PolicyValue

AS_OF = date(2017, 11, 30)
NOBODY = UUID(int=0)


def facts(days: int) -> Facts:
    return Facts(
        lot_id=NOBODY,
        account_id=NOBODY,
        unit_id=NOBODY,
        unit_name="一镇财政所",
        unit_kind="township_office",
        region_code="990001101",
        fund_code="F",
        document="县财农〔2017〕1号",
        amount_fen=123_456_78,
        clock_from=AS_OF - timedelta(days=days),
        as_of=AS_OF,
    )


def limit(days: int) -> PolicyValue:
    return PolicyValue("k", "00", date(2015, 1, 1), days, "依据", Basis.LAW)


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
@pytest.mark.parametrize(("days", "fires"), [(0, False), (29, False), (30, False), (31, True), (400, True)])
def test_a_rule_fires_from_the_day_after_its_limit(rule: Rule, days: int, fires: bool) -> None:
    verdict = rule.judge(facts(days), limit(30))
    assert (verdict is not None) == fires
    if verdict is not None:
        assert (verdict.days, verdict.limit_days) == (days, 30)


def test_the_explanation_carries_the_figures() -> None:
    late = r19_handed_down_late.judge(facts(45), limit(30))
    assert late is not None
    for figure in (
        "一镇财政所",
        "123,456.78",
        "45 天",
        "30 天",
        "15 天",
        "2017-10-16",
        "2017-11-30",
        "县财农〔2017〕1号",
    ):
        assert figure in late.explanation
    idle = i01_idle.judge(facts(200), limit(180))
    assert idle is not None
    assert "200 天" in idle.explanation


def test_codes_are_the_keys_of_the_catalogue() -> None:
    assert all(code == rule.code for code, rule in RULES.items())
    assert r19_handed_down_late.policy_key("treasury") != r19_handed_down_late.policy_key("township_office")
