"""R19 拨付超时限: money that should have been handed on and still rests with the unit (滞留).

Law: 预算法（2018）第五十二条 gives a province 30 days for what the centre sent (no step of a county's books), and a
county 60 days for special transfers out of its own budget (general 30), 15 for a department's reply to its units;
`treasury/clocks.py` tells which speaks of a lot.
Offence: 财政违法行为处罚处分条例（2011）第六条第（三）项, 滞留应当下拨的财政资金.
What a county received from above, and its step to its units, have no national limit; their values are marked assumed,
and the sentence says of each limit whether it is law (法定), practice (惯例) or assumed (暂定), and by what source.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Final

from policies.workdays import CHINA
from services.funds_api.flags.rules.lots import LotFacts
from services.funds_api.flags.rules.rule import Line, Policy, Population, Rule, Subject, Verdict
from treasury.clocks import OF_LAW, Counted, Holder, TimeLimit, late, limit_for
from treasury.money import yuan
from treasury.policy import Basis, PolicyRef, PolicyValue

KINDS: Final = ("treasury", "department", "township_office", "village_collective", "project_unit")


LEVELS: Final = ("central", "province", "prefecture", "county", "mixed")
BOOKS: Final = ("cash", "quota")
# On the free days after the last one in time no working day has gone by.
_NO_WORKDAY: Final = "不足 1 个工作日"
_BASIS: Final = {Basis.LAW: "法定", Basis.PRACTICE: "惯例", Basis.ASSUMED: "暂定"}


def limit_on(policy: Policy, holder: Holder, day: date) -> PolicyValue | None:
    """The value that a holder's lots are held to on a day, by whose budget they are; None: no limit is in force."""
    return limit_for(policy.values, holder.clocks, policy.county, day)


def lines(policy: Policy, day: date) -> tuple[Line, ...]:
    """One line per kind of holder and limit; where whose budget it is makes a difference, for those budgets."""
    found = []
    for kind in KINDS:
        limits: dict[PolicyRef, tuple[PolicyValue, set[str]]] = {}
        for level, book in product(LEVELS, BOOKS):
            if value := limit_on(policy, Holder(kind, level, book == "quota"), day):
                limits.setdefault(value.ref, (value, set()))[1].add(f"{level}.{book}")
        for value, budgets in limits.values():
            own = None if len(budgets) == len(LEVELS) * len(BOOKS) else frozenset(budgets)
            limit = TimeLimit.of(value)
            found.append(Line("时限", frozenset({kind}), value, limit.days, own, limit.counted))
    return tuple(found)


def judge(facts: LotFacts, policy: Policy) -> Verdict | None:
    """A verdict from the day after the limit; the limit's own day is in time."""
    value = limit_on(policy, facts.holder, facts.as_of) if facts.unit_kind in KINDS else None
    passed = late(facts.clock_from, facts.as_of, TimeLimit.of(value), CHINA, facts.stood_still) if value else None
    if value is None or passed is None:
        return None
    stopped = f"（另有 {facts.stopped_days} 天依文件停表）" if facts.stopped_days else ""
    unit = "个工作日" if passed.limit.counted is Counted.WORKING else "天"
    over = f" {passed.over_days} {unit}" if passed.over_days else _NO_WORKDAY
    assumed = "（其间有的年度节假日安排尚未公布，按周末推定）" if passed.due.assumed else ""
    return Verdict(
        mark="时限",
        days=facts.days,
        limit_days=passed.limit.days,
        explanation=(
            f"{facts.unit_name}自 {facts.clock_from} 起持有“{facts.document}”资金 {yuan(facts.amount_fen)} 元，"
            f"至 {facts.as_of} 已 {facts.days} 天{stopped}，"
            f"超过应下达（拨付）时限 {passed.limit.days} {unit}（{_BASIS[value.basis]}：{value.source}），"
            f"超期{over}{assumed}，请核实"
        ),
        policy=(value,),
    )


RULE: Final = Rule(
    code="R19",
    version=3,
    since=date(2026, 11, 23),
    title="拨付超时限（滞留）",
    legal_basis="预算法（2018）第五十二条；财政违法行为处罚处分条例（2011）第六条第（三）项",
    looks_at="每一笔停留的资金：停在哪个单位，自何日起计时",
    subject=Subject.LOT,
    population=Population.LOTS,
    policy_keys=(*(f"handdown_limit_days.{kind}" for kind in KINDS), *OF_LAW),
    facts=LotFacts,
    lines=lines,
    judge=judge,
)


def _as_before(facts: LotFacts, policy: Policy) -> Verdict | None:
    verdict = judge(facts, policy)
    return verdict and replace(
        verdict, explanation=verdict.explanation.replace(f"超期{_NO_WORKDAY}", "超期 0 个工作日")
    )


# The former versions asked the same of the facts that they saw; the first told its limit apart by the number.
FORMER: Final = (
    replace(RULE, version=1, since=date(2026, 11, 22), judge=_as_before),
    replace(RULE, version=2, judge=_as_before),
)
