"""Who leads which unit since when, in SQL and as told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.households import masks
from services.funds_api.lots.ledger import must_be_near
from services.funds_api.moments import Moment
from services.funds_api.tables import UnitLeaderRow, UnitRow
from services.funds_api.warnings.refusals import LeaderKnown
from services.funds_api.warnings.schemas import LeaderRequest, UnitLeader
from wire.warnings import LeaderSet


@dataclass(frozen=True, slots=True)
class Leader:
    """Who led a unit on a day: by which fact, in which post, under which login. A vacancy is none."""

    id: UUID
    post: str
    account: str


async def set_leader(tx: AsyncSession, who: Principal, act: Act, county: str, request: LeaderRequest) -> UnitLeader:
    """Record who is in charge of a unit from a day on; warnings that went out keep the leader they went to."""
    await act.claim(tx, county)
    must_be_near([request.from_on], "分管之日")
    unit = await tx.scalar(
        select(UnitRow).where(
            UnitRow.county_code == county, UnitRow.id == request.unit_id, visible_to(who, UnitRow.region_code)
        )
    )
    if unit is None:
        raise Missing("单位", str(request.unit_id))
    row = {
        "county_code": county,
        "id": new_id(),
        "region_code": unit.region_code,
        "unit_id": unit.id,
        "from_on": request.from_on,
        "post": masks.free_text(request.post) or None,
        "account": request.account,
        "document": request.document,
        "set_by": who.subject,
    }
    added = await tx.scalar(insert(UnitLeaderRow).values(row).on_conflict_do_nothing().returning(UnitLeaderRow.id))
    if added is None:
        key = {"county_code": county, "unit_id": unit.id, "from_on": request.from_on}
        known = (await tx.scalars(select(UnitLeaderRow.id).filter_by(**key))).one()
        raise LeaderKnown(unit.name, request.from_on, str(known))
    next_on = await tx.scalar(
        select(func.min(UnitLeaderRow.from_on)).where(
            UnitLeaderRow.county_code == county,
            UnitLeaderRow.unit_id == unit.id,
            UnitLeaderRow.from_on > request.from_on,
        )
    )
    answer = UnitLeader(unit_name=unit.name, until_on=_before(next_on), **row)
    told = LeaderSet(leader_id=answer.id, **answer.model_dump(exclude={"id", "unit_name", "until_on", "set_by"}))
    await act.record(tx, county, told, answer)
    return answer


async def page(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    moment: Moment,
    *,
    unit: UUID | None,
    only_then: bool,
) -> Sequence[Row[Any]]:
    """(fact, name of the unit, first day of the next fact) known by a moment, by id.

    With `only_then` those that stood on its day.
    """
    next_on = func.lead(UnitLeaderRow.from_on).over(partition_by=UnitLeaderRow.unit_id, order_by=UnitLeaderRow.from_on)
    facts = (
        select(UnitLeaderRow.id, next_on.label("next_on"))
        .where(
            UnitLeaderRow.county_code == county,
            visible_to(who, UnitLeaderRow.region_code),
            UnitLeaderRow.position <= moment.position,
        )
        .subquery()
    )
    query = (
        select(UnitLeaderRow, UnitRow.name, facts.c.next_on)
        .join(facts, facts.c.id == UnitLeaderRow.id)
        .join(UnitRow, (UnitRow.county_code == UnitLeaderRow.county_code) & (UnitRow.id == UnitLeaderRow.unit_id))
        .where(UnitLeaderRow.county_code == county)
        .order_by(UnitLeaderRow.id)
        .limit(window.limit + 1)
    )
    if unit is not None:
        query = query.where(UnitLeaderRow.unit_id == unit)
    if only_then:
        query = query.where(
            UnitLeaderRow.from_on <= moment.as_of,
            facts.c.next_on.is_(None) | (facts.c.next_on > moment.as_of),
        )
    if after := window.key(UUID):
        query = query.where(UnitLeaderRow.id > after[0])
    return (await session.execute(query)).all()


def shown(row: UnitLeaderRow, unit_name: str, next_on: date | None) -> UnitLeader:
    return UnitLeader(
        unit_name=unit_name,
        until_on=_before(next_on),
        **{name: getattr(row, name) for name in UnitLeader.model_fields if name not in {"unit_name", "until_on"}},
    )


async def leading(session: AsyncSession, county: str, units: Sequence[UUID], on: date) -> dict[UUID, Leader]:
    """Who leads each of these units on a day; one whose post is vacant, or was never named, is left out."""
    facts = await session.scalars(
        select(UnitLeaderRow)
        .where(UnitLeaderRow.county_code == county, UnitLeaderRow.unit_id.in_(units), UnitLeaderRow.from_on <= on)
        .order_by(UnitLeaderRow.from_on)
    )
    last = {row.unit_id: row for row in facts}
    return {
        unit: Leader(row.id, row.post, row.account)
        for unit, row in last.items()
        if row.post is not None and row.account is not None
    }


def _before(day: date | None) -> date | None:
    return day - timedelta(days=1) if day else None
