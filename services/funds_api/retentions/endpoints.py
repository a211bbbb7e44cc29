"""/funds/v1/retentions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.database import Read
from chassis.fields import RegionCode
from chassis.identity import Principal, can
from chassis.pages import Paging
from services.funds_api.access import county_of
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.retentions import shown
from services.funds_api.retentions.schemas import RetentionPage, RetentionState
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1/retentions", tags=["retentions 质保金"])


@router.get("", summary="质保金：预留、到期未退、已付与不再支付")
async def get_retentions(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("lots:read")],
    county: County = None,
    region: Annotated[RegionCode | None, Query(description="质保金账户所在区划及其下级")] = None,
    project: UUID | None = None,
    contract: UUID | None = None,
    contractor: Annotated[UUID | None, Query(description="施工单位")] = None,
    state: Annotated[RetentionState | None, Query(description="due 为到期未退")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> RetentionPage:
    """A retention is told by the movement that kept it back, whatever came back to it or was carried over since."""
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    wanted = shown.Asked(region, project, contract, contractor, state)
    return await shown.page(tx, who, asked, window, moment=moment, asked=wanted)
