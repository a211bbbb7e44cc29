"""Registering what a project left behind, confirming who owns it, and disposing of it."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.access import must_hold
from services.funds_api.assets import store
from services.funds_api.assets.refusals import (
    AssetByMaker,
    AssetConfirmed,
    AssetDisposed,
    AssetOverPaid,
    ProjectNotAccepted,
)
from services.funds_api.assets.schemas import (
    Asset,
    AssetRequest,
    Confirmation,
    Disposal,
    ProjectAssets,
)
from services.funds_api.households import masks
from services.funds_api.known import known
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import Known, Moment
from services.funds_api.projects import money
from services.funds_api.projects import service as projects
from services.funds_api.projects import store as project_rows
from services.funds_api.projects.stages import Stage
from services.funds_api.regions import service as regions
from services.funds_api.tables import AssetRow
from wire.projects import AssetChanged, AssetRegistered

_BUILT: Final = frozenset({Stage.ACCEPTED, Stage.ANNOUNCED, Stage.OWNED, Stage.MAINTAINED})


def asset_of(row: AssetRow, as_of: date | None = None) -> Asset:
    """The asset (as known) as it stood on a day: what was confirmed or disposed of later is not told."""
    told = {name: getattr(row, name) for name in Asset.model_fields if name not in Known.model_fields}
    if as_of is not None and row.confirmed_on is not None and row.confirmed_on > as_of:
        told |= {"confirmed_on": None, "title_document": None}
    if as_of is not None and row.disposed_on is not None and row.disposed_on > as_of:
        told |= dict.fromkeys(("disposed_on", "disposal_document", "disposal_reason", "proceeds_fen"))
    return Asset(**told)


async def found(tx: AsyncSession, who: Principal, county: str, asset_id: UUID, *, lock: bool = False) -> AssetRow:
    """The asset, or `Missing` when it is not there or not visible."""
    row = await store.asset(tx, who, county, asset_id, lock=lock)
    if row is None:
        raise Missing("资产", str(asset_id))
    return row


async def standing(tx: AsyncSession, who: Principal, county: str, asset_id: UUID, moment: Moment) -> Asset:
    """The asset as it stood at a moment; `Missing` before it was registered or known."""
    rows = known([await found(tx, who, county, asset_id)], moment)
    if not rows or rows[0].registered_on > moment.as_of:
        raise Missing("资产", str(asset_id))
    return asset_of(rows[0], moment.as_of).model_copy(update=moment.shown)


async def register(
    tx: AsyncSession, who: Principal, act: Act, county: str, request: AssetRequest, today: date
) -> Asset:
    """Register an asset of a project accepted by that day; its assets together cost no more than it really paid."""
    await act.claim(tx, county)
    must_hold(who, request.region_code)
    project = await projects.found(tx, who, county, request.project_id, lock=True)
    if Stage(project.stage) not in _BUILT:
        raise ProjectNotAccepted(str(project.id), project.stage)
    if not request.region_code.startswith(county):
        raise Missing("区划", request.region_code)
    await regions.must_stand(tx, [request.region_code], request.registered_on)
    if request.owner_unit_id and not await store.owner_exists(tx, who, county, request.owner_unit_id):
        raise Missing("单位", str(request.owner_unit_id))
    projects.must_lie(request.registered_on, min(request.registered_on, today), today)
    stood = await project_rows.stage_on(tx, county, project.id, request.registered_on)
    if stood is None or Stage(stood) not in _BUILT:
        raise ProjectNotAccepted(str(project.id), stood or Stage.DECLARED)
    paid = money.total(one.flow for one in await projects.flows_of(tx, who, project)).paid_fen
    assets = await _value_fen(tx, who, county, project.id, money.EVER) + request.value_fen
    if assets > paid:
        raise AssetOverPaid(str(project.id), paid, assets)

    row: dict[str, Any] = {"county_code": county, "id": new_id(), **request.model_dump(), "registered_by": who.subject}
    await store.insert_asset(tx, row)
    answer = asset_of(await found(tx, who, county, row["id"]))
    told = AssetRegistered(
        asset_id=answer.id,
        project_id=project.id,
        county_code=county,
        region_code=answer.region_code,
        kind=answer.kind,
        value_fen=answer.value_fen,
    )
    await act.record(tx, county, told, answer)
    return answer


async def confirm(
    tx: AsyncSession, who: Principal, act: Act, county: str, asset_id: UUID, request: Confirmation, today: date
) -> Asset:
    """Confirm who owns an asset (确权) by a title document, once, by another person than its registrar."""
    await act.claim(tx, county)
    asset = await found(tx, who, county, asset_id, lock=True)
    if asset.disposed_on is not None:
        raise AssetDisposed(str(asset_id), asset.disposed_on)
    if asset.confirmed_on is not None:
        raise AssetConfirmed(str(asset_id))
    if asset.registered_by == who.subject:
        raise AssetByMaker(str(asset_id), "确权")
    projects.must_lie(request.confirmed_on, asset.registered_on, today)
    return await _change(tx, who, act, asset, {**request.model_dump(), "confirmed_by": who.subject}, "confirmed")


async def dispose(
    tx: AsyncSession, who: Principal, act: Act, county: str, asset_id: UUID, request: Disposal, today: date
) -> Asset:
    """Record that an asset was sold, transferred or written off (处置), once, by another person than its registrar.

    Not before the period of what it earned: an asset that is gone earns nothing.
    """
    await act.claim(tx, county)
    asset = await found(tx, who, county, asset_id, lock=True)
    if asset.disposed_on is not None:
        raise AssetDisposed(str(asset_id), asset.disposed_on)
    if asset.registered_by == who.subject:
        raise AssetByMaker(str(asset_id), "处置")
    earned = await store.last_period_from(tx, county, asset_id)
    projects.must_lie(request.disposed_on, max(asset.confirmed_on or asset.registered_on, earned or date.min), today)
    changes = {
        "disposed_on": request.disposed_on,
        "disposed_by": who.subject,
        "disposal_document": request.document,
        "disposal_reason": masks.free_text(request.reason),
        "proceeds_fen": request.proceeds_fen,
    }
    return await _change(tx, who, act, asset, changes, "disposed")


async def _change(
    tx: AsyncSession, who: Principal, act: Act, asset: AssetRow, changes: dict[str, Any], what: str
) -> Asset:
    await store.change_asset(tx, asset, changes)
    answer = asset_of(await found(tx, who, asset.county_code, asset.id))
    told = AssetChanged(asset_id=asset.id, county_code=asset.county_code, region_code=asset.region_code, change=what)
    await act.record(tx, asset.county_code, told, answer)
    return answer


async def _value_fen(tx: AsyncSession, who: Principal, county: str, project_id: UUID, moment: Moment) -> int:
    """Σ of all of a project's assets, also of those in a neighbour's place: what was paid is held against the whole."""
    async with whole_county(tx, who, county):
        return await store.value_fen(tx, county, project_id, moment)


async def of_project(tx: AsyncSession, who: Principal, county: str, project_id: UUID, moment: Moment) -> ProjectAssets:
    """What the project had paid by a moment, held against what was registered of it by then."""
    project = await projects.found(tx, who, county, project_id)
    paid = money.total(one.flow for one in await projects.flows_of(tx, who, project, moment)).paid_fen
    assets = await _value_fen(tx, who, county, project_id, moment)
    return ProjectAssets(
        project_id=project_id,
        as_of=moment.as_of,
        **moment.shown,
        paid_fen=paid,
        assets_fen=assets,
        unexplained_fen=paid - assets,
    )
