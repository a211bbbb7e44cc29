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
from services.funds_api.tables import FlagFindingRow, FlagOutcomeRow, FlagRow


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


async def add(session: AsyncSession, *rows: dict[str, Any]) -> None:
    """Add outcomes, each following on the one before it."""
    for row in rows:  # one by one: the trigger looks at what stands
        await session.execute(insert(FlagOutcomeRow).values(row))


async def locked(session: AsyncSession, county: str, flags: Sequence[UUID]) -> dict[UUID, FlagRow]:
    """Those of a county's flags that are there, each locked as by whoever decides it, in the order of their ids."""
    keys = [f"flag_outcome|{county}|{one}" for one in sorted(flags)]
    await session.execute(
        text(
            "SELECT pg_advisory_xact_lock(hashtextextended(k.key, 0))"
            " FROM unnest(CAST(:keys AS text[])) WITH ORDINALITY AS k(key, n) ORDER BY k.n"
        ),
        {"keys": keys},
    )
    rows = await session.scalars(select(FlagRow).where(FlagRow.county_code == county, FlagRow.id.in_(flags)))
    return {row.id: row for row in rows}


async def last_outcomes(session: AsyncSession, county: str, flags: Sequence[UUID]) -> dict[UUID, FlagOutcomeRow]:
    """What stands of each of these flags; one that nobody decided is absent."""
    rows = await session.scalars(
        select(FlagOutcomeRow)
        .where(FlagOutcomeRow.county_code == county, FlagOutcomeRow.flag_id.in_(flags))
        .order_by(FlagOutcomeRow.flag_id, FlagOutcomeRow.seq)
    )
    return {row.flag_id: row for row in rows}


async def add_finding(session: AsyncSession, county: str, finding: UUID, flags: Sequence[UUID]) -> None:
    """Keep of which flags the inspectors made a finding."""
    if flags:
        rows = [{"county_code": county, "finding_id": finding, "flag_id": one} for one in flags]
        await session.execute(insert(FlagFindingRow), rows)


# A finding may be bound to what a reversal brought back: a lot that restores the one the flag is about.
_FLAGS_OF_LOTS: Final = """
WITH RECURSIVE up AS (
  SELECT l.id AS asked, l.id, l.restores_lot_id FROM funds.lot l WHERE l.county_code = :county AND l.id = ANY(:lots)
  UNION ALL
  SELECT u.asked, l.id, l.restores_lot_id FROM up u
    JOIN funds.lot l ON l.county_code = :county AND l.id = u.restores_lot_id)
SELECT DISTINCT n.finding_id, u.asked AS lot_id, g.id AS flag_id
  FROM up u
  JOIN funds.flag_finding n ON n.county_code = :county AND n.finding_id = ANY(:findings)
  JOIN funds.flag g ON g.county_code = :county AND g.id = n.flag_id AND g.subject = 'lot' AND g.subject_id = u.id"""


async def flags_of_lots(
    session: AsyncSession, county: str, findings: Sequence[UUID], lots: Sequence[UUID]
) -> dict[tuple[UUID, UUID], list[UUID]]:
    """By finding and lot: the flags that the finding was made of and that are about the lot, or what it restores."""
    found: dict[tuple[UUID, UUID], list[UUID]] = {}
    rows = await session.execute(
        text(_FLAGS_OF_LOTS), {"county": county, "findings": list(findings), "lots": list(lots)}
    )
    for row in rows:
        found.setdefault((row.finding_id, row.lot_id), []).append(row.flag_id)
    return found


async def kinds_of(session: AsyncSession, county: str, movements: Sequence[UUID]) -> dict[UUID, str]:
    """The kind of each movement; of a reversal, that of what it undid."""
    rows = await session.execute(
        text(
            "SELECT m.id, coalesce(u.kind, m.kind) AS kind FROM funds.movement m"
            " LEFT JOIN funds.movement u ON u.county_code = :county AND u.id = m.reverses_id"
            " WHERE m.county_code = :county AND m.id = ANY(:movements)"
        ),
        {"county": county, "movements": list(movements)},
    )
    return {row.id: row.kind for row in rows}


