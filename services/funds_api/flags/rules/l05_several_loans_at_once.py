"""L05 一户多贷: when this loan was paid out the household had another one that was not yet due.

Rule: 银监发〔2017〕42号 lends by the household; how many loans may run at once is a dated value, assumed: one, and
two since 2021, when a loan on top (追加) became possible. Nothing refuses the bank's report for it, and two banks do
not see each other. Repayments are not in the books: a loan paid back early still counts until it is due, and the
sentence says so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

from services.funds_api.flags.rules.lent import OUTSTANDING, OutstandingFacts, least, said_loan
from services.funds_api.flags.rules.rule import Policy, Population, Rule, Subject, Verdict, without_asking
from treasury.money import yuan

MOST: Final = "loan_active_max_n"

QUERY: Final = f"WITH {OUTSTANDING} SELECT * FROM outstanding WHERE running_n > :over_n"


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    lowest = least(policy, MOST)
    return {"over_n": lowest} if lowest is not None and policy.on(MOST, day) else None


def judge(facts: OutstandingFacts, policy: Policy) -> Verdict | None:
    """A verdict for the loan that is one too many; a loan due on the day of the next has made room for it."""
    most = policy.on(MOST, facts.as_of)
    if most is None or facts.running_n <= most.number:
        return None
    return Verdict(
        explanation=(
            f"{said_loan(facts)}，当日该户未到期贷款共 {facts.running_n} 笔、{yuan(facts.running_fen)} 元，"
            f"多于 {most.number} 笔（{most.source}），"
            f"最早一笔为 {facts.first_bank} “{facts.first_ref}”，{facts.first_due_on} 到期"
            "（还款尚未入账，以到期日计），请核实"
        ),
        policy=(most,),
        money=facts.money,
    )


RULE: Final = Rule(
    code="L05",
    version=2,
    since=date(2026, 11, 23),
    title="一户同时有多笔小额信贷",
    legal_basis="《关于促进扶贫小额信贷健康发展的通知》（银监发〔2017〕42号）：以户为单位授信",
    looks_at="同一农户期限重叠的小额信贷",
    subject=Subject.LOAN,
    population=Population.LOANS,
    policy_keys=(MOST,),
    facts=OutstandingFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)

# The first version told the same and did not ask to look.
FORMER: Final = (replace(RULE, version=1, judge=without_asking(judge)),)
