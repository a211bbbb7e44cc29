"""/funds/v1/warnings and /funds/v1/unit-leaders."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis import clock
from chassis.database import Read, Tx
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.flags.service import nothing_found
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.units.endpoints import County
from services.funds_api.warnings import leaders, service, store, summary
from services.funds_api.warnings.schemas import (
    LeaderRequest,
    Party,
    UnitLeader,
    UnitLeaderPage,
    Warned,
    WarnedPage,
    WarningClosingRequest,
    WarningExplanationRequest,
    WarningState,
    WarningSummary,
)
from services.funds_api.warnings.shown import shown, warned
from services.funds_api.warnings.which import Asked
from treasury.calendar import business_date

router = APIRouter(prefix="/funds/v1", tags=["warnings 预警通知"])


@router.post("/unit-leaders", status_code=201, summary="登记单位的分管领导：自某日起的职务与账号，或空缺")
async def post_unit_leader(
    request: LeaderRequest, tx: Tx, act: Acting, who: Annotated[Principal, can("leaders:write")], county: County = None
) -> UnitLeader:
    return await leaders.set_leader(tx, who, act, county_of(who, county), request)


@router.get("/unit-leaders", summary="某日各单位的分管领导，或其沿革")
async def get_unit_leaders(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("warnings:read")],
    county: County = None,
    unit: UUID | None = None,
    history: Annotated[bool, Query(description="列出全部登记，含以前和以后的；否则只列当日在任的")] = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> UnitLeaderPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await leaders.page(tx, who, asked, window, moment, unit=unit, only_then=not history)
    rows, after = cut(found, window, lambda row: (row.UnitLeaderRow.id,))
    items = [leaders.shown(row.UnitLeaderRow, row.name, row.next_on) for row in rows]
    because = None if items else "您的管辖范围内没有登记分管领导"
    return UnitLeaderPage(as_of=moment.as_of, **moment.shown, items=items, next=after, empty_because=because)


@router.get("/warnings", summary="预警通知：送单位和分管领导，逾期升级")
async def get_warnings(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("warnings:read")],
    county: County = None,
    to: Annotated[
        Party | None,
        Query(
            description="送达本人的：unit 本区划的单位；leader 本人分管；county_office 无分管领导；inspectors 已升级"
        ),
    ] = None,
    state: WarningState | None = None,
    rule: Annotated[str | None, Query(pattern=r"^[A-Z][0-9]{2}$", description="规则代码")] = None,
    unit: UUID | None = None,
    escalated: Annotated[Party | None, Query(description="现已升级到谁")] = None,
    first: Annotated[UUID | None, Query(description="首次预警的编号：该条及其后各次")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> WarnedPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    wanted = Asked(to, state, rule, unit, escalated, first)
    rows, after = cut(await store.page(tx, who, asked, window, moment, wanted), window, lambda row: (row.id,))
    items = await shown(tx, asked, rows, moment)
    because = None if items else nothing_found(rule, "您的管辖范围内没有符合条件的预警通知")
    return WarnedPage(as_of=moment.as_of, **moment.shown, items=items, next=after, empty_because=because)


@router.get("/warnings/summary", summary="预警通知汇总：各状态、逾期、升级到谁，分规则和本人的件数")
async def get_warning_summary(
    tx: Read,
    who: Annotated[Principal, can("warnings:read")],
    county: County = None,
    to: Annotated[Party | None, Query(description="只计送达本人的，同 /funds/v1/warnings")] = None,
    rule: Annotated[str | None, Query(pattern=r"^[A-Z][0-9]{2}$", description="规则代码")] = None,
    unit: UUID | None = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> WarningSummary:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    rules, own = await summary.counted(tx, who, asked, moment, Asked(to, rule=rule, unit=unit))
    because = None if rules else "您的管辖范围内截至该日没有符合条件的预警通知"
    told = {"total": summary.total(rules), "to_me": own, "rules": rules, "empty_because": because}
    return WarningSummary(as_of=moment.as_of, **moment.shown, **told)


@router.get("/warnings/{warning_id}", summary="一条预警通知")
async def get_warning(
    warning_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("warnings:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Warned:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    row = await warned(tx, who, asked, warning_id, moment)
    return (await shown(tx, asked, [row], moment))[0]


@router.post("/warnings/{warning_id}/acknowledgement", status_code=201, summary="单位签收预警")
async def post_acknowledgement(
    warning_id: UUID, tx: Tx, act: Acting, who: Annotated[Principal, can("warnings:answer")], county: County = None
) -> Warned:
    today = business_date(clock.now())
    return await service.acknowledge(tx, who, act, county_of(who, county), warning_id, today)


@router.post("/warnings/{warning_id}/explanation", status_code=201, summary="单位说明情况")
async def post_explanation(
    warning_id: UUID,
    request: WarningExplanationRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("warnings:answer")],
    county: County = None,
) -> Warned:
    today = business_date(clock.now())
    return await service.explain(tx, who, act, county_of(who, county), warning_id, request, today)


@router.post("/warnings/{warning_id}/closing", status_code=201, summary="监督人员或县级审核人办结预警")
async def post_closing(
    warning_id: UUID,
    request: WarningClosingRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("warnings:close")],
    county: County = None,
) -> Warned:
    today = business_date(clock.now())
    return await service.close(tx, who, act, county_of(who, county), warning_id, request, today)
