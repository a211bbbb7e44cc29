"""/audit/v1/erasures."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis import clock
from chassis.database import Read, Tx
from chassis.fields import CountyCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.audit_api.access import county_of
from services.audit_api.erasures import service, store
from services.audit_api.erasures.schemas import Erasure, ErasureDecision, ErasurePage, ErasureRequest, erasure_of
from services.audit_api.moments import KnownAt, moment_of
from treasury.calendar import business_date

router = APIRouter(prefix="/audit/v1/erasures", tags=["erasures 个人信息删除"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]


@router.post("", status_code=201, summary="申请删除可能指名个人的文字（个人信息保护法第四十七条）")
async def post_erasure(
    request: ErasureRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("erasures:write")],
    county: County = None,
) -> Erasure:
    asked_in, today = county_of(who, county), business_date(clock.now())
    await act.claim(tx, asked_in)
    asked = service.Asked(
        request.what, request.id, request.fields, request.basis, request.document, request.on or today
    )
    return await service.ask(tx, who, act, asked_in, asked_in, asked, today)


@router.post("/{erasure_id}/decision", status_code=201, summary="另一人审核：同意即删除，日志与证明不变")
async def post_decision(
    erasure_id: UUID,
    request: ErasureDecision,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("erasures:confirm")],
    county: County = None,
) -> Erasure:
    asked = county_of(who, county)
    await act.claim(tx, asked)
    row = await service.must_see(tx, who, asked, erasure_id)
    return await service.decide(tx, who, act, asked, row, request, business_date(clock.now()))


@router.get("", summary="删除申请及其审核")
async def get_erasures(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("erasures:read")],
    county: County = None,
    known_at: KnownAt = None,
) -> ErasurePage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, None, known_at)
    rows, after = cut(await store.page(tx, who, asked, window, moment.position), window, lambda row: (row.id,))
    items = [erasure_of(row, moment.position) for row in rows]
    return ErasurePage(items=items, next=after, empty_because=None if items else "没有删除申请")
