"""L10 贴息超过应计利息: a household got more interest subsidy of microloans than interest can have accrued at all.

Evidence: 22.12亿元 of loans and subsidies misused in 58 counties (审计署 2017). Rule: the subsidy is balance × rate ×
days / 360; repayments are not in the books, so the balance is not known. But it is never more than the principal:
whoever got more than principal × rate × days, from the first day to the payment or the day it was due, got too much
whatever was paid back. The full interest is taken, also where less than all of it is subsidised. Subsidy is what
rosters call so; which names do is a dated value, assumed, as are the days of a year and from how much on is asked. A
county into whose books no bank has reported a loan by then is not asked about, nor is subsidy of before the first of
them added up: it was for loans that nobody reported.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.funds_api.flags.rules.paid import PAID, narrowest, widest
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

WORDS: Final = "loan_subsidy_words"
YEAR: Final = "loan_interest_year_days"
LEAST: Final = "loan_subsidy_over_min_fen"
MILLION: Final = 1_000_000

# `lent`: the loans of each household that got subsidy, its own and those of whoever the rows pay.
QUERY: Final = f"""
WITH {PAID},
known AS MATERIALIZED (
  SELECT l.id, l.household_id, l.borrower_token, l.principal_fen, l.rate_ppm, l.disbursed_on, l.due_on
    FROM funds.loan l
   WHERE l.county_code = :county AND l.disbursed_on <= :as_of AND l.position <= :known),
began AS MATERIALIZED (SELECT min(k.disbursed_on) AS first_on FROM known k),
subsidy AS MATERIALIZED (
  SELECT p.*, g.first_on, sum(p.amount_fen) OVER (
           PARTITION BY p.household_id ORDER BY p.effective_on, p.batch_id, p.line)::bigint AS paid_fen
    FROM began g JOIN paid p ON p.effective_on >= g.first_on
   WHERE p.batch_id IN (
     SELECT b.id FROM funds.paid_batches(:county, :as_of, :known) b
      WHERE EXISTS (SELECT FROM unnest(CAST(:words AS text[])) AS w(word) WHERE strpos(b.entitlement, w.word) > 0))),
lent AS MATERIALIZED (
  SELECT s.household_id, k.id FROM subsidy s JOIN known k ON k.household_id = s.household_id
  UNION
  SELECT s.household_id, k.id FROM subsidy s JOIN known k ON k.borrower_token = s.payee_token),
accrued AS (
  SELECT s.batch_id, s.line, count(k.id)::int AS loans_n,
         coalesce(sum(k.principal_fen::numeric * k.rate_ppm * (least(s.effective_on, k.due_on) - k.disbursed_on)), 0)
           AS fen_ppm_days
    FROM subsidy s
    LEFT JOIN lent n ON n.household_id = s.household_id
    LEFT JOIN known k ON k.id = n.id AND k.disbursed_on <= s.effective_on
   GROUP BY s.batch_id, s.line)
SELECT s.household_id AS subject_id, s.region_code, s.amount_fen, s.effective_on AS as_of, s.batch_id, s.line,
       s.document, s.entitlement, s.paid_fen, a.loans_n, a.fen_ppm_days::bigint AS fen_ppm_days,
       s.first_on
  FROM subsidy s
  JOIN accrued a ON a.batch_id = s.batch_id AND a.line = s.line
 WHERE (s.paid_fen - CAST(:over AS bigint))::numeric * {MILLION} * CAST(:year AS int) >= a.fen_ppm_days"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsidyFacts(Facts):
    """A paid row of subsidy, what its household had got with it, and Σ principal × rate × days of its loans.

    Added up is what was paid since `first_on`, the day of the first loan of the books; in flags of before, all.
    """

    batch_id: UUID
    line: int
    document: str
    entitlement: str
    paid_fen: int
    loans_n: int
    fen_ppm_days: int
    first_on: date | None = None


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    """The words of all times, the longest year and the smallest excess: each row is judged by those of its own day."""
    if any(policy.on(key, day) is None for key in (WORDS, YEAR, LEAST)):
        return None
    told = (one.named for one in policy.values if one.key == WORDS)
    words = sorted({word for named in told for word, is_asked in named.items() if is_asked})
    return {"words": words, "year": widest(policy, YEAR), "over": narrowest(policy, LEAST)}


def judge(facts: SubsidyFacts, policy: Policy) -> Verdict | None:
    """A verdict when the household had got so much more than all the interest of its loans until that day."""
    words, year, least = (policy.on(key, facts.as_of) for key in (WORDS, YEAR, LEAST))
    if words is None or year is None or least is None:
        return None
    if not any(is_asked and word in facts.entitlement for word, is_asked in words.named.items()):
        return None
    interest_fen = -(-facts.fen_ppm_days // (MILLION * year.number))
    over_fen = facts.paid_fen - interest_fen
    if over_fen < least.number:
        return None
    since = f"自 {facts.first_on}（账内首笔贷款）" if facts.first_on else ""
    loans = (
        f"其 {facts.loans_n} 笔贷款按全部本金计至当日或到期日的利息至多 {yuan(interest_fen)} 元"
        f"（一年按 {year.number} 天）"
        if facts.loans_n
        else "账内没有该户到当日为止的小额信贷"
    )
    return Verdict(
        mark=f"{facts.batch_id}:{facts.line}",
        explanation=(
            f"“{facts.document}”名册第 {facts.line} 行 {facts.as_of} 发放“{facts.entitlement}” "
            f"{yuan(facts.amount_fen)} 元，该户{since}至此共领贴息 {yuan(facts.paid_fen)} 元，{loans}，"
            f"多出 {yuan(over_fen)} 元（{yuan(least.number)} 元起提示），请核实"
        ),
        policy=(words, year, least),
        money=(Money(f"payment:{facts.batch_id}:{facts.line}", min(facts.amount_fen, over_fen)),),
    )


RULE: Final = Rule(
    code="L10",
    version=2,
    since=date(2026, 11, 23),
    title="小额信贷贴息超过应计利息",
    legal_basis="《关于促进扶贫小额信贷健康发展的通知》（银监发〔2017〕42号）：财政贴息；审计署 2017 年公告",
    looks_at="发放名册中的小额信贷贴息：该户累计领取与其贷款的应计利息",
    subject=Subject.PAYMENT,
    population=Population.PAYMENTS,
    policy_keys=(WORDS, YEAR, LEAST),
    facts=SubsidyFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)

# The first version asked the same and added up what was paid before the first loan of the books as well.
FORMER: Final = (replace(RULE, version=1),)