_HERE: Final = "f.county_code = :county AND f.region_code >= :scope AND f.region_code < :scope || '~'"
_OF: Final = "(CAST(:rule AS text) IS NULL OR f.rule_code = :rule)"

# Flags raised for a day up to :as_of and known by :known: those of runs as they were tallied, the others one by one.
_HITS: Final = f"""
SELECT rule_code, rule_version, sum(n)::bigint AS hits_n, sum(fen)::bigint AS flagged_fen,
       sum(named)::bigint AS named_fen
  FROM (
    SELECT f.rule_code, f.rule_version, f.flags_n AS n, f.flags_fen AS fen, f.named_fen AS named
      FROM funds.flag_tally f
     WHERE f.county_code = :county AND f.region_code = :scope AND f.as_of <= :as_of AND f.position <= :known AND {_OF}
    UNION ALL
    SELECT f.rule_code, f.rule_version, 1, f.amount_fen,
           coalesce((SELECT sum(m.amount_fen) FROM funds.flag_money m
                      WHERE m.county_code = :county AND m.flag_id = f.id), f.amount_fen)
      FROM funds.flag f
     WHERE {_HERE} AND f.run_id IS NULL AND f.as_of <= :as_of AND f.position <= :known AND {_OF}) raised
 GROUP BY rule_code, rule_version"""

# What stood of the flags that somebody had decided, each looked up by its key: a flag is known before it is decided.
_DECIDED: Final = f"""
stood AS MATERIALIZED (
  SELECT DISTINCT ON (f.flag_id) f.flag_id, f.outcome, f.recovered_fen, f.confirmed_fen FROM funds.flag_outcome f
   WHERE {_HERE} AND f.decided_on <= :as_of AND f.position <= :known
   ORDER BY f.flag_id, f.seq DESC),
decided AS MATERIALIZED (
  SELECT f.id, f.rule_code, f.rule_version, f.subject, f.subject_id, f.amount_fen, s.outcome, s.recovered_fen,
         coalesce(s.confirmed_fen, f.amount_fen) AS confirmed_fen
    FROM stood s
   CROSS JOIN LATERAL (
     SELECT * FROM funds.flag g WHERE g.county_code = :county AND g.id = s.flag_id OFFSET 0) f
   WHERE s.outcome IN ('confirmed', 'refuted') AND {_OF})"""
_OUTCOMES: Final = f"""WITH {_DECIDED}
SELECT rule_code, rule_version,
       count(*) FILTER (WHERE outcome = 'confirmed') AS confirmed_n,
       count(*) FILTER (WHERE outcome = 'refuted') AS refuted_n,
       coalesce(sum(confirmed_fen) FILTER (WHERE outcome = 'confirmed'), 0)::bigint AS confirmed_fen
  FROM decided GROUP BY rule_code, rule_version"""
_CONFIRMED: Final = f"""WITH {_DECIDED}
SELECT f.rule_code, f.id, f.recovered_fen,
       array_agg(coalesce(m.item, f.subject || ':' || f.subject_id) ORDER BY m.item) AS items,
       array_agg(least(coalesce(m.amount_fen, f.amount_fen), f.confirmed_fen) ORDER BY m.item) AS fen
  FROM decided f LEFT JOIN funds.flag_money m ON m.county_code = :county AND m.flag_id = f.id
 WHERE f.outcome = 'confirmed' GROUP BY f.rule_code, f.id, f.recovered_fen"""

