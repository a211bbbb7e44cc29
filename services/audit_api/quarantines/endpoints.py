"""/audit/v1/quarantines."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis import clock
from chassis.database import Read, Tx
from chassis.fields import CountyCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.missing import Missing
from chassis.pages import Paging, Window, cut
from services.audit_api.access import county_of
from services.audit_api.moments import AsOf, KnownAt, moment_of
from services.audit_api.quarantines import service, store
from services.audit_api.quarantines.schemas import (
    Quarantine,
    QuarantineDecisionRequest,
    QuarantineFile,
    QuarantinePage,
    QuarantineReleaseRequest,
    QuarantineRequest,
)
from services.audit_api.quarantines.shown import shown
from services.audit_api.quarantines.states import QuarantineStep
from services.audit_api.rectifications.states import must_not_be_ahead
from treasury.calendar import business_date

router = APIRouter(prefix="/audit/v1/quarantines", tags=["quarantines 封存"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]


@router.post("", status_code=201, summary="拟封存：问题所涉资金批次的确切金额")
async def post_quarantine(
    request: QuarantineRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("quarantines:write")],
    county: County = None,
) -> Quarantine:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await service.draw(tx, who, act, county_of(who, county), request)


@router.post("/{quarantine_id}/decision", status_code=201, summary="审核封存：由拟稿人以外的人办理")
async def post_decision(
    quarantine_id: UUID,
    request: QuarantineDecisionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("quarantines:decide")],
    county: County = None,
) -> Quarantine:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await service.decide(tx, who, act, county_of(who, county), quarantine_id, request, QuarantineStep.DRAWN)


@router.post("/{quarantine_id}/release", status_code=201, summary="拟解除封存")
async def post_release(
    quarantine_id: UUID,
    request: QuarantineReleaseRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("quarantines:write")],
    county: County = None,
) -> Quarantine:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await service.propose_release(tx, who, act, county_of(who, county), quarantine_id, request)


@router.post("/{quarantine_id}/release/decision", status_code=201, summary="审核解除封存：由拟稿人以外的人办理")
async def post_release_decision(
    quarantine_id: UUID,
    request: QuarantineDecisionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("quarantines:decide")],
    county: County = None,
) -> Quarantine:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await service.decide(
        tx, who, act, county_of(who, county), quarantine_id, request, QuarantineStep.RELEASE_DRAWN
    )


@router.get("", summary="封存列表")
async def get_quarantines(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("quarantines:read")],
    county: County = None,
    finding: Annotated[UUID | None, Query(description="只看该问题的封存")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> QuarantinePage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.page(tx, who, asked, window, moment, finding=finding)
    rows, after = cut(found, window, lambda row: (row.id,))
    items = [shown(one) for one in await store.filled(tx, asked, rows, moment)]
    because = None if items else "截至该时点，您的管辖范围内没有符合条件的封存"
    return QuarantinePage(as_of=moment.as_of, **moment.shown, items=items, next=after, empty_because=because)


@router.get("/{quarantine_id}", summary="一项封存：谁在何日决定，账上封存了多少、缺多少")
async def get_quarantine(
    quarantine_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("quarantines:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> QuarantineFile:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    rows = await store.page(tx, who, asked, Window(after=None, limit=1), moment, quarantine=quarantine_id)
    if not rows:
        raise Missing("封存", str(quarantine_id))
    [kept] = await store.filled(tx, asked, rows, moment)
    return QuarantineFile(as_of=moment.as_of, **moment.shown, **shown(kept).model_dump())
