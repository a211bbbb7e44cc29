"""/funds/v1/households."""

from __future__ import annotations

from typing import Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, Query, Request

from chassis.database import Database, Read
from chassis.fields import CountyCode, RegionCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.households import register, service, store
from services.funds_api.households.schemas import HouseholdPage, ImportAnswer
from services.funds_api.keys import Cells
from services.funds_api.uploads import received

router = APIRouter(prefix="/funds/v1/households", tags=["households 农户"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县及以下用户可省略")]
CSV_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string", "format": "binary", "maxLength": 20971520}}},
    }
}


@router.post("/imports", status_code=201, summary="导入农户登记册（CSV）", openapi_extra=CSV_BODY)
async def post_import(
    request: Request,
    act: Acting,
    vault: Cells,
    who: Annotated[Principal, can("households:write")],
    county: County = None,
) -> ImportAnswer:
    """Columns 村代码, 户主姓名, 身份证号, 银行卡号, 手机号, 人口数, 登记日期; UTF-8 or GB18030."""
    asked = county_of(who, county)
    async with received(request) as upload:
        rows = await to_thread.run_sync(lambda: register.read(upload.read()))
    database: Database = request.app.state.database
    async with database.writing(who.region) as tx:
        return await service.register_households(tx, who, act, vault, asked, rows, upload.sha256)


@router.get("", summary="农户列表（已脱敏）")
async def get_households(
    tx: Read,
    window: Paging,
    vault: Cells,
    who: Annotated[Principal, can("households:read")],
    county: County = None,
    village: Annotated[RegionCode | None, Query(description="村或乡镇区划代码")] = None,
) -> HouseholdPage:
    found = await store.page(tx, who, county_of(who, county), window, village)
    rows, after = cut(found, window, lambda row: (row.region_code, row.id))
    items = [service.household_of(row, vault) for row in rows]
    return HouseholdPage(items=items, next=after, empty_because=None if items else "您的管辖范围内没有登记的农户")