# Every flag, one by one, for whoever asks how much is named more than once: what each rule names.
_ITEMS: Final = f"""
items AS MATERIALIZED (
  SELECT f.rule_code, coalesce(m.item, f.subject || ':' || f.subject_id) AS item,
         max(coalesce(m.amount_fen, f.amount_fen)) AS fen
    FROM funds.flag f
    LEFT JOIN funds.flag_run_rule k ON k.county_code = :county AND k.run_id = f.run_id AND k.rule_code = f.rule_code
    LEFT JOIN funds.flag_money m ON m.county_code = :county AND m.flag_id = f.id AND f.facts IS NOT NULL
   WHERE {_HERE} AND f.as_of <= :as_of AND coalesce(f.position, k.position) <= :known AND {_OF}
   GROUP BY 1, 2)"""

# Per rule, and over all rules (code null): the fen of different names; whether anything is named that may hold another.
_SUMS: Final = f"""WITH {_ITEMS}
SELECT rule_code, sum(fen)::bigint AS items_fen, bool_or(item ~ '^(batch|order|movement|project):') AS holding
  FROM items GROUP BY rule_code
UNION ALL
SELECT NULL, coalesce(sum(fen), 0)::bigint, NULL FROM (SELECT max(fen) AS fen FROM items GROUP BY item) a"""

# What an item lies in, the nearest first: a row in its roster, an invoice in its order, an order in its movement, all
# in a project. Lots are looked for from what is named that could hold them, and not the other way: they may be a
# million.
_HELD: Final = """
holding AS MATERIALIZED (
  SELECT split_part(item, ':', 1) AS kind, CAST(split_part(item, ':', 2) AS uuid) AS id FROM named
   WHERE item ~ '^(batch|order|movement|project):[0-9a-f-]{36}$'),
desks AS MATERIALIZED (
  SELECT a.account_id, j.id AS project_id FROM funds.project j
   CROSS JOIN LATERAL (VALUES (j.cash_account_id), (j.quota_account_id)) a(account_id)
   WHERE j.county_code = :county AND a.account_id IS NOT NULL
     AND j.id IN (SELECT id FROM holding WHERE kind = 'project')),
moves AS MATERIALIZED (
  SELECT id FROM holding WHERE kind = 'movement'
  UNION SELECT o.movement_id FROM holding h JOIN funds.treasury_order o ON o.county_code = :county AND o.id = h.id
         WHERE h.kind = 'order'
  UNION SELECT m.id FROM desks d JOIN funds.movement m ON m.county_code = :county AND m.from_account_id = d.account_id
  UNION SELECT m.id FROM desks d JOIN funds.movement m ON m.county_code = :county AND m.to_account_id = d.account_id),
lots AS MATERIALIZED (
  SELECT l.id FROM moves m JOIN funds.lot l ON l.county_code = :county AND l.movement_id = m.id
  UNION SELECT l.id FROM desks d JOIN funds.lot l ON l.county_code = :county AND l.account_id = d.account_id),
parts AS MATERIALIZED (
  SELECT n.item, split_part(n.item, ':', 1) AS kind, CAST(split_part(n.item, ':', 2) AS uuid) AS id FROM named n
   WHERE n.item ~ '^(payment|batch|order|movement):[0-9a-f-]{36}(:[0-9]+)?$' AND EXISTS (SELECT FROM holding)
  UNION ALL
  SELECT n.item, 'lot', l.id FROM lots l JOIN named n ON n.item = 'lot:' || l.id),
held AS (
  SELECT p.item,
         array_remove(ARRAY[
           CASE WHEN p.kind = 'payment' THEN 'batch:' || p.id END,
           CASE WHEN p.item <> 'order:' || mo.id THEN 'order:' || mo.id END,
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
pairs AS (SELECT h.item, h.holders FROM held h WHERE EXISTS (SELECT FROM named n WHERE n.item = ANY(h.holders)))"""
_NESTED: Final = f"""WITH {_ITEMS}, named AS MATERIALIZED (SELECT DISTINCT item FROM items), {_HELD}
SELECT i.rule_code, i.item, i.fen, coalesce(h.holders, ARRAY[]::text[]) AS holders
  FROM items i LEFT JOIN pairs h ON h.item = i.item
 WHERE h.item IS NOT NULL OR i.item IN (SELECT unnest(holders) FROM pairs)"""
