"""/funds/v1/flags: the questions that rules asked, and the rules."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.database import Read
from chassis.identity import Principal, can
from chassis.missing import Missing
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.flags import pages, service, store
from services.funds_api.flags.schemas import Flag, FlagPage, Recomputation
from services.funds_api.moments import AsOf, KnownAt, day_or_today, moment_of
from services.funds_api.units.endpoints import County
from services.funds_api.warnings.bundles import flags_of, parts_of
from services.funds_api.warnings.shown import warned

router = APIRouter(prefix="/funds/v1/flags", tags=["flags 预警"])


@router.get("", summary="预警列表")
async def get_flags(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("flags:read")],
    county: County = None,
    rule: Annotated[
        str | None,
        Query(pattern=r"^[A-Z][0-9]{2}$", description="规则代码；只按规则查时，按提出的先后（逐次运行）排列"),
    ] = None,
    run: Annotated[UUID | None, Query(description="由哪一次运行产生")] = None,
    subject: Annotated[UUID | None, Query(description="所问的对象")] = None,
    warning: Annotated[UUID | None, Query(description="预警通知的编号：只列该通知的单位应答复的各条")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> FlagPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    told = None if warning is None else await warned(tx, who, asked, warning, moment)
    among = None
    if told is not None:
        last = window.key(UUID)
        among = await flags_of(tx, told, last[0] if last else None, moment.as_of, subject, window.limit + 1)
    which = pages.Asked(rule, run, subject, among)
    found = await pages.page(tx, who, asked, window, moment=moment, asked=which)
    rows, after = cut(found, window, lambda row: which.mark(row.FlagRow))
    parts = None if told is None else await parts_of(tx, told, [row.FlagRow.id for row in rows])
    items = await service.shown(tx, asked, rows, parts)
    empty = None if items else service.nothing_found(rule, "您的管辖范围内截至该日没有预警")
    return FlagPage(**moment.shown, items=items, next=after, empty_because=empty)


@router.get("/{flag_id}", summary="一条预警")
async def get_flag(
    flag_id: UUID, tx: Read, who: Annotated[Principal, can("flags:read")], county: County = None, as_of: AsOf = None
) -> Flag:
    asked = county_of(who, county)
    row = await store.one(tx, who, asked, flag_id, day_or_today(as_of))
    if row is None:
        raise Missing("预警", str(flag_id))
    return (await service.shown(tx, asked, [row]))[0]


@router.get("/{flag_id}/recomputation", summary="按当时的规则版本、政策数值和事实重新判断")
async def get_recomputation(
    flag_id: UUID, tx: Read, who: Annotated[Principal, can("flags:read")], county: County = None, as_of: AsOf = None
) -> Recomputation:
    row = await store.one(tx, who, county_of(who, county), flag_id, day_or_today(as_of))
    if row is None:
        raise Missing("预警", str(flag_id))
    return await service.recomputed(tx, row.FlagRow, row.policy)
