"""/funds/v1/closings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from chassis import clock
from chassis.database import Read, Tx
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.closings import service, store
from services.funds_api.closings.schemas import Closing, ClosingPage, ClosingRequest
from services.funds_api.moments import KnownAt, moment_of
from services.funds_api.units.endpoints import County
from treasury.calendar import business_date

router = APIRouter(prefix="/funds/v1/closings", tags=["closings 结账"])


@router.post("", status_code=201, summary="结账：此前的日期只能冲正")
async def post_closing(
    request: ClosingRequest, tx: Tx, act: Acting, who: Annotated[Principal, can("books:close")], county: County = None
) -> Closing:
    return await service.close(tx, who, act, county_of(who, county), request, business_date(clock.now()))


@router.get("", summary="结账记录")
async def get_closings(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("lots:read")],
    county: County = None,
    known_at: KnownAt = None,
) -> ClosingPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, None, known_at)
    rows, after = cut(await store.page(tx, asked, window, moment.position), window, lambda row: (row.through,))
    items = [
        Closing(county_code=row.county_code, through=row.through, document=row.document, position=row.position)
        for row in rows
    ]
    return ClosingPage(**moment.shown, items=items, next=after, empty_because=None if items else "尚未结过账")
