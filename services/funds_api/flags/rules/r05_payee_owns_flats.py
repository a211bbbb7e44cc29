"""R05 收款人名下有多套或非住宅房产: on the day of payment the payee owned several flats, or one that is no dwelling.

Evidence: 马山 county, Guangxi, 2015: 43 people with flats bought; Jiangsu: two units that are no dwelling and three
resettlement flats in one household. How many flats are several, and which uses are asked about from how many on, are
policy values (assumed). Only benefits that depend on what a household has (`means_tested`). One question per paid row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from services.funds_api.comparisons.kinds import ListKind, told
from services.funds_api.flags.rules import listed
from services.funds_api.flags.rules.listed import MEANS_TESTED, STANDS, HeldPayment, held_of, said_list, said_paid
from services.funds_api.flags.rules.rule import Policy, Population, Rule, Subject, Verdict

SEVERAL: Final = "flats_several_n"
BY_USE: Final = "flats_of_use_n"


def narrow(policy: Policy, day: date) -> Mapping[str, Any] | None:
    return listed.narrow(policy, day) if policy.on(SEVERAL, day) and policy.on(BY_USE, day) else None


def judge(facts: HeldPayment, policy: Policy) -> Verdict | None:
    used = listed.tested(facts, policy)
    several, by_use = policy.on(SEVERAL, facts.as_of), policy.on(BY_USE, facts.as_of)
    if used is None or several is None or by_use is None or not isinstance(by_use.value, dict):
        return None
    held = facts.standing(used[1].number)
    flats: Counter[str] = Counter()
    for one in held:
        flats[told(ListKind.FLAT, one.category) or "用途未载"] += one.count_n
    limits = [f"共 {several.number} 套以上"] if flats.total() >= several.number else []
    limits += [f"{use} {least} 套以上" for use, least in by_use.value.items() if flats[use] >= int(least)]
    if not limits:
        return None
    uses = "、".join(f"{use} {n} 套" for use, n in flats.items() if n)
    return Verdict(
        mark=facts.mark,
        explanation=(
            f"{said_paid(facts)}，收款人当日名下有房产 {flats.total()} 套（{uses}；"
            f"{said_list(facts, ListKind.FLAT, (one.line for one in held))}），达到界限“{'”“'.join(limits)}”，"
            f"请核实是否符合“{facts.entitlement}”的条件"
        ),
        policy=(*used, several, by_use),
        money=facts.money,
    )


RULE: Final = Rule(
    code="R05",
    version=1,
    since=date(2026, 11, 23),
    title="收款人名下有多套或非住宅房产",
    legal_basis="审计署2015年广西马山县扶贫审计通报口径（购商品房人员列为不符合扶贫标准）；套数界限没有文件规定，暂定",
    looks_at="房产名单中收款人持有房产期间的到户发放",
    subject=Subject.PAYMENT,
    population=Population.PAYMENTS,
    policy_keys=(SEVERAL, BY_USE, MEANS_TESTED, STANDS),
    lists=(ListKind.FLAT.value,),
    facts=HeldPayment,
    query=held_of(ListKind.FLAT),
    narrow=narrow,
    judge=judge,
)
