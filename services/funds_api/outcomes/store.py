"""Outcomes in SQL: those of a flag, and what they come to by rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.access import visible_to
from services.funds_api.flags.store import Place
from services.funds_api.moments import Moment
from services.funds_api.tables import FlagOutcomeRow, FlagRow


async def flag(session: AsyncSession, who: Principal, county: str, flag_id: UUID, *, lock: bool = False) -> Any:
    """The visible flag, or None; locked for whoever decides it (by its name, for a flag itself is never written)."""
    if lock:
        key = f"flag_outcome|{county}|{flag_id}"
        await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
    return await session.scalar(
        select(FlagRow).where(
            FlagRow.county_code == county, FlagRow.id == flag_id, visible_to(who, FlagRow.region_code)
        )
    )


async def outcomes(
    session: AsyncSession, county: str, flag_id: UUID, moment: Moment | None = None
) -> Sequence[FlagOutcomeRow]:
    """A flag's outcomes, the oldest first; as of a moment, those decided and recorded by then."""
    query = select(FlagOutcomeRow).where(FlagOutcomeRow.county_code == county, FlagOutcomeRow.flag_id == flag_id)
    if moment is not None:
        query = query.where(FlagOutcomeRow.decided_on <= moment.as_of, FlagOutcomeRow.position <= moment.position)
    return (await session.scalars(query.order_by(FlagOutcomeRow.seq))).all()


async def add(session: AsyncSession, row: dict[str, Any]) -> None:
    await session.execute(insert(FlagOutcomeRow).values(row))


# Flags raised for a day up to :as_of and known by :known, each with what stood of it then.
_FLAGS: Final = """
flags AS MATERIALIZED (
  SELECT f.id, f.rule_code, f.subject, f.subject_id, f.amount_fen, o.outcome, o.recovered_fen
    FROM funds.flag f
    LEFT JOIN funds.flag_run_rule k ON k.county_code = :county AND k.run_id = f.run_id AND k.rule_code = f.rule_code
    LEFT JOIN (
      SELECT DISTINCT ON (flag_id) flag_id, outcome, recovered_fen FROM funds.flag_outcome
       WHERE county_code = :county AND decided_on <= :as_of AND position <= :known
       ORDER BY flag_id, seq DESC) o ON o.flag_id = f.id
   WHERE f.county_code = :county AND f.region_code >= :scope AND f.region_code < :scope || '~'
     AND f.as_of <= :as_of AND coalesce(f.position, k.position) <= :known
     AND (CAST(:rule AS text) IS NULL OR f.rule_code = :rule))"""
_ITEMS: Final = f"""{_FLAGS},
items AS MATERIALIZED (
  SELECT f.id, f.rule_code, coalesce(m.item, f.subject || ':' || f.subject_id) AS item,
         coalesce(m.amount_fen, f.amount_fen) AS fen,
         CASE WHEN f.outcome = 'confirmed' THEN f.recovered_fen ELSE 0 END AS recovered_fen
    FROM flags f LEFT JOIN funds.flag_money m ON m.county_code = :county AND m.flag_id = f.id)"""

_COUNTS: Final = f"""WITH {_FLAGS}
SELECT rule_code, count(*) AS hits_n,
       count(*) FILTER (WHERE outcome = 'confirmed') AS confirmed_n,
       count(*) FILTER (WHERE outcome = 'refuted') AS refuted_n,
       sum(amount_fen)::bigint AS flagged_fen,
       coalesce(sum(amount_fen) FILTER (WHERE outcome = 'confirmed'), 0)::bigint AS confirmed_fen
  FROM flags GROUP BY rule_code"""

# Per rule, and over all rules (code null): the fen named, and those of different names.
_SUMS: Final = f"""WITH {_ITEMS},
by_rule AS (SELECT rule_code, item, sum(fen)::bigint AS named, max(fen) AS fen FROM items GROUP BY rule_code, item)
SELECT rule_code, sum(named)::bigint AS named_fen, sum(fen)::bigint AS items_fen FROM by_rule GROUP BY rule_code
UNION ALL
SELECT NULL, coalesce(sum(named), 0)::bigint, coalesce(sum(fen), 0)::bigint
  FROM (SELECT sum(named) AS named, max(fen) AS fen FROM by_rule GROUP BY item) a"""

