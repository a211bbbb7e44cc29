"""Warnings in SQL: those that were issued, the first of each chain, and those whose days have passed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.moments import Moment
from services.funds_api.tables import UnitLeaderRow, UnitRow, WarningEscalationRow, WarningRow
from services.funds_api.warnings import which
from services.funds_api.warnings.which import Asked

# How many lots of a unit are looked at before the flags of a run are.
PROBES: Final = 64
# All ids of flags about a lot begin with the first half of the lot's (`flags/named.py`).
_LOWEST, _HIGHEST = (f"CAST(left(replace(l.id::text, '-', ''), 16) || repeat('{digit}', 16) AS uuid)" for digit in "0f")

# A unit's first warning by a rule that nobody has answered and whose money still lies there; the last one, if several.
# Whether it does is told by some lots of the unit, each probed for a flag of that run. Only where those do not tell are
# the flags of the run read, once for all units. What is found is held so that nobody answers it before the next one
# hangs on it; what was answered meanwhile is none.
FIRSTS: Final = f"""
  WITH open AS MATERIALIZED (
    SELECT w.id, w.unit_id, w.run_id FROM funds.warning w
     WHERE w.county_code = :county AND w.unit_id = ANY(:units) AND w.rule_code = :rule
       AND w.first_warning_id IS NULL AND w.closed_on IS NULL),
  probed AS MATERIALIZED (
    SELECT o.id, coalesce(bool_or(f.flagged), false) AS stands,
           count(l.id) >= CAST(:probes AS int) AND NOT coalesce(bool_or(f.flagged), false) AS unsure
      FROM open o
      LEFT JOIN LATERAL (
        SELECT l.id FROM funds.account a
          JOIN funds.lot l ON l.county_code = :county AND l.account_id = a.id AND l.is_open AND l.is_resting
         WHERE a.county_code = :county AND a.unit_id = o.unit_id LIMIT CAST(:probes AS int)) l ON true
      LEFT JOIN LATERAL (
        SELECT true AS flagged FROM funds.flag f
         WHERE f.county_code = :county AND f.id BETWEEN {_LOWEST} AND {_HIGHEST} AND f.subject_id = l.id
           AND f.rule_code = :rule AND f.run_id = o.run_id LIMIT 1) f ON true
     WHERE CAST(:lots AS boolean)
     GROUP BY o.id),
  asked_about AS MATERIALIZED (
    SELECT f.run_id, f.subject_id FROM funds.flag f
     WHERE f.county_code = :county AND f.rule_code = :rule
       AND f.run_id = ANY(ARRAY(SELECT DISTINCT o.run_id FROM open o JOIN probed p ON p.id = o.id AND p.unsure))),
  resting AS MATERIALIZED (
    SELECT DISTINCT q.run_id, a.unit_id FROM asked_about q
      JOIN funds.lot l ON l.county_code = :county AND l.id = q.subject_id AND l.is_resting
      JOIN funds.account a ON a.county_code = :county AND a.id = l.account_id AND a.unit_id = ANY(:units))
  SELECT w.id, w.unit_id, 1 + (SELECT count(*) FROM funds.warning n
                                WHERE n.county_code = :county AND n.unit_id = w.unit_id AND n.rule_code = :rule
                                  AND n.first_warning_id = w.id) AS times
    FROM funds.warning w
   WHERE w.county_code = :county AND w.closed_on IS NULL
     AND w.id IN (SELECT o.id FROM open o LEFT JOIN probed p ON p.id = o.id
                   WHERE NOT CAST(:lots AS boolean) OR p.stands
                      OR p.unsure AND (o.run_id, o.unit_id) IN (SELECT run_id, unit_id FROM resting))
   ORDER BY w.unit_id, w.id
     FOR SHARE OF w"""


async def firsts(
    session: AsyncSession, county: str, units: Sequence[UUID], rule: str, *, lots: bool, probes: int = PROBES
) -> dict[UUID, tuple[UUID, int]]:
    """By unit, its first warning by a rule that is not over, and how many there have been since; `lots`: of clocks."""
    told = {"county": county, "units": list(units), "rule": rule, "lots": lots, "probes": probes}
    return {row.unit_id: (row.id, row.times) for row in await session.execute(text(FIRSTS), told)}


async def add(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write warnings. From here on the county's journal is held."""
    await session.execute(insert(WarningRow), list(rows))


