"""/funds/v1/holds."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.database import Read, Tx
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.holds import service, store
from services.funds_api.holds.schemas import Hold, HoldPage, HoldRequest, VoidRequest
from services.funds_api.lots import ledger
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1/holds", tags=["holds 资金冻结"])


@router.post("", status_code=201, summary="支付前冻结资金")
async def post_hold(
    request: HoldRequest, tx: Tx, act: Acting, who: Annotated[Principal, can("holds:write")], county: County = None
) -> Hold:
    return await service.place(tx, who, act, county_of(who, county), request, ledger.today())


@router.post("/{hold_id}/voiding", summary="解除冻结")
async def post_voiding(
    hold_id: UUID,
    request: VoidRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("holds:write")],
    county: County = None,
) -> Hold:
    today = ledger.today()
    return await service.void(tx, who, act, county_of(who, county), hold_id, request.reason, today)


@router.get("", summary="冻结列表")
async def get_holds(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("lots:read")],
    county: County = None,
    account: UUID | None = None,
    live: Annotated[bool, Query(description="只看所查日期仍有效的冻结")] = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> HoldPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.page(tx, who, asked, window, moment=moment, account=account, live=live)
    rows, after = cut(found, window, lambda row: (row.id,))
    kept = await store.lots_of(tx, asked, [row.id for row in rows])
    items = [service.hold_of(row, kept, moment.as_of) for row in rows]
    because = None if items else "您的管辖范围内没有符合条件的冻结"
    return HoldPage(as_of=moment.as_of, **moment.shown, items=items, next=after, empty_because=because)


@router.get("/{hold_id}", summary="一笔冻结")
async def get_hold(
    hold_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("lots:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Hold:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    row = await store.one(tx, who, asked, hold_id, moment)
    return service.hold_of(row, await store.lots_of(tx, asked, [hold_id]), moment.as_of)
