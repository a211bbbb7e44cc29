"""R19 拨付超时限: money that should have been handed on and still rests with the unit (滞留).

Law: 预算法（2018）第五十二条 sets 30 days for transfers received from above.
Offence: 财政违法行为处罚处分条例（2011）第六条第（三）项, 滞留应当下拨的财政资金.
The step from county to unit has no national limit; its value is marked assumed.
"""

from __future__ import annotations

from typing import Final

from services.funds_api.flags.rules.rule import Facts, Rule, Verdict
from treasury.ageing import overdue
from treasury.money import yuan
from treasury.policy import PolicyValue


def policy_key(unit_kind: str) -> str:
    """Each kind of holder has its own limit."""
    return f"handdown_limit_days.{unit_kind}"


def judge(facts: Facts, limit: PolicyValue) -> Verdict | None:
    """A verdict from the day after the limit; the limit's own day is in time."""
    late = overdue(facts.clock_from, facts.as_of, limit.number)
    if late is None:
        return None
    return Verdict(
        days=late.days,
        limit_days=late.limit_days,
        explanation=(
            f"{facts.unit_name}自 {facts.clock_from} 起持有“{facts.document}”资金 {yuan(facts.amount_fen)} 元，"
            f"至 {facts.as_of} 已 {late.days} 天，超过应下达（拨付）时限 {late.limit_days} 天 {late.over_days} 天"
        ),
        policy=limit,
    )


RULE: Final = Rule(
    code="R19",
    version=1,
    title="拨付超时限（滞留）",
    legal_basis="预算法（2018）第五十二条；财政违法行为处罚处分条例（2011）第六条第（三）项",
    policy_key=policy_key,
    judge=judge,
)
