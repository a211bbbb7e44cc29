"""/audit/v1/interest-declarations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chassis import clock
from chassis.database import Read, Tx
from chassis.fields import CountyCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from services.audit_api.access import county_of
from services.audit_api.interests import service
from services.audit_api.interests.schemas import Declaration, DeclarationRequest, Declarations
from treasury.calendar import business_date

router = APIRouter(prefix="/audit/v1/interest-declarations", tags=["interest-declarations 回避申报"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]


@router.post("", status_code=201, summary="回避申报：有或无利害关系")
async def post_declaration(
    request: DeclarationRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("interests:declare")],
    county: County = None,
) -> Declaration:
    return await service.declare(tx, who, act, county_of(who, county), request, business_date(clock.now()))


@router.get("", summary="本人的回避申报")
async def get_declarations(
    tx: Read, who: Annotated[Principal, can("interests:read")], county: County = None
) -> Declarations:
    return await service.listed(tx, who, county_of(who, county))
