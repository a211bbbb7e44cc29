"""R25 转入个人账户、提取现金: a unit's money that went to an account in a person's name, or was drawn in cash.

Evidence: transfers to personal accounts and invented spending are part of the 15.39亿元 of their class in the audit of
2017. Law: 现金管理暂行条例第五条 lets small spending below 1,000 元 be paid in cash; beyond it a unit settles by its
account. Whose an account is, is said when it is opened, or of a later day by a document (`account_nature`): the day of
the payment decides, and of an account of which nobody said it the rule knows nothing. Households are paid by rosters to
cards of their own, and are not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

CASH: Final = "cash_payment_max_fen"

# `told`: what was last said of each day by then; `was`: since when until when an account is no unit's, by that or,
# before the first day of it, as it was opened. Of a treasury order the bank's own movement reaches the payee, and the
# unit whose quota it draws has paid.
QUERY: Final = """
WITH told AS MATERIALIZED (
  SELECT DISTINCT ON (n.account_id, n.from_on) n.account_id, n.from_on, n.nature FROM funds.account_nature n
   WHERE n.county_code = :county AND n.position <= :known
   ORDER BY n.account_id, n.from_on, n.position DESC),
was AS (
  SELECT * FROM (
    SELECT t.account_id, t.nature, t.from_on,
           lead(t.from_on) OVER (PARTITION BY t.account_id ORDER BY t.from_on) AS until_on FROM told t) s
   WHERE s.nature IN ('personal', 'cash')
  UNION ALL
  SELECT a.id, a.holder_nature, NULL, (SELECT min(t.from_on) FROM told t WHERE t.account_id = a.id)
    FROM funds.account a
   WHERE a.county_code = :county AND a.holder_nature IN ('personal', 'cash'))
SELECT m.id AS subject_id, coalesce(o.region_code, m.from_region) AS region_code, m.amount_fen, m.effective_on AS as_of,
       m.document, u.name AS payer, m.from_account_id, m.to_account_id, a.nature AS holder_nature
  FROM was a
  JOIN funds.movement m ON m.county_code = :county AND m.to_account_id = a.account_id AND m.kind IN ('pay', 'hand_down')
   AND m.effective_on <= :as_of AND m.position <= :known
   AND (a.from_on IS NULL OR m.effective_on >= a.from_on) AND (a.until_on IS NULL OR m.effective_on < a.until_on)
  LEFT JOIN funds.order_result p ON p.county_code = :county AND p.movement_id = m.id AND p.result = 'paid'
  LEFT JOIN funds.treasury_order o ON o.county_code = :county AND o.id = p.order_id
  JOIN funds.account f ON f.county_code = :county AND f.id = coalesce(o.from_account_id, m.from_account_id)
  JOIN funds.unit u ON u.county_code = :county AND u.id = f.unit_id
 WHERE coalesce(o.region_code, m.from_region) >= :scope AND coalesce(o.region_code, m.from_region) < :scope || '~'
   AND (a.nature = 'personal' OR m.amount_fen > CAST(:cash_fen AS bigint))
   AND NOT EXISTS (SELECT FROM funds.movement r WHERE r.county_code = :county AND r.reverses_id = m.id
                      AND r.effective_on <= :as_of AND r.position <= :known)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalFacts(Facts):
    """A payment by a unit to what is no unit's account; `as_of` is its day. Who the person is, is not told."""

    document: str
    payer: str
    from_account_id: UUID
    to_account_id: UUID
    holder_nature: str


def narrow(policy: Policy, day: date) -> dict[str, Any]:
    """Payments of every day are looked at, so the smallest of the values that ever stood narrows them."""
    return {
        "cash_fen": min((one.number for one in policy.values if one.key == CASH and one.valid_from <= day), default=0)
    }


def judge(facts: PersonalFacts, policy: Policy) -> Verdict | None:
    """A verdict of any payment to a person's account, and of cash above what may be paid in cash."""
    money = (Money(f"movement:{facts.subject_id}", facts.amount_fen),)
    begins = f"{facts.payer}于 {facts.as_of} 凭“{facts.document}”支付 {yuan(facts.amount_fen)} 元"
    if facts.holder_nature == "personal":
        return Verdict(explanation=f"{begins}，收款账户登记为个人账户，请核实", money=money)
    limit = policy.on(CASH, facts.as_of)
    if limit is None or facts.amount_fen <= limit.number:
        return None
    return Verdict(
        explanation=f"{begins}，以现金支取，超过现金结算起点 {yuan(limit.number)} 元，请核实",
        policy=(limit,),
        money=money,
    )


RULE: Final = Rule(
    code="R25",
    version=3,
    since=date(2026, 11, 23),
    title="转入个人账户或提取现金",
    legal_basis="现金管理暂行条例（2011年修订）第五条；财政违法行为处罚处分条例（2011）第六条、第十七条",
    looks_at="单位付往登记为个人账户、现金的每一笔资金",
    subject=Subject.MOVEMENT,
    population=Population.MOVEMENTS,
    policy_keys=(CASH,),
    facts=PersonalFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)

# The first version asked the same, but only of what was said when an account was opened; the second named the bank as
# payer of what it paid by an order, and that place.
FORMER: Final = (replace(RULE, version=1), replace(RULE, version=2))
