"""/funds/v1/funds."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from chassis.database import Read, Tx
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.funds_api.funds import store
from services.funds_api.funds.schemas import Fund, FundLevel, FundPage
from wire.funds import FundListed

router = APIRouter(prefix="/funds/v1/funds", tags=["funds 资金"])


@router.post("", status_code=201, summary="登记专项资金")
async def post_fund(request: Fund, tx: Tx, act: Acting, who: Annotated[Principal, can("funds:write")]) -> Fund:
    """A code means one fund for ever: registering it again must bring the same name, level and stream."""
    await act.claim(tx, who.region)
    known = await store.record(tx, request.model_dump(mode="json"))
    answer = Fund(code=known.code, name=known.name, level=FundLevel(known.level), stream=known.stream)
    if answer != request:
        raise store.FundKnown(known.code, known.name)
    await act.record(tx, who.region, FundListed(code=request.code, name=request.name), answer)
    return answer


@router.get("", summary="专项资金列表")
async def get_funds(tx: Read, window: Paging, _: Annotated[Principal, can("notices:read")]) -> FundPage:
    rows, after = cut(await store.page(tx, window), window, lambda row: (row.code,))
    items = [Fund(code=row.code, name=row.name, level=FundLevel(row.level), stream=row.stream) for row in rows]
    return FundPage(items=items, next=after, empty_because=None if items else "尚未登记任何专项资金")
