"""R17 项目收益未分享: what an asset earned was not passed on, not shared out, or what was decided was not paid.

Evidence: rent of a greenhouse that never reached 254 households (阳光扶贫系统，江苏). What a power station earns goes
on to the village within ten working days (`pv_pass_on_workdays`); of other income the books know no such step, and it
is asked when it is to be shared out. By when an income is decided upon, and how long after its day a decided share may
be unpaid, no document says: both are assumed. One question for each income and step; what is asked about is a part of
the income, so that the steps of one income name its fen once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from policies.workdays import CHINA
from services.funds_api.assets.stood import DECISION_STOOD, INCOME_STOOD, PAID
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.clocks import Counted, TimeLimit, late, passed_since
from treasury.money import yuan

FORWARD: Final = "pv_pass_on_workdays"
DECIDE: Final = "income_share_days"
PAY: Final = "share_unpaid_days"
# The step that is missing: the key of its limit, and the words of the sentence.
STEPS: Final = {"转付": FORWARD, "分配": DECIDE, "兑现": PAY}

QUERY: Final = f"""
WITH income AS MATERIALIZED (
  SELECT i.id, i.region_code, i.kind, i.period_from, i.period_to, i.amount_fen, i.arrived_on, i.document, a.project_id,
         a.name, CASE WHEN i.passed_on <= :as_of AND i.passed_position <= :known THEN i.passed_on END AS passed_on,
         s.decision_no, s.document AS decision, s.due_on
    FROM funds.asset_income i
    JOIN funds.asset a ON a.county_code = :county AND a.id = i.asset_id
    LEFT JOIN funds.income_share s ON s.county_code = :county AND s.income_id = i.id{DECISION_STOOD}
   WHERE i.county_code = :county{INCOME_STOOD} AND i.region_code >= :scope AND i.region_code < :scope || '~'),
asked AS (
  SELECT i.*, '转付' AS step, i.arrived_on AS since_on, i.amount_fen AS fen, 0 AS lines_n, 0 AS households_n
    FROM income i
   WHERE i.kind = 'pv_feed_in' AND i.passed_on IS NULL AND i.arrived_on <= CAST(:pass_by AS date)
  UNION ALL
  SELECT i.*, '分配', coalesce(i.passed_on, i.arrived_on), i.amount_fen, 0, 0 FROM income i
   WHERE i.decision_no IS NULL AND (i.kind <> 'pv_feed_in' OR i.passed_on IS NOT NULL)
     AND coalesce(i.passed_on, i.arrived_on) <= CAST(:decide_by AS date)
  UNION ALL
  SELECT i.*, '兑现', i.due_on, l.fen, l.lines_n, l.households_n FROM income i
   CROSS JOIN LATERAL (
     SELECT sum(l.fen)::bigint AS fen, count(*)::int AS lines_n, sum(l.households_n)::int AS households_n FROM (
       SELECT l.amount_fen - {PAID} AS fen, l.households_n FROM funds.share_line l
        WHERE l.county_code = :county AND l.income_id = i.id AND l.decision_no = i.decision_no) l
      WHERE l.fen > 0) l
   WHERE i.due_on <= CAST(:pay_by AS date) AND l.fen > 0)
SELECT i.project_id AS subject_id, i.region_code, i.fen AS amount_fen, CAST(:as_of AS date) AS as_of,
       i.id AS income_id, i.name AS asset, i.period_from, i.period_to, i.amount_fen AS income_fen, i.step, i.since_on,
       CASE i.step WHEN '兑现' THEN i.decision ELSE i.document END AS document,
       coalesce(i.decision_no, 0) AS decision_no, i.lines_n, i.households_n
  FROM asked i"""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeFacts(Facts):
    """An income with the step that is missing since `since_on`; of a decided share the lines that are not paid up."""

    income_id: UUID
    asset: str
    period_from: date
    period_to: date
    income_fen: int
    step: str
    since_on: date
    document: str
    decision_no: int
    lines_n: int
    households_n: int


def limit_of(step: str, policy: Policy, day: date) -> tuple[Any, TimeLimit] | None:
    """The dated value for a step and the days that it counts: passing on is counted in working days."""
    value = policy.on(STEPS[step], day)
    if value is None:
        return None
    return value, TimeLimit(value.number, Counted.WORKING if STEPS[step] == FORWARD else Counted.CALENDAR)


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    """For each step the latest beginning that is late by now."""
    found = {step: limit_of(step, policy, day) for step in STEPS}
    if not any(found.values()):
        return None
    by = {step: passed_since(day, one[1], CHINA) if one else date.min for step, one in found.items()}
    return {"pass_by": by["转付"], "decide_by": by["分配"], "pay_by": by["兑现"]}


def judge(facts: IncomeFacts, policy: Policy) -> Verdict | None:
    """A verdict from the day after the step's limit."""
    found = limit_of(facts.step, policy, facts.as_of)
    if found is None or facts.amount_fen <= 0:
        return None
    value, limit = found
    passed = late(facts.since_on, facts.as_of, limit, CHINA)
    if passed is None:
        return None
    begins = f"“{facts.asset}”{facts.period_from} 至 {facts.period_to} 的收益 {yuan(facts.income_fen)} 元"
    told = {
        "转付": (
            f"{facts.since_on} 到县（“{facts.document}”），至 {facts.as_of} 未转付村集体，"
            f"超过时限 {limit.days} 个工作日"
        ),
        "分配": f"{facts.since_on} 到账（“{facts.document}”），至 {facts.as_of} 没有分配方案，超过期限 {limit.days} 天",
        "兑现": (
            f"按“{facts.document}”应于 {facts.since_on} 前兑现，至 {facts.as_of} 仍有 {facts.lines_n} 项"
            f"（涉及 {facts.households_n} 户）共 {yuan(facts.amount_fen)} 元未付，超过期限 {limit.days} 天"
        ),
    }
    return Verdict(
        mark=f"{facts.income_id}:{facts.step}:{facts.decision_no}",
        days=(facts.as_of - facts.since_on).days,
        limit_days=limit.days,
        explanation=f"{begins}，{told[facts.step]}（应于 {passed.due.on} 前办结），请核实",
        policy=(value,),
        money=(Money(f"income:{facts.income_id}", facts.amount_fen),),
    )


RULE: Final = Rule(
    code="R17",
    version=1,
    since=date(2026, 11, 23),
    title="项目收益未转付、未分配或未兑现",
    legal_basis="光伏扶贫电站收益分配管理办法（国开办发〔2017〕61号）；扶贫项目资产收益分配的地方规定",
    looks_at="经营性资产的每一笔收益：转付、分配方案、兑现",
    subject=Subject.PROJECT,
    population=Population.PROJECTS,
    policy_keys=tuple(STEPS.values()),
    facts=IncomeFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)
