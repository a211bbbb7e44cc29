"""R14 非本地、非农业户口享受: a payee the police's list of residents does not have, or has elsewhere, on the day paid.

Evidence: 非本地、非农业人口享受 in Hubei's checks of 2017. (A household that had left the county by the register itself
is R22's.) A list speaks for payments of its day and of so many days before; and it is no list of all
residents when it has too few of the register, then nobody is asked about for being absent. Both numbers are assumed.
国发〔2014〕25号 ended the distinction of agricultural 户口: whether it is asked about is a value, 0 in the nation; a
place sets it to 1, also for one fund. An entry that names a province or prefecture only does not tell the county.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.funds_api.flags.rules.listed import per_fund
from services.funds_api.flags.rules.paid import PAID, compared, narrowest, version, widest
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

BEFORE: Final = "list_speaks_before_days"
COVERAGE: Final = "resident_list_coverage_min_ppm"
NONFARM: Final = "nonfarm_asked"
ONE: Final = 1_000_000

# An entry that answers for every day the list speaks of: such payees are done with at once. The others are few.
_HERE: Final = "(h.region_code IS NULL OR h.region_code LIKE :county || '%' OR :county LIKE h.region_code || '%')"
_FARM: Final = "(h.category IS NULL OR h.category NOT LIKE '%非农%')"
_THEN: Final = "(h.from_on IS NULL OR h.from_on <= c.as_of) AND (h.to_on IS NULL OR h.to_on >= c.as_of)"

QUERY: Final = f"""
WITH {PAID},
{version("resident")},
h AS MATERIALIZED (
  SELECT e.person_token, e.from_on, e.to_on, e.category, e.region_code
    FROM funds.comparison_hits(:county, 'resident', :known) e),
plain AS MATERIALIZED (
  SELECT DISTINCT h.person_token FROM h CROSS JOIN version v
   WHERE {_HERE} AND {_FARM} AND (h.from_on IS NULL OR h.from_on <= v.list_on - CAST(:before AS int))
     AND (h.to_on IS NULL OR h.to_on >= v.list_on)),
asked AS MATERIALIZED (
  SELECT p.household_id AS subject_id, p.region_code, p.amount_fen, p.effective_on AS as_of, p.batch_id, p.line,
         p.document, p.fund_code, p.payee_token, v.version_id, v.version_no, v.list_on, v.listed_n, v.compared_n
    FROM version v
    JOIN paid p ON p.effective_on BETWEEN v.list_on - CAST(:before AS int) AND v.list_on
    JOIN funds.person q ON q.county_code = :county AND q.token = p.payee_token AND q.match_token IS NOT NULL
   WHERE NOT EXISTS (SELECT FROM plain x WHERE x.person_token = p.payee_token)
     AND v.listed_n::numeric * {ONE} >= v.compared_n::numeric * CAST(:coverage AS int))
SELECT c.subject_id, c.region_code, c.amount_fen, c.as_of, c.batch_id, c.line, c.document, c.fund_code,
       c.version_id, c.version_no, c.list_on, c.listed_n, c.compared_n,
       count(h.person_token)::int AS entries_n,
       (count(*) FILTER (WHERE h.person_token IS NOT NULL AND {_THEN}))::int AS then_n,
       (count(*) FILTER (WHERE h.person_token IS NOT NULL AND {_THEN} AND {_HERE}))::int AS here_n,
       (count(*) FILTER (WHERE h.person_token IS NOT NULL AND {_THEN} AND {_HERE} AND {_FARM}))::int AS farm_n,
       min(h.region_code) FILTER (WHERE {_THEN}) AS listed_region
  FROM asked c LEFT JOIN h ON h.person_token = c.payee_token
 GROUP BY c.subject_id, c.region_code, c.amount_fen, c.as_of, c.batch_id, c.line, c.document, c.fund_code,
          c.version_id, c.version_no, c.list_on, c.listed_n, c.compared_n"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NonLocalFacts(Facts):
    """One paid row beside the list of residents, which had `listed_n` of the `compared_n` people of the register.

    Of the payee's entries: all, those of the day, of them those of this county, of them those not 非农业.
    """

    batch_id: UUID
    line: int
    document: str
    fund_code: str
    version_id: UUID
    version_no: int
    list_on: date
    listed_n: int
    compared_n: int
    entries_n: int
    then_n: int
    here_n: int
    farm_n: int
    listed_region: str | None


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    if policy.on(BEFORE, day) is None or policy.on(COVERAGE, day) is None:
        return None
    return {"before": widest(policy, BEFORE), "coverage": narrowest(policy, COVERAGE)}


def judge(facts: NonLocalFacts, policy: Policy) -> Verdict | None:
    """A verdict when the list speaks of the day and no entry of it answers for the payee."""
    before, coverage = policy.on(BEFORE, facts.as_of), policy.on(COVERAGE, facts.as_of)
    if before is None or coverage is None or not 0 <= (facts.list_on - facts.as_of).days <= before.number:
        return None
    if facts.listed_n * ONE < facts.compared_n * coverage.number:
        return None
    nonfarm = per_fund(policy, NONFARM, facts.fund_code, facts.as_of)
    found = _found(facts, nonfarm=nonfarm is not None and nonfarm.number == 1)
    if found is None:
        return None
    return Verdict(
        mark=f"{facts.batch_id}:{facts.line}",
        explanation=(
            f"“{facts.document}”名册第 {facts.line} 行 {facts.as_of} 发放 {yuan(facts.amount_fen)} 元，领款人{found}"
            f"（“户籍人口”名单第 {facts.version_no} 版，截至 {facts.list_on}，"
            f"在册 {facts.compared_n} 人中载有 {facts.listed_n} 人），请核实"
        ),
        policy=(before, coverage, nonfarm) if nonfarm else (before, coverage),
        money=(Money(f"payment:{facts.batch_id}:{facts.line}", facts.amount_fen),),
    )


def _found(facts: NonLocalFacts, *, nonfarm: bool) -> str | None:
    """What the list says against the payee on the day; None when an entry answers for it."""
    if not facts.entries_n:
        return "不在户籍人口名单中"
    if not facts.then_n:
        return "发放之日户籍不在（已迁出或尚未迁入）"
    if not facts.here_n:
        return f"户籍在 {facts.listed_region}，不在本县"
    return "户口性质为非农业" if not facts.farm_n and nonfarm else None


RULE: Final = Rule(
    code="R14",
    version=1,
    since=date(2026, 11, 23),
    title="非本地、非农业户口享受补贴",
    legal_basis="《财政违法行为处罚处分条例》（2011 年修订）第十四条；湖北省 2017 年惠民政策监督检查口径",
    looks_at="领款人在发放之日的户籍（名单日期之前一段时间内的发放）",
    subject=Subject.PAYMENT,
    population=Population.PAYMENTS,
    policy_keys=(BEFORE, COVERAGE, NONFARM),
    lists=("resident",),
    facts=NonLocalFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
    figures=compared("resident"),
)
