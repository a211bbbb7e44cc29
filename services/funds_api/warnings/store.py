"""Warnings in SQL: those that were issued, the first of each chain, and those whose days have passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import COUNTY_DIGITS, visible_to
from services.funds_api.moments import Moment
from services.funds_api.tables import UnitLeaderRow, UnitRow, WarningEscalationRow, WarningRow
from services.funds_api.warnings.schemas import Party, WarningState

ANSWERS_DIGITS: Final = 9  # a village's money is the township's to answer for


@dataclass(frozen=True, slots=True)
class Asked:
    """Which warnings: told to the caller as what, in which state, of which rule and unit, escalated to whom."""

    party: Party | None = None
    state: WarningState | None = None
    rule: str | None = None
    unit: UUID | None = None
    escalated: Party | None = None
    first: UUID | None = None


# A unit's first warning by a rule that nobody has answered and whose money still lies there; the last one, if several.
# The flags of each of their runs are read once for all units, along the index by run. What is found is held so that
# nobody answers it before the next one hangs on it; what was answered meanwhile is none.
_FIRSTS: Final = """
  WITH open AS MATERIALIZED (
    SELECT w.id, w.unit_id, w.run_id FROM funds.warning w
     WHERE w.county_code = :county AND w.unit_id = ANY(:units) AND w.rule_code = :rule
       AND w.first_warning_id IS NULL AND w.closed_on IS NULL),
  resting AS MATERIALIZED (
    SELECT DISTINCT f.run_id, a.unit_id FROM funds.flag f
      JOIN funds.lot l ON l.county_code = :county AND l.id = f.subject_id AND l.is_resting
      JOIN funds.account a ON a.county_code = :county AND a.id = l.account_id AND a.unit_id = ANY(:units)
     WHERE CAST(:lots AS boolean) AND f.county_code = :county AND f.rule_code = :rule
       AND f.run_id = ANY(ARRAY(SELECT DISTINCT o.run_id FROM open o)))
  SELECT w.id, w.unit_id, 1 + (SELECT count(*) FROM funds.warning n
                                WHERE n.county_code = :county AND n.unit_id = w.unit_id AND n.rule_code = :rule
                                  AND n.first_warning_id = w.id) AS times
    FROM funds.warning w
   WHERE w.county_code = :county AND w.closed_on IS NULL
     AND w.id IN (SELECT o.id FROM open o
                   WHERE NOT CAST(:lots AS boolean) OR (o.run_id, o.unit_id) IN (SELECT run_id, unit_id FROM resting))
   ORDER BY w.unit_id, w.id
     FOR SHARE OF w"""


async def firsts(
    session: AsyncSession, county: str, units: Sequence[UUID], rule: str, *, lots: bool
) -> dict[UUID, tuple[UUID, int]]:
    """By unit, its first warning by a rule that is not over, and how many there have been since; `lots`: of clocks."""
    found = await session.execute(text(_FIRSTS), {"county": county, "units": list(units), "rule": rule, "lots": lots})
    return {row.unit_id: (row.id, row.times) for row in found}


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


async def page(
    session: AsyncSession, who: Principal, county: str, window: Window, moment: Moment, asked: Asked
) -> Sequence[WarningRow]:
    """Visible warnings issued and known by a moment, in the order of issue; one more than asked."""
    query = (
        select(WarningRow)
        .where(
            WarningRow.county_code == county,
            visible_to(who, WarningRow.region_code),
            WarningRow.issued_on <= moment.as_of,
            WarningRow.position <= moment.position,
        )
        .order_by(WarningRow.id)
        .limit(window.limit + 1)
    )
    for column, wanted in ((WarningRow.rule_code, asked.rule), (WarningRow.unit_id, asked.unit)):
        if wanted is not None:
            query = query.where(column == wanted)
    if asked.party is not None:
        query = query.where(_told(who, asked.party, moment))
    if asked.state is not None:
        query = query.where(_in_state(asked.state, moment))
    if asked.escalated is not None:
        query = query.where(_escalated(asked.escalated, moment))
    if asked.first is not None:
        query = query.where(or_(WarningRow.id == asked.first, WarningRow.first_warning_id == asked.first))
    if after := window.key(UUID):
        query = query.where(WarningRow.id > after[0])
    return (await session.scalars(query)).all()


def _told(who: Principal, party: Party, moment: Moment) -> ColumnElement[bool]:
    """Warnings that were told to the caller as this party: a unit is who may answer for it."""
    if party is Party.UNIT:
        return _for_unit(who)
    if party is Party.LEADER:
        return WarningRow.leader_account == who.subject
    if party is Party.COUNTY_OFFICE:
        return WarningRow.leader_id.is_(None) if len(who.region) <= COUNTY_DIGITS else false()
    return _escalated(Party.INSPECTORS, moment)


def _for_unit(who: Principal) -> ColumnElement[bool]:
    """As `service` lets them be answered: in the unit's very place, there by its own login or one without a unit."""
    here = func.left(WarningRow.region_code, ANSWERS_DIGITS) == who.region
    if who.unit is None:
        return here
    own = select(UnitRow.id).where(
        UnitRow.county_code == WarningRow.county_code, UnitRow.region_code == who.region, UnitRow.name == who.unit
    )
    return and_(here, or_(WarningRow.region_code != who.region, WarningRow.unit_id.in_(own)))


def _done(day: Any, position: Any, moment: Moment) -> ColumnElement[bool]:
    return func.coalesce(and_(day <= moment.as_of, position <= moment.position), False)


def _steps(moment: Moment) -> tuple[ColumnElement[bool], ColumnElement[bool], ColumnElement[bool]]:
    row = WarningRow
    return (
        _done(row.acknowledged_on, row.acknowledged_position, moment),
        _done(row.explained_on, row.explained_position, moment),
        _done(row.closed_on, row.closed_position, moment),
    )


def _in_state(state: WarningState, moment: Moment) -> ColumnElement[bool]:
    acknowledged, explained, closed = _steps(moment)
    return {
        WarningState.ISSUED: and_(~acknowledged, ~closed),
        WarningState.ACKNOWLEDGED: and_(acknowledged, ~explained, ~closed),
        WarningState.EXPLAINED: and_(explained, ~closed),
        WarningState.ANSWERED: closed,
    }[state]


def _escalated(to: Party, moment: Moment) -> ColumnElement[bool]:
    """As `timers.standing` has it: with whom a step is that is still owed."""
    row = WarningRow
    acknowledged, explained, closed = _steps(moment)
    inspectors = or_(
        and_(~acknowledged, row.acknowledge_leader_by_on < moment.as_of),
        and_(~explained, row.explain_leader_by_on < moment.as_of),
    )
    if to is Party.INSPECTORS:
        return and_(~closed, inspectors)
    passed = or_(
        and_(~acknowledged, row.acknowledge_by_on < moment.as_of), and_(~explained, row.explain_by_on < moment.as_of)
    )
    led = row.leader_id.is_(None) if to is Party.COUNTY_OFFICE else row.leader_id.is_not(None)
    return and_(~closed, ~inspectors, passed, led)


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
