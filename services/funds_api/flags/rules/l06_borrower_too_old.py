"""L06 借款人超龄: on the day of the loan the borrower was older than banks lend to.

Banks lend to people who can work, 18 to 60 or 65 years old by local rule; the figure is assumed (65 full years, the
last day being the one before the 66th birthday), and a county may set its own.

The age is in the ID number, which comes in with the bank's report and is sealed. No birth date and no age is kept: the
report is held against the value in force on its day, and the loan keeps two things, the limit it was held against and
whether the borrower was over it (个人信息保护法 art. 6: no more than the purpose needs). So a limit that is laid down
later does not reach loans of before, and loans that were reported before this rule was there are not asked about.
The report is not refused for it: a son may sign for his father, and that is a question for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from services.funds_api.flags.rules.lent import COLUMNS, HERE, LENT, LoanFacts, said_loan
from services.funds_api.flags.rules.rule import Policy, Population, Rule, Subject, Verdict

OLDEST: Final = "loan_max_age_years"

QUERY: Final = f"""
SELECT {COLUMNS}, l.age_limit_years, l.is_over_age FROM funds.loan l
 WHERE {LENT} AND {HERE} AND l.is_over_age"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgedLoanFacts(LoanFacts):
    """A loan with the age limit its report was held against, and whether the borrower was over it."""

    age_limit_years: int
    is_over_age: bool


def judge(facts: AgedLoanFacts, policy: Policy) -> Verdict | None:
    """What was found at the report stands; the value in force is told beside it."""
    oldest = policy.on(OLDEST, facts.as_of)
    if not facts.is_over_age:
        return None
    source = f"（{oldest.source}）" if oldest is not None and oldest.number == facts.age_limit_years else ""
    asked = "请核实实际用款人和还款能力"
    return Verdict(
        explanation=f"{said_loan(facts)}，借款人当日已超过 {facts.age_limit_years} 周岁{source}，{asked}",
        policy=(oldest,) if oldest is not None else (),
        money=facts.money,
    )


RULE: Final = Rule(
    code="L06",
    version=1,
    since=date(2026, 11, 23),
    title="小额信贷借款人超龄",
    legal_basis="各地扶贫小额信贷管理办法：借款人年满 18 周岁、一般不超过 60—65 周岁（暂定）",
    looks_at="银行报送时按当时年龄上限比对的结果（不保存出生日期和年龄）",
    subject=Subject.LOAN,
    population=Population.LOANS,
    policy_keys=(OLDEST,),
    facts=AgedLoanFacts,
    query=QUERY,
    judge=judge,
)
