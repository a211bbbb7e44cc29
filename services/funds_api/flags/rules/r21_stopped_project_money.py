"""R21 项目完工或未开工滞留资金: a project that is over, or was never begun, and whose account still holds money.

Evidence: known practice of audits of poverty-alleviation funds (the rule catalogue has no case of its own).
Law: 基本建设财务规则（财政部令第81号，2016年9月1日起施行） has what is left of a project collected within three
months of its acceptance, quoted here from memory of its text and counted as 92 days, the longest three months. By when
a project is to be begun after its plan was given out is assumed. Quality retentions lie in deposits of their own and
are not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from services.funds_api.standing import REMAINING, THERE
from services.funds_api.words import STAGES
from treasury.money import yuan

OVER: Final = "over_project_money_days"
UNBEGUN: Final = "unbegun_project_money_days"

# Where a project stood, since its last acceptance or, not begun, since its plan was last given out. Lots are found by
# the movements that brought them: no index leads from an account to lots that are empty by now.
QUERY: Final = f"""
WITH steps AS (
  SELECT s.project_id, s.seq, s.stage, s.effective_on, s.document FROM funds.project_step s
   WHERE s.county_code = :county AND s.effective_on <= :as_of AND s.position <= :known
     AND s.region_code >= :scope AND s.region_code < :scope || '~'),
stood AS (SELECT DISTINCT ON (project_id) project_id, stage FROM steps ORDER BY project_id, seq DESC),
since AS (
  SELECT DISTINCT ON (t.project_id) t.project_id, t.stage, s.stage = 'accepted' AS is_over, s.effective_on, s.document
    FROM stood t
    JOIN steps s ON s.project_id = t.project_id
     AND s.stage = CASE WHEN t.stage IN ('accepted', 'announced', 'owned', 'maintained') THEN 'accepted'
                        WHEN t.stage IN ('planned', 'tendering') THEN 'planned' END
   ORDER BY t.project_id, s.seq DESC),
late AS MATERIALIZED (
  SELECT p.id, p.region_code, p.code, s.stage, s.is_over, s.effective_on, s.document, a.account_id FROM since s
    JOIN funds.project p ON p.county_code = :county AND p.id = s.project_id
   CROSS JOIN LATERAL (VALUES (p.cash_account_id), (p.quota_account_id)) a (account_id)
   WHERE s.effective_on < CASE WHEN s.is_over THEN CAST(:over_before AS date) ELSE CAST(:unbegun_before AS date) END)
SELECT p.id AS subject_id, p.region_code, sum(l.fen)::bigint AS amount_fen, CAST(:as_of AS date) AS as_of, p.code,
       (SELECT v.name FROM funds.project_version v
         WHERE v.county_code = :county AND v.project_id = p.id AND v.effective_on <= :as_of AND v.position <= :known
           AND coalesce(v.approved_position, 0) <= :known
         ORDER BY v.version DESC LIMIT 1) AS name,
       p.stage, p.is_over, p.effective_on AS since_on, p.document, min(l.arrived_on) AS oldest_on,
       string_agg(l.id || ':' || l.fen, ' ' ORDER BY l.id) AS lots
  FROM late p
 CROSS JOIN LATERAL (
   SELECT l.id, l.arrived_on, {REMAINING} AS fen FROM funds.movement m
     JOIN funds.lot l ON l.county_code = :county AND l.movement_id = m.id AND l.account_id = p.account_id AND {THERE}
    WHERE m.county_code = :county AND m.to_account_id = p.account_id AND m.effective_on <= :as_of
      AND m.position <= :known) l
 WHERE l.fen > 0
 GROUP BY p.id, p.region_code, p.code, p.stage, p.is_over, p.effective_on, p.document"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedFacts(Facts):
    """A project with what rests in its accounts: over since `since_on`, or its plan given out then and not begun.

    `lots` names what rests, each lot as `id:fen`.
    """

    code: str
    name: str
    stage: str
    is_over: bool
    since_on: date
    document: str
    oldest_on: date
    lots: str


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    over, unbegun = policy.on(OVER, day), policy.on(UNBEGUN, day)
    if over is None and unbegun is None:
        return None
    return {
        "over_before": day - timedelta(days=over.number) if over else date.min,
        "unbegun_before": day - timedelta(days=unbegun.number) if unbegun else date.min,
    }


def judge(facts: StoppedFacts, policy: Policy) -> Verdict | None:
    """A verdict from the day after the limit; a sentence says what rests, where, and since when nothing is built."""
    limit = policy.on(OVER if facts.is_over else UNBEGUN, facts.as_of)
    days = (facts.as_of - facts.since_on).days
    if limit is None or days <= limit.number:
        return None
    told = "验收" if facts.is_over else "下达计划"
    stands = "" if facts.is_over else f"，仍处于“{STAGES[facts.stage]}”阶段、未开工"
    return Verdict(
        mark=f"{'完工' if facts.is_over else '未开工'}:{facts.since_on}",
        days=days,
        limit_days=limit.number,
        explanation=(
            f"项目 {facts.code}“{facts.name}”自 {facts.since_on} {told}（“{facts.document}”）"
            f"至 {facts.as_of} 已 {days} 天{stands}，"
            f"账上仍有 {yuan(facts.amount_fen)} 元（最早 {facts.oldest_on} 到账），"
            f"超过{'完工项目结余收回' if facts.is_over else '下达计划后开工'}的期限 {limit.number} 天，请核实"
        ),
        policy=(limit,),
        money=tuple(_lot(one) for one in facts.lots.split()),
    )


def _lot(named: str) -> Money:
    lot, _, fen = named.partition(":")
    return Money(f"lot:{lot}", int(fen))


RULE: Final = Rule(
    code="R21",
    version=1,
    since=date(2026, 11, 23),
    title="项目完工或未开工，资金滞留",
    legal_basis="基本建设财务规则（财政部令第81号）关于结余资金收回的规定；国办发〔2014〕70号关于盘活财政存量资金的要求",
    looks_at="计划已下达而未开工的项目、已验收的项目，账上停留的资金",
    subject=Subject.PROJECT,
    population=Population.PROJECTS,
    policy_keys=(OVER, UNBEGUN),
    facts=StoppedFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)
