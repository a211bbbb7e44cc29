"""/funds/v1/households."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Query, Request

from chassis.database import Database, Read, Tx
from chassis.fields import CountyCode, RegionCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.households import changes, corrections, register, service, store
from services.funds_api.households.schemas import (
    ChangeAnswer,
    CorrectionRequest,
    DepartureRequest,
    HouseholdDetail,
    HouseholdPage,
    ImportAnswer,
    JoinAnswer,
    MemberRequest,
    MoveRequest,
    ReinstatementRequest,
    RemovalRequest,
    SplitAnswer,
    SplitRequest,
    StandingRequest,
)
from services.funds_api.keys import Cells
from services.funds_api.moments import AsOf, KnownAt, day_or_today, moment_of
from services.funds_api.regions.store import with_predecessors
from services.funds_api.uploads import received

router = APIRouter(prefix="/funds/v1/households", tags=["households 农户"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县及以下用户可省略")]
Writer = Annotated[Principal, can("households:write")]
Reader = Annotated[Principal, can("households:read")]
CSV_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string", "format": "binary", "maxLength": 20971520}}},
    }
}


@router.post("/imports", status_code=201, summary="导入农户登记册（CSV）", openapi_extra=CSV_BODY)
async def post_import(request: Request, act: Acting, vault: Cells, who: Writer, county: County = None) -> ImportAnswer:
    """Columns 村代码, 户主姓名, 身份证号, 银行卡号, 手机号, 人口数, 登记日期; UTF-8 or GB18030.

    With 与户主关系 and 户主身份证号 beside, the rows of members are registered with their head.
    """
    asked = county_of(who, county)
    async with received(request) as upload:
        rows = await to_thread.run_sync(lambda: register.read(upload.read()))
    database: Database = request.app.state.database
    async with database.writing(who.region) as tx:
        return await service.register_households(tx, who, act, vault, asked, rows, upload.sha256)


@router.get("", summary="农户列表（已脱敏）")
async def get_households(
    tx: Read,
    window: Paging,
    vault: Cells,
    who: Reader,
    county: County = None,
    village: Annotated[RegionCode | None, Query(description="村或乡镇区划代码")] = None,
    with_former_codes: Annotated[bool, Query(description="同时包括该区划的前身代码")] = False,
    as_of: AsOf = None,
) -> HouseholdPage:
    """Those who lived there on that day, as they were on it."""
    day = day_or_today(as_of)
    places = None if village is None else [village]
    if village is not None and with_former_codes:
        places = await with_predecessors(tx, village)
    found = await store.page(tx, who, county_of(who, county), window, places, day)
    rows, after = cut(found, window, lambda row: (row.region_code, row.id))
    items = [one.household for one in await service.shown(tx, who, rows, vault, day)]
    return HouseholdPage(
        as_of=day, items=items, next=after, empty_because=None if items else "您的管辖范围内没有登记的农户"
    )


@router.get("/{household_id}", summary="一户在某日的成员、居住与登记状态（已脱敏）")
async def get_household(
    household_id: UUID,
    tx: Read,
    vault: Cells,
    who: Reader,
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    known_position: Annotated[int | None, Query(ge=0, description="按该县日志的这一位置所知；优先于 known_at")] = None,
) -> HouseholdDetail:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    known = moment.position if known_at is not None and known_position is None else known_position
    return await service.detail(tx, who, asked, vault, household_id, moment.as_of, known)


@router.post("/{household_id}/members", status_code=201, summary="登记家庭成员")
async def post_member(
    household_id: UUID,
    request: MemberRequest,
    tx: Tx,
    act: Acting,
    vault: Cells,
    who: Writer,
    county: County = None,
) -> JoinAnswer:
    return await changes.join(tx, who, act, vault, county_of(who, county), household_id, request)


@router.post("/{household_id}/departures", status_code=201, summary="登记成员离户（死亡、婚出、迁出）")
async def post_departure(
    household_id: UUID, request: DepartureRequest, tx: Tx, act: Acting, who: Writer, county: County = None
) -> ChangeAnswer:
    return await changes.leave(tx, who, act, county_of(who, county), household_id, request)


@router.post("/{household_id}/splits", status_code=201, summary="分户")
async def post_split(
    household_id: UUID, request: SplitRequest, tx: Tx, act: Acting, who: Writer, county: County = None
) -> SplitAnswer:
    return await changes.split(tx, who, act, county_of(who, county), household_id, request)


@router.post("/{household_id}/corrections", status_code=201, summary="更正以前的登记（居住地、状态、成员）")
async def post_correction(
    household_id: UUID, request: CorrectionRequest, tx: Tx, act: Acting, who: Writer, county: County = None
) -> ChangeAnswer:
    return await corrections.correct(tx, who, act, county_of(who, county), household_id, request)


@router.post("/moves", status_code=201, summary="登记迁移（县内或迁出本县）")
async def post_move(request: MoveRequest, tx: Tx, act: Acting, who: Writer, county: County = None) -> ChangeAnswer:
    return await changes.move(tx, who, act, county_of(who, county), request)


@router.post("/removals", status_code=201, summary="清退（自生效日起停发）")
async def post_removal(
    request: RemovalRequest, tx: Tx, act: Acting, who: Writer, county: County = None
) -> ChangeAnswer:
    return await changes.remove(tx, who, act, county_of(who, county), request)


@router.post("/reinstatements", status_code=201, summary="恢复登记（申诉成立或撤销清退）")
async def post_reinstatement(
    request: ReinstatementRequest, tx: Tx, act: Acting, who: Writer, county: County = None
) -> ChangeAnswer:
    return await changes.reinstate(tx, who, act, county_of(who, county), request)


@router.post("/standings", status_code=201, summary="登记脱贫、监测、退回")
async def post_standing(
    request: StandingRequest, tx: Tx, act: Acting, who: Writer, county: County = None
) -> ChangeAnswer:
    return await changes.set_standing(tx, who, act, county_of(who, county), request)
