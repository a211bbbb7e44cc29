"""GET /funds/v1/idle."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.database import Read
from chassis.identity import Principal, can
from chassis.pages import Paging
from services.funds_api.access import county_of
from services.funds_api.idle import service
from services.funds_api.idle.schemas import IdleReport
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1/idle", tags=["idle 资金停留"])


@router.get("", summary="资金停留情况：停在谁的账上、多少天、依据哪条时限")
async def get_idle(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("idle:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    min_days: Annotated[int, Query(ge=0, le=36_500, description="明细只列停留不少于该天数的资金；合计不受影响")] = 0,
) -> IdleReport:
    asked = county_of(who, county)
    return await service.report(tx, who, asked, await moment_of(tx, asked, as_of, known_at), window, min_days)