async def one(
    session: AsyncSession, who: Principal, county: str, warning: UUID, *, lock: bool = False
) -> WarningRow | None:
    """A visible warning; with `lock` nobody else takes a step of it before the commit."""
    query = (
        select(WarningRow)
        .where(WarningRow.county_code == county, WarningRow.id == warning, visible_to(who, WarningRow.region_code))
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query.with_for_update(key_share=True) if lock else query)).one_or_none()


async def change(session: AsyncSession, county: str, warning: UUID, changes: dict[str, Any]) -> None:
    await session.execute(
        update(WarningRow).where(WarningRow.county_code == county, WarningRow.id == warning).values(changes)
    )


_PUT_OFF: Final = text(
    "UPDATE funds.warning w SET next_due_on = k.due_on"
    "  FROM unnest(CAST(:warnings AS uuid[]), CAST(:days AS date[])) AS k(id, due_on)"
    " WHERE w.county_code = :county AND w.id = k.id"
)


async def put_off(session: AsyncSession, county: str, next_due: Mapping[UUID, date | None]) -> None:
    """Write by which day each of these warnings is to be looked at next; None: never again."""
    if next_due:
        told = {"county": county, "warnings": list(next_due), "days": list(next_due.values())}
        await session.execute(_PUT_OFF, told)


async def page(
    session: AsyncSession, who: Principal, county: str, window: Window, moment: Moment, asked: Asked
) -> Sequence[WarningRow]:
    """Visible warnings issued and known by a moment, in the order of issue; one more than asked."""
    query = (
        select(WarningRow)
        .where(*which.meant(who, county, moment, asked))
        .order_by(WarningRow.id)
        .limit(window.limit + 1)
    )
    if after := window.key(UUID):
        query = query.where(WarningRow.id > after[0])
    return (await session.scalars(query)).all()


async def names(session: AsyncSession, county: str, units: Sequence[UUID]) -> dict[UUID, str]:
    rows = await session.execute(
        select(UnitRow.id, UnitRow.name).where(UnitRow.county_code == county, UnitRow.id.in_(units))
    )
    return {row.id: row.name for row in rows}


async def posts(session: AsyncSession, county: str, leaders: Sequence[UUID]) -> dict[UUID, str]:
    rows = await session.execute(
        select(UnitLeaderRow.id, UnitLeaderRow.post).where(
            UnitLeaderRow.county_code == county, UnitLeaderRow.id.in_(leaders)
        )
    )
    return {row.id: row.post for row in rows}


async def counties_due(session: AsyncSession, on: date) -> list[str]:
    """Counties with a warning one of whose days has passed and nobody has looked at it."""
    query = select(WarningRow.county_code).where(WarningRow.next_due_on < on).distinct()
    return sorted(await session.scalars(query))


async def due(session: AsyncSession, county: str, on: date, limit: int) -> Sequence[WarningRow]:
    """Warnings whose next day has passed, held; those that somebody takes a step of are left for the next look."""
    query = (
        select(WarningRow)
        .where(WarningRow.county_code == county, WarningRow.next_due_on < on)
        .order_by(WarningRow.next_due_on, WarningRow.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    )
    return (await session.scalars(query)).all()


async def recorded(session: AsyncSession, county: str, warnings: Sequence[UUID]) -> set[tuple[UUID, str, str]]:
    """(warning, step, told) of the escalations of these warnings that are recorded."""
    row = WarningEscalationRow
    found = await session.execute(
        select(row.warning_id, row.step, row.told).where(row.county_code == county, row.warning_id.in_(warnings))
    )
    return {(one.warning_id, one.step, one.told) for one in found}


async def add_escalations(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    await session.execute(insert(WarningEscalationRow), list(rows))
