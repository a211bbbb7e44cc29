"""/funds/v1/treasury-orders and /funds/v1/quota."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.database import Read, Tx
from chassis.fields import Code
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.missing import Missing
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.funds import store as funds
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.orders import chain, service, store
from services.funds_api.orders.drawing import bank_of
from services.funds_api.orders.schemas import (
    FundShare,
    Invoice,
    QuotaPage,
    ResultRequest,
    TreasuryOrder,
    TreasuryOrderPage,
    TreasuryOrderRequest,
)
from services.funds_api.orders.states import OrderState
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1", tags=["treasury-orders 支付令"])


@router.post("/treasury-orders", status_code=201, summary="签发支付令（直接支付、授权支付、报账）")
async def post_order(
    request: TreasuryOrderRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("orders:write")],
    county: County = None,
) -> TreasuryOrder:
    return await service.issue(tx, who, act, county_of(who, county), request)


@router.post(
    "/treasury-orders/{order_id}/result",
    status_code=201,
    summary="银行回单：支付成功或退汇",
    responses={200: {"model": TreasuryOrder}},
)
async def post_result(
    order_id: UUID,
    request: ResultRequest,
    response: Response,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("orders:settle")],
    county: County = None,
) -> TreasuryOrder:
    """201 when the money moved, 200 with the order as it stands when the bank's serial has said the same before."""
    answer, is_new = await service.settle(tx, who, act, county_of(who, county), order_id, request)
    if not is_new:
        response.status_code = 200
    return answer


@router.get("/treasury-orders", summary="支付令列表")
async def get_orders(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("orders:read")],
    county: County = None,
    state: OrderState | None = None,
    account: Annotated[UUID | None, Query(description="指标账户或收款账户")] = None,
    fund: Code | None = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> TreasuryOrderPage:
    """A bank sees the orders addressed to it; officials those their region issued or is paid by."""
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.orders(
        tx,
        who,
        asked,
        window,
        moment=moment,
        bank=bank_of(who),
        state=state,
        account=account,
        fund=fund,
    )
    rows, after = cut(found, window, lambda row: (row.id,))
    items = [service.order_of(row) for row in rows]
    return TreasuryOrderPage(
        **moment.shown,
        as_of=moment.as_of,
        items=items,
        next=after,
        empty_because=None if items else "没有您可以查看的符合条件的支付令",
    )


@router.get("/treasury-orders/{order_id}", summary="一份支付令及其发票和银行结果")
async def get_order(
    order_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("orders:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> TreasuryOrder:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    row = await store.order(tx, who, asked, order_id, bank=bank_of(who), moment=moment)
    if row is None:
        raise Missing("支付令", str(order_id))
    invoices = [
        Invoice(number=one.invoice_number, amount_fen=one.amount_fen)
        for one in await store.invoices(tx, asked, order_id)
    ]
    shares = await store.by_fund(tx, who, asked, row.movement_id)
    by_fund = [FundShare(fund_code=one.fund_code, amount_fen=one.amount_fen) for one in shares]
    return service.order_of(row, invoices=invoices, by_fund=by_fund)


@router.get("/quota", summary="指标链：各单位收到、分解、支付、退回和停留的指标")
async def get_quota(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("lots:read")],
    county: County = None,
    fund: Code | None = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> QuotaPage:
    asked = county_of(who, county)
    if fund is not None and not await funds.exists(tx, fund):
        raise Missing("资金", fund)
    moment = await moment_of(tx, asked, as_of, known_at)
    return await chain.quota(tx, who, asked, window, moment=moment, fund=fund)
