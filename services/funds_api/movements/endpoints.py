"""GET /funds/v1/movements/{id}. Orders to move money, and the list, are `lots/endpoints.py`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from chassis.database import Read
from chassis.identity import Principal, can
from chassis.missing import Missing
from services.funds_api.access import county_of
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.movements import store
from services.funds_api.movements.schemas import MovementDetail
from services.funds_api.movements.shown import detail
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1/movements", tags=["movements 资金流转"])


@router.get("/{movement_id}", summary="一笔业务：往来双方、依据文件、动用的资金批次及其来文、是否已冲正")
async def get_movement(
    movement_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("movements:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> MovementDetail:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.one(tx, who, asked, movement_id, moment)
    if found is None:
        raise Missing("业务", str(movement_id))
    return detail(asked, *found, moment)
