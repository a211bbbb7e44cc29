"""Paid rows whose payee stands on a comparison list, as far as rules about lists share it: facts, SQL text, words.

A rule asks about one entry beside a row (`ListedPayment`), or about all that the list says of a payee (`HeldPayment`).

The list in force at the journal position asks: its version and day are facts of every flag, so that a flag of before
keeps the list it saw. An entry without a first (or last) day is a thing of the list's own day; it is taken to stand
for `list_stands_days` before (or after) it and no longer, since a list cannot know what was years away.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Self
from uuid import UUID

from services.funds_api.comparisons.kinds import KINDS, OTHER, ListKind
from services.funds_api.flags.rules.paid import BACK, held
from services.funds_api.flags.rules.rule import Facts, Money, Policy
from treasury.money import yuan
from treasury.policy import PolicyValue

# Whether what a fund pays depends on what a household has: 1 yes, 0 no; the key itself says it of every other fund.
MEANS_TESTED: Final = "means_tested"
STANDS: Final = "list_stands_days"

# What of paid rows had come back (退回、追缴) by then, few beside what was paid; and the rosters that were paid.
PAID: Final = f"""
paid AS MATERIALIZED (SELECT * FROM funds.paid_batches(:county, :as_of, :known)),
{BACK}"""
# The row of the facts of `PaidRow`, over a payment p of a roster b with what came back w, and an entry h.
ROW: Final = """p.household_id AS subject_id, p.region_code, p.amount_fen - coalesce(w.fen, 0) AS amount_fen,
       b.effective_on AS as_of, p.batch_id, p.line, b.fund_code, b.entitlement, b.document,
       coalesce(w.fen, 0)::bigint AS back_fen, h.version_id, h.version_no, h.list_on"""
ENTRY: Final = "h.person_id, h.line AS list_line, h.from_on, h.to_on, h.category"
# All that entries h say, as `Entry` reads it, by line.
SAID: Final = """json_agg(json_build_object('person', h.person_id, 'line', h.line, 'category', h.category,
           'amount_fen', h.amount_fen, 'count_n', h.count_n, 'from_on', h.from_on, 'to_on', h.to_on)
           ORDER BY h.line)::text AS held"""
# To be joined to entries h: what was paid to these people and has not come back whole.
TO_PAYEE: Final = """
  JOIN funds.payment p ON p.county_code = :county AND p.payee_token = h.person_token
  JOIN paid b ON b.id = p.batch_id
  LEFT JOIN back w ON w.batch_id = p.batch_id AND w.line = p.line"""
LEFT_OVER: Final = "p.amount_fen > coalesce(w.fen, 0)"
# Whether the entry stood on the day of payment by the widest span; `stood` judges the same by the value of that day.
STOOD: Final = """coalesce(h.from_on, h.list_on - CAST(:stands_days AS int)) <= b.effective_on
   AND coalesce(h.to_on, h.list_on + CAST(:stands_days AS int)) >= b.effective_on"""
# The spans of all days, each with the days on which it was in force, as `by_the_day` tells them.
SPANS: Final = """
span AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:span_since AS date[]), CAST(:span_until AS date[]), CAST(:span_days AS int[]))
                AS s(since_on, until_on, days))"""
# Whether the entry stood on the day of payment by the span of that day, for whoever picks one of several entries.
STOOD_THAT_DAY: Final = """EXISTS (
  SELECT FROM span s WHERE b.effective_on BETWEEN s.since_on AND s.until_on
     AND coalesce(h.from_on, h.list_on - s.days) <= b.effective_on
     AND coalesce(h.to_on, h.list_on + s.days) >= b.effective_on)"""
HERE: Final = "region_code >= :scope AND region_code < :scope || '~'"
PAID_HERE: Final = "p.region_code >= :scope AND p.region_code < :scope || '~'"


def entries(kind: ListKind) -> str:
    """Who of the register stands on the list in force, an entry each, as the part `hit` of a query.

    A category that is no word of the kind does not become a fact: it could be a name.
    """
    words = ", ".join(f"'{one}'" for one in KINDS[kind].words)
    return f"""hit AS MATERIALIZED (
  SELECT e.person_id, e.person_token, e.version_id, e.version_no, e.list_on, e.line, e.from_on, e.to_on,
         CASE WHEN e.category IS NULL OR e.category IN ({words}) THEN e.category ELSE '{OTHER}' END AS category,
         e.amount_fen, e.count_n, e.region_code, e.ref_token, e.ref_person_id
    FROM funds.comparison_hits(:county, '{kind.value}', :known) e), {PAID}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidRow(Facts):
    """A paid row, less what came back of it, and the list that speaks about it; `as_of` is the day of payment."""

    batch_id: UUID
    line: int
    fund_code: str
    entitlement: str
    document: str
    back_fen: int
    version_id: UUID
    version_no: int
    list_on: date

    @property
    def mark(self) -> str:
        """What a question about this row is told apart by."""
        return f"{self.batch_id}:{self.line}"

    @property
    def money(self) -> tuple[Money, ...]:
        return (Money(f"payment:{self.batch_id}:{self.line}", self.amount_fen),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPayment(PaidRow):
    """A paid row beside one entry of a list about its payee."""

    person_id: UUID
    list_line: int
    from_on: date | None
    to_on: date | None
    category: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPayment(PaidRow):
    """A paid row beside all entries of a list about its payee (or kin); `held` is JSON text, as `Entry` reads it."""

    held: str

    def standing(self, span_days: int) -> list[Entry]:
        """The entries that stood on the day of payment, by line."""
        found = [Entry.read(one) for one in json.loads(self.held)]
        return [one for one in found if stood(self, one.from_on, one.to_on, span_days)]


@dataclass(frozen=True, slots=True)
class Entry:
    """What one line of a list says of a person: nothing about what it leaves out, but a count is one."""

    person: str
    line: int
    category: str | None
    amount_fen: int | None
    count_n: int
    from_on: date | None
    to_on: date | None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        days = (date.fromisoformat(told[name]) if told[name] else None for name in ("from_on", "to_on"))
        return cls(told["person"], told["line"], told["category"], told["amount_fen"], told["count_n"] or 1, *days)


def per_fund(policy: Policy, key: str, fund: str, day: date) -> PolicyValue | None:
    """The value of a fund, or else the one for every fund."""
    return policy.on(f"{key}.{fund}", day) or policy.on(key, day)


def narrow(policy: Policy, day: date) -> Mapping[str, Any] | None:
    """What `STOOD` needs: the widest span of all times, since each payment is judged by the value of its own day."""
    if policy.on(MEANS_TESTED, day) is None or policy.on(STANDS, day) is None:
        return None
    return {"stands_days": max(one.number for one in policy.values if one.key == STANDS)}


def by_the_day(policy: Policy, day: date) -> Mapping[str, Any]:
    """What `SPANS` needs: the span of each day up to this one."""
    spans = [one for one in held(policy, day, STANDS) if one.values[0]]
    return {
        "span_since": [one.since_on for one in spans],
        "span_until": [one.until_on for one in spans],
        "span_days": [one.values[0].number for one in spans if one.values[0]],
    }


def tested(facts: PaidRow, policy: Policy) -> tuple[PolicyValue, PolicyValue] | None:
    """The values by which the means of a payee are asked about on the day; None if its fund looks at none."""
    means, span = per_fund(policy, MEANS_TESTED, facts.fund_code, facts.as_of), policy.on(STANDS, facts.as_of)
    return (means, span) if means and span and means.number else None


def stood(facts: PaidRow, from_on: date | None, to_on: date | None, span_days: int) -> bool:
    """Whether an entry of these days stood on the day of payment, its first and last day included."""
    span = timedelta(days=span_days)
    return (from_on or facts.list_on - span) <= facts.as_of <= (to_on or facts.list_on + span)


def said_paid(facts: PaidRow) -> str:
    back = f"（另已退回 {yuan(facts.back_fen)} 元）" if facts.back_fen else ""
    return f"“{facts.document}”名册第 {facts.line} 行 {facts.as_of} 发放 {yuan(facts.amount_fen)} 元{back}"


def said_list(facts: PaidRow, kind: ListKind, lines: Iterable[int]) -> str:
    """Which list says so, of which day, in which of its lines."""
    named = "、".join(str(one) for one in sorted(set(lines)))
    return f"“{KINDS[kind].title}”名单第 {facts.version_no} 版（截至 {facts.list_on}）第 {named} 行"


def said_span(from_on: date | None, to_on: date | None) -> str:
    """From when to when an entry says it was so; what it does not say is told as not said."""
    return f"{from_on or '起始日未载'} 至 {to_on or '终止日未载'}"


def held_of(kind: ListKind) -> str:
    """The query of a rule about what payees hold: rows paid between the first and last day of any entry, with all.

    Entries are put together once for each holder and not for each row; which of them stood that day, `standing` says.
    """
    return f"""
WITH {entries(kind)},
holder AS MATERIALIZED (
  SELECT h.person_token, h.version_id, h.version_no, h.list_on, {SAID},
         min(coalesce(h.from_on, h.list_on - CAST(:stands_days AS int))) AS first_on,
         max(coalesce(h.to_on, h.list_on + CAST(:stands_days AS int))) AS last_on
    FROM hit h GROUP BY h.person_token, h.version_id, h.version_no, h.list_on)
SELECT {ROW}, h.held
  FROM holder h {TO_PAYEE}
 WHERE b.effective_on BETWEEN h.first_on AND h.last_on AND {LEFT_OVER} AND {PAID_HERE}"""
