"""/funds/v1/units and /funds/v1/accounts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis import clock
from chassis.database import Read, Tx
from chassis.fields import CountyCode, RegionCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.missing import Missing
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.holds import store as holds
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.units import service, store
from services.funds_api.units.schemas import (
    Account,
    AccountPage,
    Balance,
    Nature,
    NaturePage,
    NatureRequest,
    Unit,
    UnitKind,
    UnitPage,
    UnitRequest,
)
from treasury.calendar import business_date

router = APIRouter(prefix="/funds/v1", tags=["units 单位与账户"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县及以下用户可省略")]


@router.post("/units", status_code=201, summary="开立单位及其账户")
async def post_unit(request: UnitRequest, tx: Tx, act: Acting, who: Annotated[Principal, can("units:write")]) -> Unit:
    return await service.open_unit(tx, who, act, request, business_date(clock.now()))


@router.get("/units", summary="单位列表")
async def get_units(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("units:read")],
    county: County = None,
    region: Annotated[RegionCode | None, Query(description="单位所在区划")] = None,
    kind: UnitKind | None = None,
) -> UnitPage:
    asked = county_of(who, county)
    rows, after = cut(await store.units(tx, who, asked, window, region, kind), window, lambda row: (row.id,))
    held: dict[UUID, list[Account]] = {row.id: [] for row in rows}
    for account, name in await store.accounts(tx, who, asked, units=list(held)):
        held[account.unit_id].append(service.account_of(account, name))
    items = [
        Unit(
            id=row.id,
            county_code=row.county_code,
            region_code=row.region_code,
            name=row.name,
            kind=UnitKind(row.kind),
            accounts=held[row.id],
        )
        for row in rows
    ]
    return UnitPage(items=items, next=after, empty_because=None if items else "您的管辖范围内没有符合条件的单位")


@router.get("/accounts", summary="账户列表")
async def get_accounts(
    tx: Read, window: Paging, who: Annotated[Principal, can("units:read")], county: County = None
) -> AccountPage:
    found = await store.accounts(tx, who, county_of(who, county), window=window)
    rows, after = cut(found, window, lambda row: (row[0].id,))
    items = [service.account_of(account, name) for account, name in rows]
    return AccountPage(items=items, next=after, empty_because=None if items else "您的管辖范围内没有账户")


@router.get("/accounts/{account_id}", summary="账户余额与停留时间")
async def get_account(
    account_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("lots:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Balance:
    asked = county_of(who, county)
    found = await store.accounts(tx, who, asked, ids=[account_id])
    if not found:
        raise Missing("账户", str(account_id))
    account, name = found[0]
    moment = await moment_of(tx, asked, as_of, known_at)
    figures = await store.balance(tx, asked, account_id, moment)
    held = await holds.held_fen(tx, who, asked, account_id, moment)
    return Balance(
        account=service.account_of(account, name),
        as_of=moment.as_of,
        **moment.shown,
        balance_fen=figures.balance_fen,
        held_fen=held,
        available_fen=figures.balance_fen - held,
        lots_fen=figures.lots_fen,
        unexplained_fen=figures.balance_fen - figures.lots_fen,
        resting_fen_days=figures.resting_fen_days,
        charged_fen_days=figures.charged_fen_days,
    )


@router.post("/accounts/{account_id}/natures", status_code=201, summary="登记账户性质：自何日起是谁的账户")
async def post_account_nature(
    account_id: UUID,
    request: NatureRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("units:write")],
    county: County = None,
) -> Nature:
    return await service.tell_nature(tx, who, act, county_of(who, county), account_id, request)


@router.get("/accounts/{account_id}/natures", summary="账户性质的历次登记")
async def get_account_natures(
    account_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("units:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> NaturePage:
    asked = county_of(who, county)
    found = await store.accounts(tx, who, asked, ids=[account_id])
    if not found:
        raise Missing("账户", str(account_id))
    moment = await moment_of(tx, asked, as_of, known_at)
    told = await store.natures(tx, asked, account_id, moment)
    items = service.natures_of(found[0][0], told)
    return NaturePage(account_id=account_id, as_of=moment.as_of, **moment.shown, items=items)
