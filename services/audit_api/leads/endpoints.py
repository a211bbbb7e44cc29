"""/audit/v1/leads and /audit/v1/lead-counts. Only a lead's members hear more than of an id that never was."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from chassis import clock
from chassis.database import Read, Tx
from chassis.fields import CountyCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging
from services.audit_api.access import county_of
from services.audit_api.erasures.schemas import Erasure, ErasureDecision
from services.audit_api.leads import erasing, membership, opinions, service, talks
from services.audit_api.leads.cells import month_of
from services.audit_api.leads.schemas import (
    LeadCounts,
    LeadDecisionRequest,
    LeadDepartureDecisionRequest,
    LeadDepartureRequest,
    LeadErasureRequest,
    LeadErasures,
    LeadFile,
    LeadLetterRequest,
    LeadMemberRequest,
    LeadOpinionRequest,
    LeadPage,
    LeadReceipt,
    LeadReplyRequest,
    LeadReportRequest,
    LeadRequest,
    LeadTalkRequest,
)
from services.audit_api.moments import AsOf, KnownAt
from treasury.calendar import business_date

router = APIRouter(prefix="/audit/v1", tags=["leads 线索"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]
Month = Annotated[str, Query(pattern=r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$", description="已结束的月份，如 2026-10")]


@router.post("/leads", status_code=201, summary="移送问题线索，并指定成员")
async def post_lead(
    request: LeadRequest, tx: Tx, act: Acting, who: Annotated[Principal, can("leads:refer")], county: County = None
) -> LeadReceipt:
    return await service.refer(tx, who, act, county_of(who, county), request, business_date(clock.now()))


@router.get("/leads", summary="我作为成员的线索")
async def get_leads(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("leads:read")],
    county: County = None,
    overdue: Annotated[bool, Query(description="只列处置意见、书面说明或情况报告已逾期的")] = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> LeadPage:
    return await service.listed(tx, who, county_of(who, county), window, as_of, known_at, overdue=overdue)


@router.get("/leads/{lead_id}", summary="一条线索的全部记录（仅成员；每次查阅均有记录）")
async def get_lead(
    lead_id: UUID,
    tx: Tx,
    who: Annotated[Principal, can("leads:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> LeadFile:
    return await service.read(tx, who, county_of(who, county), lead_id, as_of, known_at)


@router.post("/leads/{lead_id}/members", status_code=201, summary="增加成员")
async def post_member(
    lead_id: UUID,
    request: LeadMemberRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("leads:appoint")],
    county: County = None,
) -> LeadReceipt:
    today = business_date(clock.now())
    return await membership.appoint(tx, who, act, county_of(who, county), lead_id, request, today)


@router.post(
    "/leads/{lead_id}/departures", status_code=201, summary="拟成员退出，待另一名成员审核；最后一名须有接替人员"
)
async def post_departure(
    lead_id: UUID,
    request: LeadDepartureRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("leads:appoint")],
    county: County = None,
) -> LeadReceipt:
    today = business_date(clock.now())
    return await membership.draw_up_leaving(tx, who, act, county_of(who, county), lead_id, request, today)


@router.post(
    "/leads/{lead_id}/departures/{departure_no}/decision",
    status_code=201,
    summary="另一名成员（不是拟稿人，也不是退出者）审核成员退出",
)
async def post_departure_decision(
    lead_id: UUID,
    departure_no: Annotated[int, Path(ge=1, le=32767)],
    request: LeadDepartureDecisionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("leads:decide")],
    county: County = None,
) -> LeadReceipt:
    today = business_date(clock.now())
    return await membership.decide_leaving(tx, who, act, county_of(who, county), lead_id, departure_no, request, today)


@router.post("/leads/{lead_id}/opinions", status_code=201, summary="拟处置意见或办理结果")
async def post_opinion(
    lead_id: UUID,
    request: LeadOpinionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("leads:propose")],
    county: County = None,
) -> LeadReceipt:
    today = business_date(clock.now())
    return await opinions.draw_up(tx, who, act, county_of(who, county), lead_id, request, today)


@router.post("/leads/{lead_id}/opinions/{opinion_no}/decision", status_code=201, summary="另一名成员审批意见")
async def post_decision(
    lead_id: UUID,
    opinion_no: Annotated[int, Path(ge=1, le=32767)],
    request: LeadDecisionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("leads:decide")],
    county: County = None,
) -> LeadReceipt:
    today = business_date(clock.now())
    return await opinions.decide(tx, who, act, county_of(who, county), lead_id, opinion_no, request, today)


@router.post("/leads/{lead_id}/letters", status_code=201, summary="登记函询函件送达；书面说明的期限由此起算")
async def post_letter(
    lead_id: UUID,
    request: LeadLetterRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("leads:propose")],
    county: County = None,
) -> LeadReceipt:
    today = business_date(clock.now())
    return await talks.serve_letter(tx, who, act, county_of(who, county), lead_id, request, today)


@router.post("/leads/{lead_id}/letter-replies", status_code=201, summary="登记收到的书面说明；函询由此结束")
async def post_letter_reply(
    lead_id: UUID,
    request: LeadReplyRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("leads:propose")],
    county: County = None,
) -> LeadReceipt:
    today = business_date(clock.now())
    return await talks.answer_letter(tx, who, act, county_of(who, county), lead_id, request, today)


@router.post("/leads/{lead_id}/talks", status_code=201, summary="登记谈话结束（函询逾期未答复而约谈的亦同）")
async def post_talk(
    lead_id: UUID,
    request: LeadTalkRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("leads:propose")],
    county: County = None,
) -> LeadReceipt:
    today = business_date(clock.now())
    return await talks.end_talk(tx, who, act, county_of(who, county), lead_id, request, today)


@router.post("/leads/{lead_id}/talk-reports", status_code=201, summary="登记谈话函询情况报告")
async def post_talk_report(
    lead_id: UUID,
    request: LeadReportRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("leads:propose")],
    county: County = None,
) -> LeadReceipt:
    today = business_date(clock.now())
    return await talks.report_talk(tx, who, act, county_of(who, county), lead_id, request, today)


@router.post("/leads/{lead_id}/erasures", status_code=201, summary="申请删除线索中可能指名个人的文字")
async def post_erasure(
    lead_id: UUID,
    request: LeadErasureRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("leads:propose")],
    county: County = None,
) -> Erasure:
    today = business_date(clock.now())
    return await erasing.ask(tx, who, act, county_of(who, county), lead_id, request, today)


@router.post("/leads/{lead_id}/erasures/{erasure_id}/decision", status_code=201, summary="另一名成员审核删除申请")
async def post_erasure_decision(
    lead_id: UUID,
    erasure_id: UUID,
    request: ErasureDecision,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("leads:decide")],
    county: County = None,
) -> Erasure:
    today = business_date(clock.now())
    return await erasing.decide(tx, who, act, county_of(who, county), lead_id, erasure_id, request, today)


@router.get("/leads/{lead_id}/erasures", summary="线索的删除申请及其审核（仅成员）")
async def get_erasures(
    lead_id: UUID, tx: Read, who: Annotated[Principal, can("leads:read")], county: County = None
) -> LeadErasures:
    return await erasing.listed(tx, who, county_of(who, county), lead_id)


@router.get("/lead-counts", summary="线索统计：市级及以上、已结束的月份")
async def get_lead_counts(tx: Read, month: Month, who: Annotated[Principal, can("leads:count")]) -> LeadCounts:
    return await service.counted(tx, who, month_of(month), business_date(clock.now()))
