"""R04 收款人名下有车辆: on the day of payment the payee owned a car of some value.

Evidence: 马山 county, Guangxi, 2015: 2,454 people with 2,645 cars; 庆城: a car of 70,000 yuan and 4,291 yuan of 低保.
From which value on a car is asked about is a policy value (assumed: no document of the nation names one; 0 asks about
every car); a car whose value the list leaves out is asked about as well, and is said so. Only benefits that depend on
what a household has (`means_tested`). One question per paid row, about all cars of that day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from services.funds_api.comparisons.kinds import ListKind
from services.funds_api.flags.rules import listed
from services.funds_api.flags.rules.listed import MEANS_TESTED, STANDS, HeldPayment, held_of, said_list, said_paid
from services.funds_api.flags.rules.rule import Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

VALUE: Final = "car_value_fen"


def narrow(policy: Policy, day: date) -> Mapping[str, Any] | None:
    return listed.narrow(policy, day) if policy.on(VALUE, day) else None


def judge(facts: HeldPayment, policy: Policy) -> Verdict | None:
    used, least = listed.tested(facts, policy), policy.on(VALUE, facts.as_of)
    if used is None or least is None:
        return None
    held = facts.standing(used[1].number)
    cars = [one for one in held if one.amount_fen is None or one.amount_fen >= least.number]
    if not cars:
        return None
    values = "、".join("价值未载" if one.amount_fen is None else f"{yuan(one.amount_fen)} 元" for one in cars)
    return Verdict(
        mark=facts.mark,
        explanation=(
            f"{said_paid(facts)}，收款人当日名下有 {sum(one.count_n for one in cars)} 辆"
            f"价值 {yuan(least.number)} 元以上或价值未载的车（{values}；"
            f"{said_list(facts, ListKind.CAR, (one.line for one in cars))}），"
            f"请核实是否符合“{facts.entitlement}”的条件"
        ),
        policy=(*used, least),
        money=facts.money,
    )


RULE: Final = Rule(
    code="R04",
    version=1,
    since=date(2026, 11, 23),
    title="收款人名下有车辆",
    legal_basis="审计署2015年广西马山县扶贫审计通报口径（有车人员列为不符合扶贫标准）；价值界限没有文件规定，暂定",
    looks_at="车辆名单中收款人持有车辆期间的到户发放",
    subject=Subject.PAYMENT,
    population=Population.PAYMENTS,
    policy_keys=(VALUE, MEANS_TESTED, STANDS),
    lists=(ListKind.CAR.value,),
    facts=HeldPayment,
    query=held_of(ListKind.CAR),
    narrow=narrow,
    judge=judge,
)
