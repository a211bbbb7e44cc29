"""R16 重复申报、空壳项目: the same work declared twice, one contract in two projects, money paid for nothing accepted.

Evidence: about 800万元 found in four classes of 28 checks by the platform of 沈阳; how it compared is not told.
Here a name is compared without its year, marks and the words that every project bears, within one place; a continued
project (续建) is declared as such and is not asked about, nor is by its name what is arranged every year (公益性岗位、
贴息; words of a policy value, assumed). Of invoices the ledger refuses the same number by itself, and O16
asks about those typed otherwise; so only contracts are compared here. Years and days are assumed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

YEARS: Final = "repeated_project_years"
RECURRING: Final = "recurring_project_words"
DAYS: Final = "paid_without_progress_days"
# What says nothing about which work it is; the same in PostgreSQL and in Python.
NOISE: Final = "20[0-9][0-9]年度?|[^0-9A-Za-z一-鿿]|项目|工程|建设"
MARKS: Final = "[^0-9A-Za-z一-鿿]"

QUERY: Final = f"""
WITH stood AS (
  SELECT DISTINCT ON (s.project_id) s.project_id, s.stage FROM funds.project_step s
   WHERE s.county_code = :county AND s.effective_on <= :as_of AND s.position <= :known
   ORDER BY s.project_id, s.seq DESC),
plan AS MATERIALIZED (
  SELECT DISTINCT ON (v.project_id) v.project_id AS id, p.region_code, p.code, v.name, v.nature, v.fiscal_year,
         v.planned_fen, p.cash_account_id, p.quota_account_id, regexp_replace(v.name, '{NOISE}', '', 'g') AS work
    FROM funds.project_version v
    JOIN stood s ON s.project_id = v.project_id AND s.stage <> 'removed'
    JOIN funds.project p ON p.county_code = :county AND p.id = v.project_id
   WHERE v.county_code = :county AND v.effective_on <= :as_of AND v.position <= :known
     AND coalesce(v.approved_position, 0) <= :known
   ORDER BY v.project_id, v.version DESC),
contract AS MATERIALIZED (
  SELECT p.*, c.id AS contract_id, c.contractor_id, c.number, c.signed_on, c.amount_fen,
         upper(regexp_replace(c.number, '{MARKS}', '', 'g')) AS key
    FROM plan p JOIN funds.project_contract c ON c.county_code = :county AND c.project_id = p.id
     AND c.signed_on <= :as_of AND c.position <= :known
     AND NOT (coalesce(c.settled_fen, 1) = 0 AND c.cancelled_on <= :as_of AND c.cancelled_position <= :known)),
-- What a project's accounts paid to contractors, by themselves and by orders that the bank paid, less what came back.
paid AS (
  SELECT p.id, m.effective_on, m.amount_fen AS fen, m.id AS movement_id FROM plan p
    JOIN funds.movement m ON m.county_code = :county AND m.kind = 'pay'
     AND m.from_account_id IN (p.cash_account_id, p.quota_account_id)
  UNION ALL
  SELECT p.id, r.effective_on, o.amount_fen, r.movement_id FROM plan p
    JOIN funds.treasury_order o ON o.county_code = :county
     AND o.from_account_id IN (p.cash_account_id, p.quota_account_id)
    JOIN funds.account e ON e.county_code = :county AND e.id = o.payee_account_id AND e.kind = 'contractor'
    JOIN funds.order_result r ON r.county_code = :county AND r.order_id = o.id AND r.result = 'paid'
  UNION ALL
  SELECT p.id, m.effective_on, -m.amount_fen, m.id FROM plan p
    JOIN funds.movement m ON m.county_code = :county AND m.kind IN ('return', 'recover')
     AND m.to_account_id IN (p.cash_account_id, p.quota_account_id)
    JOIN funds.account e ON e.county_code = :county AND e.id = m.from_account_id AND e.kind = 'contractor'),
unproved AS (
  SELECT g.id, min(g.effective_on) FILTER (WHERE g.fen > 0) AS since_on, sum(g.fen)::bigint AS fen FROM paid g
    JOIN funds.movement m ON m.county_code = :county AND m.id = g.movement_id AND m.effective_on <= :as_of
     AND m.position <= :known
   WHERE NOT EXISTS (SELECT FROM funds.movement u WHERE u.county_code = :county AND u.reverses_id = g.movement_id
                        AND u.effective_on <= :as_of AND u.position <= :known)
     AND NOT EXISTS (
       SELECT FROM funds.project_contract c JOIN funds.project_progress r ON r.county_code = :county
          AND r.contract_id = c.id AND r.accepted_on <= :as_of AND r.accepted_position <= :known
        WHERE c.county_code = :county AND c.project_id = g.id)
   GROUP BY g.id HAVING sum(g.fen) > 0),
