"""R09 申报人口少于登记人口: a household that was paid and had, when it declared its people, more than it declared.

Evidence: seven children of whom two were declared, 6,600 元. What its file declared at registration is held against the
people who by the register belonged to it all along: registered with it, or recorded later as counted from the start
(补录). Births, marriages and returns came afterwards and are no concealment; whom a correction (更正) took out again
never belonged. A few more are a slip of the pen; how many is a policy value, assumed. Whether anybody was concealed is
for people to find out. Children nobody ever recorded cannot be seen: no list names a household's people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from services.funds_api.flags.rules.paid import PAID, narrowest
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

SLIP: Final = "undeclared_members_max"

# What was recorded of a person for a day counts as long as the last act known of that day says the same household.
QUERY: Final = f"""
WITH {PAID},
belonged AS MATERIALIZED (
  SELECT s.household_id, count(DISTINCT s.person_id)::int AS named_n
    FROM (SELECT m.person_id, m.household_id, m.reason,
                 first_value(m.household_id) OVER (PARTITION BY m.person_id, m.from_on ORDER BY a.position DESC) AS said
            FROM funds.membership m JOIN funds.registry_act a ON a.county_code = :county AND a.id = m.act_id
           WHERE m.county_code = :county AND m.from_on <= :as_of AND a.position <= :known) s
   WHERE s.household_id = s.said AND s.reason IN ('registered', 'recorded')
   GROUP BY s.household_id),
more AS MATERIALIZED (
  SELECT h.id, h.region_code, h.registered_on, h.declared_n, b.named_n
    FROM funds.household h JOIN belonged b ON b.household_id = h.id
   WHERE h.county_code = :county AND h.declared_n + CAST(:slip AS int) < b.named_n
     AND h.region_code >= :scope AND h.region_code < :scope || '~')
SELECT o.id AS subject_id, o.region_code, sum(p.amount_fen)::bigint AS amount_fen, CAST(:as_of AS date) AS as_of,
       o.registered_on, o.declared_n, o.named_n, count(DISTINCT p.payee_token)::int AS payees_n,
       count(*)::int AS payments_n,
       string_agg(p.batch_id || ':' || p.line || ':' || p.amount_fen, ',' ORDER BY p.batch_id, p.line) AS rows
  FROM more o JOIN paid p ON p.household_id = o.id AND p.effective_on >= date_trunc('year', CAST(:as_of AS date))::date
 GROUP BY o.id, o.region_code, o.registered_on, o.declared_n, o.named_n"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredFacts(Facts):
    """A household paid in the year of `as_of`: how many it declared, how many belonged all along, who was paid.

    `rows` are those payments, as `batch:line:fen` one after another; flags of before did not tell them.
    """

    registered_on: date
    declared_n: int
    named_n: int
    payees_n: int
    payments_n: int
    rows: str = ""


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    return {"slip": narrowest(policy, SLIP)} if policy.on(SLIP, day) else None


def judge(facts: DeclaredFacts, policy: Policy) -> Verdict | None:
    """A verdict when more people than the value allows belonged and were not declared."""
    slip = policy.on(SLIP, facts.as_of)
    if slip is None or facts.named_n - facts.declared_n <= slip.number:
        return None
    return Verdict(
        mark=f"{facts.declared_n}:{facts.named_n}",
        explanation=(
            f"该户 {facts.registered_on} 申报 {facts.declared_n} 人，登记簿载明当时已属于该户的有 {facts.named_n} 人，"
            f"多 {facts.named_n - facts.declared_n} 人（容许 {slip.number} 人）；"
            f"{facts.as_of.year} 年已发放 {facts.payments_n} 笔、{yuan(facts.amount_fen)} 元，"
            f"领款 {facts.payees_n} 人，请核实"
        ),
        policy=(slip,),
        money=tuple(_payment(one) for one in facts.rows.split(",") if one),
    )


def _payment(told: str) -> Money:
    row, _, fen = told.rpartition(":")
    return Money(f"payment:{row}", int(fen))


RULE: Final = Rule(
    code="R09",
    version=1,
    since=date(2026, 11, 23),
    title="申报人口少于登记人口",
    legal_basis="《社会救助暂行办法》（国务院令第649号）第六十八条；《财政违法行为处罚处分条例》第十四条",
    looks_at="当年领取过补贴、申报人口数少于登记时已属于该户人数的农户",
    subject=Subject.HOUSEHOLD,
    population=Population.HOUSEHOLDS,
    policy_keys=(SLIP,),
    facts=DeclaredFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)
