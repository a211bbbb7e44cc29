"""R07 同户成员为财政供养人员: somebody else of the household that was paid stood on the public payroll that day.

Evidence: a household with a member on the payroll gave back more than 20,000 yuan (Guizhou). Who belonged to the
household is what the register said about that day, as known; the payee on the payroll is R02's. Only benefits that
depend on what a household has (`means_tested`). From how many such members on is a policy value.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from services.funds_api.comparisons.kinds import ListKind, told
from services.funds_api.flags.rules import listed
from services.funds_api.flags.rules.listed import (
    LEFT_OVER,
    MEANS_TESTED,
    PAID_HERE,
    ROW,
    SAID,
    STANDS,
    STOOD,
    HeldPayment,
    entries,
    said_list,
    said_paid,
)
from services.funds_api.flags.rules.rule import Policy, Population, Rule, Subject, Verdict

MEMBERS: Final = "payroll_members_n"

# `belongs`: from when until before when each of them was of which household; of one day the fact recorded last counts.
QUERY: Final = f"""
WITH {entries(ListKind.PAYROLL)},
belongs AS MATERIALIZED (
  SELECT f.person_id, f.household_id, f.from_on AS since_on,
         lead(f.from_on) OVER (PARTITION BY f.person_id ORDER BY f.from_on) AS until_on
    FROM (SELECT DISTINCT ON (m.person_id, m.from_on) m.person_id, m.household_id, m.from_on
            FROM funds.membership m JOIN funds.registry_act a ON a.county_code = :county AND a.id = m.act_id
           WHERE m.county_code = :county AND a.position <= :known AND m.person_id IN (SELECT person_id FROM hit)
           ORDER BY m.person_id, m.from_on, a.position DESC) f)
SELECT {ROW}, {SAID}
  FROM hit h
  JOIN belongs k ON k.person_id = h.person_id
  JOIN funds.payment p ON p.county_code = :county AND p.household_id = k.household_id
   AND p.payee_token <> h.person_token
  JOIN paid b ON b.id = p.batch_id AND b.effective_on >= k.since_on
   AND (k.until_on IS NULL OR b.effective_on < k.until_on)
  LEFT JOIN back w ON w.batch_id = p.batch_id AND w.line = p.line
 WHERE {STOOD} AND {LEFT_OVER} AND {PAID_HERE}
 GROUP BY p.household_id, p.region_code, p.amount_fen, w.fen, b.effective_on, p.batch_id, p.line, b.fund_code,
          b.entitlement, b.document, h.version_id, h.version_no, h.list_on"""


def narrow(policy: Policy, day: date) -> Mapping[str, Any] | None:
    return listed.narrow(policy, day) if policy.on(MEMBERS, day) else None


def judge(facts: HeldPayment, policy: Policy) -> Verdict | None:
    used, least = listed.tested(facts, policy), policy.on(MEMBERS, facts.as_of)
    if used is None or least is None:
        return None
    held = facts.standing(used[1].number)
    members = {one.person for one in held}
    if len(members) < least.number:
        return None
    what = "、".join(sorted({told(ListKind.PAYROLL, one.category) or "身份未载" for one in held}))
    return Verdict(
        mark=facts.mark,
        explanation=(
            f"{said_paid(facts)}，收款人同户另有 {len(members)} 人当日为财政供养人员（{what}；"
            f"{said_list(facts, ListKind.PAYROLL, (one.line for one in held))}），"
            f"请核实该户是否符合“{facts.entitlement}”的条件"
        ),
        policy=(*used, least),
        money=facts.money,
    )


RULE: Final = Rule(
    code="R07",
    version=1,
    since=date(2026, 11, 23),
    title="同户成员为财政供养人员",
    legal_basis="扶贫开发建档立卡工作方案（国开办发〔2014〕24号）以户为单位识别；贵州扶贫民生监督退款通报口径",
    looks_at="财政供养人员当日所在户的其他成员领取的到户发放",
    subject=Subject.PAYMENT,
    population=Population.PAYMENTS,
    policy_keys=(MEMBERS, MEANS_TESTED, STANDS),
    lists=(ListKind.PAYROLL.value,),
    facts=HeldPayment,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)
