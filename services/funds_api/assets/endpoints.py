"""/funds/v1/assets and /funds/v1/incomes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from chassis import clock
from chassis.database import Read, Tx
from chassis.fields import RegionCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.assets import incomes, service, share_payments, store, undoings
from services.funds_api.assets.schemas import (
    Asset,
    AssetKind,
    AssetPage,
    AssetRequest,
    Benefits,
    Confirmation,
    Disposal,
    Income,
    IncomePage,
    IncomeRequest,
    IncomeReversal,
    PassingOn,
    ProjectAssets,
    SharePayment,
    ShareRequest,
    ShareReturn,
    ShareReversal,
)
from services.funds_api.known import known
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.units.endpoints import County
from treasury.calendar import business_date

router = APIRouter(prefix="/funds/v1", tags=["assets 资产与收益"])

Reading = Annotated[Principal, can("assets:read")]
Writing = Annotated[Principal, can("assets:write")]


@router.post("/assets", status_code=201, summary="登记项目资产")
async def post_asset(request: AssetRequest, tx: Tx, act: Acting, who: Writing, county: County = None) -> Asset:
    return await service.register(tx, who, act, county_of(who, county), request, business_date(clock.now()))


@router.get("/assets", summary="资产台账")
async def get_assets(
    tx: Read,
    window: Paging,
    who: Reading,
    county: County = None,
    project: UUID | None = None,
    kind: AssetKind | None = None,
    region: Annotated[RegionCode | None, Query(description="资产所在区划及其下级")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> AssetPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.assets(tx, who, asked, window, moment=moment, project=project, kind=kind, region=region)
    rows, after = cut(found, window, lambda row: (row.id,))
    items = [service.asset_of(row, moment.as_of) for row in known(rows, moment)]
    empty = None if items else "您的管辖范围内当日没有资产"
    return AssetPage(as_of=moment.as_of, **moment.shown, items=items, next=after, empty_because=empty)


@router.get("/assets/{asset_id}", summary="资产")
async def get_asset(
    asset_id: UUID, tx: Read, who: Reading, county: County = None, as_of: AsOf = None, known_at: KnownAt = None
) -> Asset:
    asked = county_of(who, county)
    return await service.standing(tx, who, asked, asset_id, await moment_of(tx, asked, as_of, known_at))


@router.get("/projects/{project_id}/assets", summary="项目支付与形成资产的核对")
async def get_project_assets(
    project_id: UUID, tx: Read, who: Reading, county: County = None, as_of: AsOf = None, known_at: KnownAt = None
) -> ProjectAssets:
    asked = county_of(who, county)
    return await service.of_project(tx, who, asked, project_id, await moment_of(tx, asked, as_of, known_at))


@router.post("/assets/{asset_id}/confirmation", status_code=201, summary="资产确权（他人）")
async def post_confirmation(
    asset_id: UUID,
    request: Confirmation,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("assets:confirm")],
    county: County = None,
) -> Asset:
    return await service.confirm(tx, who, act, county_of(who, county), asset_id, request, business_date(clock.now()))


@router.post("/assets/{asset_id}/disposal", status_code=201, summary="资产处置")
async def post_disposal(
    asset_id: UUID,
    request: Disposal,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("assets:confirm")],
    county: County = None,
) -> Asset:
    return await service.dispose(tx, who, act, county_of(who, county), asset_id, request, business_date(clock.now()))


@router.post("/assets/{asset_id}/incomes", status_code=201, summary="登记资产收益（含光伏发电）")
async def post_income(
    asset_id: UUID, request: IncomeRequest, tx: Tx, act: Acting, who: Writing, county: County = None
) -> Income:
    return await incomes.record(tx, who, act, county_of(who, county), asset_id, request, business_date(clock.now()))


@router.get("/incomes", summary="收益及其分配：到期未发放的逐笔可查")
async def get_incomes(
    tx: Read,
    window: Paging,
    who: Reading,
    county: County = None,
    asset: UUID | None = None,
    overdue: Annotated[bool, Query(description="只看到期而未发放完的")] = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> IncomePage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.incomes(tx, who, asked, window, moment=moment, asset_id=asset, overdue=overdue)
    rows, after = cut(found, window, lambda row: (row.id,))
    items = await incomes.shown(tx, asked, rows, moment)
    empty = None if items else "您的管辖范围内当日没有符合条件的收益"
    return IncomePage(as_of=moment.as_of, **moment.shown, items=items, next=after, empty_because=empty)


@router.get("/incomes/benefits", summary="收益惠及：按地区与用途")
async def get_benefits(
    tx: Read,
    who: Reading,
    county: County = None,
    digits: Annotated[int, Query(ge=6, le=12, description="地区代码位数：6 县，9 乡镇，12 村")] = 9,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Benefits:
    asked = county_of(who, county)
    return await incomes.benefits(tx, who, asked, await moment_of(tx, asked, as_of, known_at), digits)


@router.get("/incomes/{income_id}", summary="一笔收益及其分配")
async def get_income(
    income_id: UUID, tx: Read, who: Reading, county: County = None, as_of: AsOf = None, known_at: KnownAt = None
) -> Income:
    asked = county_of(who, county)
    return await incomes.told(tx, who, asked, income_id, await moment_of(tx, asked, as_of, known_at))


@router.post("/incomes/{income_id}/passing-on", status_code=201, summary="转付收益")
async def post_passing_on(
    income_id: UUID, request: PassingOn, tx: Tx, act: Acting, who: Writing, county: County = None
) -> Income:
    return await incomes.pass_on(tx, who, act, county_of(who, county), income_id, request, business_date(clock.now()))


@router.post("/incomes/{income_id}/share", status_code=201, summary="收益分配方案")
async def post_share(
    income_id: UUID, request: ShareRequest, tx: Tx, act: Acting, who: Writing, county: County = None
) -> Income:
    return await incomes.share(tx, who, act, county_of(who, county), income_id, request, business_date(clock.now()))


@router.post("/incomes/{income_id}/reversal", status_code=201, summary="冲正收益登记")
async def post_income_reversal(
    income_id: UUID, request: IncomeReversal, tx: Tx, act: Acting, who: Writing, county: County = None
) -> Income:
    today = business_date(clock.now())
    return await undoings.undo_receipt(tx, who, act, county_of(who, county), income_id, request, today)


@router.post("/incomes/{income_id}/share/reversal", status_code=201, summary="冲正收益分配方案")
async def post_decision_reversal(
    income_id: UUID, request: IncomeReversal, tx: Tx, act: Acting, who: Writing, county: County = None
) -> Income:
    return await undoings.undo_share(
        tx, who, act, county_of(who, county), income_id, request, business_date(clock.now())
    )


@router.post("/incomes/{income_id}/share/lines/{line_no}/payment", status_code=201, summary="登记分配发放")
async def post_share_payment(
    income_id: UUID,
    line_no: Annotated[int, Path(ge=1, le=200)],
    request: SharePayment,
    tx: Tx,
    act: Acting,
    who: Writing,
    county: County = None,
) -> Income:
    today = business_date(clock.now())
    return await share_payments.pay(tx, who, act, county_of(who, county), income_id, line_no, request, today)


@router.post("/incomes/{income_id}/share/lines/{line_no}/returns", status_code=201, summary="登记分配退回，待重发")
async def post_share_return(
    income_id: UUID,
    line_no: Annotated[int, Path(ge=1, le=200)],
    request: ShareReturn,
    tx: Tx,
    act: Acting,
    who: Writing,
    county: County = None,
) -> Income:
    today = business_date(clock.now())
    return await share_payments.give_back(tx, who, act, county_of(who, county), income_id, line_no, request, today)


@router.post("/incomes/{income_id}/share/payments/{payment_id}/reversal", status_code=201, summary="冲正一笔发放或退回")
async def post_share_reversal(
    income_id: UUID,
    payment_id: UUID,
    request: ShareReversal,
    tx: Tx,
    act: Acting,
    who: Writing,
    county: County = None,
) -> Income:
    today = business_date(clock.now())
    return await share_payments.undo(tx, who, act, county_of(who, county), income_id, payment_id, request, today)
