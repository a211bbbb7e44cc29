"""/funds/v1/recoveries: what was recovered for a finding. A recovery is a movement of kind `recover` that names it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.database import Read
from chassis.identity import Principal, can
from services.funds_api.access import county_of
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.recoveries import service, whereabouts
from services.funds_api.recoveries.schemas import BoundMoney, Recoveries
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1/recoveries", tags=["recoveries 追缴"])


@router.get("", summary="为一个问题追缴并归还原渠道的资金")
async def get_recoveries(
    tx: Read,
    who: Annotated[Principal, can("recoveries:read")],
    finding: Annotated[UUID, Query(description="问题编号")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Recoveries:
    asked = county_of(who, county)
    return await service.told(tx, asked, finding, await moment_of(tx, asked, as_of, known_at))


@router.get("/bound-money", summary="一个问题所涉资金现在何处：逐批追踪，区划改码移交的追到后继县")
async def get_bound_money(
    tx: Read,
    who: Annotated[Principal, can("recoveries:read")],
    finding: Annotated[UUID, Query(description="问题编号")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> BoundMoney:
    asked = county_of(who, county)
    return await whereabouts.told(tx, who, asked, finding, await moment_of(tx, asked, as_of, known_at))
