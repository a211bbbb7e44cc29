"""R02 收款人为财政供养人员: on the day of payment the payee stood on the public payroll (财政供养、公职).

Evidence: 马山 county, Guangxi, 2015: 343 of 3,119 people who did not meet the standard were paid by the public purse.
Only benefits that depend on what a household has are asked about (`means_tested`, also per fund: a grain subsidy goes
to whoever tills). One question per paid row, with the entry that began last where several stand by the values of that
day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from services.funds_api.comparisons.kinds import ListKind, told
from services.funds_api.flags.rules.listed import (
    ENTRY,
    HERE,
    LEFT_OVER,
    MEANS_TESTED,
    ROW,
    SPANS,
    STANDS,
    STOOD_THAT_DAY,
    TO_PAYEE,
    ListedPayment,
    by_the_day,
    entries,
    said_list,
    said_paid,
    said_span,
    stood,
    tested,
)
from services.funds_api.flags.rules.rule import Policy, Population, Rule, Subject, Verdict

QUERY: Final = f"""
WITH {entries(ListKind.PAYROLL)}, {SPANS}
SELECT * FROM (
  SELECT DISTINCT ON (p.batch_id, p.line) {ROW}, {ENTRY}
    FROM hit h {TO_PAYEE}
   WHERE {STOOD_THAT_DAY} AND {LEFT_OVER}
   ORDER BY p.batch_id, p.line, h.from_on DESC NULLS LAST, h.line) one
 WHERE {HERE}"""


def narrow(policy: Policy, day: date) -> Mapping[str, Any] | None:
    """The span of each day: one entry is picked of several, and it has to be one that stood."""
    if policy.on(MEANS_TESTED, day) is None or policy.on(STANDS, day) is None:
        return None
    return by_the_day(policy, day)


def judge(facts: ListedPayment, policy: Policy) -> Verdict | None:
    used = tested(facts, policy)
    if used is None or not stood(facts, facts.from_on, facts.to_on, used[1].number):
        return None
    word = told(ListKind.PAYROLL, facts.category)
    what = f"{word}，" if word else ""
    return Verdict(
        mark=facts.mark,
        explanation=(
            f"{said_paid(facts)}，收款人当日为财政供养人员（{what}{said_span(facts.from_on, facts.to_on)}；"
            f"{said_list(facts, ListKind.PAYROLL, [facts.list_line])}），请核实是否符合“{facts.entitlement}”的条件"
        ),
        policy=used,
        money=facts.money,
    )


RULE: Final = Rule(
    code="R02",
    version=1,
    since=date(2026, 11, 23),
    title="收款人为财政供养人员",
    legal_basis="国务院扶贫办扶贫开发建档立卡工作方案（国开办发〔2014〕24号）识别标准；审计署2015年广西马山县扶贫审计通报口径",
    looks_at="财政供养人员名单中收款人供养期间的到户发放",
    subject=Subject.PAYMENT,
    population=Population.PAYMENTS,
    policy_keys=(MEANS_TESTED, STANDS),
    lists=(ListKind.PAYROLL.value,),
    facts=ListedPayment,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)
