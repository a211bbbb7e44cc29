"""/funds/v1/payment-batches/{batch}/publications and …/objections: 公示 and what is objected to it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from chassis import clock
from chassis.database import Read, Tx
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.missing import Missing
from services.funds_api.access import county_of
from services.funds_api.moments import AsOf, day_or_today
from services.funds_api.payments import store as batches
from services.funds_api.publications import service
from services.funds_api.publications.schemas import (
    BatchObjection,
    BatchObjectionAnswer,
    BatchObjectionRequest,
    Publication,
    PublicationRequest,
    Publicity,
)
from services.funds_api.units.endpoints import County
from treasury.calendar import business_date

router = APIRouter(prefix="/funds/v1/payment-batches/{batch_id}", tags=["publications 公示"])


@router.post("/publications", status_code=201, summary="登记名册公示")
async def post_publication(
    batch_id: UUID,
    request: PublicationRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("batches:write")],
    county: County = None,
) -> Publication:
    today = business_date(clock.now())
    return await service.publish(tx, who, act, county_of(who, county), batch_id, request, today)


@router.get("/publications", summary="公示天数、公示记录与异议")
async def get_publications(
    batch_id: UUID, tx: Read, who: Annotated[Principal, can("batches:read")], county: County = None, as_of: AsOf = None
) -> Publicity:
    batch = await batches.batch(tx, who, county_of(who, county), batch_id)
    if batch is None:
        raise Missing("发放批次", str(batch_id))
    return await service.publicity(tx, who, batch, day_or_today(as_of))


@router.post("/objections", status_code=201, summary="登记公示异议")
async def post_objection(
    batch_id: UUID,
    request: BatchObjectionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("batches:object")],
    county: County = None,
) -> BatchObjection:
    today = business_date(clock.now())
    return await service.object_to(tx, who, act, county_of(who, county), batch_id, request, today)


@router.post("/objections/{objection_id}/answer", status_code=201, summary="处理公示异议")
async def post_objection_answer(
    batch_id: UUID,
    objection_id: UUID,
    request: BatchObjectionAnswer,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("batches:approve")],
    county: County = None,
) -> BatchObjection:
    today = business_date(clock.now())
    return await service.answer_objection(tx, who, act, county_of(who, county), batch_id, objection_id, request, today)
