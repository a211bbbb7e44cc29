"""I01 资金闲置: money received and not used for longer than the county's line, whoever should act (闲置).

Auditors report idle money in bands of over one and over two years (审计署 2014, 2016, 2017 announcements); the line at
which an office is warned earlier is a policy value, marked assumed.
"""

from __future__ import annotations

from typing import Final

from services.funds_api.flags.rules.rule import Facts, Rule, Verdict
from treasury.ageing import overdue
from treasury.money import yuan
from treasury.policy import PolicyValue


def policy_key(_: str) -> str:
    """One line for every holder."""
    return "idle_flag_days"


def judge(facts: Facts, limit: PolicyValue) -> Verdict | None:
    """A verdict from the day after the line; the line's own day is not yet idle."""
    late = overdue(facts.clock_from, facts.as_of, limit.number)
    if late is None:
        return None
    return Verdict(
        days=late.days,
        limit_days=late.limit_days,
        explanation=(
            f"“{facts.document}”资金 {yuan(facts.amount_fen)} 元自 {facts.clock_from} 起停在{facts.unit_name}，"
            f"至 {facts.as_of} 已闲置 {late.days} 天，超过提示线 {late.limit_days} 天"
        ),
        policy=limit,
    )


RULE: Final = Rule(
    code="I01",
    version=1,
    title="资金闲置",
    legal_basis="审计署扶贫资金审计公告口径（一年以上、两年以上闲置）",
    policy_key=policy_key,
    judge=judge,
)
