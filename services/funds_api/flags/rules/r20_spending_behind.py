"""R20 支出进度低于要求: a place, or a fund of the county, that spent less of its year's money than the curve asks for.

Evidence: 重庆市财政局 2020-03-30 (spent is what reached the contractor or the household) and 福州 2021, which
circulated places behind their progress. The sums are those of the spending progress: flows, orders and carry-overs of
the budget year, received and spent by the desk. What is required is the curve's last milestone, and what had been
received and spent by the end of that day is held against it: money that came afterwards was not there to be spent.
It is asked for from the day after, when that day is over, and the last of a year until the first of the next is.
Shares are compared exactly: nobody is behind by a rounding. How many points a place may be behind is a value too, 0
as long as nobody lays down another (assumed). One question for each milestone, the same on every day until the next;
a rate names no fen, for what is unspent lies in lots that other rules ask about.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from services.funds_api.flags.rules.rule import Facts, Policy, Population, Rule, Subject, Verdict
from services.funds_api.flows import year_sql
from services.funds_api.flows.tree import SINKS
from services.funds_api.spending.progress import Milestone, milestones, percent, ppm, reached_and_next
from treasury.calendar import fiscal_year
from treasury.money import yuan
from treasury.policy import PolicyValue

CURVE: Final = "spending_curve"
TOLERANCE: Final = "spending_behind_tolerance_ppm"
_MILLION: Final = 1_000_000
_SINKS: Final = ", ".join(f"'{one}'" for one in SINKS)


def _of_year(table: str) -> str:
    return f" AND {table}.fiscal_year = :year"


def _anywhere(_table: str) -> str:
    return ""


def _by_milestone(sql: str) -> str:
    return sql.replace(":as_of", ":due_on")


# What a desk received and spent by the milestone, counted as `spending/sums.py` counts it:
# what goes to a sink is spent, what comes from one is spent no longer, anything else is received where it came and no
# longer where it left. A bank stands for its desk.
QUERY: Final = f"""
WITH desk AS MATERIALIZED (
  SELECT a.id, a.region_code, a.kind IN ({_SINKS}) AS is_sink, a.kind = 'outside' AS is_outside FROM funds.account a
   WHERE a.county_code = :county),
ordered AS MATERIALIZED (
  SELECT f.code, o.* FROM (SELECT DISTINCT t.fund_code AS code FROM funds.tranche t WHERE t.county_code = :county) f
   CROSS JOIN LATERAL funds.ordered(
         :county, :county, :due_on, :known, :known_on, f.code, CAST(:year AS int)) o),
moved AS MATERIALIZED (
  SELECT f.from_account_id AS source, f.to_account_id AS target, f.fund_code, f.fen
    FROM ({_by_milestone(year_sql.flows(_of_year, _anywhere, as_known=True, also=", fund_code"))}) f
  UNION ALL
  SELECT o.from_account_id, o.to_account_id, o.code, -o.fen FROM ordered o
  UNION ALL
  SELECT CASE WHEN o."into" THEN o.from_account_id ELSE o.desk_id END,
         CASE WHEN o."into" THEN o.desk_id ELSE o.to_account_id END, o.code, o.fen FROM ordered o),
ends AS MATERIALIZED (
  SELECT m.fund_code, m.fen, g.region_code AS gave, coalesce(g.is_sink, false) AS from_sink,
         coalesce(g.is_outside, true) AS from_outside, t.region_code AS got, t.is_sink AS to_sink,
         t.is_outside AS to_outside
    FROM moved m JOIN desk t ON t.id = m.target LEFT JOIN desk g ON g.id = m.source),
counted AS (
  SELECT fund_code, gave AS region_code, 0::bigint AS received, fen AS spent FROM ends
   WHERE to_sink AND gave IS NOT NULL
  UNION ALL
  SELECT fund_code, got, 0, -fen FROM ends WHERE NOT to_sink AND from_sink
  UNION ALL
  SELECT fund_code, got, fen, 0 FROM ends WHERE NOT to_sink AND NOT from_sink AND NOT to_outside
  UNION ALL
  SELECT fund_code, gave, -fen, 0 FROM ends WHERE NOT to_sink AND NOT from_sink AND NOT from_outside
  UNION ALL
  SELECT c.fund_code, d.region_code, c.came_fen, 0 FROM ({_by_milestone(year_sql.carried(_anywhere, as_known=True))}) c
    JOIN desk d ON d.id = c.account_id),
rows AS (
  SELECT p.place, p.fund_code, sum(c.received)::bigint AS received_fen, sum(c.spent)::bigint AS spent_fen FROM counted c
   CROSS JOIN LATERAL (VALUES (CAST(:county AS text), ''), (CAST(:county AS text), c.fund_code),
          (CASE WHEN length(c.region_code) > length(:county) THEN left(c.region_code, length(:county) + 3) END, '')
         ) p (place, fund_code)
   WHERE p.place >= :scope AND p.place < :scope || '~'
   GROUP BY p.place, p.fund_code)
