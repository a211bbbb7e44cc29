"""/audit/v1/finding-repeats."""

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
from services.audit_api.moments import AsOf, KnownAt, moment_of
from services.audit_api.rectifications.states import must_not_be_ahead
from services.audit_api.repeats import service, store, undoing
from services.audit_api.repeats.schemas import (
    Candidates,
    Repeat,
    RepeatDecisionRequest,
    RepeatPage,
    RepeatRequest,
    RepeatUndoRequest,
)
from treasury.calendar import business_date

router = APIRouter(prefix="/audit/v1/finding-repeats", tags=["finding-repeats 屡审屡犯"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]


@router.get("", summary="屡犯关联列表")
async def get_repeats(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("repeats:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    finding: Annotated[UUID | None, Query(description="只看涉及该问题的（无论在前在后）")] = None,
) -> RepeatPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.page(tx, who, asked, window, moment, finding)
    rows, after = cut(found, window, lambda row: (row.id,))
    undoings = await store.undoings(tx, asked, [row.id for row in rows])
    items = [service.repeat_of(row, undoings[row.id], moment) for row in rows]
    because = None if items else "您的管辖范围内没有符合条件的屡犯关联"
    return RepeatPage(as_of=moment.as_of, **moment.shown, items=items, next=after, empty_because=because)


@router.get("/candidates", summary="可能的屡犯：规定年限内同类、同单位的此前问题")
async def get_candidates(
    tx: Read,
    finding: UUID,
    who: Annotated[Principal, can("repeats:read")],
    county: County = None,
    as_of: AsOf = None,
) -> Candidates:
    day = as_of or business_date(clock.now())
    return await service.candidates(tx, who, county_of(who, county), finding, day)


@router.post("", status_code=201, summary="拟认作屡犯：把问题与此前的问题关联，须说明理由，待另一人审核")
async def post_repeat(
    request: RepeatRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("repeats:write")],
    county: County = None,
) -> Repeat:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await service.link(tx, who, act, county_of(who, county), request)


@router.post("/{repeat_id}/decision", status_code=201, summary="另一人审核屡犯关联：同意或退回")
async def post_repeat_decision(
    repeat_id: UUID,
    request: RepeatDecisionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("repeats:decide")],
    county: County = None,
) -> Repeat:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await service.decide(tx, who, act, county_of(who, county), repeat_id, request)


@router.post("/{repeat_id}/undoing", status_code=201, summary="由第三人拟撤销屡犯关联，须说明理由，待另一人审核")
async def post_repeat_undoing(
    repeat_id: UUID,
    request: RepeatUndoRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("repeats:write")],
    county: County = None,
) -> Repeat:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await undoing.undo(tx, who, act, county_of(who, county), repeat_id, request)


@router.post(
    "/{repeat_id}/undoing/{undoing_id}/decision",
    status_code=201,
    summary="另一人审核撤销屡犯关联：同意即撤销（保留记录）或退回",
)
async def post_repeat_undoing_decision(
    repeat_id: UUID,
    undoing_id: UUID,
    request: RepeatDecisionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("repeats:decide")],
    county: County = None,
) -> Repeat:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await undoing.decide(tx, who, act, county_of(who, county), repeat_id, undoing_id, request)
