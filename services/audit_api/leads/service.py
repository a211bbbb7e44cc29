"""Referring a lead, reading it, and counting leads. For whoever is no member of it a lead is an id that never was."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act, record_alone
from chassis.missing import Missing
from chassis.pages import Window, cut
from services.audit_api.access import COUNTY_DIGITS, must_hold
from services.audit_api.findings import store as findings
from services.audit_api.findings.states import FindingNotConfirmed, FindingStatus
from services.audit_api.leads import store
from services.audit_api.leads.cells import CELL_FLOOR, Counted, bounds, must_be_above_county, must_be_over, table
from services.audit_api.leads.reading import file_of, lead_of
from services.audit_api.leads.recusal import Subject, must_be_free, must_not_be_of
from services.audit_api.leads.schemas import LeadCells, LeadCounts, LeadFile, LeadPage, LeadReceipt, LeadRequest
from services.audit_api.leads.states import OPINION_LIMIT, LeadDisposition, LeadForm, LeadSource, due, must_not_be_ahead
from services.audit_api.moments import Moment, moment_of
from services.audit_api.policies import store as policies
from services.audit_api.tables import LeadRow
from services.audit_api.words import sealed
from treasury.policy import in_force
from wire.leads import LeadRead, LeadReferred


def subject_of(row: LeadRow) -> Subject:
    return Subject(row.subject_unit_id, row.subject_unit_name, row.subject_region_code)


async def seen(tx: AsyncSession, who: Principal, county: str, lead_id: UUID) -> LeadRow:
    """The lead, if the caller is a member of it and not of the unit it is about; else it is missing."""
    row = await store.one(tx, who, county, lead_id)
    if row is None:
        raise Missing("线索", str(lead_id))
    must_not_be_of(who.subject, who.unit, subject_of(row))
    return row


async def held(tx: AsyncSession, who: Principal, act: Act, county: str, lead_id: UUID) -> LeadRow:
    """The lead, for an act of a member: claimed in the journal of leads and locked.

    Membership comes before the claim, so that a former member's old key is answered as any other id.
    """
    row = await seen(tx, who, county, lead_id)
    await act.claim(tx, store.stream_of(county))
    await store.lock(tx, row)
    return await seen(tx, who, county, lead_id)


async def refer(
    tx: AsyncSession, who: Principal, act: Act, county: str, request: LeadRequest, today: date
) -> LeadReceipt:
    """Make a lead and hand it to its members. Who refers it and is no member knows no more of it than was said here."""
    must_hold(who, county, request.subject_region_code)
    must_not_be_ahead("收到日期", request.received_on, today)
    await act.claim(tx, store.stream_of(county))
    if request.finding_id is not None:
        await _must_be_confirmed(tx, who, county, request.finding_id)
    values = await policies.values(tx, OPINION_LIMIT, region=county)
    limit = due(values, OPINION_LIMIT, county, request.received_on)

    lead_id = new_id()
    place = {"county_code": county, "region_code": county}
    said = request.model_dump(exclude={"members"})
    await store.add(
        tx,
        {
            **place,
            **said,
            "id": lead_id,
            "opinion_due_on": limit.on,
            "opinion_limit": limit.limit,
            "referred_by": who.subject,
        },
    )
    must_be_free(await store.recusals(tx, county, lead_id, request.members))
    await store.add_members(
        tx,
        [
            {**place, "lead_id": lead_id, "id": new_id(), "person": one, "from_on": today, "appointed_by": who.subject}
            for one in request.members
        ],
    )
    receipt = LeadReceipt(id=lead_id, county_code=county, due_on=limit.on)
    event = LeadReferred(
        lead_id=lead_id,
        county_code=county,
        opinion_due_on=limit.on,
        members=sorted(request.members),
        text_sha256=sealed(request.subject_unit_name, request.matter),
        **request.model_dump(include={"source", "finding_id", "subject_unit_id", "subject_region_code", "received_on"}),
    )
    await act.record(tx, store.stream_of(county), event, receipt)
    return receipt


async def _must_be_confirmed(tx: AsyncSession, who: Principal, county: str, finding_id: UUID) -> None:
    """Refuse a finding that is not there, and a draft: nobody but its author holds that to be the case."""
    finding = await findings.one(tx, who, county, finding_id)
    if finding is None:
        raise Missing("问题", str(finding_id))
    if finding.status == FindingStatus.DRAFT:
        raise FindingNotConfirmed(str(finding_id))


async def moment(tx: AsyncSession, county: str, as_of: date | None, known_at: datetime | None) -> Moment:
    """The moment of a reading, by the journal of leads."""
    return await moment_of(tx, store.stream_of(county), as_of, known_at)


async def read(
    tx: AsyncSession, who: Principal, county: str, lead_id: UUID, as_of: date | None, known_at: datetime | None
) -> LeadFile:
    """All that was recorded of a lead, for a member; the look is in the journal before the answer leaves."""
    row = await seen(tx, who, county, lead_id)
    when = await moment(tx, county, as_of, known_at)
    if row.position > when.position:
        raise Missing("线索", str(lead_id))
    answer = file_of(
        row,
        await store.members(tx, county, lead_id),
        await store.departures(tx, county, lead_id),
        await store.opinions(tx, county, [lead_id]),
        await store.letters(tx, county, [lead_id]),
        await store.talks(tx, county, [lead_id]),
        when,
    )
    look = LeadRead(lead_id=lead_id, county_code=county, reader=who.subject)
    await record_alone(tx, "audit", store.stream_of(county), look, f"{who.client_id}/{who.subject}", new_id())
    return answer


async def listed(
    tx: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    as_of: date | None,
    known_at: datetime | None,
    *,
    overdue: bool = False,
) -> LeadPage:
    """The caller's own leads, or those of them that are overdue; there is no list of others.

    What may be overdue is narrowed by its days and judged afterwards: such a page may hold less than was asked for.
    """
    when = await moment(tx, county, as_of, known_at)
    late_on = when.as_of if overdue else None
    found = await store.page(tx, who, county, window, when.position, late_on)
    rows, after = cut(found, window, lambda row: (row.id,))
    ids = [row.id for row in rows]
    opinions, talks = await store.opinions(tx, county, ids), await store.talks(tx, county, ids)
    letters = await store.letters(tx, county, ids)
    items = [
        lead_of(
            row,
            [one for one in opinions if one.lead_id == row.id],
            [one for one in letters if one.lead_id == row.id],
            [one for one in talks if one.lead_id == row.id],
            when,
        )
        for row in rows
    ]
    if overdue:
        items = [one for one in items if one.overdue]
    because = "您的线索中没有逾期的" if overdue else "没有您作为成员的线索"
    return LeadPage(items=items, next=after, empty_because=None if items else because)


async def counted(tx: AsyncSession, who: Principal, month: date, today: date) -> LeadCounts:
    """Leads by source, disposition and form of the caller's own place in a month that is over."""
    must_be_above_county(who.region, COUNTY_DIGITS)
    must_be_over(month, today)
    found = await store.counts(tx, *bounds(month))
    floor = in_force(await policies.values(tx, CELL_FLOOR, region=who.region), CELL_FLOOR, who.region, month)

    def cells(dimension: str, classes: type[LeadSource | LeadDisposition | LeadForm]) -> LeadCells:
        told: list[Counted] = found.get(dimension, []) if floor is not None else []
        made = table([str(one) for one in classes], told, 1 if floor is None else floor.number)
        return LeadCells(cells=made.cells, total_n=made.total_n)

    return LeadCounts(
        region_code=who.region,
        month=month.isoformat()[:7],
        cell_min_n=None if floor is None else floor.number,
        source=cells("source", LeadSource),
        disposition=cells("disposition", LeadDisposition),
        form=cells("form", LeadForm),
    )
