"""GET /funds/v1/spending-progress."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.database import Read
from chassis.identity import Principal, can
from services.funds_api.flows.endpoints import Fund, Region, asked_of
from services.funds_api.moments import AsOf, KnownAt, day_or_today, moment_of
from services.funds_api.spending import service
from services.funds_api.spending.schemas import By, SpendingProgress
from treasury.calendar import fiscal_year

router = APIRouter(prefix="/funds/v1/spending-progress", tags=["spending 支出进度"])

BudgetYear = Annotated[int | None, Query(ge=1949, le=2200, description="哪个预算年度的资金；省略表示业务日期所在年度")]


@router.get("", summary="支出进度：收到多少、已付到施工单位和农户多少，与序时、进度要求和同级比较；产业占比")
async def get_spending_progress(
    tx: Read,
    who: Annotated[Principal, can("lots:read")],
    by: Annotated[By, Query(description="按什么列示：region 下一级区划，fund 资金，level 资金级次")] = By.REGION,
    region: Region = None,
    fund: Fund = None,
    year: BudgetYear = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> SpendingProgress:
    chosen = fiscal_year(day_or_today(as_of)) if year is None else year
    asked = await asked_of(tx, who, region, fund, chosen)
    return await service.progress(tx, who, asked, chosen, by, await moment_of(tx, asked.county, as_of, known_at))
