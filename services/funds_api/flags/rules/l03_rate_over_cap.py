"""L03 贷款利率超过上限: the yearly rate is above what may be asked for a loan of its term on the day it was paid out.

Rule: 银监发〔2017〕42号: the central bank's base rate (2015-10-24: 4.35 % up to a year, 4.75 % up to five). Since 2021
(published local rules; 青阳 county 2024): up to a year at most the one-year LPR, over one year to three at most
the five-year LPR, and the rate of the contract stands, so the loan's own day decides. The figures of both are recalled
from what the central bank published and marked assumed until somebody holds them against the notices. From August
2019, when lending turned to the LPR, to March 2021 no rule we know says which of both binds: the base rate is kept.

The bank's report is not refused for its rate. What the household really paid (fees, insurance) is not in the books.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

from services.funds_api.flags.rules.lent import COLUMNS, HERE, LENT, LoanFacts, least, percent, said_loan
from services.funds_api.flags.rules.rule import Policy, Population, Rule, Subject, Verdict, without_asking
from treasury.calendar import months_later

WITHIN_A_YEAR: Final = "loan_rate_max_ppm.1y"
LONGER: Final = "loan_rate_max_ppm.3y"
_YEAR: Final = 12

QUERY: Final = f"SELECT {COLUMNS} FROM funds.loan l WHERE {LENT} AND {HERE} AND l.rate_ppm > :over_ppm"


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    lowest = least(policy, WITHIN_A_YEAR, LONGER)
    both = policy.on(WITHIN_A_YEAR, day) and policy.on(LONGER, day)
    return {"over_ppm": lowest} if lowest is not None and both else None


def judge(facts: LoanFacts, policy: Policy) -> Verdict | None:
    """A verdict above the cap of the loan's term; a loan due on the same day of the next year is one of a year."""
    short = facts.due_on <= months_later(facts.as_of, _YEAR)
    cap = policy.on(WITHIN_A_YEAR if short else LONGER, facts.as_of)
    if cap is None or facts.rate_ppm <= cap.number:
        return None
    return Verdict(
        explanation=(
            f"{said_loan(facts)}，期限{'一年以内' if short else '一年以上'}（至 {facts.due_on}），年利率 "
            f"{percent(facts.rate_ppm)}，高于上限 {percent(cap.number)}（{cap.source}），请核实"
        ),
        policy=(cap,),
        money=facts.money,
    )


RULE: Final = Rule(
    code="L03",
    version=2,
    since=date(2026, 11, 23),
    title="小额信贷利率超过上限",
    legal_basis="《关于促进扶贫小额信贷健康发展的通知》（银监发〔2017〕42号）：基准利率；2021 年起按 LPR",
    looks_at="全部小额信贷的合同年利率与期限",
    subject=Subject.LOAN,
    population=Population.LOANS,
    policy_keys=(WITHIN_A_YEAR, LONGER),
    facts=LoanFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)

# The first version told the same and did not ask to look.
FORMER: Final = (replace(RULE, version=1, judge=without_asking(judge)),)
