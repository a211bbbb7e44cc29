"""/audit/v1/rectification-orders."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis import clock
from chassis.database import Read, Tx
from chassis.fields import CountyCode, Day
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.audit_api.access import county_of
from services.audit_api.missing import Missing
from services.audit_api.rectifications import service, store
from services.audit_api.rectifications.schemas import (
    ClosureRequest,
    OrderFile,
    OrderPage,
    OrderRequest,
    ReviewRequest,
)
from services.audit_api.rectifications.states import OrderStatus
from treasury.calendar import business_date

router = APIRouter(prefix="/audit/v1/rectification-orders", tags=["rectification-orders 整改"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县及以下用户可省略")]
AsOf = Annotated[Day | None, Query(description="业务日期，据此判断是否逾期；省略表示今天（Asia/Shanghai）")]


def day_or_today(as_of: date | None) -> date:
    """The business date asked for, or today's in China; decided at the edge, an argument from here on."""
    return as_of or business_date(clock.now())


@router.post("", status_code=201, summary="下达整改通知")
async def post_order(
    request: OrderRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("orders:write")],
    county: County = None,
) -> OrderFile:
    return await service.order(tx, who, act, county_of(who, county), request)


@router.get("", summary="整改通知列表")
async def get_orders(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("orders:read")],
    county: County = None,
    as_of: AsOf = None,
    finding: UUID | None = None,
    status: OrderStatus | None = None,
    overdue: Annotated[bool | None, Query(description="只看（或不看）逾期未销号的")] = None,
) -> OrderPage:
    day = day_or_today(as_of)
    found = await store.page(
        tx, who, county_of(who, county), window, day, finding=finding, status=status, overdue=overdue
    )
    rows, after = cut(found, window, lambda row: (row.id,))
    items = [service.order_of(row, day) for row in rows]
    return OrderPage(items=items, next=after, empty_because=None if items else "您的管辖范围内没有符合条件的整改通知")


@router.get("/{order_id}", summary="一份整改通知及其全部办理过程")
async def get_order(
    order_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("orders:read")],
    county: County = None,
    as_of: AsOf = None,
) -> OrderFile:
    row = await store.one(tx, who, county_of(who, county), order_id)
    if row is None:
        raise Missing("整改通知", str(order_id))
    return await service.file_of(tx, row, day_or_today(as_of))


@router.post("/{order_id}/closure-requests", status_code=201, summary="被整改单位申请销号")
async def post_closure_request(
    order_id: UUID,
    request: ClosureRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("closures:request")],
    county: County = None,
) -> OrderFile:
    return await service.request_closure(tx, who, act, county_of(who, county), order_id, request)


@router.post("/{order_id}/reviews", status_code=201, summary="复核：同意销号或退回")
async def post_review(
    order_id: UUID,
    request: ReviewRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("closures:review")],
    county: County = None,
) -> OrderFile:
    return await service.review(tx, who, act, county_of(who, county), order_id, request)
