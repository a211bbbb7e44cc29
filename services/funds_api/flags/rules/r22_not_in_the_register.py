"""R22 付至非扶贫对象: a payment to somebody who, by what is known now, was in no registered household here that day.

Evidence: 识别不准、未清退仍享受 in the audit of 2017 (11.34万人 not identified rightly or not updated). What the check
knew it refused already; here are the payments that were made before a removal, a move out of the county, a departure
or a correction of an earlier day became known. Who left by dying is R01's, which knows what is
still owed then.
Law: 财政违法行为处罚处分条例（2011 修订）第六条、第十四条, money got against the rules is recovered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.funds_api.flags.rules.paid import PAID, spans, within
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

_LEFT: Final = """f.person_id IN (SELECT g.person_id FROM funds.membership g
   WHERE g.county_code = :county AND g.household_id IS NULL)"""

QUERY: Final = f"""
WITH {PAID},
removed AS MATERIALIZED (SELECT * FROM ({spans("standing", "f.standing")}) s WHERE s.standing = 'removed'),
nobody AS MATERIALIZED (
  SELECT q.token, s.* FROM ({spans("membership", "f.household_id, f.reason", _LEFT)}) s
    JOIN funds.person q ON q.county_code = :county AND q.id = s.person_id
   WHERE s.household_id IS NULL AND s.reason IS DISTINCT FROM 'death'),
outside AS MATERIALIZED (SELECT * FROM ({spans("residence", "f.outside")}) s WHERE s.outside)
SELECT DISTINCT ON (f.batch_id, f.line) f.*
  FROM (SELECT p.household_id AS subject_id, p.region_code, p.amount_fen, p.effective_on AS as_of, p.batch_id, p.line,
               p.document, 'removed' AS kind, r.from_on AS since_on, r.until_on, r.act_document, r.recorded_on
          FROM removed r JOIN paid p ON p.household_id = r.household_id AND {within("r", "p.effective_on")}
        UNION ALL
        SELECT p.household_id, p.region_code, p.amount_fen, p.effective_on, p.batch_id, p.line,
               p.document, 'outside', o.from_on, o.until_on, o.act_document, o.recorded_on
          FROM outside o JOIN paid p ON p.household_id = o.household_id AND {within("o", "p.effective_on")}
        UNION ALL
        SELECT p.household_id, p.region_code, p.amount_fen, p.effective_on, p.batch_id, p.line,
               p.document, 'left', n.from_on, n.until_on, n.act_document, n.recorded_on
          FROM nobody n JOIN paid p ON p.payee_token = n.token AND {within("n", "p.effective_on")}) f
 ORDER BY f.batch_id, f.line, f.kind DESC"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnregisteredFacts(Facts):
    """One paid row; `kind`: removed (清退), outside (迁出本县) or left (离户), from `since_on` until `until_on`."""

    batch_id: UUID
    line: int
    document: str
    kind: str
    since_on: date
    until_on: date | None
    act_document: str
    recorded_on: date


_SAID: Final = {
    "removed": "该户自 {since} 起已清退",
    "outside": "该户自 {since} 起已迁出本县",
    "left": "领款人自 {since} 起不属于任何在册农户",
}


def judge(facts: UnregisteredFacts, _policy: Policy) -> Verdict | None:
    """A verdict when the day of payment lies in the span; the day on which it begins does."""
    if facts.as_of < facts.since_on or (facts.until_on is not None and facts.until_on <= facts.as_of):
        return None
    return Verdict(
        mark=f"{facts.batch_id}:{facts.line}",
        days=(facts.as_of - facts.since_on).days,
        explanation=(
            f"“{facts.document}”名册第 {facts.line} 行 {facts.as_of} 发放 {yuan(facts.amount_fen)} 元，"
            f"{_SAID[facts.kind].format(since=facts.since_on)}（“{facts.act_document}”，{facts.recorded_on} 登记），"
            f"发放时已有 {(facts.as_of - facts.since_on).days} 天，请核实"
        ),
        money=(Money(f"payment:{facts.batch_id}:{facts.line}", facts.amount_fen),),
    )


RULE: Final = Rule(
    code="R22",
    version=1,
    since=date(2026, 11, 23),
    title="付至非扶贫对象",
    legal_basis="《财政违法行为处罚处分条例》（2011 年修订）第六条、第十四条",
    looks_at="发放之日领款户已清退或迁出本县、或领款人已不属于任何在册农户的发放（以现在所知的登记为准）",
    subject=Subject.PAYMENT,
    population=Population.PAYMENTS,
    facts=UnregisteredFacts,
    query=QUERY,
    judge=judge,
)
