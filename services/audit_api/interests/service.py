"""Declaring an interest: it keeps the person out of leads it ties to, and ends memberships it comes too late for."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from services.audit_api.interests import store
from services.audit_api.interests.schemas import Declaration, DeclarationRequest, Declarations
from services.audit_api.leads import store as leads
from services.audit_api.leads.membership import LastMember, join
from services.audit_api.leads.recusal import Declared, is_related
from services.audit_api.leads.service import subject_of
from services.audit_api.tables import InterestDeclarationRow
from wire.leads import InterestDeclared


async def declare(
    tx: AsyncSession, who: Principal, act: Act, county: str, request: DeclarationRequest, today: date
) -> Declaration:
    """Keep what somebody declares, and end the memberships it ties to from today on.

    Where the person was the last member the successor comes in; without one nothing is kept, and the person is told.
    """
    stream = leads.stream_of(county)
    await act.claim(tx, stream)
    said = Declared(who.subject, who.unit, request.related_unit_id, request.related_region_code)
    tied = [lead for lead in await leads.own_leads(tx, who, county) if is_related(said, subject_of(lead))]

    for lead in tied:  # before any row takes its number, as every other act on a lead does
        await leads.lock(tx, lead)
    told = request.model_dump(exclude={"successor"})
    answer = Declaration(
        **told,
        id=new_id(),
        county_code=county,
        own_unit=who.unit,
        declared_on=today,
        ended_leads=[lead.id for lead in tied],
    )
    await store.add(
        tx,
        {
            **request.model_dump(mode="json", include={"kind", "relation"}),
            **request.model_dump(include={"related_unit_id", "related_unit_name", "related_region_code"}),
            "county_code": county,
            "region_code": county,
            "id": answer.id,
            "person": who.subject,
            "own_unit": who.unit,
            "own_region": who.region,
            "declared_on": today,
        },
    )
    for lead in tied:
        standing = await leads.members(tx, county, lead.id, standing=True)
        if len(standing) == 1:
            if request.successor is None:
                raise LastMember(str(lead.id))
            await join(tx, who, lead, request.successor, today)
        for one in standing:
            if one.person == who.subject:
                await leads.end_member(
                    tx,
                    one,
                    until_on=today,
                    ended_by=who.subject,
                    ended_because="recused",
                    declaration_id=answer.id,
                )
    event = InterestDeclared(
        declaration_id=answer.id,
        county_code=county,
        person=who.subject,
        interest=request.kind,
        related_unit_id=request.related_unit_id,
        related_region_code=request.related_region_code,
        declared_on=today,
        ended_leads=answer.ended_leads,
        successor=request.successor,
    )
    await act.record(tx, stream, event, answer)
    return answer


def shown(row: InterestDeclarationRow) -> Declaration:
    columns = {name: getattr(row, name) for name in Declaration.model_fields if name != "ended_leads"}
    return Declaration.model_validate({**columns, "ended_leads": []})


async def listed(tx: AsyncSession, who: Principal, county: str) -> Declarations:
    """What the caller declared; which leads it ended the caller was told then, and is not any more."""
    items = [shown(row) for row in await store.own(tx, who, county)]
    return Declarations(items=items, empty_because=None if items else "您尚未作回避申报")
