"""P23 项目完工未公告: an accepted project whose completion nobody announced; the half of R23 that is about projects.

Evidence: 568 projects without publicity (审计署 2017). 公告公示指导意见 has the village announce before the start
and after the completion, the county what of its plan is done. What is put on show before admission the library asks for
itself. By when a completion is to be announced no document says: assumed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict, without_asking
from treasury.money import yuan

DAYS: Final = "completion_announce_days"

QUERY: Final = """
WITH stood AS (
  SELECT DISTINCT ON (s.project_id) s.project_id, s.stage, s.effective_on, s.document FROM funds.project_step s
   WHERE s.county_code = :county AND s.effective_on <= :as_of AND s.position <= :known
     AND s.region_code >= :scope AND s.region_code < :scope || '~'
   ORDER BY s.project_id, s.seq DESC)
SELECT p.id AS subject_id, p.region_code, v.planned_fen AS amount_fen, CAST(:as_of AS date) AS as_of, p.code, v.name,
       s.effective_on AS accepted_on, s.document
  FROM stood s
  JOIN funds.project p ON p.county_code = :county AND p.id = s.project_id
 CROSS JOIN LATERAL (
   SELECT v.name, v.planned_fen FROM funds.project_version v
    WHERE v.county_code = :county AND v.project_id = p.id AND v.effective_on <= :as_of AND v.position <= :known
      AND coalesce(v.approved_position, 0) <= :known
    ORDER BY v.version DESC LIMIT 1) v
 WHERE s.stage = 'accepted' AND s.effective_on < CAST(:accepted_before AS date)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementFacts(Facts):
    """A project that stands accepted since a day, and no further; `amount_fen` is what its plan is worth."""

    code: str
    name: str
    accepted_on: date
    document: str


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    limit = policy.on(DAYS, day)
    return {"accepted_before": day - timedelta(days=limit.number)} if limit else None


def judge(facts: AnnouncementFacts, policy: Policy) -> Verdict | None:
    """A verdict from the day after the limit."""
    limit = policy.on(DAYS, facts.as_of)
    days = (facts.as_of - facts.accepted_on).days
    if limit is None or days <= limit.number:
        return None
    return Verdict(
        mark=f"未公告:{facts.accepted_on}",
        days=days,
        limit_days=limit.number,
        explanation=(
            f"项目 {facts.code}“{facts.name}”（计划 {yuan(facts.amount_fen)} 元）于 {facts.accepted_on} 验收"
            f"（“{facts.document}”），至 {facts.as_of} 已 {days} 天没有完工公告，超过期限 {limit.number} 天，请核实"
        ),
        policy=(limit,),
        money=(Money(f"project:{facts.subject_id}", facts.amount_fen),),
    )


RULE: Final = Rule(
    code="P23",
    version=2,
    since=date(2026, 11, 23),
    title="项目完工未公告",
    legal_basis="扶贫资金项目公告公示的指导意见",
    looks_at="已验收的项目：验收后的完工公告",
    subject=Subject.PROJECT,
    population=Population.PROJECTS,
    policy_keys=(DAYS,),
    facts=AnnouncementFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)

# The first version told the same and did not ask to look.
FORMER: Final = (replace(RULE, version=1, judge=without_asking(judge)),)
