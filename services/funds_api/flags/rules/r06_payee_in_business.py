"""R06 收款人有工商登记: on the day of payment the payee had a business, or a share in one, of some capital.

Evidence: 马山 county, Guangxi, 2015: 439 people with registered businesses. From which capital on each capacity (法人、
股东、个体户) is asked about is one policy value by word, “其他” for what it does not name (assumed: a pedlar with a
licence is nobody's riddle, an owner of a company is). Capital that the list leaves out is asked about, and said so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from services.funds_api.comparisons.kinds import OTHER, ListKind, told
from services.funds_api.flags.rules import listed
from services.funds_api.flags.rules.listed import (
    MEANS_TESTED,
    STANDS,
    Entry,
    HeldPayment,
    held_of,
    said_list,
    said_paid,
)
from services.funds_api.flags.rules.rule import Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

CAPITAL: Final = "business_capital_fen"


def narrow(policy: Policy, day: date) -> Mapping[str, Any] | None:
    return listed.narrow(policy, day) if policy.on(CAPITAL, day) else None


def judge(facts: HeldPayment, policy: Policy) -> Verdict | None:
    used, capital = listed.tested(facts, policy), policy.on(CAPITAL, facts.as_of)
    if used is None or capital is None or not isinstance(capital.value, dict):
        return None
    limits = {word: int(fen) for word, fen in capital.value.items()}
    firms = [
        (one, least)
        for one in facts.standing(used[1].number)
        if (least := limits.get(told(ListKind.BUSINESS, one.category) or OTHER, limits.get(OTHER))) is not None
        and (one.amount_fen is None or one.amount_fen >= least)
    ]
    if not firms:
        return None
    return Verdict(
        mark=facts.mark,
        explanation=(
            f"{said_paid(facts)}，收款人当日有工商登记 {sum(one.count_n for one, _ in firms)} 户"
            f"（{'、'.join(_said(one, least) for one, least in firms)}；"
            f"{said_list(facts, ListKind.BUSINESS, (one.line for one, _ in firms))}），"
            f"请核实是否符合“{facts.entitlement}”的条件"
        ),
        policy=(*used, capital),
        money=facts.money,
    )


def _said(one: Entry, least: int) -> str:
    held = "注册资本未载" if one.amount_fen is None else f"注册资本 {yuan(one.amount_fen)} 元"
    return f"{told(ListKind.BUSINESS, one.category) or '身份未载'}，{held}，界限 {yuan(least)} 元"


RULE: Final = Rule(
    code="R06",
    version=1,
    since=date(2026, 11, 23),
    title="收款人有工商登记",
    legal_basis="审计署2015年广西马山县扶贫审计通报口径（个体经营、开办公司人员列为不符合扶贫标准）；资本界限没有文件规定，暂定",
    looks_at="工商登记名单中收款人登记存续期间的到户发放",
    subject=Subject.PAYMENT,
    population=Population.PAYMENTS,
    policy_keys=(CAPITAL, MEANS_TESTED, STANDS),
    lists=(ListKind.BUSINESS.value,),
    facts=HeldPayment,
    query=held_of(ListKind.BUSINESS),
    narrow=narrow,
    judge=judge,
)
