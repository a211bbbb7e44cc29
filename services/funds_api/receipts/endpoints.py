"""GET /funds/v1/households/{id}/receipts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from chassis.database import Read
from chassis.identity import Principal, can
from services.funds_api.access import county_of
from services.funds_api.keys import Cells
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.receipts import service
from services.funds_api.receipts.schemas import HouseholdReceipts
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1/households", tags=["households 农户"])


@router.get("/{household_id}/receipts", summary="一户收到的资金：何时、由谁、依据什么发放，退回和追缴了多少（已脱敏）")
async def get_receipts(
    household_id: UUID,
    tx: Read,
    vault: Cells,
    who: Annotated[Principal, can("receipts:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> HouseholdReceipts:
    asked = county_of(who, county)
    return await service.told(tx, who, asked, vault, household_id, await moment_of(tx, asked, as_of, known_at))
