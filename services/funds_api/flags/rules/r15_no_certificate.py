"""R15 未见有效残疾证明: a benefit that presupposes a disability certificate, paid where the list has none.

Evidence: 虚假残疾、重病 in Hubei's checks of 2017. Which benefits presuppose a certificate, and which grade, is a dated
value by a part of the entitlement's name (国发〔2015〕52号: nursing for grades one and two). A roster of persons
asks for the payee's certificate, one of households for that of anybody in the household on the day. The list speaks for
payments of its day and so many days before. A list has the
certificate that was given last: where all of the payee's begin after the payment, one may have been given anew (换证)
and the list does not tell about the day. Illness cannot be seen: no department's list of it is known to the system.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.funds_api.flags.rules.paid import PAID, compared, spans, version, widest, within
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan
from treasury.policy import PolicyValue

GRADES: Final = "certificate_grade_max"
BEFORE: Final = "list_speaks_before_days"
_CERTIFIED: Final = "f.person_id IN (SELECT e.person_id FROM h e)"
_UNCOMPARED: Final = """f.person_id IN (SELECT q.id FROM funds.person q
   WHERE q.county_code = :county AND q.match_token IS NULL)"""

# `least`: a grade that will do for every benefit at any time. Payees who have it all along are done with at once.
QUERY: Final = f"""
WITH {PAID},
{version("disability")},
h AS MATERIALIZED (
  SELECT e.person_id, e.person_token, e.from_on, e.to_on,
         translate(substring(e.category FROM '([一二三四1234])级'), '一二三四', '1234')::int AS grade
    FROM funds.comparison_hits(:county, 'disability', :known) e),
named AS MATERIALIZED (
  SELECT b.id AS batch_id FROM funds.paid_batches(:county, :as_of, :known) b
   WHERE EXISTS (SELECT FROM unnest(CAST(:names AS text[])) AS n(name) WHERE strpos(b.entitlement, n.name) > 0)),
plain AS MATERIALIZED (
  SELECT h.person_token FROM h CROSS JOIN version v
   WHERE h.grade <= CAST(:least AS int) AND (h.from_on IS NULL OR h.from_on <= v.list_on - CAST(:before AS int))
     AND (h.to_on IS NULL OR h.to_on >= v.list_on)),
asked AS MATERIALIZED (
  SELECT p.*, v.version_id, v.version_no, v.list_on
    FROM version v
    JOIN paid p ON p.batch_id IN (SELECT n.batch_id FROM named n)
     AND p.effective_on BETWEEN v.list_on - CAST(:before AS int) AND v.list_on
     AND p.payee_token NOT IN (SELECT x.person_token FROM plain x)
    JOIN funds.person q ON q.county_code = :county AND q.token = p.payee_token AND q.match_token IS NOT NULL),
unclear AS MATERIALIZED (
  SELECT s.household_id, s.from_on, s.until_on FROM ({spans("membership", "f.household_id", _UNCOMPARED)}) s),
kin AS MATERIALIZED (
  SELECT s.household_id, s.from_on AS since_on, s.until_on, h.from_on, h.to_on, h.grade
    FROM ({spans("membership", "f.household_id", _CERTIFIED)}) s JOIN h ON h.person_id = s.person_id),
held AS MATERIALIZED (
  SELECT a.batch_id, a.line, h.from_on, h.to_on, h.grade FROM asked a
    JOIN h ON h.person_token = a.payee_token WHERE a.per = 'person'
  UNION ALL
  SELECT a.batch_id, a.line, k.from_on, k.to_on, k.grade FROM asked a
    JOIN kin k ON k.household_id = a.household_id AND k.since_on <= a.effective_on
     AND (k.until_on IS NULL OR a.effective_on < k.until_on) WHERE a.per = 'household')
