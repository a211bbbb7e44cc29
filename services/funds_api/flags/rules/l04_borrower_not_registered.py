"""L04 贷款对象不在册: by what is known now, the borrower was in no registered household here on the day of the loan.

Evidence: of 1,339 subsidised loans of 寻甸 county 711 went to registered households (审计署 2016).
Rule: 银监发〔2017〕42号: to registered households; later to lifted and monitored ones too (脱贫人口、监测对象).
Registered, lifted, monitored and returned households are all on the list; a removed one (清退), one that had left the
county and somebody of no household are not.

The bank's report of such a loan is refused (`borrower-not-registered`) by the register as it stood then. Here are the
loans before which, as became known later, the household was removed or gone, or the borrower was of no household. Of a
borrower whom a correction put into another registered household nothing is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from services.funds_api.flags.rules.lent import COLUMNS, HERE, LENT, LoanFacts, said_loan
from services.funds_api.flags.rules.rule import Policy, Population, Rule, Subject, Verdict


def _last(table: str, whose: str, columns: str) -> str:
    """The fact that held on the day of the loan l, as known at the journal position; nothing when none did."""
    return f"""LATERAL (
     SELECT {columns}, f.from_on, a.document, (a.recorded_at AT TIME ZONE 'Asia/Shanghai')::date AS recorded_on
       FROM funds.{table} f JOIN funds.registry_act a ON a.county_code = :county AND a.id = f.act_id
      WHERE f.county_code = :county AND f.{whose} AND f.from_on <= l.disbursed_on AND a.position <= :known
      ORDER BY f.from_on DESC, a.position DESC LIMIT 1)"""


QUERY: Final = f"""
WITH told AS (
  SELECT l.*, CASE WHEN m.from_on IS NULL OR m.household_id IS NULL THEN 'left'
                   WHEN s.standing = 'removed' THEN 'removed' WHEN r.outside THEN 'outside' END AS kind,
         m.from_on AS left_on, m.document AS left_document, m.recorded_on AS left_recorded_on,
         s.from_on AS removed_on, s.document AS removed_document, s.recorded_on AS removed_recorded_on,
         r.from_on AS gone_on, r.document AS gone_document, r.recorded_on AS gone_recorded_on
    FROM funds.loan l
    JOIN funds.person q ON q.county_code = :county AND q.token = l.borrower_token
    LEFT JOIN {_last("membership", "person_id = q.id", "f.household_id")} m ON true
    LEFT JOIN {_last("standing", "household_id = m.household_id", "f.standing")} s ON true
    LEFT JOIN {_last("residence", "household_id = m.household_id", "f.outside")} r ON true
   WHERE {LENT} AND {HERE})
SELECT {COLUMNS}, l.kind,
       CASE l.kind WHEN 'left' THEN l.left_on WHEN 'removed' THEN l.removed_on ELSE l.gone_on END AS since_on,
       CASE l.kind WHEN 'left' THEN l.left_document WHEN 'removed' THEN l.removed_document ELSE l.gone_document END
         AS act_document,
       CASE l.kind WHEN 'left' THEN l.left_recorded_on WHEN 'removed' THEN l.removed_recorded_on
                   ELSE l.gone_recorded_on END AS known_on
  FROM told l WHERE l.kind IS NOT NULL"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnregisteredLoanFacts(LoanFacts):
    """A loan; `kind`: removed (清退), outside (迁出本县) or left (不属于任何在册农户), since a day and by a document.

    Without a day the borrower came into the register only after the loan, as was corrected since.
    """

    kind: str
    since_on: date | None
    act_document: str | None
    known_on: date | None


_SAID: Final = {
    "removed": "该户自 {} 起已清退",
    "outside": "该户自 {} 起已迁出本县",
    "left": "借款人自 {} 起不属于任何在册农户",
}


def judge(facts: UnregisteredLoanFacts, _policy: Policy) -> Verdict | None:
    """A verdict from the first day of the fact on; the day before it the household was on the list."""
    if facts.since_on is None:
        why, days = "借款人在放款日尚未登记为任何农户的成员", 0
    else:
        days = (facts.as_of - facts.since_on).days
        why = f"{_SAID[facts.kind].format(facts.since_on)}（“{facts.act_document}”，{facts.known_on} 登记）"
    if days < 0:
        return None
    return Verdict(
        days=days,
        explanation=f"{said_loan(facts)}，{why}，放款时已有 {days} 天，请核实是否属于贷款和贴息对象",
        money=facts.money,
    )


RULE: Final = Rule(
    code="L04",
    version=1,
    since=date(2026, 11, 23),
    title="小额信贷对象当日不在册",
    legal_basis="《关于促进扶贫小额信贷健康发展的通知》（银监发〔2017〕42号）：面向建档立卡贫困户；审计署2016年云南寻甸县通报口径",
    looks_at="放款日借款人及其农户的登记（以现在所知的登记为准）",
    subject=Subject.LOAN,
    population=Population.LOANS,
    facts=UnregisteredLoanFacts,
    query=QUERY,
    judge=judge,
)
