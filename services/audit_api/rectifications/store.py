"""Rectification orders and their steps in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.audit_api.access import visible_to
from services.audit_api.tables import RectificationOrderRow, RectificationStepRow


async def page(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    as_of: date,
    *,
    finding: UUID | None = None,
    status: str | None = None,
    overdue: bool | None = None,
) -> Sequence[RectificationOrderRow]:
    """Visible orders issued by `as_of`, by id, one more than the page holds."""
    order = RectificationOrderRow
    query = (
        select(order)
        .where(order.county_code == county, visible_to(who, order.region_code), order.issued_on <= as_of)
        .order_by(order.id)
        .limit(window.limit + 1)
    )
    if finding is not None:
        query = query.where(order.finding_id == finding)
    if status is not None:
        query = query.where(order.status == status)
    if overdue is not None:
        late = (order.deadline < as_of) & or_(order.closed_on.is_(None), order.closed_on > as_of)
        query = query.where(late if overdue else ~late)
    if after := window.key(UUID):
        query = query.where(order.id > after[0])
    return (await session.scalars(query)).all()


async def one(
    session: AsyncSession, who: Principal, county: str, order_id: UUID, *, locked: bool = False
) -> RectificationOrderRow | None:
    """The order if the caller may see it; `locked` against other decisions until the commit."""
    query = select(RectificationOrderRow).where(
        RectificationOrderRow.county_code == county,
        RectificationOrderRow.id == order_id,
        visible_to(who, RectificationOrderRow.region_code),
    )
    if locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return await session.scalar(query)


async def of_finding(session: AsyncSession, county: str, finding: UUID) -> Sequence[RectificationOrderRow]:
    rows = await session.scalars(
        select(RectificationOrderRow)
        .where(RectificationOrderRow.county_code == county, RectificationOrderRow.finding_id == finding)
        .order_by(RectificationOrderRow.id)
    )
    return rows.all()


async def add(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(RectificationOrderRow).values(values))


async def advance(session: AsyncSession, row: RectificationOrderRow, **values: Any) -> None:
    """Write the new state of a locked order."""
    await session.execute(
        update(RectificationOrderRow)
        .where(RectificationOrderRow.county_code == row.county_code, RectificationOrderRow.id == row.id)
        .values(version=RectificationOrderRow.version + 1, **values)
    )


async def add_step(
    session: AsyncSession, row: RectificationOrderRow, action: str, done_on: date, done_by: str, note: str
) -> None:
    """Append the next step of a locked (or new) order."""
    last = await session.scalar(
        select(func.coalesce(func.max(RectificationStepRow.step_no), 0)).where(
            RectificationStepRow.county_code == row.county_code, RectificationStepRow.order_id == row.id
        )
    )
    await session.execute(
        insert(RectificationStepRow).values(
            county_code=row.county_code,
            order_id=row.id,
            step_no=(last or 0) + 1,
            region_code=row.region_code,
            action=action,
            done_on=done_on,
            done_by=done_by,
            note=note,
        )
    )


async def steps(session: AsyncSession, county: str, orders: Collection[UUID]) -> Sequence[RectificationStepRow]:
    rows = await session.scalars(
        select(RectificationStepRow)
        .where(RectificationStepRow.county_code == county, RectificationStepRow.order_id.in_(orders))
        .order_by(RectificationStepRow.order_id, RectificationStepRow.step_no)
    )
    return rows.all()
