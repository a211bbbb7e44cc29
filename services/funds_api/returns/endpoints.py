"""/funds/v1/payments/{batch}-{line}/returns and /funds/v1/payment-returns."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.database import Read, Tx
from chassis.identity import Forbidden, Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.payments.schemas import PaymentId, row_of
from services.funds_api.returns import service, store
from services.funds_api.returns.schemas import Return, ReturnPage, ReturnReason, ReturnRequest
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1", tags=["returns 退汇"])


@router.post(
    "/payments/{payment_id}/returns",
    status_code=201,
    summary="一户资金退回（退汇、追缴）",
    responses={200: {"model": Return}},
)
async def post_return(
    payment_id: PaymentId,
    request: ReturnRequest,
    response: Response,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("returns:write")],
    county: County = None,
) -> Return:
    """201 for a new return, 200 with the recorded one when the serial has acted with the same content.

    Recovering (追缴) needs the office above, as any recovery does.
    """
    if request.reason == ReturnReason.RECOVERED and "movements:reverse" not in who.permissions:
        raise Forbidden("movements:reverse")
    answer, is_new = await service.give_back(tx, who, act, county_of(who, county), *row_of(payment_id), request)
    if not is_new:
        response.status_code = 200
    return answer


@router.get("/payment-returns", summary="退汇列表及待重发天数")
async def get_returns(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("returns:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    batch: Annotated[UUID | None, Query(description="当初发放的批次")] = None,
    waiting: Annotated[
        bool | None, Query(alias="open", description="true 只看待重发的，false 只看其余，省略看全部")
    ] = None,
) -> ReturnPage:
    """A bank sees its own postings; officials those of their region."""
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    own = who.client_id if "payments:read" not in who.permissions else None
    found = await store.page(tx, who, asked, window, moment=moment, batch=batch, waiting=waiting, source=own)
    rows, after = cut(found, window, lambda row: (row.effective_on, row.movement_id))
    lots = await store.lots_of(tx, asked, [row.movement_id for row in rows])
    items = [service.state_of(row, lots, moment.as_of) for row in rows]
    because = None if items else "截至所查日期，您的管辖范围内没有符合条件的退汇"
    return ReturnPage(as_of=moment.as_of, **moment.shown, items=items, next=after, empty_because=because)