SELECT md5('region:' || r.place)::uuid AS subject_id, r.place AS region_code,
       0::bigint AS amount_fen, CAST(:as_of AS date) AS as_of, CAST(:due_on AS date) AS due_on,
       CAST(:year AS int) AS year,
       coalesce((SELECT n.name FROM funds.region n WHERE n.code = r.place), r.place) AS name, r.fund_code,
       coalesce((SELECT f.name FROM funds.fund f WHERE f.code = r.fund_code), '') AS fund_name,
       r.received_fen, r.spent_fen
  FROM rows r
 WHERE r.received_fen > 0 AND r.spent_fen * {_MILLION}::numeric < r.received_fen * CAST(:required_ppm AS numeric)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressFacts(Facts):
    """What a place received and spent of a budget year by `due_on`, of one fund or (`fund_code` empty) of all."""

    due_on: date
    year: int
    name: str
    fund_code: str
    fund_name: str
    received_fen: int
    spent_fen: int


Asked = tuple[PolicyValue, PolicyValue, Milestone]


def _required(policy: Policy, on: date, year: int, over_by: date) -> Asked | None:
    curve, tolerance = policy.on(CURVE, on), policy.on(TOLERANCE, on)
    if curve is None or tolerance is None:
        return None
    stone, _ = reached_and_next(milestones(curve.named, year), over_by)
    return (curve, tolerance, stone) if stone else None


def required(policy: Policy, day: date, year: int) -> Asked | None:
    """The curve and the tolerance in force, and the last milestone that is over; None when nothing is asked for yet.

    Of a year that has ended, those that were in force on its last day.
    """
    return _required(policy, min(day, date(year, 12, 31)), year, day - timedelta(days=1))


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    """The last milestone that is over, of this year or else of the last, and what it asks; without one of nobody."""
    this = fiscal_year(day)
    for year in (this, this - 1):
        if found := required(policy, day, year):
            return {"year": year, "due_on": found[2].due_on, "required_ppm": ppm(found[2].share) - found[1].number}
    if policy.on(CURVE, day) is None or policy.on(TOLERANCE, day) is None:
        return None
    return {"year": this, "due_on": day, "required_ppm": 0}


def judge(facts: ProgressFacts, policy: Policy) -> Verdict | None:
    """A verdict of whoever is behind by more than the tolerance; exactly as far behind as allowed is not."""
    return _judged(facts, required(policy, facts.as_of, facts.year))


def judge_on_the_day(facts: ProgressFacts, policy: Policy) -> Verdict | None:
    """As the first version judged: a milestone was asked for on its own day already, which was not over."""
    return _judged(facts, _required(policy, facts.as_of, facts.year, facts.as_of))


def _judged(facts: ProgressFacts, found: Asked | None) -> Verdict | None:
    if found is None or facts.received_fen <= 0:
        return None
    curve, tolerance, stone = found
    if stone.due_on != facts.due_on:
        return None
    rate, allowed = Fraction(facts.spent_fen, facts.received_fen), Fraction(tolerance.number, _MILLION)
    if stone.share - rate <= allowed:
        return None
    of = f"“{facts.fund_name}”" if facts.fund_code else ""
    return Verdict(
        mark=f"{stone.due_on}:{facts.fund_code or '全部'}",
        days=(facts.as_of - stone.due_on).days,
        explanation=(
            f"{facts.name}{facts.year} 年度{of}资金至 {stone.due_on} 收到 {yuan(facts.received_fen)} 元，"
            f"支出 {yuan(facts.spent_fen)} 元，进度 {percent(rate)}%，低于当日应达到的 "
            f"{percent(stone.share)}%，差 {percent(stone.share - rate)} 个百分点（允许 {percent(allowed)}），请核实"
        ),
        policy=(curve, tolerance),
    )


RULE: Final = Rule(
    code="R20",
    version=2,
    since=date(2026, 11, 23),
    title="支出进度低于要求",
    legal_basis="预算法（2018）第五十七条关于及时足额拨付的规定；各省对支出进度的通知（数值见政策数值的来源）",
    looks_at="县、各乡镇和各项资金截至进度节点日当年收到与支出的合计",
    subject=Subject.REGION,
    population=Population.UNITS,
    policy_keys=(CURVE, TOLERANCE),
    facts=ProgressFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)

# The first version asked on the milestone's own day, by what had been recorded until then.
FORMER: Final = (replace(RULE, version=1, judge=judge_on_the_day),)
