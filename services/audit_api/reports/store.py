"""What reports are made of, in SQL: findings, their money and orders by a day; and what the tables say of the sums.

Whole sets at once: a report is one reading of one picture, never a query per row.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Executable, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.audit_api.access import visible_to
from services.audit_api.findings.counting import lots_held_again
from services.audit_api.findings.schemas import CLASSES, AmountKnown
from services.audit_api.moments import Moment
from services.audit_api.rectifications.store import deadline_at
from services.audit_api.reports.facts import FindingFact, OrderFact, StepFact, Sums, nested
from services.audit_api.reports.model import ID_SHOWN
from services.audit_api.reports.places import Places
from services.audit_api.tables import (
    EngagementFindingRow,
    EngagementRow,
    FindingRow,
    RectificationOrderRow,
    RectificationStepRow,
    RectifiedChangeRow,
    StreamHeadRow,
)

PIECE_ROWS: Final = 1_000
NO_NAMES: Final = Places()
TOWNSHIP_DIGITS: Final = 9
_ORDER: Final = tuple(
    getattr(RectificationOrderRow, name)
    for name in ("id", "finding_id", "unit_id", "unit_name", "region_code", "kind", "demand", "issued_on")
)


@dataclass(frozen=True, slots=True)
class Reach:
    """Which findings a report is about: a county's, found from `since` to `until`, as they stood at the moment."""

    county: str
    moment: Moment
    since: date | None = None
    until: date | None = None
    places: Places = NO_NAMES


async def head_position(session: AsyncSession, county: str) -> int:
    """The last act of the county's journal that this transaction sees; 0 before the first."""
    found = await session.scalar(select(StreamHeadRow.position).where(StreamHeadRow.stream == county))
    return found or 0


async def sums(session: AsyncSession, who: Principal, reach: Reach) -> Sums:
    """How many findings and orders there are and what they come to, added up by the database."""
    findings, order = _findings(who, reach), RectificationOrderRow
    ordered = select(order.id).where(_same_finding(order), *_orders(reach)).correlate(FindingRow).exists()
    listed = select(FindingRow.id, FindingRow.amount_fen, ordered.label("ordered")).where(*findings).cte("listed")
    outer = _outer(who, reach)
    inside = (
        select(outer.c.inner_id).join(listed, listed.c.id == outer.c.outer_id).where(listed.c.amount_fen.isnot(None))
    )
    # Of findings within each other the fen count once: for the one that lies within no other.
    whole, whole_ordered = listed.c.id.not_in(inside), listed.c.id.not_in(inside.where(listed.c.ordered))
    amount = func.sum(listed.c.amount_fen)
    found = (
        await session.execute(
            select(func.count(), amount.filter(whole), amount.filter(listed.c.ordered & whole_ordered)).select_from(
                listed
            )
        )
    ).one()
    change = func.sum(RectifiedChangeRow.change_fen)
    rectified = (
        await session.execute(
            select(change, change.filter(listed.c.ordered | ~whole_ordered))
            .join(listed, listed.c.id == RectifiedChangeRow.finding_id)
            .where(RectifiedChangeRow.county_code == reach.county, *_rectified(reach))
        )
    ).one()
    orders_n = await session.scalar(
        select(func.count()).select_from(order).join(FindingRow, _same_finding(order)).where(*findings, *_orders(reach))
    )
    return Sums(
        findings_n=int(found[0]),
        amount_fen=int(found[1] or 0),
        rectified_fen=int(rectified[0] or 0),
        orders_n=int(orders_n or 0),
        ordered_fen=int(found[2] or 0),
        ordered_rectified_fen=int(rectified[1] or 0),
    )


async def findings(session: AsyncSession, who: Principal, reach: Reach) -> list[FindingFact]:
    """The findings by id, each with its orders (first issued first) and their steps, and within which other it lies."""
    rectified = await _rectified_of(session, who, reach)
    orders = await _orders_of(session, who, reach)
    one, moment = FindingRow, reach.moment
    closed = (one.closed_on <= moment.as_of) & (one.closed_position <= moment.position)
    columns = (one.id, one.class_code, one.title, one.found_on, one.amount_fen, one.amount_known)
    query = select(*columns, case((closed, one.closed_on)).label("closed_on")).where(*_findings(who, reach))
    rows = [row async for row in _pieces(session, query.order_by(one.id))]
    lots = await lots_held_again(session, reach.county, [row.id for row in rows], moment)
    engagements = await _engagements_of(session, who, reach)
    found = [
        FindingFact(
            id=row.id,
            class_code=row.class_code,
            class_name=CLASSES[row.class_code],
            title=row.title,
            found_on=row.found_on,
            closed_on=row.closed_on,
            amount_fen=row.amount_fen,
            rectified_fen=rectified.get(row.id, 0),
            orders=tuple(orders.get(row.id, ())),
            approximate=row.amount_known == AmountKnown.APPROXIMATE,
            lots=lots.get(row.id, {}),
            engagement=engagements.get(row.id),
        )
        for row in rows
    ]
    within = await session.execute(select(one.id, one.within_finding_id).where(*_within(who, reach)))
    return nested(found, {inner: outer for inner, outer in within if outer is not None})


async def _pieces(session: AsyncSession, query: Executable) -> AsyncIterator[Any]:
    """The rows of a query as they come, piece by piece: between two of them others have their turn."""
    async for row in await session.stream(query, execution_options={"yield_per": PIECE_ROWS}):
        yield row


