"""L01 户内贷款超限: with this loan the household has more outstanding than one household may borrow.

Rule: 银监发〔2017〕42号: at most 50,000 yuan a household, no guarantee, no collateral. From 2021 (银保监发〔2021〕6号,
as recalled) a household may be given more on top, 100,000 in all; the part over 50,000 has neither subsidy nor cover.
Evidence: 22.12 亿元 of loans and subsidies misused in 58 counties (审计署 2017).

The bank's report of a single loan over the limit of its day is refused at once (`loan-over-limit`). Here are several
loans of one household, of one bank or of more, that go over it together, and loans over a limit that was laid down or
corrected later. Repayments are not in the books: a loan counts until it is due.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

from services.funds_api.flags.rules.lent import OUTSTANDING, OutstandingFacts, least, said_loan
from services.funds_api.flags.rules.rule import Policy, Population, Rule, Subject, Verdict, without_asking
from treasury.money import yuan
from treasury.policy import PolicyValue

EACH: Final = "loan_max_fen"
TOGETHER: Final = "loan_total_max_fen"

QUERY: Final = f"WITH {OUTSTANDING} SELECT * FROM outstanding WHERE running_fen > :over_fen"


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    lowest = least(policy, EACH, TOGETHER)
    return {"over_fen": lowest} if lowest is not None and policy.on(EACH, day) else None


def judge(facts: OutstandingFacts, policy: Policy) -> Verdict | None:
    """A verdict when this loan is over the limit, or the loans together are over theirs; on a limit there is none.

    A loan over its own limit that also takes the household over that of all tells both, and names the larger excess.
    """
    each, together = policy.on(EACH, facts.as_of), policy.on(TOGETHER, facts.as_of)
    verdict = judge_by_first_excess(facts, policy)
    total = together or each
    if verdict is None or each is None or total is None:
        return None
    own, all_over = facts.amount_fen - each.number, facts.running_fen - total.number
    if own <= 0 or all_over <= 0 or (facts.running_n == 1 and total is each):
        return verdict
    return replace(
        verdict,
        explanation=(
            f"{said_loan(facts)}，本笔超过每户上限 {yuan(each.number)} 元（{each.source}）{yuan(own)} 元，"
            f"连同该户未到期贷款共 {facts.running_n} 笔、{yuan(facts.running_fen)} 元，超过每户合计上限 "
            f"{yuan(total.number)} 元（{total.source}）{yuan(all_over)} 元{_unsubsidised(each, together)}"
            "（还款尚未入账，以到期日计），请核实"
        ),
        money=facts.part(max(own, all_over)),
    )


def judge_by_first_excess(facts: OutstandingFacts, policy: Policy) -> Verdict | None:
    """As the second version judged: of a loan over its own limit it did not tell what all were over theirs."""
    each, together = policy.on(EACH, facts.as_of), policy.on(TOGETHER, facts.as_of)
    if each is None:
        return None
    alone = facts.amount_fen > each.number
    limit = each if alone or together is None else together
    over = (facts.amount_fen if alone else facts.running_fen) - limit.number
    if over <= 0:
        return None
    unsubsidised = "" if alone else _unsubsidised(each, together)
    held = "本笔" if alone else f"连同该户未到期贷款共 {facts.running_n} 笔、{yuan(facts.running_fen)} 元，"
    return Verdict(
        explanation=(
            f"{said_loan(facts)}，{held}超过每户上限 {yuan(limit.number)} 元（{limit.source}）{yuan(over)} 元"
            f"{unsubsidised}（还款尚未入账，以到期日计），请核实"
        ),
        policy=(each,) if together is None else (each, together),
        money=facts.part(over),
    )


def _unsubsidised(each: PolicyValue, together: PolicyValue | None) -> str:
    """What has no subsidy once loans on top are possible."""
    return f"；追加后超过 {yuan(each.number)} 元的部分不贴息、不享受风险补偿" if together is not None else ""


RULE: Final = Rule(
    code="L01",
    version=3,
    since=date(2026, 11, 23),
    title="小额信贷超过每户限额",
    legal_basis="《关于促进扶贫小额信贷健康发展的通知》（银监发〔2017〕42号）",
    looks_at="同一农户同一日未到期的各笔小额信贷之和",
    subject=Subject.LOAN,
    population=Population.LOANS,
    policy_keys=(EACH, TOGETHER),
    facts=OutstandingFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)

# The first version told the same as the second and did not ask to look.
FORMER: Final = (
    replace(RULE, version=1, judge=without_asking(judge_by_first_excess)),
    replace(RULE, version=2, judge=judge_by_first_excess),
)
