"""/funds/v1/lots, /funds/v1/movements and /funds/v1/tranches."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from chassis.database import Database, Read, Single
from chassis.fields import Code
from chassis.identity import Forbidden, Principal, can
from chassis.journal import Acting
from chassis.missing import Missing
from chassis.pages import Paging, Window, cut
from services.funds_api.access import county_of
from services.funds_api.lots import service, store
from services.funds_api.lots.schemas import (
    LotAnswer,
    LotPage,
    MovementAnswer,
    MovementKind,
    MovementOrder,
    MovementPage,
    MovementsAnswer,
    OutOrder,
    TrancheAnswer,
    TranchePage,
)
from services.funds_api.lots.shown import tranche_answer
from services.funds_api.moments import AsOf, KnownAt, Moment, moment_of
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1", tags=["movements 资金流转"])

# A return is the holder's own act; taking back, carrying over and reversing need the office above.
_ABOVE = frozenset({"recover", "take_back", "carry_over", "reverse"})


@router.post("/movements", status_code=201, summary="分解下达、支付、预留质保金、退回、收回、结转、冲正")
async def post_movement(
    order: MovementOrder,
    request: Request,
    single: Single,
    act: Acting,
    who: Annotated[Principal, can("movements:write")],
    county: County = None,
) -> MovementsAnswer:
    if order.kind in _ABOVE and "movements:reverse" not in who.permissions:
        raise Forbidden("movements:reverse")
    asked = county_of(who, county)
    if isinstance(order, OutOrder) and order.drawn == "oldest" and order.hold_id is None:
        answer = await service.move_at_once(single, act, asked, order)
        if answer is not None:
            return answer
    database: Database = request.app.state.database
    async with database.writing(who.region) as tx:
        return await service.move(tx, who, act, asked, order)


@router.get("/movements", summary="资金流转记录")
async def get_movements(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("movements:read")],
    county: County = None,
    account: Annotated[UUID | None, Query(description="转出或转入账户")] = None,
    kind: Annotated[MovementKind | None, Query(description="业务种类")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> MovementPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.movements(tx, who, asked, window, moment=moment, account=account, kind=kind)
    rows, after = cut(found, window, lambda row: (row.id,))
    items = [
        MovementAnswer(
            id=row.id,
            kind=row.kind,
            document=row.document,
            effective_on=row.effective_on,
            from_account_id=row.from_account_id,
            to_account_id=row.to_account_id,
            amount_fen=row.amount_fen,
            reverses_id=row.reverses_id,
            recorded_at=row.recorded_at,
            drawn=row.drawn,
            use=row.use_code,
        )
        for row in rows
    ]
    return MovementPage(
        **moment.shown, items=items, next=after, empty_because=None if items else "您的管辖范围内没有符合条件的业务"
    )


@router.get("/lots", summary="资金批次：哪笔钱停在哪个账户、停了多久")
async def get_lots(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("lots:read")],
    county: County = None,
    account: UUID | None = None,
    fund: Code | None = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> LotPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.lots(tx, who, asked, window, moment=moment, account=account, fund=fund)
    rows, after = cut(found, window, lambda row: (row.arrived_on, row.id))
    items = [LotAnswer.model_validate(row, from_attributes=True) for row in rows]
    return LotPage(
        as_of=moment.as_of,
        **moment.shown,
        items=items,
        next=after,
        empty_because=None if items else "您的管辖范围内当日没有停留的资金",
    )


async def tranche_of(tx: Read, who: Principal, county: str, tranche: UUID, moment: Moment) -> TrancheAnswer:
    """One tranche of the county with its proof; the sums look at the whole county, the caller sees the totals only."""
    async with store.whole_county(tx, who, county):
        rows = await store.tranches(tx, who, county, Window(after=None, limit=1), moment=moment, tranche=tranche)
    if not rows:
        raise Missing("资金", str(tranche))
    return tranche_answer(rows[0], moment)


@router.get("/tranches", summary="资金：每一笔来文资金的去向小计")
async def get_tranches(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("lots:read")],
    county: County = None,
    notice: UUID | None = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> TranchePage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    async with store.whole_county(tx, who, asked):
        found = await store.tranches(
            tx, who, asked, window, moment=moment, notices=None if notice is None else [notice]
        )
    rows, after = cut(found, window, lambda row: (row.id,))
    items = [tranche_answer(row, moment) for row in rows]
    return TranchePage(
        as_of=moment.as_of,
        **moment.shown,
        items=items,
        next=after,
        empty_because=None if items else "当日以前没有收到资金",
    )


@router.get("/tranches/{tranche_id}", summary="一笔来文资金的去向小计")
async def get_tranche(
    tranche_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("lots:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> TrancheAnswer:
    asked = county_of(who, county)
    return await tranche_of(tx, who, asked, tranche_id, await moment_of(tx, asked, as_of, known_at))
