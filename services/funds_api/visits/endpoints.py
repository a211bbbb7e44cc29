"""/funds/v1/helper-pairings and /funds/v1/visits."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis import clock
from chassis.database import Read, Tx
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, Window, cut
from services.funds_api.access import county_of
from services.funds_api.moments import AsOf, KnownAt, Moment, moment_of
from services.funds_api.units.endpoints import County
from services.funds_api.visits import service, store
from services.funds_api.visits.schemas import (
    Account,
    Pairing,
    PairingAnswer,
    PairingPage,
    PairingRequest,
    Visit,
    VisitPage,
    VisitRequest,
)
from treasury.calendar import business_date

router = APIRouter(prefix="/funds/v1", tags=["visits 结对走访"])

Helper = Annotated[Principal, can("visits:write")]
Reader = Annotated[Principal, can("visits:read")]


@router.post("/helper-pairings", status_code=201, summary="登记结对帮扶（按登录账号）")
async def post_helper_pairings(
    request: PairingRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("pairings:write")],
    county: County = None,
) -> PairingAnswer:
    return await service.pair(tx, who, act, county_of(who, county), request)


@router.get("/helper-pairings", summary="某日的结对帮扶及最近走访")
async def get_helper_pairings(
    tx: Read,
    window: Paging,
    who: Reader,
    county: County = None,
    helper: Annotated[Account | None, Query(description="帮扶人的登录账号")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> PairingPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    return await _pairings(tx, who, asked, window, moment, helper)


@router.get("/helper-pairings/own", summary="本人帮扶的农户及最近走访")
async def get_own_pairings(
    tx: Read, window: Paging, who: Helper, county: County = None, as_of: AsOf = None, known_at: KnownAt = None
) -> PairingPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    return await _pairings(tx, who, asked, window, moment, who.subject)


@router.post("/visits", status_code=201, summary="帮扶人登记一次走访（不采集位置）")
async def post_visit(request: VisitRequest, tx: Tx, act: Acting, who: Helper, county: County = None) -> Visit:
    return await service.visit(tx, who, act, county_of(who, county), request, business_date(clock.now()))


@router.get("/visits", summary="走访记录")
async def get_visits(
    tx: Read,
    window: Paging,
    who: Reader,
    county: County = None,
    household: UUID | None = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> VisitPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.visits(tx, who, asked, window, moment, household)
    rows, after = cut(found, window, lambda row: (row.visited_on, row.id))
    items = [service.shown(row) for row in rows]
    because = None if items else "您的管辖范围内没有走访记录"
    return VisitPage(as_of=moment.as_of, **moment.shown, items=items, next=after, empty_because=because)


async def _pairings(
    tx: Read, who: Principal, county: str, window: Window, moment: Moment, helper: str | None
) -> PairingPage:
    after = window.key(UUID)
    found = await store.paired(
        tx, who, county, moment, limit=window.limit + 1, after=after[0] if after else None, helper=helper
    )
    rows, following = cut(found, window, lambda row: (row["household_id"],))
    items = [Pairing(**row) for row in rows]
    because = None if items else "没有结对帮扶登记"
    return PairingPage(as_of=moment.as_of, **moment.shown, items=items, next=following, empty_because=because)
