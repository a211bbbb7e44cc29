"""What rates are counted from, in SQL: orders as they stood at a moment, and what was counted beside them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.audit_api.access import visible_to
from services.audit_api.findings.counting import among
from services.audit_api.moments import Moment
from services.audit_api.rectifications.states import OrderStatus
from services.audit_api.rectifications.store import deadline_at
from services.audit_api.tables import FindingRow, RectificationOrderRow, RectificationStepRow


@dataclass(frozen=True, slots=True)
class Stood:
    """An order as it stood at a moment, with what it can be grouped by."""

    finding_id: UUID
    unit_id: UUID
    unit_name: str
    region_code: str
    class_code: str
    issued_on: date
    deadline: date
    closed_on: date | None


def _asked(
    who: Principal, county: str, moment: Moment, issued_from: date | None, issued_to: date | None
) -> list[ColumnElement[bool]]:
    order = RectificationOrderRow
    asked = [
        order.county_code == county,
        visible_to(who, order.region_code),
        order.issued_on <= moment.as_of,
        order.position <= moment.position,
    ]
    if issued_from is not None:
        asked.append(order.issued_on >= issued_from)
    if issued_to is not None:
        asked.append(order.issued_on <= issued_to)
    return asked


async def orders(
    session: AsyncSession,
    who: Principal,
    county: str,
    moment: Moment,
    issued_from: date | None,
    issued_to: date | None,
) -> list[Stood]:
    """Every visible order issued and known by the moment, as it stood then."""
    order, step = RectificationOrderRow, RectificationStepRow
    closed_on = (
        select(func.max(step.done_on))
        .where(
            step.county_code == order.county_code,
            step.order_id == order.id,
            step.action == OrderStatus.CLOSED,
            step.done_on <= moment.as_of,
            step.position <= moment.position,
        )
        .scalar_subquery()
    )
    query = (
        select(
            order.finding_id,
            order.unit_id,
            order.unit_name,
            order.region_code,
            FindingRow.class_code,
            order.issued_on,
            deadline_at(moment),
            closed_on,
        )
        .join(FindingRow, (FindingRow.county_code == order.county_code) & (FindingRow.id == order.finding_id))
        .where(*_asked(who, county, moment, issued_from, issued_to))
        .order_by(order.issued_on, order.id)
    )
    return [Stood(*row) for row in await session.execute(query)]


async def counted_n(
    session: AsyncSession,
    who: Principal,
    county: str,
    moment: Moment,
    issued_from: date | None,
    issued_to: date | None,
) -> int:
    """How many orders there are, counted without looking at any: the proof of the lines."""
    order = RectificationOrderRow
    asked = _asked(who, county, moment, issued_from, issued_to)
    return await session.scalar(select(func.count()).select_from(order).where(*asked)) or 0


async def found_fen(session: AsyncSession, county: str, findings: Collection[UUID]) -> int:
    """Σ of what these findings say, each once: the proof of the fen."""
    query = select(func.coalesce(func.sum(FindingRow.amount_fen), 0)).where(
        FindingRow.county_code == county, among(FindingRow.id, findings)
    )
    return int(await session.scalar(query) or 0)