_HOLDERS: Final = f"""WITH named AS MATERIALIZED (SELECT DISTINCT unnest(CAST(:items AS text[])) AS item), {_HELD}
SELECT item, holders FROM pairs"""

# The latest run of each rule that covered the whole place: runs from the last day back, each rule looked up by its key.
_LAST: Final = """
WITH runs AS MATERIALIZED (
  SELECT r.id, r.as_of FROM funds.flag_run r WHERE r.county_code = :county AND r.as_of <= :as_of)
SELECT k.rule_code, k.run_id, k.run_as_of AS as_of, k.region_code, k.rule_version, k.looked_n, k.hits_n, k.figures,
       k.silent_because, k.warning
  FROM unnest(CAST(:codes AS text[])) AS c(code)
 CROSS JOIN LATERAL (
   SELECT k.*, r.as_of AS run_as_of FROM (
     SELECT * FROM runs ORDER BY as_of DESC OFFSET 0) r
    CROSS JOIN LATERAL (
     SELECT * FROM funds.flag_run_rule k
      WHERE k.county_code = :county AND k.run_id = r.id AND k.rule_code = c.code
        AND :scope LIKE k.region_code || '%' AND k.position <= :known OFFSET 0) k
    ORDER BY r.as_of DESC, k.position DESC LIMIT 1) k"""


async def _rows(session: AsyncSession, query: str, place: Place, moment: Moment, rule: str | None) -> list[Any]:
    asked = {**place.arguments, "as_of": moment.as_of, "known": moment.position, "rule": rule}
    return list((await session.execute(text(query), asked)).mappings())


async def hits(session: AsyncSession, place: Place, moment: Moment, rule: str | None) -> list[Mapping[str, Any]]:
    """By rule and version: flags, what they are about and what fen they name. Costs the runs, and not the flags."""
    return await _rows(session, _HITS, place, moment, rule)


async def decided(session: AsyncSession, place: Place, moment: Moment, rule: str | None) -> list[Mapping[str, Any]]:
    """By rule and version: how many flags stand confirmed or refuted. Costs what was decided."""
    return await _rows(session, _OUTCOMES, place, moment, rule)


async def confirmed(session: AsyncSession, place: Place, moment: Moment, rule: str | None) -> list[Mapping[str, Any]]:
    """(rule, id, recovered_fen, items, fen) of each flag that stands confirmed."""
    return await _rows(session, _CONFIRMED, place, moment, rule)


async def holders(session: AsyncSession, county: str, items: Sequence[str]) -> dict[str, Sequence[str]]:
    """What each item lies in, of these that lie in one another."""
    found = await session.execute(text(_HOLDERS), {"county": county, "items": list(items)})
    return {row.item: row.holders for row in found}


async def sums(
    session: AsyncSession, place: Place, moment: Moment, rule: str | None
) -> dict[str | None, Mapping[str, Any]]:
    """By rule, and for all of them under None: how much of different names. Walks every flag of the place."""
    return {row["rule_code"]: row for row in await _rows(session, _SUMS, place, moment, rule)}


async def nested(session: AsyncSession, place: Place, moment: Moment, rule: str | None) -> list[Any]:
    """(rule, item, fen, holders): what lies in something else that is named, and what it lies in. Walks as `sums`."""
    return await _rows(session, _NESTED, place, moment, rule)


async def last_runs(
    session: AsyncSession, place: Place, moment: Moment, codes: Sequence[str]
) -> dict[str, Mapping[str, Any]]:
    """The latest run of each of these rules that covered the place."""
    asked = {**place.arguments, "as_of": moment.as_of, "known": moment.position, "codes": list(codes)}
    found: list[Any] = list((await session.execute(text(_LAST), asked)).mappings())
    return {row["rule_code"]: row for row in found}
