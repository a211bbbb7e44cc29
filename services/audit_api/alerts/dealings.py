"""What inspectors did with alerts, in SQL: triage, assignment, merging, refutation. Rows are added, never changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.audit_api.moments import Moment
from services.audit_api.tables import (
    AlertAssignmentRow,
    AlertMergeRow,
    AlertOutcomeRow,
    AlertRefutationRow,
    AlertRow,
    AlertTriageRow,
    EventRow,
    FindingRow,
)

Dealing = TypeVar("Dealing", AlertTriageRow, AlertAssignmentRow, AlertMergeRow, AlertRefutationRow, AlertOutcomeRow)


def arrived(county: str, moment: Moment) -> ColumnElement[bool]:
    """Whether an alert had been taken in by a moment: what the journal told last of how far the feed was taken in."""
    event = EventRow
    taken_in = (
        select(event.body["feed_position"].as_integer())
        .where(event.stream == county, event.kind == "AlertsTakenIn", event.position <= moment.position)
        .order_by(event.position.desc())
        .limit(1)
        .scalar_subquery()
    )
    return AlertRow.feed_position <= taken_in


def status_at(moment: Moment) -> ColumnElement[str]:
    """How an alert of the surrounding query stood at a moment."""
    alert, finding, told = AlertRow, FindingRow, AlertOutcomeRow
    confirmed = (
        select(finding.id)
        .where(
            finding.county_code == alert.county_code,
            finding.id == alert.finding_id,
            finding.confirmed_on <= moment.as_of,
            finding.confirmed_position <= moment.position,
        )
        .exists()
    )
    dismissed = and_(alert.dismissed_on <= moment.as_of, alert.dismissed_position <= moment.position)
    flag = _last(told.outcome, told.seq, told.decided_on, moment)
    return case(
        (dismissed, "dismissed"), (confirmed, "taken_up"), (flag.in_(["confirmed", "refuted"]), "decided"), else_="new"
    )


def triage_at(moment: Moment) -> ColumnElement[str | None]:
    """The way set for an alert of the surrounding query, as of a moment."""
    row = AlertTriageRow
    return _last(row.triage, row.triage_no, row.triaged_on, moment)


def assignee_at(moment: Moment) -> ColumnElement[str | None]:
    """Who had an alert of the surrounding query to work on, as of a moment."""
    row = AlertAssignmentRow
    return _last(row.assignee, row.assignment_no, row.assigned_on, moment)


def main_at(moment: Moment) -> ColumnElement[UUID | None]:
    """The alert that an alert of the surrounding query was part of, as of a moment."""
    row = AlertMergeRow
    standing = or_(row.undone_on.is_(None), row.undone_on > moment.as_of, row.undone_position > moment.position)
    return _last(row.main_id, row.merge_no, row.merged_on, moment, standing)


def ever(triage: str | None, assignee: str | None, *, merged: bool) -> list[ColumnElement[bool]]:
    """What alerts of the surrounding query have to have been at some time to be it at a moment: an index tells whom."""
    way, given, part = AlertTriageRow, AlertAssignmentRow, AlertMergeRow
    found = []
    if triage is not None:
        found.append(_any_of(way, way.triage == triage))
    if assignee is not None:
        found.append(_any_of(given, given.assignee == assignee))
    if merged:
        found.append(_any_of(part))
    return found


def _any_of(
    row: type[AlertTriageRow | AlertAssignmentRow | AlertMergeRow], *also: ColumnElement[bool]
) -> ColumnElement[bool]:
    return (
        select(row.alert_id).where(row.county_code == AlertRow.county_code, row.alert_id == AlertRow.id, *also).exists()
    )


def _last(
    told: InstrumentedAttribute[Any],
    number: InstrumentedAttribute[int],
    on: InstrumentedAttribute[date],
    moment: Moment,
    *also: ColumnElement[bool],
) -> ColumnElement[Any]:
    """What the last of the dealings with an alert of the surrounding query says that counted at a moment."""
    row = told.class_
    return (
        select(told)
        .where(
            row.county_code == AlertRow.county_code,
            row.alert_id == AlertRow.id,
            on <= moment.as_of,
            row.position <= moment.position,
            *also,
        )
        .order_by(number.desc())
        .limit(1)
        .scalar_subquery()
    )


async def repeats(session: AsyncSession, alert: AlertRow, within_days: int) -> int:
    """How many other alerts of the rule about the same unit (without one: the same subject) came before, not refuted.

    Those count whose day lies no more than `within_days` before this one's, or on it and were taken in earlier.
    """
    other = AlertRow
    same = other.unit_id == alert.unit_id if alert.unit_id is not None else other.subject_id == alert.subject_id
    earlier = or_(
        other.as_of < alert.as_of, and_(other.as_of == alert.as_of, other.feed_position < alert.feed_position)
    )
    query = (
        select(func.count())
        .select_from(other)
        .where(
            other.county_code == alert.county_code,
            other.rule_code == alert.rule_code,
            same,
            other.id != alert.id,
            other.status != "dismissed",
            func.coalesce(other.flag_outcome, "") != "refuted",
            other.as_of >= alert.as_of - timedelta(days=within_days),
            earlier,
        )
    )
    return await session.scalar(query) or 0


async def add(session: AsyncSession, kind: type[Dealing], values: dict[str, Any] | list[dict[str, Any]]) -> None:
    await session.execute(insert(kind), values)


async def of_alerts(
    session: AsyncSession, kind: type[Dealing], county: str, ids: Collection[UUID]
) -> Sequence[Dealing]:
    """What was done of one kind with some alerts, in the order of doing."""
    rows = await session.scalars(
        select(kind)
        .where(kind.county_code == county, kind.alert_id.in_(ids))
        .order_by(kind.alert_id, kind.position)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def into(session: AsyncSession, county: str, main: UUID) -> Sequence[AlertMergeRow]:
    """What was merged into an alert, in the order of merging."""
    row = AlertMergeRow
    rows = await session.scalars(
        select(row)
        .where(row.county_code == county, row.main_id == main)
        .order_by(row.position, row.alert_id)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def mains(session: AsyncSession, county: str, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The alerts among `ids` that are part of another now, each with that one."""
    row = AlertMergeRow
    rows = await session.execute(
        select(row.alert_id, row.main_id).where(
            row.county_code == county, row.alert_id.in_(ids), row.undone_on.is_(None)
        )
    )
    return dict(rows.all())


async def members(session: AsyncSession, county: str, mains: Collection[UUID]) -> list[UUID]:
    """The alerts that are part of one of these now, in their order."""
    row = AlertMergeRow
    rows = await session.scalars(
        select(row.alert_id)
        .where(row.county_code == county, row.main_id.in_(mains), row.undone_on.is_(None))
        .order_by(row.alert_id)
    )
    return list(rows)


async def part(session: AsyncSession, county: str, ids: Collection[UUID], on: date, by: str, reason: str) -> None:
    """Let these be alerts of their own again."""
    row = AlertMergeRow
    await session.execute(
        update(row)
        .where(row.county_code == county, row.alert_id.in_(ids), row.undone_on.is_(None))
        .values(undone_on=on, undone_by=by, undo_reason=reason)
    )


async def decide(session: AsyncSession, refutation: AlertRefutationRow, **values: Any) -> None:
    row = AlertRefutationRow
    await session.execute(
        update(row).where(row.county_code == refutation.county_code, row.id == refutation.id).values(**values)
    )
