"""GET and POST /funds/v1/regions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.database import Read, Tx
from chassis.fields import RegionCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.funds_api.regions import store
from services.funds_api.regions.schemas import Level, Region, RegionPage, RegionsAnswer, RegionsRequest
from wire.funds import RegionsListed

router = APIRouter(prefix="/funds/v1/regions", tags=["regions 区划"])
NATION = "00"


@router.post("", status_code=201, summary="登记区划代码")
async def post_regions(
    request: RegionsRequest, tx: Tx, act: Acting, _: Annotated[Principal, can("regions:write")]
) -> RegionsAnswer:
    await act.claim(tx, NATION)
    await store.record(
        tx, [{**region.model_dump(mode="json"), "listed_year": request.listed_year} for region in request.regions]
    )
    answer = RegionsAnswer(recorded=len(request.regions))
    codes = [region.code for region in request.regions]
    await act.record(
        tx, NATION, RegionsListed(year=request.listed_year, first=min(codes), last=max(codes), n=len(codes)), answer
    )
    return answer


@router.get("", summary="区划列表")
async def get_regions(
    tx: Read,
    window: Paging,
    _: Annotated[Principal, can("regions:read")],
    parent: Annotated[RegionCode | None, Query(description="上级区划代码")] = None,
) -> RegionPage:
    rows, after = cut(await store.page(tx, parent, window), window, lambda row: (row.code,))
    items = [Region(code=row.code, name=row.name, level=Level(row.level), parent_code=row.parent_code) for row in rows]
    return RegionPage(items=items, next=after, empty_because=None if items else "没有登记下级区划")
