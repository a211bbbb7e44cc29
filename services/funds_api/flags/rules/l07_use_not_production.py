"""L07 贷款用途不符: what the bank tells as the use of the loan is named among what it is not for.

Rule: 银监发〔2017〕42号: for production only; not for weddings, houses or wealth products, nor lent on to firms
(户贷企用).
The use is told by the bank in its own words. The words that are asked about are a dated value (a name with 1; 0 takes
one off), assumed: they find what is called by its name, and nothing that is called something else. Nothing refuses the
bank's report for its use. “企业” asks about loans that are told to be used by a firm; a use that speaks of a firm as
buyer is a wrong question, which the person who answers it says.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from services.funds_api.flags.rules.lent import COLUMNS, HERE, LENT, LoanFacts, said_loan
from services.funds_api.flags.rules.rule import Policy, Population, Rule, Subject, Verdict

BARRED: Final = "loan_use_barred"

QUERY: Final = f"""
SELECT {COLUMNS} FROM funds.loan l
 WHERE {LENT} AND {HERE}
   AND EXISTS (SELECT FROM unnest(CAST(:words AS text[])) AS barred(word) WHERE strpos(l.use, barred.word) > 0)"""


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    """The words of all times: each loan is judged by those of its own day."""
    if policy.on(BARRED, day) is None:
        return None
    told = (one.named for one in policy.values if one.key == BARRED)
    return {"words": sorted({word for named in told for word, is_asked in named.items() if is_asked})}


def judge(facts: LoanFacts, policy: Policy) -> Verdict | None:
    """A verdict when the use has one of the words of the loan's day."""
    barred = policy.on(BARRED, facts.as_of)
    if barred is None:
        return None
    found = sorted(word for word, is_asked in barred.named.items() if is_asked and word in facts.use)
    if not found:
        return None
    return Verdict(
        explanation=(
            f"{said_loan(facts)}，用途“{facts.use}”含“{'、'.join(found)}”，不属于发展生产（{barred.source}），请核实资金实际去向"
        ),
        policy=(barred,),
        money=facts.money,
    )


RULE: Final = Rule(
    code="L07",
    version=1,
    since=date(2026, 11, 23),
    title="小额信贷用途不属于生产",
    legal_basis="《关于促进扶贫小额信贷健康发展的通知》（银监发〔2017〕42号）：用于发展生产，户贷户用户还",
    looks_at="银行报送的贷款用途",
    subject=Subject.LOAN,
    population=Population.LOANS,
    policy_keys=(BARRED,),
    facts=LoanFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)
