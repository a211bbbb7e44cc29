"""/audit/v1/rectification-rates."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.database import Read
from chassis.fields import CountyCode, Day
from chassis.identity import Principal, can
from services.audit_api.access import county_of
from services.audit_api.moments import AsOf, KnownAt, moment_of
from services.audit_api.rates import service
from services.audit_api.rates.schemas import GroupedBy, RectificationRates

router = APIRouter(prefix="/audit/v1/rectification-rates", tags=["rectification-rates 整改率"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]


@router.get("", summary="整改率：按件和按金额，按单位、区划、问题分类或年度")
async def get_rates(
    tx: Read,
    who: Annotated[Principal, can("rates:read")],
    by: GroupedBy = GroupedBy.UNIT,
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    issued_from: Annotated[Day | None, Query(description="只计此日起下达的，如一个专项整治的起始日期")] = None,
    issued_to: Annotated[Day | None, Query(description="只计此日及以前下达的，如其结束日期")] = None,
) -> RectificationRates:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    return await service.rates(tx, who, asked, moment, by, issued_from, issued_to)
