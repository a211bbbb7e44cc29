"""R13 应享未享: a registered person on a list of those entitled whom nobody had paid so many days after the list.

Evidence: 2,130 households without insurance; more than 500,000 households or persons in the audit of 2018. A list of
kind 应享受人员 says the benefit (an entitlement's name, spelled as rosters spell it or not), how much, and until
when: an entry that ended before the list's year owes nothing in it. There is no code of entitlements: rosters and lists
name them. A list that names a benefit plainly (产业奖补) is answered by each roster of it (2017年产业奖补第一批), one
that names year or batch by that one alone; year, batch, quarter and month are marks of a roster's name (assumed).
Payments count from the first day of the list's year on, wherever in the county, to the person or, when a roster pays
households, to the household that the person belonged to on that day or belongs to now. How long to wait is a policy
value, assumed. Who on the list is not in the register cannot be told: the list has tokens only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.funds_api.flags.rules.paid import BACK, compared, narrowest, spans, version, within
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

WAITS: Final = "eligible_unpaid_days"
_LISTED: Final = "f.person_id IN (SELECT d.person_id FROM due d)"
_HOMES: Final = "f.household_id IN (SELECT m.household_id FROM home m)"
# One spelling of a name, as `treasury.documents.normalise_document` makes it of what a roster pays.
SPELLED: Final = r"""translate(btrim(regexp_replace(normalize({}, NFKC), '\s+', '', 'g'), '。.;；,，'),
              '[({{〔﹝【［（])}}〕﹞】］）', '〔〔〔〔〔〔〔〔〕〕〕〕〕〕〕〕')"""

# Of which year, batch, quarter or month a roster is; what is left names the benefit.
MARKS: Final = (
    "20[0-9][0-9]年度?|第[0-9一二三四五六七八九十]+(批次?|期|次|季度)|首批|[0-9一二三四五六七八九十]+(季度|月份?)"
    "|[上下]半年|[春秋]季(学期)?"
)
PLAIN: Final = f"replace(regexp_replace({{}}, '{MARKS}', '', 'g'), '〔〕', '')"

QUERY: Final = f"""
WITH {BACK},
{version("eligible")},
due AS MATERIALIZED (
  SELECT h.person_id, h.person_token, {SPELLED.format("h.category")} AS entitlement,
         coalesce(max(h.amount_fen), 0) AS amount_fen, min(h.line) AS list_line
    FROM funds.comparison_hits(:county, 'eligible', :known) h
   WHERE h.list_on < CAST(:as_of AS date) - CAST(:waits AS int)
     AND (h.to_on IS NULL OR h.to_on >= date_trunc('year', h.list_on))
   GROUP BY 1, 2, 3),
lived AS MATERIALIZED (
  SELECT s.person_id, s.household_id, s.from_on, s.until_on FROM ({spans("membership", "f.household_id", _LISTED)}) s
   WHERE s.household_id IS NOT NULL),
home AS MATERIALIZED (SELECT s.person_id, s.household_id FROM lived s WHERE {within("s", ":as_of")}),
gone AS MATERIALIZED (
  SELECT s.household_id FROM ({spans("standing", "f.standing", _HOMES)}) s
   WHERE s.standing = 'removed' AND {within("s", ":as_of")}
  UNION ALL
  SELECT s.household_id FROM ({spans("residence", "f.outside", _HOMES)}) s
   WHERE s.outside AND {within("s", ":as_of")}),
named AS MATERIALIZED (
  SELECT DISTINCT b.id, b.per, b.effective_on, n.entitlement
    FROM version v CROSS JOIN funds.paid_batches(:county, :as_of, :known) b
   CROSS JOIN LATERAL (VALUES (b.entitlement), ({PLAIN.format("b.entitlement")})) AS n(entitlement)
   WHERE b.effective_on >= date_trunc('year', v.list_on)::date
     AND n.entitlement IN (SELECT d.entitlement FROM due d)),
