"""Who may know of a lead: appointing by one member, leaving by two, and never fewer members than one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.checking import DecisionWaits, must_be_checked, must_be_undecided, named
from services.audit_api.leads import service, store
from services.audit_api.leads.recusal import must_be_free
from services.audit_api.leads.schemas import (
    LeadDepartureDecision,
    LeadDepartureDecisionRequest,
    LeadDepartureRequest,
    LeadMemberRequest,
    LeadReceipt,
)
from services.audit_api.tables import LeadMemberRow, LeadRow
from services.audit_api.words import sealed
from wire.leads import LeadDepartureDrawn, LeadDepartureSentBack, LeadMemberAppointed, LeadMemberLeft

WHAT: Final = "成员退出"


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


@dataclass(eq=False)
class OwnLeaving(Exception):
    """Whoever is to leave wanted to decide on that."""

    person: str

    def __str__(self) -> str:
        return f"{self.person} 的退出不能由本人审核，请由另一名成员办理；没有另一名成员的，先增加一名"


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


async def draw_up_leaving(
    tx: AsyncSession, who: Principal, act: Act, county: str, lead_id: UUID, request: LeadDepartureRequest, today: date
) -> LeadReceipt:
    """Draw up that a member leaves, oneself or another; nobody leaves until that is agreed to. A successor joins now.

    The last member leaves only with a successor: somebody else has to be there who can agree.
    """
    lead = await service.held(tx, who, act, county, lead_id)
    standing = await store.members(tx, county, lead_id, standing=True)
    earlier = await store.departures(tx, county, lead_id)

    gone = next((one for one in standing if one.person == request.person), None)
    if gone is None:
        raise Missing("线索成员", request.person)
    for one in earlier:
        if one.member_id == gone.id and one.decision is None:
            raise DecisionWaits(WHAT, str(one.departure_no))
    if len(standing) == 1 and request.successor is None:
        raise LastMember(str(lead_id))

    if request.successor is not None:
        await join(tx, who, lead, request.successor, today)
    number = len(earlier) + 1
    values = {
        "county_code": county,
        "region_code": lead.region_code,
        "lead_id": lead_id,
        "departure_no": number,
        "member_id": gone.id,
        "person": gone.person,
        "drawn_on": today,
        "made_by": who.subject,
    }
    name = named(values)
    await store.add_departure(tx, {**values, **name})
    receipt = LeadReceipt(id=lead_id, county_code=county, departure_no=number, version_hash=name["version_hash"])
    event = LeadDepartureDrawn(
        lead_id=lead_id,
        county_code=county,
        departure_no=number,
        person=gone.person,
        successor=request.successor,
        drawn_on=today,
        version_hash=name["version_hash"],
    )
    await act.record(tx, store.stream_of(county), event, receipt)
    return receipt


async def decide_leaving(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    lead_id: UUID,
    departure_no: int,
    request: LeadDepartureDecisionRequest,
    today: date,
) -> LeadReceipt:
    """Agree that a member leaves, for whom the lead is not there any more, or send it back.

    Neither whoever drew it up decides nor whoever it is about: who has to go could keep sending it back.
    """
    await service.held(tx, who, act, county, lead_id)
    drawn = next((one for one in await store.departures(tx, county, lead_id) if one.departure_no == departure_no), None)
    if drawn is None:
        raise Missing(WHAT, str(departure_no))

    must_be_undecided(WHAT, drawn.decided_on)
    if who.subject == drawn.person != drawn.made_by:
        raise OwnLeaving(drawn.person)
    must_be_checked(WHAT, who.subject, frozenset({drawn.made_by}), request.version_hash, drawn.version_hash)
    agrees = request.decision is LeadDepartureDecision.AGREE
    standing = {one.id: one for one in await store.members(tx, county, lead_id, standing=True)}
    gone = standing.get(drawn.member_id)
    if agrees and gone is None:
        raise Missing("线索成员", drawn.person)

    await store.decide_departure(
        tx,
        drawn,
        decision=request.decision.value,
        opinion=request.opinion,
        decided_on=today,
        checked_by=who.subject,
    )
    this = {"lead_id": lead_id, "county_code": county, "departure_no": departure_no, "person": drawn.person}
    said = {"version_hash": drawn.version_hash, "text_sha256": sealed(request.opinion)}
    told: LeadMemberLeft | LeadDepartureSentBack
    if agrees and gone is not None:
        await store.end_member(tx, gone, until_on=today, ended_by=who.subject, ended_because="left")
        told = LeadMemberLeft(**this, **said, until_on=today, successor=None)
    else:
        told = LeadDepartureSentBack(**this, **said, decided_on=today)
    receipt = LeadReceipt(id=lead_id, county_code=county, departure_no=departure_no)
    await act.record(tx, store.stream_of(county), told, receipt)
    return receipt
