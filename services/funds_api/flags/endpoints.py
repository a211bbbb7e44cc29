"""/funds/v1/flags."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.database import Read, Tx
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.flags import service, store
from services.funds_api.flags.rules.catalogue import RULES
from services.funds_api.flags.schemas import Flag, FlagPage, RunAnswer, RunRequest
from services.funds_api.funds.judge import TITLE_OF_CODE
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1/flags", tags=["flags 预警"])


@router.post("/runs", status_code=201, summary="按业务日期运行全部规则")
async def post_run(
    request: RunRequest, tx: Tx, act: Acting, who: Annotated[Principal, can("flags:run")], county: County = None
) -> RunAnswer:
    return await service.run(tx, who, act, county_of(who, county), request.as_of)


@router.get("", summary="预警列表")
async def get_flags(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("flags:read")],
    county: County = None,
    rule: Annotated[str | None, Query(pattern=r"^[A-Z][0-9]{2}$", description="规则代码")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> FlagPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.page(tx, who, asked, window, moment=moment, rule=rule)
    rows, after = cut(found, window, lambda row: (row.id,))
    items = [
        Flag(
            id=row.id,
            rule_code=row.rule_code,
            rule_version=row.rule_version,
            title=TITLE_OF_CODE.get(row.rule_code) or RULES[row.rule_code].title,
            lot_id=row.lot_id,
            region_code=row.region_code,
            amount_fen=row.amount_fen,
            days=row.days,
            limit_days=row.limit_days,
            as_of=row.as_of,
            explanation=row.explanation,
            facts=row.facts,
            raised_at=row.raised_at,
        )
        for row in rows
    ]
    empty = None if items else "您的管辖范围内截至该日没有预警"
    return FlagPage(**moment.shown, items=items, next=after, empty_because=empty)
