"""O16 疑似同一发票重复报账: two invoices of the same digits and fen, typed differently; the half of R16 about orders.

Evidence: 虚报冒领 by false rosters, contracts, invoices and repeated claims, 5,573万元 in 29 counties (审计署 2016);
重复申报 of the platform of 沈阳. The ledger itself refuses the same number twice in the county while an order that
stands claims it; but a number typed with a dash more, without its leading zeros (as a spreadsheet leaves it), or with
the code of the invoice before it is another one to it. Here the digits alone are compared, with zeros before those that
are too few: one ends with the other, and the fen are the same. How many digits a number has at least is assumed. Orders
that were undone or came back claim nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.funds_api.flags.rules.paid import narrowest
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

DIGITS: Final = "invoice_digits_min"
_DIGIT: Final = re.compile("[0-9]")
# An undoing that had happened and was known.
_UNDONE: Final = """EXISTS (SELECT FROM funds.movement u WHERE u.county_code = :county AND u.reverses_id = {}
     AND u.effective_on <= :as_of AND u.position <= :known)"""

# `alike`: pairs by digits and fen, few of many. `again`: the order of an invoice, and those that replaced it in turn
# and go on claiming it; one of them has to be in transit or paid.
QUERY: Final = f"""
WITH RECURSIVE claimed AS MATERIALIZED (
  SELECT n.order_id, n.invoice_number, n.amount_fen, n.invoice_key,
         lpad(n.digits, greatest(length(n.digits), CAST(:digits AS int)), '0') AS digits
    FROM (SELECT i.*, regexp_replace(i.invoice_key, '[^0-9]', '', 'g') AS digits FROM funds.order_invoice i
           WHERE i.county_code = :county) n
   WHERE n.digits <> ''),
alike AS MATERIALIZED (
  SELECT a.order_id, a.invoice_number, a.amount_fen, a.invoice_key, b.order_id AS other_order_id,
         b.invoice_number AS other_invoice_number, b.invoice_key AS other_key,
         least(length(a.digits), length(b.digits)) AS digits_n
    FROM claimed a
    JOIN claimed b ON b.amount_fen = a.amount_fen AND b.invoice_key <> a.invoice_key
     AND right(b.digits, CAST(:digits AS int)) = right(a.digits, CAST(:digits AS int))
     AND (right(a.digits, length(b.digits)) = b.digits OR right(b.digits, length(a.digits)) = a.digits)),
again (first, id) AS (
  SELECT a.order_id, a.order_id FROM alike a
  UNION
  SELECT g.first, o.id FROM again g
    JOIN funds.treasury_order o ON o.county_code = :county AND o.reissues_id = g.id),
stands AS (
  SELECT DISTINCT g.first FROM again g
    JOIN funds.treasury_order o ON o.county_code = :county AND o.id = g.id AND o.effective_on <= :as_of
    JOIN funds.movement m ON m.county_code = :county AND m.id = o.movement_id AND m.position <= :known
   WHERE NOT {_UNDONE.format("o.movement_id")}
     AND NOT EXISTS (
       SELECT FROM funds.order_result s
         JOIN funds.movement w ON w.county_code = :county AND w.id = s.movement_id AND w.position <= :known
        WHERE s.county_code = :county AND s.order_id = o.id AND s.result = 'returned' AND s.effective_on <= :as_of
          AND NOT {_UNDONE.format("s.movement_id")}))
SELECT o.id AS subject_id, o.region_code, a.amount_fen, o.effective_on AS as_of, o.order_number, o.document,
       u.name AS payer, p.code AS project_code, a.invoice_number, b.id AS other_order_id,
       b.order_number AS other_order_number, b.effective_on AS other_on, a.other_invoice_number, a.digits_n
  FROM alike a
  JOIN stands s ON s.first = a.order_id
  JOIN stands t ON t.first = a.other_order_id
  JOIN funds.treasury_order o ON o.county_code = :county AND o.id = a.order_id
   AND o.region_code >= :scope AND o.region_code < :scope || '~'
  JOIN funds.treasury_order b ON b.county_code = :county AND b.id = a.other_order_id
   AND (b.effective_on, b.recorded_at, a.other_key) < (o.effective_on, o.recorded_at, a.invoice_key)
  JOIN funds.account f ON f.county_code = :county AND f.id = o.from_account_id
  JOIN funds.unit u ON u.county_code = :county AND u.id = f.unit_id
  LEFT JOIN funds.project p ON p.county_code = :county AND p.quota_account_id = o.from_account_id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceFacts(Facts):
    """An invoice of an order beside that of an earlier one (or of the same); `digits_n` is what of both is the same.

    `amount_fen` is the invoice's, `as_of` the later order's day.
    """

    order_number: str
    document: str
    payer: str
    project_code: str | None
    invoice_number: str
    other_order_id: UUID
    other_order_number: str
    other_on: date
    other_invoice_number: str
    digits_n: int


def narrow(policy: Policy, day: date) -> Mapping[str, Any] | None:
    """Orders of every day are looked at, so the fewest digits that ever did narrow them."""
    return {"digits": narrowest(policy, DIGITS)} if policy.on(DIGITS, day) else None


def judge(facts: InvoiceFacts, policy: Policy) -> Verdict | None:
    """A verdict when so many digits as the value of the order's day asks for are the same."""
    least = policy.on(DIGITS, facts.as_of)
    if least is None or facts.digits_n < least.number:
        return None
    project = f"（项目 {facts.project_code}）" if facts.project_code else ""
    other = (
        "同一支付令"
        if facts.other_order_id == facts.subject_id
        else f"支付令 {facts.other_order_number}（{facts.other_on}）"
    )
    return Verdict(
        mark=f"{facts.invoice_number}:{facts.other_order_number}:{facts.other_invoice_number}",
        explanation=(
            f"{facts.payer}{project} {facts.as_of} 支付令 {facts.order_number}（“{facts.document}”）报账的发票"
            f"“{facts.invoice_number}”（{yuan(facts.amount_fen)} 元）与{other}报账的发票“{facts.other_invoice_number}”"
            f"金额相等、末 {facts.digits_n} 位数字相同，请核实是否同一张发票重复报账"
        ),
        policy=(least,),
        money=(Money(f"order:{facts.subject_id}:{''.join(_DIGIT.findall(facts.invoice_number))}", facts.amount_fen),),
    )


def judge_by_order(facts: InvoiceFacts, policy: Policy) -> Verdict | None:
    """The same verdict, which names its order's fen and not its invoice's: two invoices of an order counted as one."""
    verdict = judge(facts, policy)
    money = (Money(f"order:{facts.subject_id}", facts.amount_fen),)
    return replace(verdict, money=money) if verdict else None


RULE: Final = Rule(
    code="O16",
    version=2,
    since=date(2026, 11, 23),
    title="疑似同一发票重复报账",
    legal_basis="财政违法行为处罚处分条例（2011）第六条：以虚报、冒领等手段骗取财政资金；发票管理办法",
    looks_at="报账支付令的发票：号码中的数字与金额",
    subject=Subject.ORDER,
    population=Population.ORDERS,
    policy_keys=(DIGITS,),
    facts=InvoiceFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)

FORMER: Final = (replace(RULE, version=1, judge=judge_by_order),)
