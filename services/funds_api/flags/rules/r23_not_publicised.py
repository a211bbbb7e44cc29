"""R23 未公示: a roster that was paid without having been on show, or on show for fewer days than the rule of its day.

Evidence: 568 projects without publicity (审计署 2017). Where a region lays days down for rosters, an approval
refuses a list that was not on show so long; where none does, or a term of the fund only flags, 公告公示指导意见第四条
asks for ten days in principle, and it stays a question. A publication counts as known from the day in China on which it
was recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from policies.workdays import CHINA
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.clocks import Counted, TimeLimit, due
from treasury.money import yuan
from treasury.policy import PolicyValue

POLICY: Final = "batch_publicity_days"
GENERAL: Final = "publicity_min_days"
_WEEK: Final = 7

# A part of a roster stands as the list that was published. Near hits: not on show, or since a day near the payment.
QUERY: Final = """
SELECT b.id AS subject_id, b.region_code, b.total_fen AS amount_fen, b.effective_on AS as_of, b.document, b.entitlement,
       b.fund_code, b.rows_good AS rows_n, b.movement_id, s.from_on, s.document AS publication
  FROM funds.paid_batches(:county, :as_of, :known) b
  JOIN funds.payment_batch o ON o.county_code = :county AND o.id = b.id
  LEFT JOIN LATERAL (
    SELECT p.from_on, p.document FROM funds.publication p
     WHERE p.county_code = :county AND p.batch_id = coalesce(o.part_of, o.id) AND p.from_on <= b.effective_on
       AND (p.recorded_at AT TIME ZONE 'Asia/Shanghai')::date <= CAST(:known_on AS date)
     ORDER BY p.seq DESC LIMIT 1) s ON true
 WHERE b.region_code >= :scope AND b.region_code < :scope || '~'
   AND (s.from_on IS NULL OR b.effective_on - s.from_on < CAST(:near_days AS int))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicityFacts(Facts):
    """A paid roster, and since when its list was on show by the day of payment; `as_of` is that day."""

    document: str
    entitlement: str
    fund_code: str
    rows_n: int
    movement_id: UUID
    from_on: date | None
    publication: str | None


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    """Payments of every day are looked at, so the longest of the values that ever stood narrows them."""
    limits = [
        TimeLimit.of(one)
        for one in policy.values
        if one.valid_from <= day and (one.key in {GENERAL, POLICY} or one.key.startswith(f"{POLICY}."))
    ]
    return {"near_days": max(map(_longest, limits))} if limits else None


def _longest(limit: TimeLimit) -> int:
    """More calendar days than the limit ever takes: working days come one a week at least, but for one holiday."""
    return limit.days if limit.counted is Counted.CALENDAR else (limit.days + 1) * _WEEK


def limit_of(facts: PublicityFacts, policy: Policy) -> PolicyValue | None:
    """The days laid down for rosters of the fund, or for rosters, or, as a question, for publicity in general."""
    return (
        policy.on(f"{POLICY}.{facts.fund_code}", facts.as_of)
        or policy.on(POLICY, facts.as_of)
        or policy.on(GENERAL, facts.as_of)
    )


def judge(facts: PublicityFacts, policy: Policy) -> Verdict | None:
    """A verdict of a list that was not on show, or was paid before its last day; paid on that day it is in time."""
    value = limit_of(facts, policy)
    if value is None:
        return None
    limit = TimeLimit.of(value)
    if facts.from_on is not None and due(facts.from_on, limit, CHINA).on <= facts.as_of:
        return None
    days = 0 if facts.from_on is None else (facts.as_of - facts.from_on).days
    unit = "个工作日" if limit.counted is Counted.WORKING else "天"
    shown = (
        "没有公示记录"
        if facts.from_on is None
        else f"自 {facts.from_on} 公示（“{facts.publication}”），到发放日 {days} 天"
    )
    return Verdict(
        days=days,
        limit_days=limit.days,
        explanation=(
            f"“{facts.document}”名册“{facts.entitlement}”{facts.rows_n} 笔共 {yuan(facts.amount_fen)} 元"
            f"于 {facts.as_of} 发放，{shown}，应公示 {limit.days} {unit}（{value.source}），请核实"
        ),
        policy=(value,),
        money=(Money(f"movement:{facts.movement_id}", facts.amount_fen),),
    )


RULE: Final = Rule(
    code="R23",
    version=1,
    since=date(2026, 11, 23),
    title="发放名册未公示或公示天数不足",
    legal_basis="扶贫资金项目公告公示的指导意见第四条；各地对发放名册公示天数的规定",
    looks_at="已发放的名册：发放日前的公示",
    subject=Subject.BATCH,
    population=Population.BATCHES,
    policy_keys=(POLICY, GENERAL),
    facts=PublicityFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)
