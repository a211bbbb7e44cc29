"""Who may know of a lead: appointing and leaving, by its members, who are never fewer than one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.leads import service, store
from services.audit_api.leads.recusal import must_be_free
from services.audit_api.leads.schemas import LeadDepartureRequest, LeadMemberRequest, LeadReceipt
from services.audit_api.tables import LeadMemberRow, LeadRow
from wire.leads import LeadMemberAppointed, LeadMemberLeft


@dataclass(eq=False)
class AlreadyMember(Exception):
    """The person is a member of the lead already."""

    person: str

    def __str__(self) -> str:
        return f"{self.person} 已是该线索成员"


@dataclass(eq=False)
class LastMember(Exception):
    """The last member was to leave, and nobody would be left who knows of the lead."""

    lead_id: str

    def __str__(self) -> str:
        return f"您是线索 {self.lead_id} 的最后一名成员，须指定接替人员（successor）"


def must_be_new(person: str, standing: Sequence[LeadMemberRow]) -> None:
    """Refuse a person who is a member already."""
    if any(one.person == person for one in standing):
        raise AlreadyMember(person)


async def join(tx: AsyncSession, who: Principal, lead: LeadRow, person: str, today: date) -> None:
    """Make somebody a member, if nothing speaks against it."""
    must_be_new(person, await store.members(tx, lead.county_code, lead.id, standing=True))
    must_be_free(await store.recusals(tx, lead.county_code, lead.id, [person]))
    await store.add_members(
        tx,
        [
            {
                "county_code": lead.county_code,
                "region_code": lead.region_code,
                "lead_id": lead.id,
                "id": new_id(),
                "person": person,
                "from_on": today,
                "appointed_by": who.subject,
            }
        ],
    )


async def appoint(
    tx: AsyncSession, who: Principal, act: Act, county: str, lead_id: UUID, request: LeadMemberRequest, today: date
) -> LeadReceipt:
    """Make somebody a member of a lead, who from now on sees it."""
    lead = await service.held(tx, who, act, county, lead_id)
    await join(tx, who, lead, request.person, today)
    receipt = LeadReceipt(id=lead_id, county_code=county)
    event = LeadMemberAppointed(lead_id=lead_id, county_code=county, person=request.person, from_on=today)
    await act.record(tx, store.stream_of(county), event, receipt)
    return receipt


async def leave(
    tx: AsyncSession, who: Principal, act: Act, county: str, lead_id: UUID, request: LeadDepartureRequest, today: date
) -> LeadReceipt:
    """End a membership; the last one only with a successor. For whoever left the lead is not there any more."""
    lead = await service.held(tx, who, act, county, lead_id)
    standing = await store.members(tx, county, lead_id, standing=True)

    gone = next((one for one in standing if one.person == request.person), None)
    if gone is None:
        raise Missing("线索成员", request.person)
    if len(standing) == 1 and request.successor is None:
        raise LastMember(str(lead_id))

    if request.successor is not None:
        await join(tx, who, lead, request.successor, today)
    await store.end_member(tx, gone, until_on=today, ended_by=who.subject, ended_because="left")
    receipt = LeadReceipt(id=lead_id, county_code=county)
    event = LeadMemberLeft(
        lead_id=lead_id, county_code=county, person=request.person, until_on=today, successor=request.successor
    )
    await act.record(tx, store.stream_of(county), event, receipt)
    return receipt
