"""Loans that banks reported, as far as rules about microloans share them: facts, SQL text, words.

Repayments are not in the books yet: a loan counts as outstanding (未到期) until the day it is due, also when it was
paid back before. A household that was divided or joined since is the one the register named when the loan was reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from services.funds_api.flags.rules.rule import Facts, Money, Policy
from treasury.money import yuan

# A loan l that had been paid out by the day and was known.
KNOWN: Final = "{0}.county_code = :county AND {0}.disbursed_on <= :as_of AND {0}.position <= :known"
LENT: Final = KNOWN.format("l")
HERE: Final = "l.region_code >= :scope AND l.region_code < :scope || '~'"
# The columns of `LoanFacts` over a loan l.
COLUMNS: Final = """l.id AS subject_id, l.region_code, l.principal_fen AS amount_fen, l.disbursed_on AS as_of,
       l.household_id, l.bank, l.bank_ref, l.due_on, l.rate_ppm, l.use"""
# What the household had outstanding on the day of each of its loans, that loan included, in the order they were paid.
OUTSTANDING: Final = f"""
outstanding AS MATERIALIZED (
  SELECT {COLUMNS}, count(*)::int AS running_n, sum(e.principal_fen)::bigint AS running_fen,
         (array_agg(e.bank_ref ORDER BY e.disbursed_on, e.position))[1] AS first_ref,
         (array_agg(e.bank ORDER BY e.disbursed_on, e.position))[1] AS first_bank,
         (array_agg(e.due_on ORDER BY e.disbursed_on, e.position))[1] AS first_due_on
    FROM funds.loan l
    JOIN funds.loan e ON e.household_id = l.household_id AND {KNOWN.format("e")} AND e.due_on > l.disbursed_on
     AND (e.disbursed_on, e.position) <= (l.disbursed_on, l.position)
   WHERE {LENT} AND {HERE}
   GROUP BY l.county_code, l.id)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanFacts(Facts):
    """One loan by its bank and reference; `as_of` is the day it was paid out, by whose values it is judged."""

    household_id: UUID
    bank: str
    bank_ref: str
    due_on: date
    rate_ppm: int
    use: str

    @property
    def money(self) -> tuple[Money, ...]:
        """The whole loan."""
        return self.part(self.amount_fen)

    def part(self, fen: int) -> tuple[Money, ...]:
        """So many fen of this loan."""
        return (Money(f"loan:{self.subject_id}", min(fen, self.amount_fen)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutstandingFacts(LoanFacts):
    """A loan with what its household had outstanding that day, this loan included, and the first of those loans."""

    running_n: int
    running_fen: int
    first_ref: str
    first_bank: str
    first_due_on: date


def least(policy: Policy, *keys: str) -> int | None:
    """The lowest figure of the keys at any time: a query that narrows by it loses no loan, of whatever day."""
    return min((one.number for one in policy.values if one.key in keys), default=None)


def percent(ppm: int) -> str:
    """Parts per million as a percentage with at least two decimals: 43500 → 4.35%."""
    exact = f"{Decimal(ppm) / 10_000:.4f}"
    return exact[:-2] + exact[-2:].rstrip("0") + "%"


def said_loan(facts: LoanFacts) -> str:
    return f"{facts.as_of} {facts.bank} 放款“{facts.bank_ref}” {yuan(facts.amount_fen)} 元"
