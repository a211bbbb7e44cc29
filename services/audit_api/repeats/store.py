"""Repeat findings in SQL, and the units that findings are about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.audit_api.access import visible_to
from services.audit_api.moments import Moment
from services.audit_api.tables import (
    AlertRow,
    FindingRepeatRow,
    FindingRepeatUndoingRow,
    FindingRow,
    RectificationLookBackRow,
    RectificationOrderRow,
)


async def units_of(session: AsyncSession, county: str, findings: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """The units that each finding's orders are addressed to or its alerts ask about."""
    order, alert = RectificationOrderRow, AlertRow
    found: dict[UUID, set[UUID]] = {one: set() for one in findings}
    ordered = select(order.finding_id, order.unit_id).where(order.county_code == county, order.finding_id.in_(findings))
    for finding, unit in await session.execute(ordered.distinct()):
        found[finding].add(unit)
    asked = select(alert.finding_id, alert.unit_id).where(
        alert.county_code == county, alert.finding_id.in_(findings), alert.unit_id.is_not(None)
    )
    for taken_up_by, about in await session.execute(asked.distinct()):
        if taken_up_by is not None and about is not None:
            found[taken_up_by].add(about)
    return {finding: frozenset(units) for finding, units in found.items()}


async def of_class(
    session: AsyncSession, who: Principal, county: str, class_code: str, since: date, before: date
) -> Sequence[FindingRow]:
    """Visible confirmed findings of a class found since one day and before another."""
    rows = await session.scalars(
        select(FindingRow)
        .where(
            FindingRow.county_code == county,
            visible_to(who, FindingRow.region_code),
            FindingRow.class_code == class_code,
            FindingRow.status != "draft",
            FindingRow.found_on >= since,
            FindingRow.found_on < before,
        )
        .order_by(FindingRow.id)
    )
    return rows.all()


async def look_back_of(session: AsyncSession, county: str, look_back: UUID, finding: UUID) -> bool:
    """Whether a look-back found a relapse of an order on that finding."""
    look, order = RectificationLookBackRow, RectificationOrderRow
    found = await session.scalar(
        select(look.id)
        .join(order, (order.county_code == look.county_code) & (order.id == look.order_id))
        .where(
            look.county_code == county,
            look.id == look_back,
            look.result == "relapsed",
            order.finding_id == finding,
            *confirmed(look),
        )
    )
    return found is not None


def confirmed(row: type[RectificationLookBackRow | FindingRepeatRow]) -> tuple[ColumnElement[bool], ...]:
    """What two people hold; of before there were two, what one did."""
    return row.decided_on.is_not(None), row.decision.is_distinct_from("send_back")


async def standing(session: AsyncSession, county: str, finding: UUID) -> dict[UUID, UUID]:
    """The earlier findings that this one is held to repeat now, or that wait for a decision, each with the link."""
    row = FindingRepeatRow
    rows = await session.execute(
        select(row.earlier_id, row.id).where(
            row.county_code == county,
            row.finding_id == finding,
            row.undone_on.is_(None),
            row.decision.is_distinct_from("send_back"),
        )
    )
    return dict(rows.all())


async def page(
    session: AsyncSession, who: Principal, county: str, window: Window, moment: Moment, finding: UUID | None
) -> Sequence[FindingRepeatRow]:
    """Visible links made and known by a moment, by id, one more than the page holds; of a finding on either side."""
    row = FindingRepeatRow
    query = (
        select(row)
        .where(
            row.county_code == county,
            visible_to(who, row.region_code),
            row.linked_on <= moment.as_of,
            row.position <= moment.position,
        )
        .order_by(row.id)
        .limit(window.limit + 1)
    )
    if finding is not None:
        query = query.where(or_(row.finding_id == finding, row.earlier_id == finding))
    if after := window.key(UUID):
        query = query.where(row.id > after[0])
    return (await session.scalars(query)).all()


async def lock(session: AsyncSession, who: Principal, county: str, repeat: UUID) -> FindingRepeatRow | None:
    row = FindingRepeatRow
    return await session.scalar(
        select(row)
        .where(row.county_code == county, row.id == repeat, visible_to(who, row.region_code))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def add(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(FindingRepeatRow).values(values))


async def undoings(
    session: AsyncSession, county: str, repeats: Collection[UUID]
) -> dict[UUID, list[FindingRepeatUndoingRow]]:
    """What was drawn up to take these links back, each link's in the order of recording."""
    row = FindingRepeatUndoingRow
    found: dict[UUID, list[FindingRepeatUndoingRow]] = {one: [] for one in repeats}
    rows = await session.scalars(
        select(row)
        .where(row.county_code == county, row.repeat_id.in_(repeats))
        .order_by(row.position, row.id)
        .execution_options(populate_existing=True)
    )
    for one in rows:
        found[one.repeat_id].append(one)
    return found


async def add_undoing(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(FindingRepeatUndoingRow).values(values))


async def decide_undoing(session: AsyncSession, undoing: FindingRepeatUndoingRow, **values: Any) -> None:
    row = FindingRepeatUndoingRow
    await session.execute(
        update(row).where(row.county_code == undoing.county_code, row.id == undoing.id).values(**values)
    )


async def decide(session: AsyncSession, repeat: FindingRepeatRow, **values: Any) -> None:
    row = FindingRepeatRow
    await session.execute(
        update(row).where(row.county_code == repeat.county_code, row.id == repeat.id).values(**values)
    )


async def undo(session: AsyncSession, repeat: FindingRepeatRow, on: date, by: str, reason: str) -> None:
    row = FindingRepeatRow
    await session.execute(
        update(row)
        .where(row.county_code == repeat.county_code, row.id == repeat.id)
        .values(undone_on=on, undone_by=by, undo_reason=reason)
    )
