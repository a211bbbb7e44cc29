"""L08 疑似户贷企用: on one day one bank lent to many households of one village for the same use.

Evidence: 户贷企用 is what 银监发〔2017〕42号 is against (户贷户用户还); a firm or a cooperative that borrows in the
names of its households shows as many loans alike. From how many households on is a dated value, assumed: a bank that
holds its lending day in a village for what everybody there raises looks the same, so this is a question, no finding.

Nothing refuses the bank's reports. One question for bank, day, village and use, under the loan that was reported
first; loans that are reported afterwards do not ask again. The use is compared letter by letter, without blanks at its
ends: another wording for each household is not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from services.funds_api.flags.rules.lent import HERE, LENT, least
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

MANY: Final = "loan_alike_households_min"

QUERY: Final = f"""
SELECT (array_agg(l.id ORDER BY l.position))[1] AS subject_id, l.region_code,
       sum(l.principal_fen)::bigint AS amount_fen, l.disbursed_on AS as_of, l.bank, btrim(l.use) AS use,
       count(*)::int AS loans_n, count(DISTINCT l.household_id)::int AS households_n,
       string_agg(l.id || ':' || l.principal_fen, ',' ORDER BY l.position) AS loans
  FROM funds.loan l
 WHERE {LENT} AND {HERE}
 GROUP BY l.region_code, l.disbursed_on, l.bank, btrim(l.use)
HAVING count(DISTINCT l.household_id) >= :households_min"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeFacts(Facts):
    """Loans alike, under the one reported first; `loans` is each of them with its fen (`id:fen,id:fen`)."""

    bank: str
    use: str
    loans_n: int
    households_n: int
    loans: str


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    lowest = least(policy, MANY)
    return {"households_min": lowest} if lowest is not None and policy.on(MANY, day) else None


def judge(facts: AlikeFacts, policy: Policy) -> Verdict | None:
    """A verdict when as many households as the value says were lent to, or more."""
    many = policy.on(MANY, facts.as_of)
    if many is None or facts.households_n < many.number:
        return None
    each = (one.split(":") for one in facts.loans.split(","))
    return Verdict(
        explanation=(
            f"{facts.as_of} {facts.bank} 向同一村（{facts.region_code}）{facts.households_n} 户"
            f"放款 {facts.loans_n} 笔、{yuan(facts.amount_fen)} 元，用途均为“{facts.use}”，"
            f"达到 {many.number} 户（{many.source}），"
            "请核实是否由企业或合作社统一使用（户贷企用）"
        ),
        policy=(many,),
        money=tuple(Money(f"loan:{loan}", int(fen)) for loan, fen in each),
    )


RULE: Final = Rule(
    code="L08",
    version=1,
    since=date(2026, 11, 23),
    title="多户同日同用途贷款，疑似户贷企用",
    legal_basis="《关于促进扶贫小额信贷健康发展的通知》（银监发〔2017〕42号）：户贷户用户还",
    looks_at="同一银行同日向同一村同一用途的小额信贷",
    subject=Subject.LOAN,
    population=Population.LOANS,
    policy_keys=(MANY,),
    facts=AlikeFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)
