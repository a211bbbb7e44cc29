"""R24 无绩效目标、无绩效结果: money for a project that says not what it is to reach, or never said what it reached.

Evidence: known practice (the rule catalogue has no case of its own).
Law: 预算法（2018）第三十二条 has budgets made by what was reached before; 扶贫项目资金绩效管理办法
（国办发〔2018〕35号; number, month and content recalled, not compared with the text) asks a target of every project;
nothing is asked before June 2018, which is assumed as well. The library refuses a project without targets before its
review; one that came from elsewhere, or lost its targets, is found here. By when results are due after acceptance is
assumed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

DAYS: Final = "target_results_days"
BROUGHT: Final = ("receive", "hand_down", "pay", "succeed")
GAVE_BACK: Final = ("return", "recover", "take_back")

# The plan that was in force with its targets; the last acceptance with what was measured at it; what money was brought
# and is not given back.
QUERY: Final = f"""
WITH plan AS (
  SELECT DISTINCT ON (v.project_id) v.project_id, v.version, v.name, v.document FROM funds.project_version v
   WHERE v.county_code = :county AND v.effective_on <= :as_of AND v.position <= :known
     AND coalesce(v.approved_position, 0) <= :known AND v.region_code >= :scope AND v.region_code < :scope || '~'
   ORDER BY v.project_id, v.version DESC),
steps AS (
  SELECT s.project_id, s.seq, s.stage, s.effective_on FROM funds.project_step s
   WHERE s.county_code = :county AND s.effective_on <= :as_of AND s.position <= :known
     AND s.region_code >= :scope AND s.region_code < :scope || '~'),
stood AS (SELECT DISTINCT ON (project_id) project_id, stage FROM steps ORDER BY project_id, seq DESC),
accepted AS (
  SELECT DISTINCT ON (s.project_id) s.project_id, s.seq, s.effective_on FROM steps s
    JOIN stood t ON t.project_id = s.project_id AND t.stage IN ('accepted', 'announced', 'owned', 'maintained')
   WHERE s.stage = 'accepted' ORDER BY s.project_id, s.seq DESC),
asked AS MATERIALIZED (
  SELECT p.id, p.region_code, p.code, v.name, v.document, p.cash_account_id, p.quota_account_id, t.targets_n,
         t.targets_n - t.results_n AS open_n, a.effective_on AS accepted_on
    FROM plan v
    JOIN funds.project p ON p.county_code = :county AND p.id = v.project_id AND p.cash_account_id IS NOT NULL
    LEFT JOIN accepted a ON a.project_id = p.id
   CROSS JOIN LATERAL (
     SELECT count(*)::int AS targets_n,
            count(*) FILTER (WHERE EXISTS (
              SELECT FROM funds.target_result r WHERE r.county_code = :county AND r.project_id = p.id
                 AND r.code = t.code AND r.step_seq = a.seq AND r.reached_on <= :as_of
                 AND r.position <= :known))::int AS results_n
       FROM funds.project_target t
      WHERE t.county_code = :county AND t.project_id = v.project_id AND t.version = v.version) t
   WHERE t.targets_n = 0 OR t.results_n < t.targets_n AND a.effective_on < CAST(:accepted_before AS date))
SELECT p.id AS subject_id, p.region_code, (sum(l.amount_fen) - b.fen)::bigint AS amount_fen,
       CAST(:as_of AS date) AS as_of, p.code, p.name, p.document, p.targets_n, p.open_n, p.accepted_on,
       b.fen AS back_fen
  FROM asked p
 CROSS JOIN LATERAL (
   SELECT coalesce(sum(g.amount_fen), 0)::bigint AS fen FROM funds.movement g
    WHERE g.county_code = :county AND g.from_account_id IN (p.cash_account_id, p.quota_account_id)
      AND g.kind IN ({", ".join(f"'{one}'" for one in GAVE_BACK)}) AND g.effective_on <= :as_of AND g.position <= :known
      AND g.to_account_id NOT IN (p.cash_account_id, p.quota_account_id)
      AND NOT EXISTS (SELECT FROM funds.movement r WHERE r.county_code = :county AND r.reverses_id = g.id
                         AND r.effective_on <= :as_of AND r.position <= :known)) b
  JOIN funds.movement m ON m.county_code = :county AND m.to_account_id IN (p.cash_account_id, p.quota_account_id)
   AND m.kind IN ({", ".join(f"'{one}'" for one in BROUGHT)}) AND m.effective_on <= :as_of AND m.position <= :known
   AND (m.from_account_id IS NULL OR m.from_account_id NOT IN (p.cash_account_id, p.quota_account_id))
   AND NOT EXISTS (SELECT FROM funds.movement r WHERE r.county_code = :county AND r.reverses_id = m.id
                      AND r.effective_on <= :as_of AND r.position <= :known)
  JOIN funds.lot l ON l.county_code = :county AND l.movement_id = m.id
 GROUP BY p.id, p.region_code, p.code, p.name, p.document, p.targets_n, p.open_n, p.accepted_on, b.fen
HAVING sum(l.amount_fen) > b.fen"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFacts(Facts):
    """A project that was brought money, with how many targets its plan has and of how many nobody said the result.

    `amount_fen` is without what it gave back; the first version told all that was ever brought.
    """

    code: str
    name: str
    document: str
    targets_n: int
    open_n: int
    accepted_on: date | None
    back_fen: int = 0


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    limit = policy.on(DAYS, day)
    return {"accepted_before": day - timedelta(days=limit.number)} if limit else None


def judge(facts: TargetFacts, policy: Policy) -> Verdict | None:
    """A verdict of a funded project without targets; of an accepted one from the day after its results were due."""
    limit = policy.on(DAYS, facts.as_of)
    if limit is None:
        return None
    begins, money = f"项目 {facts.code}“{facts.name}”", (Money(f"project:{facts.subject_id}", facts.amount_fen),)
    back = f"（另已退回 {yuan(facts.back_fen)} 元）" if facts.back_fen else ""
    if facts.targets_n == 0:
        return Verdict(
            mark="无目标",
            explanation=(
                f"{begins}至 {facts.as_of} 已安排到账资金 {yuan(facts.amount_fen)} 元{back}，"
                f"其方案（“{facts.document}”）的绩效目标为 0 项，请核实"
            ),
            policy=(limit,),
            money=money,
        )
    if facts.accepted_on is None or facts.open_n <= 0:
        return None
    days = (facts.as_of - facts.accepted_on).days
    if days <= limit.number:
        return None
    return Verdict(
        mark=f"无结果:{facts.accepted_on}",
        days=days,
        limit_days=limit.number,
        explanation=(
            f"{begins}到账资金 {yuan(facts.amount_fen)} 元{back}，{facts.accepted_on} 验收，"
            f"至 {facts.as_of} 已 {days} 天，"
            f"{facts.targets_n} 项绩效目标中 {facts.open_n} 项没有完成情况，超过期限 {limit.number} 天，请核实"
        ),
        policy=(limit,),
        money=money,
    )


RULE: Final = Rule(
    code="R24",
    version=2,
    since=date(2026, 11, 23),
    title="无绩效目标或绩效结果",
    legal_basis="预算法（2018）第三十二条；扶贫项目资金绩效管理办法（国办发〔2018〕35号）",
    looks_at="已到账资金的项目：绩效目标，以及验收后的完成情况",
    subject=Subject.PROJECT,
    population=Population.PROJECTS,
    policy_keys=(DAYS,),
    facts=TargetFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)

# The first version was told all that was ever brought, also what had gone back, and judged the same.
FORMER: Final = (replace(RULE, version=1),)