# Items that lie in others that are named, and those: a row in its roster, an order in its movement, all in a project.
# Nothing is looked up while nobody names anything that could hold something.
_NESTED: Final = f"""WITH {_ITEMS},
named AS MATERIALIZED (SELECT DISTINCT item FROM items),
parts AS (
  SELECT n.item, split_part(n.item, ':', 1) AS kind, CAST(split_part(n.item, ':', 2) AS uuid) AS id FROM named n
   WHERE n.item ~ '^(payment|batch|order|movement|lot):[0-9a-f-]{{36}}(:[0-9]+)?$'
     AND EXISTS (SELECT FROM named h WHERE h.item ~ '^(batch|order|movement|project):')),
desks AS (
  SELECT a.account_id, j.id AS project_id FROM funds.project j
   CROSS JOIN LATERAL (VALUES (j.cash_account_id), (j.quota_account_id)) a(account_id)
   WHERE j.county_code = :county AND a.account_id IS NOT NULL),
held AS (
  SELECT p.item,
         array_remove(ARRAY[
           CASE WHEN p.kind = 'payment' THEN 'batch:' || p.id END,
           CASE WHEN p.kind <> 'order' THEN 'order:' || mo.id END,
           CASE WHEN p.kind <> 'movement' THEN 'movement:' || m.id END,
           'project:' || coalesce(dl.project_id, df.project_id, dt.project_id)], NULL) AS holders
    FROM parts p
    LEFT JOIN funds.movement bm ON p.kind IN ('payment', 'batch') AND bm.county_code = :county AND bm.batch_id = p.id
    LEFT JOIN funds.treasury_order o ON p.kind = 'order' AND o.county_code = :county AND o.id = p.id
    LEFT JOIN funds.lot l ON p.kind = 'lot' AND l.county_code = :county AND l.id = p.id
    LEFT JOIN funds.movement m ON m.county_code = :county
     AND m.id = coalesce(bm.id, o.movement_id, l.movement_id, CASE WHEN p.kind = 'movement' THEN p.id END)
    LEFT JOIN funds.treasury_order mo ON mo.county_code = :county AND mo.movement_id = m.id
    LEFT JOIN desks dl ON dl.account_id = l.account_id
    LEFT JOIN desks df ON df.account_id = m.from_account_id
    LEFT JOIN desks dt ON dt.account_id = m.to_account_id),
pairs AS (SELECT h.item, h.holders FROM held h WHERE EXISTS (SELECT FROM named n WHERE n.item = ANY(h.holders)))
SELECT i.rule_code, i.item, max(i.fen) AS fen, coalesce(h.holders, ARRAY[]::text[]) AS holders
  FROM items i LEFT JOIN pairs h ON h.item = i.item
 WHERE h.item IS NOT NULL OR i.item IN (SELECT unnest(holders) FROM pairs)
 GROUP BY i.rule_code, i.item, h.holders"""

_RECOVERED: Final = f"""WITH {_ITEMS}
SELECT rule_code, id, recovered_fen, array_agg(item ORDER BY item) AS items
  FROM items WHERE recovered_fen > 0 GROUP BY rule_code, id, recovered_fen"""

# The latest run of each rule that covered the whole place.
_LAST: Final = """
SELECT DISTINCT ON (k.rule_code) k.rule_code, k.run_id, r.as_of, k.region_code, k.rule_version, k.looked_n, k.hits_n,
       k.figures, k.silent_because, k.warning
  FROM funds.flag_run_rule k JOIN funds.flag_run r ON r.county_code = :county AND r.id = k.run_id
 WHERE k.county_code = :county AND :scope LIKE k.region_code || '%' AND r.as_of <= :as_of AND k.position <= :known
   AND (CAST(:rule AS text) IS NULL OR k.rule_code = :rule)
 ORDER BY k.rule_code, r.as_of DESC, k.position DESC"""


async def _rows(session: AsyncSession, query: str, place: Place, moment: Moment, rule: str | None) -> list[Any]:
    asked = {**place.arguments, "as_of": moment.as_of, "known": moment.position, "rule": rule}
    return list((await session.execute(text(query), asked)).mappings())


async def counts(session: AsyncSession, place: Place, moment: Moment, rule: str | None) -> dict[str, Mapping[str, Any]]:
    """By rule: flags, how many of them stand confirmed or refuted, and what they are about."""
    return {row["rule_code"]: row for row in await _rows(session, _COUNTS, place, moment, rule)}


async def sums(
    session: AsyncSession, place: Place, moment: Moment, rule: str | None
) -> dict[str | None, Mapping[str, Any]]:
    """By rule, and for all of them under None: what fen they name, and how much of different names."""
    return {row["rule_code"]: row for row in await _rows(session, _SUMS, place, moment, rule)}


async def nested(session: AsyncSession, place: Place, moment: Moment, rule: str | None) -> list[Any]:
    """(rule, item, fen, holders): what lies in something else that is named, and what it lies in."""
    return await _rows(session, _NESTED, place, moment, rule)


async def recovered(session: AsyncSession, place: Place, moment: Moment, rule: str | None) -> list[Any]:
    """(rule, flag, fen, items) of the confirmed flags of which something was recovered."""
    return await _rows(session, _RECOVERED, place, moment, rule)


async def last_runs(
    session: AsyncSession, place: Place, moment: Moment, rule: str | None
) -> dict[str, Mapping[str, Any]]:
    return {row["rule_code"]: row for row in await _rows(session, _LAST, place, moment, rule)}
