"""L02 贷款期限过长: due later than the longest term of the day it was paid out.

Rule: 银监发〔2017〕42号: within three years. The bank's report of such a loan is refused (`loan-too-long`) by the value
that was known then: here are loans over a term that was laid down, or corrected for an earlier day, after they were
reported. An extension (展期) is not in the books.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

from services.funds_api.flags.rules.lent import COLUMNS, HERE, LENT, LoanFacts, least, said_loan
from services.funds_api.flags.rules.rule import Policy, Population, Rule, Subject, Verdict, without_asking
from treasury.calendar import months_later

LONGEST: Final = "loan_max_months"

QUERY: Final = f"""
SELECT {COLUMNS} FROM funds.loan l
 WHERE {LENT} AND {HERE} AND l.due_on > l.disbursed_on + make_interval(months => CAST(:months AS int))"""


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    lowest = least(policy, LONGEST)
    return {"months": lowest} if lowest is not None and policy.on(LONGEST, day) else None


def judge(facts: LoanFacts, policy: Policy) -> Verdict | None:
    """A verdict when the loan is due after the last day of the term; on that day it is not."""
    longest = policy.on(LONGEST, facts.as_of)
    if longest is None:
        return None
    latest = months_later(facts.as_of, longest.number)
    days = (facts.due_on - latest).days
    if days <= 0:
        return None
    return Verdict(
        days=(facts.due_on - facts.as_of).days,
        limit_days=(latest - facts.as_of).days,
        explanation=(
            f"{said_loan(facts)}，到期日 {facts.due_on}，晚于 {longest.number} 个月期限的末日 {latest} "
            f"{days} 天（{longest.source}），请核实"
        ),
        policy=(longest,),
        money=facts.money,
    )


RULE: Final = Rule(
    code="L02",
    version=2,
    since=date(2026, 11, 23),
    title="小额信贷期限过长",
    legal_basis="《关于促进扶贫小额信贷健康发展的通知》（银监发〔2017〕42号）",
    looks_at="全部小额信贷的放款日与到期日",
    subject=Subject.LOAN,
    population=Population.LOANS,
    policy_keys=(LONGEST,),
    facts=LoanFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)

# The first version told the same and did not ask to look.
FORMER: Final = (replace(RULE, version=1, judge=without_asking(judge)),)