SELECT a.household_id AS subject_id, a.region_code, a.amount_fen, a.effective_on AS as_of, a.batch_id, a.line,
       a.document, a.entitlement, a.per, a.version_id, a.version_no, a.list_on, count(c.batch_id)::int AS entries_n,
       (count(c.batch_id) FILTER (WHERE (c.from_on IS NULL OR c.from_on <= a.effective_on)
          AND (c.to_on IS NULL OR c.to_on >= a.effective_on)))::int AS then_n,
       (count(c.batch_id) FILTER (WHERE c.to_on < a.effective_on))::int AS ended_n,
       min(c.grade) FILTER (WHERE (c.from_on IS NULL OR c.from_on <= a.effective_on)
          AND (c.to_on IS NULL OR c.to_on >= a.effective_on)) AS grade,
       coalesce(bool_or(c.grade IS NULL) FILTER (WHERE c.batch_id IS NOT NULL), false) AS ungraded
  FROM asked a LEFT JOIN held c ON c.batch_id = a.batch_id AND c.line = a.line
 WHERE a.per = 'person' OR NOT EXISTS (
   SELECT FROM unclear u WHERE u.household_id = a.household_id AND {within("u", "a.effective_on")})
 GROUP BY a.household_id, a.region_code, a.amount_fen, a.effective_on, a.batch_id, a.line, a.document, a.entitlement,
          a.per, a.version_id, a.version_no, a.list_on
HAVING coalesce(min(c.grade) FILTER (WHERE (c.from_on IS NULL OR c.from_on <= a.effective_on)
          AND (c.to_on IS NULL OR c.to_on >= a.effective_on)) > CAST(:least AS int), true)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts(Facts):
    """A paid row and the certificates it could stand on: how many, valid that day, ended before it; the best grade."""

    batch_id: UUID
    line: int
    document: str
    entitlement: str
    per: str
    version_id: UUID
    version_no: int
    list_on: date
    entries_n: int
    then_n: int
    ended_n: int
    grade: int | None
    ungraded: bool


def grade_for(value: PolicyValue, entitlement: str) -> int | None:
    """The last grade that will do for an entitlement: by the longest name it contains; None: it presupposes nothing."""
    names = [name for name in value.named if name in entitlement]
    return value.named[max(names, key=lambda name: (len(name), name))] if names else None


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    if policy.on(GRADES, day) is None or policy.on(BEFORE, day) is None:
        return None
    names = {name for one in policy.values if one.key == GRADES for name in one.named}
    least = min(grade for one in policy.values if one.key == GRADES for grade in one.named.values())
    return {"names": sorted(names), "least": least, "before": widest(policy, BEFORE)}


def judge(facts: CertificateFacts, policy: Policy) -> Verdict | None:
    """A verdict when no certificate of the day is listed, or the best one is of a lesser grade than will do.

    Where an entry names no grade and a grade is asked for, or all entries begin after the payment, nothing is said: the
    list cannot tell.
    """
    grades, before = policy.on(GRADES, facts.as_of), policy.on(BEFORE, facts.as_of)
    if grades is None or before is None or not 0 <= (facts.list_on - facts.as_of).days <= before.number:
        return None
    most = grade_for(grades, facts.entitlement)
    if most is None:
        return None
    whose = "领款人" if facts.per == "person" else "该户"
    if not facts.entries_n:
        found = f"{whose}没有人在名单中" if facts.per == "household" else f"{whose}不在名单中"
    elif not facts.then_n and facts.ended_n:
        found = f"名单中{whose}的残疾证在发放之日以前已到期"
    elif facts.then_n and facts.grade is not None and facts.grade > most and not facts.ungraded:
        found = f"{whose}的残疾证为{_SAID[facts.grade]}级，该补贴要求{_SAID[most]}级以上"
    else:
        return None
    return Verdict(
        mark=f"{facts.batch_id}:{facts.line}",
        explanation=(
            f"“{facts.document}”名册第 {facts.line} 行 {facts.as_of} 发放“{facts.entitlement}” "
            f"{yuan(facts.amount_fen)} 元，{found}（“持残疾证人员”名单第 {facts.version_no} 版，"
            f"截至 {facts.list_on}），请核实"
        ),
        policy=(grades, before),
        money=(Money(f"payment:{facts.batch_id}:{facts.line}", facts.amount_fen),),
    )


_SAID: Final = {1: "一", 2: "二", 3: "三", 4: "四"}

RULE: Final = Rule(
    code="R15",
    version=1,
    since=date(2026, 11, 23),
    title="未见有效残疾证明",
    legal_basis="国发〔2015〕52号；《财政违法行为处罚处分条例》（2011 年修订）第十四条",
    looks_at="须持残疾证的补贴中，发放之日没有有效残疾证或等级不符的发放",
    subject=Subject.PAYMENT,
    population=Population.PAYMENTS,
    policy_keys=(GRADES, BEFORE),
    lists=("disability",),
    facts=CertificateFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
    figures=compared("disability"),
)
