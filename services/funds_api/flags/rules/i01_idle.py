"""I01 资金闲置: money received and not used for longer than the county's lines, whoever should act (闲置).

Auditors report idle money in bands of over one and over two years (审计署 2014, 2016, 2017 announcements); the line at
which an office is warned earlier is a policy value, marked assumed. Crossing a later line is another question about
the same money, linked to the first.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from services.funds_api.flags.rules.lots import LotFacts
from services.funds_api.flags.rules.rule import Line, Policy, Population, Rule, Subject, Verdict, without_asking
from treasury.money import yuan

FIRST: Final = "idle_flag_days"
LATER: Final = "idle_later_days"
KINDS: Final = frozenset(
    {"treasury", "department", "township_office", "village_collective", "project_unit", "bank", "retention"}
)


def lines(policy: Policy, day: date) -> tuple[Line, ...]:
    """The line at which an office is warned, and each later one (一年、二年)."""
    first, later = policy.on(FIRST, day), policy.on(LATER, day)
    found = [Line("提示", KINDS, first, first.number)] if first else []
    if later:
        found += [Line(f"第{at}线", KINDS, later, days) for at, days in enumerate(later.numbers, 2)]
    return tuple(found)


def judge(facts: LotFacts, policy: Policy) -> Verdict | None:
    """The furthest line that has been passed; a line's own day is not yet past it."""
    passed = [line for line in lines(policy, facts.as_of) if facts.days > line.days and facts.unit_kind in line.kinds]
    if not passed:
        return None
    line = max(passed, key=lambda one: one.days)
    stopped = f"（另有 {facts.stopped_days} 天依文件停表）" if facts.stopped_days else ""
    return Verdict(
        mark=line.name,
        days=facts.days,
        limit_days=line.days,
        explanation=(
            f"“{facts.document}”资金 {yuan(facts.amount_fen)} 元自 {facts.clock_from} 起停在{facts.unit_name}，"
            f"至 {facts.as_of} 已闲置 {facts.days} 天{stopped}，超过提示线 {line.days} 天，请核实"
        ),
        policy=(line.policy,),
    )


RULE: Final = Rule(
    code="I01",
    version=3,
    since=date(2026, 11, 23),
    title="资金闲置",
    legal_basis="审计署扶贫资金审计公告口径（一年以上、两年以上闲置）",
    looks_at="每一笔停留的资金：停在哪个单位，自何日起计时",
    subject=Subject.LOT,
    population=Population.LOTS,
    policy_keys=(FIRST, LATER),
    facts=LotFacts,
    lines=lines,
    judge=judge,
)

# The former versions asked the same of the same facts and did not ask to look; the first told its limit apart by the
# number.
FORMER: Final = (
    replace(RULE, version=1, since=date(2026, 11, 22), judge=without_asking(judge)),
    replace(RULE, version=2, judge=without_asking(judge)),
)
