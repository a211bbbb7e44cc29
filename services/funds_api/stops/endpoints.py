"""/funds/v1/clock-stops."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from chassis import clock
from chassis.database import Read, Tx
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.missing import Missing
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.stops import service, store
from services.funds_api.stops.schemas import (
    ClockStop,
    ClockStopPage,
    StopEndRequest,
    StopKind,
    StopRequest,
    StopState,
)
from services.funds_api.units.endpoints import County
from treasury.calendar import business_date

router = APIRouter(prefix="/funds/v1/clock-stops", tags=["clock-stops 停表"])


@router.post("", status_code=201, summary="停表：公示、招标、法院冻结、退汇在途期间不计时限")
async def post_clock_stop(
    request: StopRequest, tx: Tx, act: Acting, who: Annotated[Principal, can("stops:write")], county: County = None
) -> ClockStop:
    today = business_date(clock.now())
    return await service.place(tx, who, act, county_of(who, county), request, today)


@router.post("/{stop_id}/end", status_code=201, summary="提前恢复计时")
async def post_clock_stop_end(
    stop_id: UUID,
    request: StopEndRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("stops:write")],
    county: County = None,
) -> ClockStop:
    today = business_date(clock.now())
    return await service.end(tx, who, act, county_of(who, county), stop_id, request, today)


@router.get("", summary="停表列表：谁、依据什么、停了哪些资金的时限")
async def get_clock_stops(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("idle:read")],
    county: County = None,
    lot: UUID | None = None,
    account: UUID | None = None,
    kind: StopKind | None = None,
    state: StopState | None = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> ClockStopPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.page(tx, who, asked, window, moment=moment, kind=kind, lot=lot, account=account, state=state)
    rows, after = cut(found, window, lambda row: (row.id,))
    items = await service.shown(tx, asked, rows, moment)
    because = None if items else "您的管辖范围内没有符合条件的停表"
    return ClockStopPage(as_of=moment.as_of, **moment.shown, items=items, next=after, empty_because=because)


@router.get("/{stop_id}", summary="一条停表")
async def get_clock_stop(
    stop_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("idle:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> ClockStop:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    row = await store.one(tx, who, asked, stop_id)
    items = [] if row is None or row.from_on > moment.as_of else await service.shown(tx, asked, [row], moment)
    if not items:
        raise Missing("停表", str(stop_id))
    return items[0]
