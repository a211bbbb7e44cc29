"""/funds/v1/successions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from chassis.database import Read, Tx
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.missing import Missing
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.successions import service, store
from services.funds_api.successions.schemas import (
    Succession,
    SuccessionEntry,
    SuccessionPage,
    SuccessionRequest,
    UndoRequest,
)
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1/successions", tags=["successions 资金移交"])


@router.post("", status_code=201, summary="区划改码后，原县结存资金移交后继县")
async def post_succession(
    request: SuccessionRequest, tx: Tx, act: Acting, who: Annotated[Principal, can("successions:write")]
) -> Succession:
    return await service.succeed(tx, who, act, request)


@router.post("/{succession_id}/reversal", status_code=201, summary="移交冲正：两县同时撤销")
async def post_reversal(
    succession_id: UUID,
    request: UndoRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("successions:write")],
    county: County = None,
) -> Succession:
    return await service.reverse(tx, who, act, county_of(who, county), succession_id, request)


@router.get("", summary="某县移交出去、接收进来的资金")
async def get_successions(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("movements:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> SuccessionPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    # A document of the county: a township of either county is told it whole, as sums.
    async with whole_county(tx, who, asked):
        found = await store.page(tx, asked, moment, window)
    rows, after = cut(found, window, lambda row: (row.id,))
    return SuccessionPage(
        county_code=asked,
        as_of=moment.as_of,
        **moment.shown,
        items=[SuccessionEntry.model_validate(row, from_attributes=True) for row in rows],
        next=after,
        empty_because=None if rows else "截至所查日期，该县没有因区划改码移交过资金",
    )


@router.get("/{succession_id}", summary="一次资金移交：逐笔对应两县的资金")
async def get_succession(
    succession_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("movements:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Succession:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    async with whole_county(tx, who, asked):
        found = await service.shown(tx, asked, succession_id, moment)
    if found is None:
        raise Missing("资金移交", str(succession_id))
    return found
