"""What a stop holds: the lots that lay where it names them, on the day it begins, as far as the caller may see them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.missing import Missing
from services.funds_api.lots import store as lots
from services.funds_api.payments import store as batches
from services.funds_api.projects import store as projects
from services.funds_api.stops import store
from services.funds_api.stops.refusals import NothingToStop, StopAcrossPlaces, StopTooWide
from services.funds_api.stops.schemas import StopRequest
from services.funds_api.stops.store import Target

# So many lots the event of a stop names (assumed: no account holds more at once of what one document is about).
MOST_LOTS: Final = 2_000


async def held(tx: AsyncSession, who: Principal, county: str, request: StopRequest) -> list[tuple[UUID, str, int]]:
    """What a stop holds: (lot, region, fen) of what rested there on the day it begins; refused when that is nothing."""
    found = [
        (row.id, row.region_code, row.fen)
        for target in await _targets(tx, who, county, request)
        for row in await store.resting(tx, who, county, target, request.from_on, MOST_LOTS + 1)
    ]
    named_n = len(set(request.lots or ()))
    if not found or len(found) < named_n:
        raise NothingToStop(request.from_on, named_n, len(found))
    if len(found) > MOST_LOTS:
        raise StopTooWide(len(found), MOST_LOTS)
    regions = sorted({region for _, region, _ in found})
    if len(regions) > 1:
        raise StopAcrossPlaces(regions)
    return found


async def _targets(tx: AsyncSession, who: Principal, county: str, request: StopRequest) -> list[Target]:
    """What the request names, as far as the caller may see it; `Missing` otherwise."""
    if request.lots is not None:
        return [await _named(tx, who, county, request.lots)]
    if request.account_id is not None:
        if not await lots.visible_ends(tx, who, county, [request.account_id]):
            raise Missing("账户", str(request.account_id))
        return [Target("account", [request.account_id], fund=request.fund_code)]
    if request.batch_id is not None:
        return [await _of_batch(tx, who, county, request.batch_id)]
    if request.project_id is not None:
        return [await _of_project(tx, who, county, request.project_id)]
    movement = await store.order_movement(tx, county, request.order_id) if request.order_id is not None else None
    if movement is None:
        raise Missing("支付令", str(request.order_id))
    return [Target("movement", [movement])]


async def _named(tx: AsyncSession, who: Principal, county: str, named: list[UUID]) -> Target:
    seen = await store.visible_lots(tx, who, county, named)
    for lot in named:
        if lot not in seen:
            raise Missing("资金批次", str(lot))
    return Target("lots", sorted(seen))


async def _of_batch(tx: AsyncSession, who: Principal, county: str, batch_id: UUID) -> Target:
    """What the batch would be paid from: its hold, or the oldest of its fund on its account that make its total."""
    batch = await batches.batch(tx, who, county, batch_id)
    if batch is None:
        raise Missing("发放批次", str(batch_id))
    if batch.hold_id is not None:
        return Target("hold", [batch.hold_id])
    return Target("account", [batch.account_id], fund=batch.fund_code, cover_fen=batch.total_fen)


async def _of_project(tx: AsyncSession, who: Principal, county: str, project_id: UUID) -> Target:
    """What lies on the project's accounts; before its plan is given out it has none."""
    project = await projects.project(tx, who, county, project_id)
    if project is None:
        raise Missing("项目", str(project_id))
    accounts = (project.cash_account_id, project.quota_account_id)
    return Target("account", [one for one in accounts if one is not None])
