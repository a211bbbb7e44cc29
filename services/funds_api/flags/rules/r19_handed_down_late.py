"""R19 拨付超时限: money that should have been handed on and still rests with the unit (滞留).

Law: 预算法（2018）第五十二条 sets 30 days for transfers received from above.
Offence: 财政违法行为处罚处分条例（2011）第六条第（三）项, 滞留应当下拨的财政资金.
The step from county to unit has no national limit; its value is marked assumed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from services.funds_api.flags.rules.lots import LotFacts
from services.funds_api.flags.rules.rule import Line, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

KINDS: Final = ("treasury", "department", "township_office", "village_collective", "project_unit")


def policy_key(unit_kind: str) -> str:
    """Each kind of holder has its own limit."""
    return f"handdown_limit_days.{unit_kind}"


def lines(policy: Policy, day: date) -> tuple[Line, ...]:
    """One line per kind of holder that has a limit on that day."""
    found = ((kind, policy.on(policy_key(kind), day)) for kind in KINDS)
    return tuple(Line("时限", frozenset({kind}), value, value.number) for kind, value in found if value)


def judge(facts: LotFacts, policy: Policy) -> Verdict | None:
    """A verdict from the day after the limit; the limit's own day is in time."""
    limit = policy.on(policy_key(facts.unit_kind), facts.as_of)
    if limit is None or facts.days <= limit.number:
        return None
    stopped = f"（另有 {facts.stopped_days} 天依文件停表）" if facts.stopped_days else ""
    return Verdict(
        mark="时限",
        days=facts.days,
        limit_days=limit.number,
        explanation=(
            f"{facts.unit_name}自 {facts.clock_from} 起持有“{facts.document}”资金 {yuan(facts.amount_fen)} 元，"
            f"至 {facts.as_of} 已 {facts.days} 天{stopped}，"
            f"超过应下达（拨付）时限 {limit.number} 天 {facts.days - limit.number} 天"
        ),
        policy=(limit,),
    )


RULE: Final = Rule(
    code="R19",
    version=2,
    since=date(2015, 1, 1),
    title="拨付超时限（滞留）",
    legal_basis="预算法（2018）第五十二条；财政违法行为处罚处分条例（2011）第六条第（三）项",
    looks_at="每一笔停留的资金：停在哪个单位，自何日起计时",
    subject=Subject.LOT,
    population=Population.LOTS,
    policy_keys=tuple(policy_key(kind) for kind in KINDS),
    facts=LotFacts,
    lines=lines,
    judge=judge,
)

# The first version asked the same of the same facts; it told its limit apart by the number.
FORMER: Final = (replace(RULE, version=1),)
