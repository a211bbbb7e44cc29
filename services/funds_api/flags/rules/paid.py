"""SQL that several rules share: rows that were paid and kept, what the register said on a day, and a list in force.

Each is the text of a common table expression over :county, :scope, :as_of and :known. Set-based: a rule joins them,
it asks nothing per row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from services.funds_api.flags.rules.rule import Policy
from treasury.policy import PolicyValue

# What came back of a row (退汇、追缴) and was not undone since, as known.
BACK: Final = """back AS MATERIALIZED (
  SELECT r.batch_id, r.line, sum(r.amount_fen)::bigint AS fen
    FROM funds.payment_return r
   WHERE r.county_code = :county AND r.effective_on <= :as_of AND r.position <= :known
     AND NOT EXISTS (SELECT FROM funds.movement u WHERE u.county_code = :county AND u.reverses_id = r.movement_id
                        AND u.effective_on <= :as_of AND u.position <= :known)
   GROUP BY r.batch_id, r.line)"""

# Rows of rosters that were paid and not undone, with what was kept of each; not materialised, so that joins narrow it.
PAID: Final = f"""{BACK},
paid AS NOT MATERIALIZED (
  SELECT p.batch_id, p.line, p.household_id, p.payee_token, p.region_code, b.effective_on, b.entitlement, b.document,
         b.per, b.fund_code, p.amount_fen - coalesce(k.fen, 0) AS amount_fen
    FROM funds.paid_batches(:county, :as_of, :known) b
    JOIN funds.payment p ON p.county_code = :county AND p.batch_id = b.id
    LEFT JOIN back k ON k.batch_id = p.batch_id AND k.line = p.line
   WHERE p.region_code >= :scope AND p.region_code < :scope || '~' AND p.amount_fen > coalesce(k.fen, 0))"""

_OWNER: Final = {"membership": "person_id", "residence": "household_id", "standing": "household_id"}


def spans(table: str, columns: str, where: str = "") -> str:
    """Facts of the register as spans: from a day until the next fact's, each by the last act known of that day.

    `where` is a condition on the fact `f` and keeps or leaves out whole owners, never single facts.
    """
    owner = _OWNER[table]
    return f"""
  SELECT s.*, lead(s.from_on) OVER (PARTITION BY s.{owner} ORDER BY s.from_on) AS until_on
    FROM (SELECT DISTINCT ON (f.{owner}, f.from_on) f.{owner}, f.from_on, {columns}, a.document AS act_document,
                 (a.recorded_at AT TIME ZONE 'Asia/Shanghai')::date AS recorded_on
            FROM funds.{table} f JOIN funds.registry_act a ON a.county_code = :county AND a.id = f.act_id
           WHERE f.county_code = :county AND a.position <= :known{where and f" AND {where}"}
           ORDER BY f.{owner}, f.from_on, a.position DESC) s"""


def widest(policy: Policy, key: str) -> int:
    """The largest number of a key at any time: a query narrows by it, for each day is judged by its own value."""
    return max(one.number for one in policy.values if one.key == key)


def narrowest(policy: Policy, key: str) -> int:
    """The smallest number of a key at any time, for what has to reach it."""
    return min(one.number for one in policy.values if one.key == key)


@dataclass(frozen=True, slots=True)
class Held:
    """What was in force of some keys, in their order, on every day from the first to the last."""

    since_on: date
    until_on: date
    values: tuple[PolicyValue | None, ...]


def held(policy: Policy, day: date, *keys: str) -> list[Held]:
    """What was in force of the keys on each day up to this one, for a query in which each day has its own values."""
    of_keys = [one for one in policy.values if one.key in keys]
    begun = {one.valid_from for one in of_keys}
    ended = {one.valid_to + timedelta(days=1) for one in of_keys if one.valid_to}
    found: list[Held] = []
    for since in sorted(one for one in begun | ended if one <= day):
        values = tuple(policy.on(key, since) for key in keys)
        if found and found[-1].values == values:
            continue
        if found:
            found[-1] = Held(found[-1].since_on, since - timedelta(days=1), found[-1].values)
        found.append(Held(since, day, values))
    return found


def within(span: str, day: str) -> str:
    """Whether a span holds on a day."""
    return f"{span}.from_on <= {day} AND ({span}.until_on IS NULL OR {day} < {span}.until_on)"


def version(kind: str) -> str:
    """The version of a list in force, with how many of the register it could be compared with."""
    return f"""version AS MATERIALIZED (
  SELECT v.id AS version_id, v.version_no, v.list_on, v.hits_n AS listed_n,
         v.persons_n - v.uncompared_n AS compared_n, v.uncompared_n
    FROM funds.comparison_version v
   WHERE v.county_code = :county AND v.kind = '{kind}' AND v.position <= :known
   ORDER BY v.position DESC LIMIT 1)"""


def compared(kind: str) -> str:
    """Figures of a rule that asks about absence: the list, and how many people it can say nothing about."""
    return f"""WITH {version(kind)}
SELECT v.version_no, v.list_on, v.listed_n, v.compared_n,
       (SELECT count(*) FROM funds.person q WHERE q.county_code = :county AND q.match_token IS NULL) AS left_out_n
  FROM version v"""
