"""R18 帮扶不走访: a household whose helper has not come for too long, and a helper with too many households.

Evidence: 帮扶人未走访 in Jiangsu's 阳光扶贫 platform; 杜绝“走读式”“挂名式”帮扶 and 人均包联 5 户 in county speeches of
2017. What counts is the day a helper told of a visit; the platform keeps no place of it, so that a visit was really
made is for people to ask. Days without a visit are assumed; five households are those of the speech. A helper with too
many is asked about once for each size, by the first household beyond the number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from services.funds_api.flags.rules.paid import narrowest, spans, within
from services.funds_api.flags.rules.rule import Facts, Policy, Population, Rule, Subject, Verdict

INTERVAL: Final = "visit_interval_days"
MOST: Final = "households_per_helper_max"

QUERY: Final = f"""
WITH gone AS MATERIALIZED (
  SELECT s.household_id FROM ({spans("standing", "f.standing")}) s
   WHERE s.standing = 'removed' AND {within("s", ":as_of")}
  UNION
  SELECT s.household_id FROM ({spans("residence", "f.outside")}) s WHERE s.outside AND {within("s", ":as_of")}),
newest AS MATERIALIZED (
  SELECT DISTINCT ON (p.household_id) p.household_id, p.helper, p.from_on, p.document
    FROM funds.helper_pairing p
   WHERE p.county_code = :county AND p.from_on <= :as_of AND p.position <= :known
   ORDER BY p.household_id, p.from_on DESC, p.position DESC),
paired AS MATERIALIZED (
  SELECT n.*, row_number() OVER (PARTITION BY n.helper ORDER BY n.from_on, n.household_id)::int AS nth,
         count(*) OVER (PARTITION BY n.helper)::int AS households_n
    FROM newest n
   WHERE n.helper IS NOT NULL AND NOT EXISTS (SELECT FROM gone g WHERE g.household_id = n.household_id)),
came AS MATERIALIZED (
  SELECT v.household_id, v.helper, max(v.visited_on) AS visited_on FROM funds.helper_visit v
   WHERE v.county_code = :county AND v.visited_on <= :as_of AND v.position <= :known GROUP BY 1, 2),
asked AS (
  SELECT p.household_id AS subject_id, h.region_code, 0 AS amount_fen, CAST(:as_of AS date) AS as_of, p.helper,
         p.document, p.from_on AS paired_on, c.visited_on, p.nth, p.households_n
    FROM paired p
    JOIN funds.household h ON h.county_code = :county AND h.id = p.household_id
     AND h.region_code >= :scope AND h.region_code < :scope || '~'
    LEFT JOIN came c ON c.household_id = p.household_id AND c.helper = p.helper)
SELECT a.*, false AS beyond FROM asked a
 WHERE CAST(:as_of AS date) - greatest(a.paired_on, a.visited_on) > CAST(:interval AS int)
UNION ALL
SELECT a.*, true FROM asked a WHERE a.nth = CAST(:most AS int) + 1"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedFacts(Facts):
    """A household and its helper (a staff account); `beyond` asks about the helper's number of households."""

    helper: str
    document: str
    paired_on: date
    visited_on: date | None
    nth: int
    households_n: int
    beyond: bool


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    most = policy.on(MOST, day)
    if most is None or policy.on(INTERVAL, day) is None:
        return None
    return {"interval": narrowest(policy, INTERVAL), "most": most.number}


def judge(facts: PairedFacts, policy: Policy) -> Verdict | None:
    """A verdict from the day after the interval, or about a helper who has more households than the value.

    A visit of before the pairing is not told: the days are counted since it.
    """
    before = facts.visited_on is not None and facts.visited_on < facts.paired_on
    return judge_by_any_visit(replace(facts, visited_on=None) if before else facts, policy)


def judge_by_any_visit(facts: PairedFacts, policy: Policy) -> Verdict | None:
    """As the first version judged: it told the last visit also when that was before the pairing."""
    interval, most = policy.on(INTERVAL, facts.as_of), policy.on(MOST, facts.as_of)
    if facts.beyond:
        if most is None or facts.households_n <= most.number:
            return None
        return Verdict(
            mark=f"超户:{facts.helper}:{facts.households_n}",
            explanation=(
                f"帮扶人 {facts.helper} 结对 {facts.households_n} 户，多于 {most.number} 户"
                f"（“{facts.document}”），请核实"
            ),
            policy=(most,),
        )
    since = max(facts.paired_on, facts.visited_on or facts.paired_on)
    days = (facts.as_of - since).days
    if interval is None or days <= interval.number:
        return None
    last = f"最近一次走访为 {facts.visited_on}" if facts.visited_on else "结对以来没有走访记录"
    return Verdict(
        mark=since.isoformat(),
        days=days,
        limit_days=interval.number,
        explanation=(
            f"帮扶人 {facts.helper} 自 {facts.paired_on} 结对该户（“{facts.document}”），{last}，"
            f"至 {facts.as_of} 已 {days} 天，超过 {interval.number} 天，请核实"
        ),
        policy=(interval,),
    )


RULE: Final = Rule(
    code="R18",
    version=2,
    since=date(2026, 11, 23),
    title="帮扶人未走访",
    legal_basis="各地结对帮扶管理办法；县脱贫攻坚部署（人均包联 5 户，杜绝“走读式”“挂名式”帮扶）",
    looks_at="有帮扶人的在册农户距最近一次走访的天数，及帮扶人结对的户数",
    subject=Subject.HOUSEHOLD,
    population=Population.HOUSEHOLDS,
    policy_keys=(INTERVAL, MOST),
    facts=PairedFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)

FORMER: Final = (replace(RULE, version=1, judge=judge_by_any_visit),)
