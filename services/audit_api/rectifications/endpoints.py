"""/audit/v1/rectification-orders."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request

from chassis import clock
from chassis.database import Read, Tx
from chassis.fields import CountyCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.missing import Missing
from chassis.pages import Paging, cut
from services.audit_api.access import county_of
from services.audit_api.evidence import store as evidence
from services.audit_api.evidence.endpoints import FILE_BODY, file_name_of, take_in
from services.audit_api.evidence.schemas import EvidencePage, EvidenceReceipt, evidence_of
from services.audit_api.moments import AsOf, KnownAt, moment_of
from services.audit_api.rectifications import (
    drafts,
    extensions,
    look_backs,
    progress,
    proofs,
    service,
    store,
    supervision,
)
from services.audit_api.rectifications.schemas import (
    MOST_STAGES,
    ClosureRequest,
    ExtensionDecisionRequest,
    ExtensionRequest,
    LookBackDecisionRequest,
    LookBackRequest,
    OrderDecisionRequest,
    OrderDraft,
    OrderDraftPage,
    OrderFile,
    OrderPage,
    OrderRequest,
    ReviewRequest,
    StepRequest,
    SupervisionDecisionRequest,
    SupervisionRequest,
)
from services.audit_api.rectifications.shown import after_days, drafts_of, file_of, orders_of
from services.audit_api.rectifications.states import OrderStatus, must_not_be_ahead
from treasury.calendar import business_date

router = APIRouter(prefix="/audit/v1/rectification-orders", tags=["rectification-orders 整改"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县及以下用户可省略")]


@router.post("", status_code=201, summary="拟整改通知，待另一人审核签发")
async def post_order(
    request: OrderRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("orders:write")],
    county: County = None,
) -> OrderDraft:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await drafts.draw_up(tx, who, act, county_of(who, county), request)


@router.get("/drafts", summary="整改通知拟稿列表（被整改单位看不到）")
async def get_order_drafts(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("findings:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    finding: UUID | None = None,
    waiting: Annotated[bool | None, Query(description="只看（或不看）待审核签发的")] = None,
) -> OrderDraftPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.drafts(tx, who, asked, window, moment, finding=finding, waiting=waiting)
    rows, after = cut(found, window, lambda row: (row.id,))
    items = await drafts_of(tx, asked, rows, moment)
    because = None if items else "您的管辖范围内没有符合条件的整改通知拟稿"
    return OrderDraftPage(as_of=moment.as_of, **moment.shown, items=items, next=after, empty_because=because)


@router.get("/{order_id}/draft", summary="一份整改通知的拟稿及审核签发情况（被整改单位看不到）")
async def get_order_draft(
    order_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("findings:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> OrderDraft:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    row = await store.draft(tx, who, asked, order_id)
    found = [] if row is None else await drafts_of(tx, asked, [row], moment)
    if not found:
        raise Missing(drafts.WHAT, str(order_id))
    return found[0]


@router.post("/{order_id}/decision", status_code=201, summary="另一人审核整改通知：签发下达或退回")
async def post_order_decision(
    order_id: UUID,
    request: OrderDecisionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("orders:issue")],
    county: County = None,
) -> OrderDraft:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await drafts.decide(tx, who, act, county_of(who, county), order_id, request)


@router.get("", summary="整改通知列表")
async def get_orders(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("orders:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    finding: UUID | None = None,
    status: OrderStatus | None = None,
    overdue: Annotated[bool | None, Query(description="只看（或不看）逾期未销号的")] = None,
    supervision_due: Annotated[bool | None, Query(description="只看（或不看）应督办而未发督办通知的")] = None,
) -> OrderPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.page(
        tx,
        who,
        asked,
        window,
        moment,
        finding=finding,
        status=status,
        overdue=overdue,
        supervision_due=supervision_due,
        supervised_after_days=await after_days(tx, asked, moment),
    )
    rows, after = cut(found, window, lambda row: (row.id,))
    items = await orders_of(tx, asked, rows, moment)
    because = None if items else "您的管辖范围内没有符合条件的整改通知"
    return OrderPage(as_of=moment.as_of, **moment.shown, items=items, next=after, empty_because=because)


@router.get("/{order_id}", summary="一份整改通知及其全部办理过程")
async def get_order(
    order_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("orders:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> OrderFile:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    row = await store.one(tx, who, asked, order_id)
    if row is None or row.issued_on > moment.as_of or row.position > moment.position:
        raise Missing("整改通知", str(order_id))
    return await file_of(tx, who, row, moment)


@router.post("/{order_id}/steps", status_code=201, summary="填报整改进展，可附证据")
async def post_step(
    order_id: UUID,
    request: StepRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("orders:report")],
    county: County = None,
) -> OrderFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await progress.report(tx, who, act, county_of(who, county), order_id, request)


@router.post("/{order_id}/stages/{stage_no}/completion", status_code=201, summary="填报一个阶段已完成，可附证据")
async def post_stage_completion(
    order_id: UUID,
    stage_no: Annotated[int, Path(ge=1, le=MOST_STAGES)],
    request: StepRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("orders:report")],
    county: County = None,
) -> OrderFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await progress.report(tx, who, act, county_of(who, county), order_id, request, stage_no)


@router.post("/{order_id}/extensions", status_code=201, summary="申请延期，须说明理由")
async def post_extension(
    order_id: UUID,
    request: ExtensionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("extensions:ask")],
    county: County = None,
) -> OrderFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await extensions.ask(tx, who, act, county_of(who, county), order_id, request)


@router.post("/{order_id}/extensions/{extension_id}/decision", status_code=201, summary="由另一人审批延期")
async def post_extension_decision(
    order_id: UUID,
    extension_id: UUID,
    request: ExtensionDecisionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("extensions:decide")],
    county: County = None,
) -> OrderFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await extensions.decide(tx, who, act, county_of(who, county), order_id, extension_id, request)


@router.post("/{order_id}/closure-requests", status_code=201, summary="被整改单位申请销号")
async def post_closure_request(
    order_id: UUID,
    request: ClosureRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("closures:request")],
    county: County = None,
) -> OrderFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await service.request_closure(tx, who, act, county_of(who, county), order_id, request)


@router.post("/{order_id}/proofs", status_code=201, summary="上传佐证文件（正文为文件本身）", openapi_extra=FILE_BODY)
async def post_proof(
    request: Request,
    order_id: UUID,
    act: Acting,
    who: Annotated[Principal, can("proofs:write")],
    x_file_name: Annotated[str, Header(max_length=1000, description="文件名，百分号编码（UTF-8）")],
    county: County = None,
) -> EvidenceReceipt:
    asked, name = county_of(who, county), file_name_of(x_file_name)
    return await take_in(
        request,
        who,
        act,
        asked,
        name,
        lambda seen: proofs.must_take_proof(seen, who, asked, order_id),
        lambda tx, whole, spooled, path: proofs.keep(tx, who, whole, asked, order_id, spooled, path, name),
    )


@router.get("/{order_id}/proofs", summary="被整改单位为该整改通知上传的佐证")
async def get_proofs(
    order_id: UUID,
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("orders:read")],
    county: County = None,
    known_at: KnownAt = None,
) -> EvidencePage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, None, known_at)
    row = await store.one(tx, who, asked, order_id)
    if row is None or row.position > moment.position:
        raise Missing("整改通知", str(order_id))
    found = await evidence.of_order(tx, who, asked, order_id, window, moment.position)
    rows, after = cut(found, window, lambda one: (one.id,))
    items = [evidence_of(one, moment.position) for one in rows]
    return EvidencePage(items=items, next=after, empty_because=None if items else "尚未上传佐证")


@router.post("/{order_id}/reviews", status_code=201, summary="复核：同意销号或退回")
async def post_review(
    order_id: UUID,
    request: ReviewRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("closures:review")],
    county: County = None,
) -> OrderFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await service.review(tx, who, act, county_of(who, county), order_id, request)


@router.post(
    "/{order_id}/supervisions", status_code=201, summary="拟督办通知：同时送被整改单位和分管领导，待另一人审核发出"
)
async def post_supervision(
    order_id: UUID,
    request: SupervisionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("orders:supervise")],
    county: County = None,
) -> OrderFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await supervision.draw_up(tx, who, act, county_of(who, county), order_id, request)


@router.post("/{order_id}/supervisions/{notice_id}/decision", status_code=201, summary="另一人审核督办通知：发出或退回")
async def post_supervision_decision(
    order_id: UUID,
    notice_id: UUID,
    request: SupervisionDecisionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("supervisions:decide")],
    county: County = None,
) -> OrderFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await supervision.decide(tx, who, act, county_of(who, county), order_id, notice_id, request)


@router.post("/{order_id}/look-backs", status_code=201, summary="回头看：整改成果是否保持，待另一人审核")
async def post_look_back(
    order_id: UUID,
    request: LookBackRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("orders:look_back")],
    county: County = None,
) -> OrderFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await look_backs.look_back(tx, who, act, county_of(who, county), order_id, request)


@router.post(
    "/{order_id}/look-backs/{look_back_id}/decision", status_code=201, summary="另一人审核回头看结果：确认或退回"
)
async def post_look_back_decision(
    order_id: UUID,
    look_back_id: UUID,
    request: LookBackDecisionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("look_backs:decide")],
    county: County = None,
) -> OrderFile:
    must_not_be_ahead(request.on, business_date(clock.now()))
    return await look_backs.decide(tx, who, act, county_of(who, county), order_id, look_back_id, request)
