"""Leads in SQL. Every look begins at the caller's own membership, so that it costs the same whether a lead is there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.audit_api.access import visible_to
from services.audit_api.leads.cells import Counted
from services.audit_api.leads.recusal import Recusal
from services.audit_api.tables import (
    LeadDepartureRow,
    LeadLetterRow,
    LeadMemberRow,
    LeadOpinionRow,
    LeadRow,
    LeadTalkRow,
)

_STREAM: Final = ".leads"


def stream_of(county: str) -> str:
    """The journal of a county's leads: apart from the county's own, so that it leaves no gap there."""
    return county + _STREAM


def _of_member(who: Principal, county: str) -> ColumnElement[bool]:
    return and_(
        LeadMemberRow.county_code == county, LeadMemberRow.person == who.subject, LeadMemberRow.until_on.is_(None)
    )


async def one(session: AsyncSession, who: Principal, county: str, lead_id: UUID) -> LeadRow | None:
    """The lead, for a member of it; None for everybody else, as for an id that never was."""
    own = select(LeadMemberRow.lead_id).where(_of_member(who, county), LeadMemberRow.lead_id == lead_id)
    if (await session.scalar(own)) is None:
        return None
    return await session.scalar(
        select(LeadRow).where(
            LeadRow.county_code == county, LeadRow.id == lead_id, visible_to(who, LeadRow.region_code)
        )
    )


async def lock(session: AsyncSession, row: LeadRow) -> None:
    """Wait for whoever else acts on the lead, and count one more act on it. Who may see it has to be asked anew."""
    await session.execute(
        update(LeadRow)
        .where(LeadRow.county_code == row.county_code, LeadRow.id == row.id)
        .values(version=LeadRow.version + 1)
    )


async def page(
    session: AsyncSession, who: Principal, county: str, window: Window, known_by: int, late_on: date | None = None
) -> Sequence[LeadRow]:
    """The caller's own leads of a county by id, one more than the page holds; only what was due before `late_on`."""
    query = (
        select(LeadRow)
        .join(
            LeadMemberRow,
            and_(LeadMemberRow.county_code == LeadRow.county_code, LeadMemberRow.lead_id == LeadRow.id),
        )
        .where(_of_member(who, county), visible_to(who, LeadRow.region_code), LeadRow.position <= known_by)
        .order_by(LeadRow.id)
        .limit(window.limit + 1)
    )
    if late_on is not None:
        reports = select(LeadTalkRow.lead_id).where(
            LeadTalkRow.county_code == county, LeadTalkRow.report_due_on < late_on
        )
        replies = select(LeadLetterRow.lead_id).where(
            LeadLetterRow.county_code == county, LeadLetterRow.reply_due_on < late_on
        )
        query = query.where(or_(LeadRow.opinion_due_on < late_on, LeadRow.id.in_(reports), LeadRow.id.in_(replies)))
    if after := window.key(UUID):
        query = query.where(LeadRow.id > after[0])
    return (await session.scalars(query)).all()


async def members(session: AsyncSession, county: str, lead_id: UUID, *, standing: bool = False) -> list[LeadMemberRow]:
    """The members of a lead in order of appointment: all, or those who still are."""
    query = select(LeadMemberRow).where(LeadMemberRow.county_code == county, LeadMemberRow.lead_id == lead_id)
    if standing:
        query = query.where(LeadMemberRow.until_on.is_(None))
    return list(await session.scalars(query.order_by(LeadMemberRow.position, LeadMemberRow.id)))


async def departures(session: AsyncSession, county: str, lead_id: UUID) -> list[LeadDepartureRow]:
    """What was drawn up about members who leave a lead, by number."""
    row = LeadDepartureRow
    return list(
        await session.scalars(
            select(row).where(row.county_code == county, row.lead_id == lead_id).order_by(row.departure_no)
        )
    )


async def add_departure(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(LeadDepartureRow).values(values))


async def decide_departure(session: AsyncSession, row: LeadDepartureRow, **decided: Any) -> None:
    """Write what was decided on a departure."""
    await session.execute(
        update(LeadDepartureRow)
        .where(
            LeadDepartureRow.county_code == row.county_code,
            LeadDepartureRow.lead_id == row.lead_id,
            LeadDepartureRow.departure_no == row.departure_no,
        )
        .values(decided)
    )


async def opinions(session: AsyncSession, county: str, leads: Collection[UUID]) -> list[LeadOpinionRow]:
    """The opinions on leads, by lead and number."""
    return list(
        await session.scalars(
            select(LeadOpinionRow)
            .where(LeadOpinionRow.county_code == county, LeadOpinionRow.lead_id.in_(leads))
            .order_by(LeadOpinionRow.lead_id, LeadOpinionRow.opinion_no)
        )
    )


