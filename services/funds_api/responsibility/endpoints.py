"""GET /funds/v1/idle/yuan-days."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.database import Read
from chassis.fields import Code
from chassis.identity import Principal, can
from services.funds_api.access import county_of
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.responsibility import service
from services.funds_api.responsibility.schemas import RankBy, YuanDaysReport
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1/idle", tags=["idle 资金停留"])


@router.get("/yuan-days", summary="元·天排名：各单位、乡镇、村或各项资金应承担的停留责任")
async def get_yuan_days(
    tx: Read,
    who: Annotated[Principal, can("idle:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    by: RankBy = RankBy.TOWNSHIP,
    fund: Annotated[Code | None, Query(description="只看该项资金；省略表示全部资金")] = None,
) -> YuanDaysReport:
    asked = county_of(who, county)
    return await service.yuan_days(tx, who, asked, await moment_of(tx, asked, as_of, known_at), by, fund)
