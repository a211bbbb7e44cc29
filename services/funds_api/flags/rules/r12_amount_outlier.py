"""R12 金额异常: one payment far above what others got under the same name (面积、金额异常，超标准).

Evidence: 粮食直补 areas that stood out, circulated by the 惠民大数据监察平台 of 眉山. The fence is Tukey's: the third
quartile plus a multiple of the distance between quartiles, and at least a share of the quartile itself: where
most got the same by a standard, the next step of the standard is nothing odd. What came back (退汇、追缴) of a row is
asked about no more. Multiple, share and the least number of rows are policy values, marked assumed. Quartiles of what
was paid out are published with each run: everybody sees from where on a payment stands out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.funds_api.flags.rules.paid import PAID, narrowest
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

MULTIPLE: Final = "outlier_fence_ppm"
APART: Final = "outlier_distance_min_ppm"
LEAST: Final = "outlier_rows_min"
ONE: Final = 1_000_000

# The quartiles of what each entitlement paid in a calendar year; `paid` rows stand on posted, known batches.
_FENCES: Final = """
  SELECT b.entitlement, extract(year FROM b.effective_on)::int AS year, count(*)::int AS rows_n,
         percentile_disc(0.25) WITHIN GROUP (ORDER BY p.amount_fen) AS q1_fen,
         percentile_disc(0.75) WITHIN GROUP (ORDER BY p.amount_fen) AS q3_fen
    FROM funds.paid_batches(:county, :as_of, :known) b
    JOIN funds.payment p ON p.county_code = :county AND p.batch_id = b.id
   GROUP BY 1, 2 HAVING count(*) >= :rows_min"""

QUERY: Final = f"""
WITH {PAID},
fence AS MATERIALIZED ({_FENCES})
SELECT p.household_id AS subject_id, p.batch_id, p.line, p.region_code, p.amount_fen, p.effective_on AS as_of,
       p.entitlement, p.document, f.rows_n, f.q1_fen, f.q3_fen
  FROM fence f
  JOIN paid p ON p.entitlement = f.entitlement AND extract(year FROM p.effective_on)::int = f.year
   AND p.amount_fen > f.q3_fen + greatest((f.q3_fen - f.q1_fen) * CAST(:fence_ppm AS bigint) / 1000000,
                                          f.q3_fen * CAST(:apart_ppm AS bigint) / 1000000)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlierFacts(Facts):
    """What was kept of a paid row beside the quartiles of its entitlement and year; `as_of` is the day of payment."""

    batch_id: UUID
    line: int
    entitlement: str
    document: str
    rows_n: int
    q1_fen: int
    q3_fen: int


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    """The lowest fence of all times: each payment is judged by the values of its own day."""
    if any(policy.on(key, day) is None for key in (MULTIPLE, APART, LEAST)):
        return None
    return {
        "fence_ppm": narrowest(policy, MULTIPLE),
        "apart_ppm": narrowest(policy, APART),
        "rows_min": narrowest(policy, LEAST),
    }


def judge(facts: OutlierFacts, policy: Policy) -> Verdict | None:
    """A verdict above the fence; what lies on it does not stand out."""
    multiple, apart, least = (policy.on(key, facts.as_of) for key in (MULTIPLE, APART, LEAST))
    if multiple is None or apart is None or least is None or facts.rows_n < least.number:
        return None
    spread = (facts.q3_fen - facts.q1_fen) * multiple.number // ONE
    fence = facts.q3_fen + max(spread, facts.q3_fen * apart.number // ONE)
    if facts.amount_fen <= fence:
        return None
    return Verdict(
        mark=f"{facts.batch_id}:{facts.line}",
        explanation=(
            f"“{facts.document}”名册第 {facts.line} 行发放 {yuan(facts.amount_fen)} 元，高于“{facts.entitlement}”当年 "
            f"{facts.rows_n} 笔的界限 {yuan(fence)} 元（四分位 {yuan(facts.q1_fen)}、{yuan(facts.q3_fen)} 元），请核实"
        ),
        policy=(multiple, apart, least),
        money=(Money(f"payment:{facts.batch_id}:{facts.line}", facts.amount_fen),),
    )


RULE: Final = Rule(
    code="R12",
    version=1,
    since=date(2026, 11, 23),
    title="发放金额异常",
    legal_basis="四川眉山惠民大数据监察平台“面积（金额）异常”比对口径",
    looks_at="同一补贴项目同一年度的全部到户发放",
    subject=Subject.PAYMENT,
    population=Population.PAYMENTS,
    policy_keys=(MULTIPLE, APART, LEAST),
    facts=OutlierFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
    figures=f"{_FENCES} ORDER BY 1, 2",
)