given AS MATERIALIZED (
  SELECT b.entitlement, p.payee_token, p.household_id, b.per, b.effective_on
    FROM named b
    JOIN funds.payment p ON p.county_code = :county AND p.batch_id = b.id
    LEFT JOIN back k ON k.batch_id = p.batch_id AND k.line = p.line
   WHERE p.amount_fen > coalesce(k.fen, 0)),
at_home AS MATERIALIZED (
  SELECT DISTINCT l.person_id, g.entitlement
    FROM given g
    JOIN lived l ON l.household_id = g.household_id
     AND ({within("l", ":as_of")} OR {within("l", "g.effective_on")})
   WHERE g.per = 'household')
SELECT d.person_id AS subject_id, q.region_code, d.amount_fen, CAST(:as_of AS date) AS as_of, m.household_id,
       d.entitlement, v.version_id, v.version_no, v.list_on, d.list_line
  FROM due d CROSS JOIN version v
  JOIN home m ON m.person_id = d.person_id
  JOIN funds.household q ON q.county_code = :county AND q.id = m.household_id
   AND q.region_code >= :scope AND q.region_code < :scope || '~'
 WHERE NOT EXISTS (SELECT FROM gone r WHERE r.household_id = m.household_id)
   AND NOT EXISTS (SELECT FROM given g WHERE g.entitlement = d.entitlement AND g.payee_token = d.person_token)
   AND NOT EXISTS (SELECT FROM at_home a WHERE a.person_id = d.person_id AND a.entitlement = d.entitlement)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpaidFacts(Facts):
    """A person entitled by a list, in a household that stands, not paid by `as_of`."""

    household_id: UUID
    entitlement: str
    version_id: UUID
    version_no: int
    list_on: date
    list_line: int


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    return {"waits": narrowest(policy, WAITS)} if policy.on(WAITS, day) else None


def judge(facts: UnpaidFacts, policy: Policy) -> Verdict | None:
    """A verdict from the day after the time to wait; its last day is in time."""
    waits = policy.on(WAITS, facts.as_of)
    days = (facts.as_of - facts.list_on).days
    if waits is None or days <= waits.number:
        return None
    amount = f"（应发 {yuan(facts.amount_fen)} 元）" if facts.amount_fen else ""
    return Verdict(
        mark=f"{facts.entitlement}:{facts.list_on.year}",
        days=days,
        limit_days=waits.number,
        explanation=(
            f"“应享受人员”名单第 {facts.version_no} 版（截至 {facts.list_on}）第 {facts.list_line} 行载明应享受"
            f"“{facts.entitlement}”{amount}，至 {facts.as_of} 已 {days} 天，{facts.list_on.year} 年以来没有发放记录"
            f"（等待期 {waits.number} 天），请核实"
        ),
        policy=(waits,),
        money=(Money(f"due:{facts.subject_id}:{facts.entitlement}:{facts.list_on.year}", facts.amount_fen),)
        if facts.amount_fen
        else (),
    )


def judge_by_person(facts: UnpaidFacts, policy: Policy) -> Verdict | None:
    """The same verdict about the person's fen: of two benefits that somebody did not get the larger one counted."""
    verdict = judge(facts, policy)
    return replace(verdict, money=()) if verdict else None


RULE: Final = Rule(
    code="R13",
    version=4,
    since=date(2026, 11, 23),
    title="应享未享",
    legal_basis="审计署 2018 年扶贫资金审计公告（50 多万户或人应享未享，2.86 亿元）",
    looks_at="应享受人员名单上、属于在册农户、至今没有领到该项补贴的人员",
    subject=Subject.PERSON,
    population=Population.HOUSEHOLDS,
    policy_keys=(WAITS,),
    lists=("eligible",),
    facts=UnpaidFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
    figures=compared("eligible"),
)

# The former versions asked the same; only a roster of the very name of the list answered the first, and of households
# only the person's of today the second; all three named the person's fen.
FORMER: Final = tuple(replace(RULE, version=version, judge=judge_by_person) for version in (1, 2, 3))