async def letters(session: AsyncSession, county: str, leads: Collection[UUID]) -> list[LeadLetterRow]:
    """The letters of leads, by lead and number of the opinion."""
    return list(
        await session.scalars(
            select(LeadLetterRow)
            .where(LeadLetterRow.county_code == county, LeadLetterRow.lead_id.in_(leads))
            .order_by(LeadLetterRow.lead_id, LeadLetterRow.opinion_no)
        )
    )


async def talks(session: AsyncSession, county: str, leads: Collection[UUID]) -> list[LeadTalkRow]:
    """The talks and letters of leads, by lead and number of the opinion."""
    return list(
        await session.scalars(
            select(LeadTalkRow)
            .where(LeadTalkRow.county_code == county, LeadTalkRow.lead_id.in_(leads))
            .order_by(LeadTalkRow.lead_id, LeadTalkRow.opinion_no)
        )
    )


async def own_leads(session: AsyncSession, who: Principal, county: str) -> list[LeadRow]:
    """All leads of a county that the caller is a member of, by id: the order in which they are locked."""
    return list(
        await session.scalars(
            select(LeadRow)
            .join(
                LeadMemberRow,
                and_(LeadMemberRow.county_code == LeadRow.county_code, LeadMemberRow.lead_id == LeadRow.id),
            )
            .where(_of_member(who, county))
            .order_by(LeadRow.id)
        )
    )


async def add(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(LeadRow).values(values))


async def add_members(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """In one statement: of a new lead the first member may not be the one who refers it."""
    await session.execute(insert(LeadMemberRow).values(rows))


async def end_member(session: AsyncSession, row: LeadMemberRow, **ended: Any) -> None:
    """End a membership: `until_on`, `ended_by`, `ended_because`."""
    await session.execute(
        update(LeadMemberRow)
        .where(
            LeadMemberRow.county_code == row.county_code,
            LeadMemberRow.lead_id == row.lead_id,
            LeadMemberRow.id == row.id,
        )
        .values(ended)
    )


async def add_opinion(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(LeadOpinionRow).values(values))


async def decide(session: AsyncSession, row: LeadOpinionRow, **decided: Any) -> None:
    """Write what was decided on an opinion."""
    await session.execute(
        update(LeadOpinionRow)
        .where(
            LeadOpinionRow.county_code == row.county_code,
            LeadOpinionRow.lead_id == row.lead_id,
            LeadOpinionRow.opinion_no == row.opinion_no,
        )
        .values(decided)
    )


async def add_letter(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(LeadLetterRow).values(values))


async def reply(session: AsyncSession, county: str, lead_id: UUID, opinion_no: int, **replied: Any) -> None:
    """Write the reply to a letter."""
    await session.execute(
        update(LeadLetterRow)
        .where(
            LeadLetterRow.county_code == county,
            LeadLetterRow.lead_id == lead_id,
            LeadLetterRow.opinion_no == opinion_no,
        )
        .values(replied)
    )


async def add_talk(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(LeadTalkRow).values(values))


async def report(session: AsyncSession, county: str, lead_id: UUID, opinion_no: int, **reported: Any) -> None:
    """Write the report on a talk."""
    await session.execute(
        update(LeadTalkRow)
        .where(LeadTalkRow.county_code == county, LeadTalkRow.lead_id == lead_id, LeadTalkRow.opinion_no == opinion_no)
        .values(reported)
    )


async def recusals(session: AsyncSession, county: str, lead_id: UUID, persons: Collection[str]) -> list[Recusal]:
    """Whether people are free of what a lead is about, which the caller is a member of or refers in this transaction.

    The declarations themselves are told to nobody; `recusal.is_related` is what the function says of each.
    """
    rows = await session.execute(
        text("SELECT * FROM audit.recusals(:county, :lead, :persons)"),
        {"county": county, "lead": lead_id, "persons": list(persons)},
    )
    return [Recusal(row.person, row.has_declared, row.is_related) for row in rows]


async def ties(
    session: AsyncSession,
    county: str,
    persons: Collection[str],
    unit_id: UUID | None,
    unit_name: str | None,
    regions: Collection[str],
) -> list[Recusal]:
    """Whether people have declared anything, and are tied to this unit or to a place around one of these."""
    rows = await session.execute(
        text("SELECT * FROM audit.ties_of(:county, :persons, :unit, :name, :regions)"),
        {"county": county, "persons": list(persons), "unit": unit_id, "name": unit_name, "regions": list(regions)},
    )
    return [Recusal(row.person, row.has_declared, row.is_related) for row in rows]


async def counts(session: AsyncSession, start: datetime, end: datetime) -> dict[str, list[Counted]]:
    """Leads of the caller's place by dimension and class, of facts recorded from `start` until before `end`."""
    found: dict[str, list[Counted]] = {}
    rows = await session.execute(text("SELECT * FROM audit.lead_counts(:start, :end)"), {"start": start, "end": end})
    for row in rows:
        found.setdefault(row.dimension, []).append(Counted(row.name, row.leads_n, row.counties_n))
    return found
