"""GET /funds/v1/idle and what is read beside it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.database import Read
from chassis.fields import Day, Line
from chassis.identity import Principal, can
from chassis.pages import Paging
from services.funds_api.access import county_of
from services.funds_api.idle import service
from services.funds_api.idle.forecast import BalanceForecast, forecast
from services.funds_api.idle.judgement import DaysJudged, judged
from services.funds_api.idle.schemas import IdleReport
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.units.endpoints import County
from treasury.statements import About

router = APIRouter(prefix="/funds/v1/idle", tags=["idle 资金停留"])


@router.get("", summary="资金停留情况：停在谁的账上、多少天、依据哪条时限")
async def get_idle(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("idle:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    min_days: Annotated[int, Query(ge=0, le=36_500, description="明细只列停留不少于该天数的资金；合计不受影响")] = 0,
) -> IdleReport:
    asked = county_of(who, county)
    return await service.report(tx, who, asked, await moment_of(tx, asked, as_of, known_at), window, min_days)


@router.get(
    "/judgement", summary="停留天数判定：由到账与截止日期（可为区间）得出最少和最多天数，答复是否超过时限或无法判定"
)
async def get_judgement(
    _: Annotated[Principal, can("idle:read")],
    received_from: Annotated[Day | None, Query(description="到账日期最早的一天；不明时省略")] = None,
    received_to: Annotated[Day | None, Query(description="到账日期最晚的一天；不明时省略")] = None,
    ended_from: Annotated[Day | None, Query(description="截止日期最早的一天；不明时省略")] = None,
    ended_to: Annotated[Day | None, Query(description="截止日期最晚的一天；不明时省略")] = None,
    stated: Annotated[Line | None, Query(description="原文写明的时长，如“闲置1年以上”")] = None,
    about: Annotated[About, Query(description="说的是哪一类事项")] = About.IDLE,
    limit_days: Annotated[int | None, Query(ge=1, le=36_500, description="时限（天）；省略时只答天数")] = None,
) -> DaysJudged:
    return judged(about, (received_from, received_to), (ended_from, ended_to), stated or "", limit_days)


@router.get("/forecast", summary="结余预告：哪些资金将在哪一天转为结余（预算法第四十二条），已经转为结余的有多少")
async def get_forecast(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("idle:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    days: Annotated[int | None, Query(ge=0, le=3_650, description="今后多少天内；省略按政策数值")] = None,
    fallen: Annotated[bool, Query(description="明细列已经转为结余的，而不是将要转为结余的；合计不受影响")] = False,
) -> BalanceForecast:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    return await forecast(tx, who, asked, moment, window, days=days, fallen=fallen)
