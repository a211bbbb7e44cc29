"""GET /funds/v1/idle/yuan-days, /funds/v1/lots/{id}/responsibility and /funds/v1/tranches/{id}/responsibility."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.database import Read
from chassis.fields import Code
from chassis.identity import Principal, can
from services.funds_api.access import county_of
from services.funds_api.lots.endpoints import tranche_of
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.responsibility import chains, service
from services.funds_api.responsibility.schemas import (
    LotResponsibility,
    RankBy,
    TrancheResponsibility,
    YuanDaysReport,
)
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1", tags=["idle 资金停留"])


@router.get(
    "/idle/yuan-days",
    summary="元·天排名：各单位、乡镇、村或各项资金应承担的停留责任",
    response_model=YuanDaysReport,
)
async def get_yuan_days(
    tx: Read,
    who: Annotated[Principal, can("idle:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    by: RankBy = RankBy.TOWNSHIP,
    fund: Annotated[Code | None, Query(description="只看该项资金；省略表示全部资金")] = None,
) -> Response:
    asked = county_of(who, county)
    told = await service.yuan_days(tx, who, asked, await moment_of(tx, asked, as_of, known_at), by, fund)
    return Response(told, media_type="application/json")


@router.get("/lots/{lot_id}/responsibility", summary="一笔资金自收到以来停在哪些单位、各多少天")
async def get_lot_responsibility(
    lot_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("lots:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> LotResponsibility:
    asked = county_of(who, county)
    return await chains.of_lot(tx, who, asked, lot_id, await moment_of(tx, asked, as_of, known_at))


@router.get("/tranches/{tranche_id}/responsibility", summary="一笔来文资金的停留责任：各单位承担多少分·天")
async def get_tranche_responsibility(
    tranche_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("lots:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> TrancheResponsibility:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    await tranche_of(tx, who, asked, tranche_id, moment)
    return await chains.of_tranche(tx, who, asked, tranche_id, moment)
