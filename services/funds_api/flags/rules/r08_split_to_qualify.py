"""R08 拆户、迁户享受: a household split, or moved, shortly before it was paid what it would not have had otherwise.

Evidence: a household that moved its 户口 for 3,563 元, and 分户拆户 in the audit of 2017. Two ways: both halves of a
split were paid the same entitlement within so many days of the split; or a household moved and was paid, within so
many days, an entitlement that pays where it came to and not where it came from. The days are a policy value, assumed:
no document read gives a number. A village that only got another code moved nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.funds_api.flags.rules.paid import PAID, spans, widest
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

DAYS: Final = "qualify_change_days"

QUERY: Final = f"""
WITH {PAID},
halves AS MATERIALIZED (
  SELECT h.id AS household_id, h.came_from AS old_id, h.registered_on AS changed_on, a.document AS act_document
    FROM funds.household h JOIN funds.registry_act a ON a.county_code = :county AND a.id = h.act_id
   WHERE h.county_code = :county AND h.came_from IS NOT NULL AND a.position <= :known AND h.registered_on <= :as_of),
of_halves AS MATERIALIZED (
  SELECT p.* FROM paid p
    JOIN (SELECT household_id AS id FROM halves UNION SELECT old_id FROM halves) k ON k.id = p.household_id),
moves AS MATERIALIZED (
  SELECT s.household_id, s.from_on AS changed_on, s.left_region, s.region_code AS new_region, s.act_document, s.until_on
    FROM ({spans("residence", "f.left_region, f.region_code, f.outside")}) s
   WHERE NOT s.outside AND s.left_region <> s.region_code AND s.from_on <= :as_of
     AND NOT EXISTS (SELECT FROM funds.region_link l WHERE l.from_code = s.left_region AND l.to_code = s.region_code)),
pays AS MATERIALIZED (
  SELECT DISTINCT b.entitlement, z.region_code
    FROM funds.paid_batches(:county, :as_of, :known) b
    JOIN funds.batch_place z ON z.county_code = :county AND z.batch_id = b.id
   WHERE z.region_code IN (SELECT left_region FROM moves))
SELECT n.household_id AS subject_id, n.region_code, n.amount_fen, n.effective_on AS as_of, 'split' AS kind, n.batch_id,
       n.line, n.document, n.entitlement, h.changed_on, h.act_document, h.old_id AS other_id,
       o.batch_id AS other_batch_id, o.line AS other_line, o.effective_on AS other_on, o.amount_fen AS other_fen,
       NULL AS left_region
  FROM halves h
  JOIN of_halves n ON n.household_id = h.household_id
   AND n.effective_on BETWEEN h.changed_on AND h.changed_on + CAST(:days AS int)
  JOIN LATERAL (
    SELECT o.* FROM of_halves o
     WHERE o.household_id = h.old_id AND o.entitlement = n.entitlement
       AND o.effective_on BETWEEN h.changed_on AND h.changed_on + CAST(:days AS int)
     ORDER BY o.effective_on, o.batch_id, o.line LIMIT 1) o ON true
UNION ALL
SELECT p.household_id, p.region_code, p.amount_fen, p.effective_on, 'moved', p.batch_id,
       p.line, p.document, p.entitlement, m.changed_on, m.act_document, NULL, NULL, NULL, NULL, NULL, m.left_region
  FROM moves m
  JOIN paid p ON p.household_id = m.household_id AND p.region_code = m.new_region
   AND p.effective_on BETWEEN m.changed_on AND m.changed_on + CAST(:days AS int)
   AND (m.until_on IS NULL OR p.effective_on < m.until_on)
 WHERE NOT EXISTS (SELECT FROM pays z WHERE z.entitlement = p.entitlement AND z.region_code = m.left_region)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFacts(Facts):
    """One row paid after a split (with the first one of the other half) or after a move (with the place left)."""

    kind: str
    batch_id: UUID
    line: int
    document: str
    entitlement: str
    changed_on: date
    act_document: str
    other_id: UUID | None
    other_batch_id: UUID | None
    other_line: int | None
    other_on: date | None
    other_fen: int | None
    left_region: str | None


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    return {"days": widest(policy, DAYS)} if policy.on(DAYS, day) else None


def judge(facts: ChangedFacts, policy: Policy) -> Verdict | None:
    """A verdict while no more days passed from the change to the later of the payments than the value says."""
    most = policy.on(DAYS, facts.as_of)
    if most is None:
        return None
    later_on = max(facts.as_of, facts.other_on or facts.as_of)
    if min(facts.as_of, facts.other_on or facts.as_of) < facts.changed_on:
        return None
    days = (later_on - facts.changed_on).days
    if days > most.number:
        return None
    paid = (
        f"“{facts.document}”名册第 {facts.line} 行 {facts.as_of} 发放“{facts.entitlement}” {yuan(facts.amount_fen)} 元"
    )
    if facts.kind == "split":
        said = (
            f"{paid}，该户 {facts.changed_on} 由另一户分出（“{facts.act_document}”），"
            f"原户 {facts.other_on} 也领取同一补贴 {yuan(facts.other_fen or 0)} 元，分户后 {days} 天内两户都享受"
        )
    else:
        said = (
            f"{paid}，该户 {facts.changed_on} 自 {facts.left_region} 迁入（“{facts.act_document}”），"
            f"迁入后 {days} 天领取，原居住村没有发放过这项补贴"
        )
    return Verdict(
        mark=f"{facts.batch_id}:{facts.line}",
        days=days,
        limit_days=most.number,
        explanation=f"{said}（核查线 {most.number} 天），请核实",
        policy=(most,),
        money=(Money(f"payment:{facts.batch_id}:{facts.line}", facts.amount_fen),),
    )


RULE: Final = Rule(
    code="R08",
    version=1,
    since=date(2026, 11, 23),
    title="分户、迁户后享受补贴",
    legal_basis="《财政违法行为处罚处分条例》（2011 年修订）第十四条；审计署 2017 年扶贫资金审计公告（分户拆户）",
    looks_at="分户后两户在核查期内都领取的同一补贴；迁入后在核查期内领取、原居住村没有的补贴",
    subject=Subject.HOUSEHOLD,
    population=Population.PAYMENTS,
    policy_keys=(DAYS,),
    facts=ChangedFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)
