"""Alerts in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.audit_api.access import visible_to
from services.audit_api.alerts import dealings
from services.audit_api.moments import Moment
from services.audit_api.tables import AlertMergeRow, AlertRow, FlagToldRow

# What an alert keeps of a staged flag, beside the county and the position of its event.
_TOLD: Final = [column.name for column in FlagToldRow.__table__.columns if column.name not in {"stream", "position"}]


@dataclass(frozen=True, slots=True)
class Stood:
    """So many alerts that stand alike: `triage` and `assignee` are None where nobody has set one."""

    status: str
    triage: str | None
    assignee: str | None
    merged: bool
    n: int


def listing(
    who: Principal,
    county: str,
    window: Window,
    moment: Moment,
    *,
    as_it_stands: bool,
    status: str | None,
    rule: str | None,
    triage: str | None,
    assignee: str | None,
    merged: bool | None,
) -> Select[AlertRow]:
    """Asks for visible alerts of a county by id, one more than the page holds; `as_it_stands` or as of a moment."""
    there = _there(who, county, moment, as_it_stands=as_it_stands)
    query = select(AlertRow).where(*there).order_by(AlertRow.id).limit(window.limit + 1)
    if status is not None:
        query = query.where((AlertRow.status if as_it_stands else dealings.status_at(moment)) == status)
    if triage is not None:
        query = query.where((AlertRow.triage if as_it_stands else dealings.triage_at(moment)) == triage)
    if assignee is not None:
        query = query.where((AlertRow.assignee if as_it_stands else dealings.assignee_at(moment)) == assignee)
    if merged is not None:
        main = AlertRow.merged_into if as_it_stands else dealings.main_at(moment)
        query = query.where(main.is_not(None) if merged else main.is_(None))
    if not as_it_stands:
        query = query.where(*dealings.ever(triage, assignee, merged=merged is True))
    if rule is not None:
        query = query.where(AlertRow.rule_code == rule)
    if after := window.key(UUID):
        query = query.where(AlertRow.id > after[0])
    return query


def _there(who: Principal, county: str, moment: Moment, *, as_it_stands: bool) -> list[ColumnElement[bool]]:
    """Which alerts of a county somebody sees, that there were at a moment."""
    found = [AlertRow.county_code == county, visible_to(who, AlertRow.region_code)]
    if not as_it_stands:
        found.append(AlertRow.as_of <= moment.as_of)
        if moment.known_at is not None:
            found.append(dealings.arrived(county, moment))
    return found


def standing(who: Principal, county: str, moment: Moment, *, as_it_stands: bool) -> Select[Any]:
    """Asks how many visible alerts stand alike; at a moment each is asked for its dealings, else an index is read."""
    alert = AlertRow
    each = (
        select(
            (alert.status if as_it_stands else dealings.status_at(moment)).label("status"),
            (alert.triage if as_it_stands else dealings.triage_at(moment)).label("triage"),
            (alert.assignee if as_it_stands else dealings.assignee_at(moment)).label("assignee"),
            (alert.merged_into if as_it_stands else dealings.main_at(moment)).is_not(None).label("merged"),
        )
        .where(*_there(who, county, moment, as_it_stands=as_it_stands))
        .subquery()
    )
    return select(*each.c, func.count().label("n")).group_by(*each.c)


async def stood(
    session: AsyncSession, who: Principal, county: str, moment: Moment, *, as_it_stands: bool
) -> list[Stood]:
    """How many visible alerts stand alike at a moment."""
    rows = await session.execute(standing(who, county, moment, as_it_stands=as_it_stands))
    return [Stood(row.status, row.triage, row.assignee, row.merged, row.n) for row in rows]


async def counted_n(session: AsyncSession, who: Principal, county: str, moment: Moment, *, as_it_stands: bool) -> int:
    """How many visible alerts there were at a moment, whatever they stand at."""
    there = _there(who, county, moment, as_it_stands=as_it_stands)
    return await session.scalar(select(func.count()).select_from(AlertRow).where(*there)) or 0


async def one(session: AsyncSession, who: Principal, county: str, alert_id: UUID) -> AlertRow | None:
    return await session.scalar(
        select(AlertRow).where(
            AlertRow.county_code == county, AlertRow.id == alert_id, visible_to(who, AlertRow.region_code)
        )
    )


async def lock(session: AsyncSession, who: Principal, county: str, ids: Collection[UUID]) -> Sequence[AlertRow]:
    """The visible alerts among `ids`, locked in id order."""
    rows = await session.scalars(
        select(AlertRow)
        .where(AlertRow.county_code == county, AlertRow.id.in_(ids), visible_to(who, AlertRow.region_code))
        .order_by(AlertRow.id)
        .with_for_update(key_share=True)
    )
    return rows.all()


async def lock_one(session: AsyncSession, county: str, alert_id: UUID) -> AlertRow | None:
    """The alert whoever may see it, locked: for what the feed tells."""
    query = select(AlertRow).where(AlertRow.county_code == county, AlertRow.id == alert_id)
    return (await session.scalars(query.with_for_update(key_share=True))).one_or_none()


async def hear(session: AsyncSession, alert: AlertRow, outcome: str | None) -> None:
    """Let a locked alert be decided as its flag is, or new again; one that somebody dealt with only keeps it beside."""
    open_then = alert.status in {"new", "decided"}
    stands = ("decided" if outcome else "new") if open_then else alert.status
    await session.execute(
        update(AlertRow)
        .where(AlertRow.county_code == alert.county_code, AlertRow.id == alert.id)
        .values(status=stands, flag_outcome=outcome)
    )


async def lock_whole(session: AsyncSession, county: str, ids: Collection[UUID], lots: Collection[UUID] = ()) -> None:
    """Lock these alerts, those that are part of them, and those about `lots`, all in the order of ids."""
    part = AlertMergeRow
    parts = select(part.alert_id).where(part.county_code == county, part.main_id.in_(ids), part.undone_on.is_(None))
    alert = AlertRow
    await session.execute(
        select(alert.id)
        .where(alert.county_code == county, or_(alert.id.in_(ids), alert.id.in_(parts), alert.lot_id.in_(lots)))
        .order_by(alert.id)
        .with_for_update(key_share=True)
    )


async def about_more_than_lots(session: AsyncSession, who: Principal, county: str, ids: Collection[UUID]) -> list[UUID]:
    """Those of these alerts that are about something else than a lot, where the caller sees them."""
    row = AlertRow
    rows = await session.scalars(
        select(row.id)
        .where(row.county_code == county, row.id.in_(ids), row.lot_id.is_(None), visible_to(who, row.region_code))
        .order_by(row.id)
    )
    return list(rows)


async def lock_by_lots(session: AsyncSession, county: str, lots: Collection[UUID]) -> None:
    """Lock every alert about `lots`, so that no finding is opened on them while a draw is being counted."""
    await session.execute(
        select(AlertRow.id)
        .where(AlertRow.county_code == county, AlertRow.lot_id.in_(lots))
        .order_by(AlertRow.id)
        .with_for_update(key_share=True)
    )


async def add(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    await session.execute(insert(AlertRow), rows)


async def stage(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """Put told flags by, until the event that counts them is applied."""
    await session.execute(insert(FlagToldRow), rows)


async def staged_n(session: AsyncSession, stream: str, position: int) -> int:
    """How many flags of an event are staged."""
    staged = (FlagToldRow.stream == stream, FlagToldRow.position == position)
    return await session.scalar(select(func.count()).select_from(FlagToldRow).where(*staged)) or 0


async def unstage(session: AsyncSession, stream: str) -> None:
    """Forget what is staged of a stream, of whichever event."""
    await session.execute(delete(FlagToldRow).where(FlagToldRow.stream == stream))


async def add_staged(session: AsyncSession, stream: str, position: int) -> list[UUID]:
    """Make an alert of every staged flag of an event and leave none staged, in one statement; their ids, in order."""
    staged = (
        delete(FlagToldRow)
        .where(FlagToldRow.stream == stream, FlagToldRow.position == position)
        .returning(*FlagToldRow.__table__.columns)
        .cte("staged")
    )
    told = select(staged.c.stream, staged.c.position, *(staged.c[name] for name in _TOLD))
    added = insert(AlertRow).from_select(["county_code", "feed_position", *_TOLD], told).returning(AlertRow.id)
    return sorted(await session.scalars(added))


async def dismiss(
    session: AsyncSession, county: str, ids: Collection[UUID], by: str, checked_by: str, reason: str, on: date
) -> None:
    """What one person refuted and another confirmed."""
    await session.execute(
        update(AlertRow)
        .where(AlertRow.county_code == county, AlertRow.id.in_(ids))
        .values(
            status="dismissed",
            dismissed_by=by,
            dismissal_checked_by=checked_by,
            dismissal_reason=reason,
            dismissed_on=on,
        )
    )


async def known(session: AsyncSession, alert: AlertRow, moment: Moment) -> bool:
    """Whether an alert had been taken in by a moment."""
    if moment.known_at is None:
        return True
    there = dealings.arrived(alert.county_code, moment)
    found = await session.scalar(
        select(AlertRow.id).where(AlertRow.county_code == alert.county_code, AlertRow.id == alert.id, there)
    )
    return found is not None


async def statuses(session: AsyncSession, county: str, ids: Collection[UUID], moment: Moment) -> dict[UUID, str]:
    """How each of some alerts stood at a moment."""
    rows = await session.execute(
        select(AlertRow.id, dealings.status_at(moment)).where(AlertRow.county_code == county, AlertRow.id.in_(ids))
    )
    return dict(rows.all())


async def take_up(session: AsyncSession, county: str, ids: Collection[UUID], finding: UUID) -> None:
    """Let a finding answer these alerts; `ids` holds also those that are part of one of them (`dealings.members`)."""
    await session.execute(
        update(AlertRow)
        .where(AlertRow.county_code == county, AlertRow.id.in_(ids))
        .values(status="taken_up", finding_id=finding)
    )


async def ids_of_finding(session: AsyncSession, county: str, findings: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The alerts each finding took up."""
    found: dict[UUID, list[UUID]] = {finding: [] for finding in findings}
    rows = await session.execute(
        select(AlertRow.finding_id, AlertRow.id)
        .where(AlertRow.county_code == county, AlertRow.finding_id.in_(findings))
        .order_by(AlertRow.id)
    )
    for finding, alert in rows:
        if finding is not None:
            found[finding].append(alert)
    return found
