"""/audit/v1/alerts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis import clock
from chassis.database import Read, Tx
from chassis.fields import Code, CountyCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.missing import Missing
from chassis.pages import Paging, cut
from services.audit_api.access import county_of
from services.audit_api.alerts import handling, merging, refuting, store
from services.audit_api.alerts.counts import counts
from services.audit_api.alerts.schemas import (
    AlertCounts,
    AlertFile,
    AlertPage,
    AlertStatus,
    AssignmentRequest,
    MergeRequest,
    RefutationDecisionRequest,
    RefutationRequest,
    TriageRequest,
)
from services.audit_api.alerts.shown import alerts_of, file_of
from services.audit_api.alerts.triage import Triage
from services.audit_api.moments import AsOf, KnownAt, moment_of
from services.audit_api.rectifications.states import must_not_be_ahead
from treasury.calendar import business_date

router = APIRouter(prefix="/audit/v1/alerts", tags=["alerts 预警"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]


@router.get("", summary="预警列表")
async def get_alerts(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("alerts:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    status: AlertStatus | None = None,
    rule: Annotated[Code | None, Query(description="规则代码，如 R19")] = None,
    triage: Triage | None = None,
    assignee: Annotated[Code | None, Query(description="承办人登录名")] = None,
    merged: Annotated[bool | None, Query(description="只看已并入其他预警的（或只看独立办理的）")] = None,
) -> AlertPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    as_it_stands = as_of is None and known_at is None
    query = store.listing(
        who,
        asked,
        window,
        moment,
        as_it_stands=as_it_stands,
        status=status,
        rule=rule,
        triage=triage,
        assignee=assignee,
        merged=merged,
    )
    found = (await tx.scalars(query)).all()
    rows, after = cut(found, window, lambda row: (row.id,))
    items = await alerts_of(tx, asked, rows, moment, as_it_stands=as_it_stands)
    because = None if items else "您的管辖范围内没有符合条件的预警"
    return AlertPage(**moment.shown, items=items, next=after, empty_because=because)


@router.get("/counts", summary="预警数：按状态、处置方式和承办人")
async def get_counts(
    tx: Read,
    who: Annotated[Principal, can("alerts:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> AlertCounts:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    as_it_stands = as_of is None and known_at is None
    stood = await store.stood(tx, who, asked, moment, as_it_stands=as_it_stands)
    counted_n = await store.counted_n(tx, who, asked, moment, as_it_stands=as_it_stands)
    return counts(stood, counted_n, moment)


@router.get("/{alert_id}", summary="一条预警及其全部办理过程")
async def get_alert(
    alert_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("alerts:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> AlertFile:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    row = await store.one(tx, who, asked, alert_id)
    if row is None or row.as_of > moment.as_of or not await store.known(tx, row, moment):
        raise Missing("预警", str(alert_id))
    return await file_of(tx, row, moment, as_it_stands=as_of is None and known_at is None)


@router.post("/{alert_id}/triages", status_code=201, summary="三看三定：定为整改、重点核查或加急核查")
async def post_triage(
    alert_id: UUID,
    request: TriageRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("alerts:triage")],
    county: County = None,
) -> AlertFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await handling.set_triage(tx, who, act, county_of(who, county), alert_id, request)


@router.post("/{alert_id}/assignments", status_code=201, summary="分派承办人")
async def post_assignment(
    alert_id: UUID,
    request: AssignmentRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("alerts:assign")],
    county: County = None,
) -> AlertFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await handling.assign(tx, who, act, county_of(who, county), alert_id, request)


@router.post("/{alert_id}/merges", status_code=201, summary="把同一笔钱的其他预警并入本预警")
async def post_merge(
    alert_id: UUID,
    request: MergeRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("alerts:merge")],
    county: County = None,
) -> AlertFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await merging.merge(tx, who, act, county_of(who, county), alert_id, request)


@router.post("/{alert_id}/partings", status_code=201, summary="把已并入的预警拆分出去")
async def post_parting(
    alert_id: UUID,
    request: MergeRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("alerts:merge")],
    county: County = None,
) -> AlertFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await merging.part(tx, who, act, county_of(who, county), alert_id, request)


@router.post("/{alert_id}/refutations", status_code=201, summary="提出排除意见，须说明理由")
async def post_refutation(
    alert_id: UUID,
    request: RefutationRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("alerts:refute")],
    county: County = None,
) -> AlertFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await refuting.refute(tx, who, act, county_of(who, county), alert_id, request)


@router.post("/{alert_id}/refutations/{refutation_id}/decision", status_code=201, summary="由另一人审核排除意见")
async def post_refutation_decision(
    alert_id: UUID,
    refutation_id: UUID,
    request: RefutationDecisionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("alerts:decide")],
    county: County = None,
) -> AlertFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await refuting.decide(tx, who, act, county_of(who, county), alert_id, refutation_id, request)
