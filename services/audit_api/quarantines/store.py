"""Quarantines in SQL: rows are only added; how a quarantine stood at a moment is told by the steps known by then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.audit_api.access import visible_to
from services.audit_api.moments import EVERYTHING, Moment
from services.audit_api.tables import (
    QuarantineChangeRow,
    QuarantineLotRow,
    QuarantineRow,
    QuarantineStepRow,
    QuarantineToldRow,
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A quarantine with its lots, steps and what the books told, as of a moment."""

    row: QuarantineRow
    lots: list[QuarantineLotRow]
    steps: list[QuarantineStepRow]
    told: dict[str, QuarantineToldRow]
    changes: list[QuarantineChangeRow]


async def add(session: AsyncSession, row: dict[str, Any], lots: list[dict[str, Any]], step: dict[str, Any]) -> None:
    await session.execute(insert(QuarantineRow).values(row))
    await session.execute(insert(QuarantineLotRow), lots)
    await add_step(session, step)


async def add_step(session: AsyncSession, step: dict[str, Any]) -> None:
    await session.execute(insert(QuarantineStepRow).values(step))


async def add_told(session: AsyncSession, row: dict[str, Any]) -> None:
    await session.execute(insert(QuarantineToldRow).values(row))


async def one(session: AsyncSession, who: Principal, county: str, quarantine: UUID) -> QuarantineRow | None:
    """The visible quarantine; whoever takes its next step locks its finding."""
    return await session.scalar(
        select(QuarantineRow).where(
            QuarantineRow.county_code == county,
            QuarantineRow.id == quarantine,
            visible_to(who, QuarantineRow.region_code),
        )
    )


async def of_finding(session: AsyncSession, county: str, finding: UUID, moment: Moment | None = None) -> list[Kept]:
    """The quarantines of a finding as of a moment (everything without one), in the order of drawing up."""
    query = (
        select(QuarantineRow)
        .where(QuarantineRow.county_code == county, QuarantineRow.finding_id == finding)
        .order_by(QuarantineRow.position, QuarantineRow.id)
    )
    if moment is not None:
        query = query.where(QuarantineRow.position <= moment.position)
    return await filled(session, county, (await session.scalars(query)).all(), moment)


async def add_changes(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    await session.execute(insert(QuarantineChangeRow), rows)


async def page(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    moment: Moment,
    *,
    finding: UUID | None = None,
    quarantine: UUID | None = None,
) -> Sequence[QuarantineRow]:
    """Visible quarantines that were drawn up and known by a moment, by id, one more than the page holds."""
    first = (
        select(QuarantineStepRow.quarantine_id)
        .where(
            QuarantineStepRow.county_code == county,
            QuarantineStepRow.quarantine_id == QuarantineRow.id,
            QuarantineStepRow.step_no == 1,
            QuarantineStepRow.done_on <= moment.as_of,
        )
        .exists()
    )
    query = (
        select(QuarantineRow)
        .where(
            QuarantineRow.county_code == county,
            visible_to(who, QuarantineRow.region_code),
            QuarantineRow.position <= moment.position,
            first,
        )
        .order_by(QuarantineRow.id)
        .limit(window.limit + 1)
    )
    if finding is not None:
        query = query.where(QuarantineRow.finding_id == finding)
    if quarantine is not None:
        query = query.where(QuarantineRow.id == quarantine)
    if after := window.key(UUID):
        query = query.where(QuarantineRow.id > after[0])
    return (await session.scalars(query)).all()


async def filled(
    session: AsyncSession, county: str, rows: Sequence[QuarantineRow], moment: Moment | None = None
) -> list[Kept]:
    """These quarantines with all that belongs to them as of a moment; everything without one."""
    ids = [row.id for row in rows]
    known = moment.position if moment else EVERYTHING
    lots: dict[UUID, list[QuarantineLotRow]] = defaultdict(list)
    steps: dict[UUID, list[QuarantineStepRow]] = defaultdict(list)
    told: dict[UUID, dict[str, QuarantineToldRow]] = defaultdict(dict)
    changes: dict[UUID, list[QuarantineChangeRow]] = defaultdict(list)
    for lot in await session.scalars(
        select(QuarantineLotRow)
        .where(QuarantineLotRow.county_code == county, QuarantineLotRow.quarantine_id.in_(ids))
        .order_by(QuarantineLotRow.lot_id)
    ):
        lots[lot.quarantine_id].append(lot)
    stepped = (
        select(QuarantineStepRow)
        .where(
            QuarantineStepRow.county_code == county,
            QuarantineStepRow.quarantine_id.in_(ids),
            QuarantineStepRow.position <= known,
        )
        .order_by(QuarantineStepRow.step_no)
    )
    heard = select(QuarantineToldRow).where(
        QuarantineToldRow.county_code == county,
        QuarantineToldRow.quarantine_id.in_(ids),
        QuarantineToldRow.position <= known,
    )
    changed = (
        select(QuarantineChangeRow)
        .where(
            QuarantineChangeRow.county_code == county,
            QuarantineChangeRow.quarantine_id.in_(ids),
            QuarantineChangeRow.position <= known,
        )
        .order_by(QuarantineChangeRow.position, QuarantineChangeRow.movement_id, QuarantineChangeRow.lot_id)
    )
    if moment is not None:
        changed = changed.where(QuarantineChangeRow.effective_on <= moment.as_of)
        stepped = stepped.where(QuarantineStepRow.done_on <= moment.as_of)
        heard = heard.where(QuarantineToldRow.told_on <= moment.as_of)
    for step in await session.scalars(stepped):
        steps[step.quarantine_id].append(step)
    for one in await session.scalars(heard):
        told[one.quarantine_id][one.told] = one
    for change in await session.scalars(changed):
        changes[change.quarantine_id].append(change)
    return [Kept(row, lots[row.id], steps[row.id], told[row.id], changes[row.id]) for row in rows]
