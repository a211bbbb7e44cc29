"""Paid rows whose payee stands on a comparison list, as far as rules about lists share it: facts, SQL text, words.

The list in force at the journal position asks: its version and day are facts of every flag, so that a flag of before
keeps the list it saw. An entry without a first (or last) day is a thing of the list's own day; it is taken to stand
for `list_stands_days` before (or after) it and no longer, since a list cannot know what was years away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from services.funds_api.comparisons.kinds import KINDS, ListKind
from services.funds_api.flags.rules.rule import Facts, Money, Policy
from treasury.money import yuan
from treasury.policy import PolicyValue

# Whether what a fund pays depends on what a household has: 1 yes, 0 no; the key itself says it of every other fund.
MEANS_TESTED: Final = "means_tested"
STANDS: Final = "list_stands_days"

# What of paid rows had come back (退回、追缴) by then, few beside what was paid; and the rosters that were paid.
PAID: Final = """
paid AS MATERIALIZED (SELECT * FROM funds.paid_batches(:county, :as_of, :known)),
back AS MATERIALIZED (
  SELECT r.batch_id, r.line, sum(r.amount_fen)::bigint AS fen
    FROM funds.payment_return r
   WHERE r.county_code = :county AND r.effective_on <= :as_of AND r.position <= :known
     AND NOT EXISTS (SELECT FROM funds.movement u WHERE u.county_code = :county AND u.reverses_id = r.movement_id
                        AND u.effective_on <= :as_of AND u.position <= :known)
   GROUP BY r.batch_id, r.line)"""
# The row of the facts of `ListedPayment`, over a payment p of a roster b with what came back w, and an entry h.
COLUMNS: Final = """p.household_id AS subject_id, p.region_code, p.amount_fen - coalesce(w.fen, 0) AS amount_fen,
       b.effective_on AS as_of, p.batch_id, p.line, b.fund_code, b.entitlement, b.document,
       coalesce(w.fen, 0)::bigint AS back_fen, h.person_id, h.version_id, h.version_no, h.list_on, h.line AS list_line,
       h.from_on, h.to_on, h.category"""
# To be joined to entries h: what was paid to these people and has not come back whole.
TO_PAYEE: Final = """
  JOIN funds.payment p ON p.county_code = :county AND p.payee_token = h.person_token
  JOIN paid b ON b.id = p.batch_id
  LEFT JOIN back w ON w.batch_id = p.batch_id AND w.line = p.line"""
LEFT_OVER: Final = "p.amount_fen > coalesce(w.fen, 0)"
# Whether the entry stood on the day of payment; `standing` judges the same by the value of that day.
STOOD: Final = """coalesce(h.from_on, h.list_on - CAST(:stands_days AS int)) <= b.effective_on
   AND coalesce(h.to_on, h.list_on + CAST(:stands_days AS int)) >= b.effective_on"""
HERE: Final = "region_code >= :scope AND region_code < :scope || '~'"


def entries(kind: ListKind) -> str:
    """Who of the register stands on the list in force, an entry each, as the part `hit` of a query."""
    return f"hit AS MATERIALIZED (SELECT * FROM funds.comparison_hits(:county, '{kind.value}', :known)), {PAID}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPayment(Facts):
    """A paid row, less what came back of it, beside the entry of a list about its payee; `as_of` is the day paid."""

    batch_id: UUID
    line: int
    fund_code: str
    entitlement: str
    document: str
    back_fen: int
    person_id: UUID
    version_id: UUID
    version_no: int
    list_on: date
    list_line: int
    from_on: date | None
    to_on: date | None
    category: str | None

    @property
    def mark(self) -> str:
        """What a question about this row is told apart by."""
        return f"{self.batch_id}:{self.line}"

    @property
    def money(self) -> tuple[Money, ...]:
        return (Money(f"payment:{self.batch_id}:{self.line}", self.amount_fen),)


def per_fund(policy: Policy, key: str, fund: str, day: date) -> PolicyValue | None:
    """The value of a fund, or else the one for every fund."""
    return policy.on(f"{key}.{fund}", day) or policy.on(key, day)


def narrow(policy: Policy, day: date) -> Mapping[str, Any] | None:
    """What `STOOD` needs: the widest span of all times, since each payment is judged by the value of its own day."""
    if policy.on(MEANS_TESTED, day) is None or policy.on(STANDS, day) is None:
        return None
    return {"stands_days": max(one.number for one in policy.values if one.key == STANDS)}


def tested(facts: ListedPayment, policy: Policy) -> tuple[PolicyValue, ...] | None:
    """The values by which the row is to be asked about: its fund looks at means, and the entry stood that day."""
    means, span = per_fund(policy, MEANS_TESTED, facts.fund_code, facts.as_of), policy.on(STANDS, facts.as_of)
    if means is None or span is None or not means.number or not standing(facts, span.number):
        return None
    return means, span


def standing(facts: ListedPayment, span_days: int) -> bool:
    """Whether the entry stood on the day of payment, its first and last day included."""
    span = timedelta(days=span_days)
    return (facts.from_on or facts.list_on - span) <= facts.as_of <= (facts.to_on or facts.list_on + span)


def said_paid(facts: ListedPayment) -> str:
    back = f"（另已退回 {yuan(facts.back_fen)} 元）" if facts.back_fen else ""
    return f"“{facts.document}”名册第 {facts.line} 行 {facts.as_of} 发放 {yuan(facts.amount_fen)} 元{back}"


def said_list(facts: ListedPayment, kind: ListKind) -> str:
    return f"“{KINDS[kind].title}”名单第 {facts.version_no} 版（截至 {facts.list_on}）第 {facts.list_line} 行"


def said_span(facts: ListedPayment) -> str:
    """From when to when the entry says it was so; what it does not say is told as not said."""
    return f"{facts.from_on or '起始日未载'} 至 {facts.to_on or '终止日未载'}"
