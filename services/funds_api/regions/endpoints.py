"""/funds/v1/regions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.database import Read, Tx
from chassis.fields import RegionCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.funds_api.moments import AsOf, day_or_today
from services.funds_api.regions import service, store
from services.funds_api.regions.schemas import (
    Lineage,
    RegionChange,
    RegionChangeRequest,
    RegionDetail,
    RegionListAnswer,
    RegionListRequest,
    RegionPage,
    RegionsAnswer,
    RegionsRequest,
)

router = APIRouter(prefix="/funds/v1/regions", tags=["regions 区划"])


@router.post("", status_code=201, summary="登记区划代码")
async def post_regions(
    request: RegionsRequest, tx: Tx, act: Acting, _: Annotated[Principal, can("regions:write")]
) -> RegionsAnswer:
    return await service.enter(tx, act, request)


@router.post("/lists", status_code=201, summary="登记某地全年区划名单（未列入的代码停用）")
async def post_list(
    request: RegionListRequest, tx: Tx, act: Acting, _: Annotated[Principal, can("regions:write")]
) -> RegionListAnswer:
    return await service.enter_list(tx, act, request)


@router.post("/changes", status_code=201, summary="登记区划变更（改码、合并、拆分）")
async def post_change(
    request: RegionChangeRequest, tx: Tx, act: Acting, _: Annotated[Principal, can("regions:write")]
) -> RegionChange:
    return await service.change(tx, act, request)


@router.get("", summary="区划列表")
async def get_regions(
    tx: Read,
    window: Paging,
    _: Annotated[Principal, can("regions:read")],
    parent: Annotated[RegionCode | None, Query(description="上级区划代码")] = None,
    as_of: AsOf = None,
) -> RegionPage:
    day = day_or_today(as_of)
    rows, after = cut(await store.page(tx, parent, day, window), window, lambda row: (row.code,))
    items = await service.named_on(tx, [store.place_of(row) for row in rows], day)
    return RegionPage(as_of=day, items=items, next=after, empty_because=None if items else "没有登记下级区划")


@router.get("/{code}", summary="一个区划代码及其沿革")
async def get_region(
    code: RegionCode, tx: Read, _: Annotated[Principal, can("regions:read")], as_of: AsOf = None
) -> RegionDetail:
    return await service.detail(tx, code, day_or_today(as_of))


@router.get("/{code}/lineage", summary="一个区划代码的全部前身与后继")
async def get_lineage(code: RegionCode, tx: Read, _: Annotated[Principal, can("regions:read")]) -> Lineage:
    return await service.lineage(tx, code)
