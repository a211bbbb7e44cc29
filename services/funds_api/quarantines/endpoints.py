"""/funds/v1/quarantines: what the inspectors keep of the county's money. Ordered and released in audit_api alone."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.database import Read
from chassis.identity import Principal, can
from chassis.missing import Missing
from chassis.pages import Paging, Window, cut
from services.funds_api.access import county_of
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.quarantines import service, store
from services.funds_api.quarantines.schemas import QuarantineFile, QuarantinePage
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1/quarantines", tags=["quarantines 资金封存"])


@router.get("", summary="封存列表")
async def get_quarantines(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("quarantines:read")],
    county: County = None,
    live: Annotated[bool, Query(description="只看所查时点仍在封存的")] = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> QuarantinePage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.page(tx, who, asked, window, moment, live=live)
    rows, after = cut(found, window, lambda row: (row.id,))
    holding = await service.holding(tx, asked, [row.id for row in rows], moment)
    items = [service.shown(row, holding, moment) for row in rows]
    because = None if items else "您的管辖范围内没有符合条件的封存"
    return QuarantinePage(as_of=moment.as_of, **moment.shown, items=items, next=after, empty_because=because)


@router.get("/{quarantine_id}", summary="一项封存")
async def get_quarantine(
    quarantine_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("quarantines:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> QuarantineFile:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.page(tx, who, asked, Window(after=None, limit=1), moment, quarantine=quarantine_id)
    if not found:
        raise Missing("封存", str(quarantine_id))
    shown = service.shown(found[0], await service.holding(tx, asked, [quarantine_id], moment), moment)
    return QuarantineFile(as_of=moment.as_of, **moment.shown, **shown.model_dump())