asked AS (
  SELECT '重名' AS ask, a.id, a.region_code, a.planned_fen AS fen, a.code, a.name, a.nature, b.code AS other_code,
         b.name AS other_name, a.fiscal_year - b.fiscal_year AS years_n, NULL::text AS number, NULL::date AS since_on
    FROM plan a JOIN plan b ON b.region_code = a.region_code AND b.work = a.work AND a.work <> ''
     AND (b.fiscal_year, b.code) < (a.fiscal_year, a.code) AND a.fiscal_year - b.fiscal_year <= CAST(:years AS int)
   WHERE a.nature <> 'continued'
  UNION ALL
  SELECT '合同', a.id, a.region_code, a.amount_fen, a.code, a.name, a.nature, b.code, b.name, 0, a.number, a.signed_on
    FROM contract a JOIN contract b ON b.contractor_id = a.contractor_id AND b.key = a.key AND a.key <> ''
     AND b.id <> a.id AND (b.signed_on, b.contract_id) < (a.signed_on, a.contract_id)
  UNION ALL
  SELECT '无进度', p.id, p.region_code, u.fen, p.code, p.name, p.nature, NULL, NULL, 0, NULL, u.since_on
    FROM unproved u JOIN plan p ON p.id = u.id WHERE u.since_on < CAST(:paid_before AS date))
SELECT a.id AS subject_id, a.region_code, a.fen AS amount_fen, CAST(:as_of AS date) AS as_of, a.ask, a.code, a.name,
       a.nature, a.other_code, a.other_name, a.years_n, a.number, a.since_on
  FROM asked a WHERE a.region_code >= :scope AND a.region_code < :scope || '~'"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedFacts(Facts):
    """A project beside an earlier one (`重名`, `合同`), or with money paid since a day and no progress (`无进度`)."""

    ask: str
    code: str
    name: str
    nature: str
    other_code: str | None
    other_name: str | None
    years_n: int
    number: str | None
    since_on: date | None


def work(name: str) -> str:
    """A project's name without what says nothing about which work it is."""
    return re.sub(NOISE, "", name)


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    years, days = policy.on(YEARS, day), policy.on(DAYS, day)
    if years is None or days is None:
        return None
    return {"years": years.number, "paid_before": day - timedelta(days=days.number)}


def judge(facts: RepeatedFacts, policy: Policy) -> Verdict | None:
    """A question of a name within so many years, of a shared contract, or of money paid longer ago than the limit."""
    return _judged(facts, policy, "同一年度" if facts.years_n == 0 else f" {facts.years_n} 年前")


def judge_by_years(facts: RepeatedFacts, policy: Policy) -> Verdict | None:
    """As the first version judged: it told a project of the same year as one of 0 years ago."""
    return _judged(facts, policy, f" {facts.years_n} 年前")


def _judged(facts: RepeatedFacts, policy: Policy, ago: str) -> Verdict | None:
    match facts.ask:
        case "重名":
            return _repeated(facts, policy, ago)
        case "合同":
            return _shared(facts)
        case _:
            return _unproved(facts, policy)


def _repeated(facts: RepeatedFacts, policy: Policy, ago: str) -> Verdict | None:
    years = policy.on(YEARS, facts.as_of)
    other = facts.other_name or ""
    if years is None or facts.years_n > years.number or work(facts.name) != work(other) or facts.nature == "continued":
        return None
    words = policy.on(RECURRING, facts.as_of)
    if words and isinstance(words.value, dict) and any(n and word in facts.name for word, n in words.value.items()):
        return None
    return Verdict(
        mark=f"重名:{facts.other_code}",
        explanation=(
            f"项目 {facts.code}“{facts.name}”（计划 {yuan(facts.amount_fen)} 元）与同一地点{ago}的项目 "
            f"{facts.other_code}“{other}”名称相同（比对 {years.number} 年以内），请核实是否重复申报"
        ),
        policy=(years, words) if words else (years,),
        money=(Money(f"project:{facts.subject_id}", facts.amount_fen),),
    )


def _shared(facts: RepeatedFacts) -> Verdict:
    return Verdict(
        mark=f"合同:{facts.number}:{facts.other_code}",
        explanation=(
            f"项目 {facts.code}“{facts.name}”{facts.since_on} 签订的合同“{facts.number}”"
            f"（{yuan(facts.amount_fen)} 元）与项目 {facts.other_code}“{facts.other_name}”的合同编号、施工单位相同，"
            "请核实是否一份合同重复申报"
        ),
        money=(Money(f"project:{facts.subject_id}", facts.amount_fen),),
    )


def _unproved(facts: RepeatedFacts, policy: Policy) -> Verdict | None:
    limit = policy.on(DAYS, facts.as_of)
    days = (facts.as_of - facts.since_on).days if facts.since_on else 0
    if limit is None or days <= limit.number:
        return None
    return Verdict(
        mark="无进度",
        days=days,
        limit_days=limit.number,
        explanation=(
            f"项目 {facts.code}“{facts.name}”自 {facts.since_on} 起已付施工单位 {yuan(facts.amount_fen)} 元，"
            f"至 {facts.as_of} 已 {days} 天没有一次经验收的进度，超过期限 {limit.number} 天，请核实工程是否实施"
        ),
        policy=(limit,),
        money=(Money(f"project:{facts.subject_id}", facts.amount_fen),),
    )


RULE: Final = Rule(
    code="R16",
    version=2,
    since=date(2026, 11, 23),
    title="重复申报或空壳项目",
    legal_basis="财政违法行为处罚处分条例（2011）第六条：以虚报、冒领等手段骗取财政资金；沈阳大数据监督平台项目类比对",
    looks_at="项目库：同一地点的名称、合同编号与施工单位、已付款与经验收的进度",
    subject=Subject.PROJECT,
    population=Population.PROJECTS,
    policy_keys=(YEARS, RECURRING, DAYS),
    facts=RepeatedFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)

FORMER: Final = (replace(RULE, version=1, judge=judge_by_years),)
