"""Taking words out of a lead that name somebody: one member asks and another decides, in the journal of leads.

Nobody else is told: neither the list of a county's erasures nor its journal knows of them.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from services.audit_api.erasures import service as erasures
from services.audit_api.erasures import store as erasure_store
from services.audit_api.erasures.places import Erased
from services.audit_api.erasures.schemas import Erasure, ErasureDecision, erasure_of
from services.audit_api.leads import service, store
from services.audit_api.leads.schemas import LeadErasureRequest, LeadErasures


async def ask(
    tx: AsyncSession, who: Principal, act: Act, county: str, lead_id: UUID, request: LeadErasureRequest, today: date
) -> Erasure:
    """Ask that these words of a lead go; another member decides."""
    await service.held(tx, who, act, county, lead_id)
    asked = erasures.Asked(Erased.LEAD, lead_id, request.fields, request.basis, request.document, request.on or today)
    return await erasures.ask(tx, who, act, county, store.stream_of(county), asked, today)


async def decide(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    lead_id: UUID,
    erasure_id: UUID,
    request: ErasureDecision,
    today: date,
) -> Erasure:
    """Agree, and the words of the lead are gone with this act; or refuse, and everything stays."""
    await service.held(tx, who, act, county, lead_id)
    row = await erasures.must_see(tx, who, county, erasure_id, lead_id)
    return await erasures.decide(tx, who, act, store.stream_of(county), row, request, today)


async def listed(tx: AsyncSession, who: Principal, county: str, lead_id: UUID) -> LeadErasures:
    """The erasures of a lead, oldest first, for a member of it."""
    await service.seen(tx, who, county, lead_id)
    items = [erasure_of(row) for row in await erasure_store.of_lead(tx, county, lead_id)]
    return LeadErasures(items=items, empty_because=None if items else "该线索没有删除申请")