async def _rectified_of(session: AsyncSession, who: Principal, reach: Reach) -> dict[UUID, int]:
    change = RectifiedChangeRow
    rows = _pieces(
        session,
        select(change.finding_id, func.sum(change.change_fen))
        .join(FindingRow, _same_finding(change))
        .where(*_findings(who, reach), *_rectified(reach))
        .group_by(change.finding_id),
    )
    return {finding: int(fen) async for finding, fen in rows}


async def _engagements_of(session: AsyncSession, who: Principal, reach: Reach) -> dict[UUID, str]:
    """What the engagement is called that each finding was made in; titles repeat, so the end of its id is told too."""
    named, engagement = EngagementFindingRow, EngagementRow
    rows = _pieces(
        session,
        select(named.finding_id, engagement.title, engagement.id)
        .join(engagement, (engagement.county_code == named.county_code) & (engagement.id == named.engagement_id))
        .join(FindingRow, (FindingRow.county_code == named.county_code) & (FindingRow.id == named.finding_id))
        .where(
            *_findings(who, reach),
            named.named_on <= reach.moment.as_of,
            named.position <= reach.moment.position,
        ),
    )
    return {finding: f"{title}（{str(engaged)[-ID_SHOWN:]}）" async for finding, title, engaged in rows}


async def _orders_of(session: AsyncSession, who: Principal, reach: Reach) -> dict[UUID, list[OrderFact]]:
    order = RectificationOrderRow
    steps = await _steps_of(session, who, reach)
    rows = _pieces(
        session,
        select(*_ORDER, deadline_at(reach.moment).label("due_on"))
        .join(FindingRow, _same_finding(order))
        .where(*_findings(who, reach), *_orders(reach))
        .order_by(order.issued_on, order.id),
    )
    found: dict[UUID, list[OrderFact]] = {}
    async for row in rows:
        found.setdefault(row.finding_id, []).append(
            OrderFact(
                id=row.id,
                finding_id=row.finding_id,
                unit_id=row.unit_id,
                unit_name=row.unit_name,
                region_code=row.region_code,
                place=reach.places.told(row.region_code[:TOWNSHIP_DIGITS]),
                kind=row.kind,
                demand=row.demand,
                issued_on=row.issued_on,
                deadline=row.due_on,
                steps=tuple(steps.get(row.id, ())),
            )
        )
    return found


async def _steps_of(session: AsyncSession, who: Principal, reach: Reach) -> dict[UUID, list[StepFact]]:
    step, order = RectificationStepRow, RectificationOrderRow
    rows = _pieces(
        session,
        select(step.order_id, step.action, step.done_on)
        .join(order, (order.county_code == step.county_code) & (order.id == step.order_id))
        .join(FindingRow, _same_finding(order))
        .where(*_findings(who, reach), *_orders(reach), *_steps(reach))
        .order_by(step.order_id, step.step_no),
    )
    found: dict[UUID, list[StepFact]] = {}
    async for order_id, action, done_on in rows:
        found.setdefault(order_id, []).append(StepFact(action, done_on))
    return found


def _findings(who: Principal, reach: Reach) -> list[ColumnElement[bool]]:
    """The rows of the findings in reach: confirmed by then. What a confirmed finding says does not change."""
    conditions = [
        FindingRow.county_code == reach.county,
        visible_to(who, FindingRow.region_code),
        FindingRow.confirmed_position <= reach.moment.position,
        FindingRow.found_on <= reach.moment.as_of,
        FindingRow.confirmed_on <= reach.moment.as_of,
    ]
    if reach.since is not None:
        conditions.append(FindingRow.found_on >= reach.since)
    if reach.until is not None:
        conditions.append(FindingRow.found_on <= reach.until)
    return conditions


def _within(who: Principal, reach: Reach) -> list[ColumnElement[bool]]:
    """The rows of all findings of the county that lie within another one's amount, whether in reach or not."""
    return [
        FindingRow.county_code == reach.county,
        visible_to(who, FindingRow.region_code),
        FindingRow.confirmed_position <= reach.moment.position,
        FindingRow.within_finding_id.isnot(None),
    ]


def _outer(who: Principal, reach: Reach) -> CTE:
    """(inner_id, outer_id): every finding within whose amount another lies, directly or by way of others."""
    direct = select(FindingRow.id.label("inner_id"), FindingRow.within_finding_id.label("outer_id"))
    found = direct.where(*_within(who, reach)).cte("outer_of", recursive=True)
    further = select(found.c.inner_id, FindingRow.within_finding_id).join(found, found.c.outer_id == FindingRow.id)
    return found.union(further.where(*_within(who, reach)))


def _rectified(reach: Reach) -> list[ColumnElement[bool]]:
    change, moment = RectifiedChangeRow, reach.moment
    return [change.effective_on <= moment.as_of, change.position <= moment.position]


def _orders(reach: Reach) -> list[ColumnElement[bool]]:
    order, moment = RectificationOrderRow, reach.moment
    return [order.issued_on <= moment.as_of, order.position <= moment.position]


def _steps(reach: Reach) -> list[ColumnElement[bool]]:
    step, moment = RectificationStepRow, reach.moment
    return [step.done_on <= moment.as_of, step.position <= moment.position]


def _same_finding(row: type[RectifiedChangeRow | RectificationOrderRow]) -> ColumnElement[bool]:
    return (row.county_code == FindingRow.county_code) & (row.finding_id == FindingRow.id)
