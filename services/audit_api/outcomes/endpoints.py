"""/audit/v1/case-outcomes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.database import Read, Tx
from chassis.fields import CountyCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.audit_api.access import county_of
from services.audit_api.outcomes import service, store
from services.audit_api.outcomes.schemas import Outcome, OutcomePage, OutcomeRequest, OutcomeStatistics

router = APIRouter(prefix="/audit/v1/case-outcomes", tags=["case-outcomes 案件结果"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]


@router.post("", status_code=201, summary="登记公开通报的案件结果：只记类别与数字，不记姓名")
async def post_outcome(
    request: OutcomeRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("findings:write")],
    county: County = None,
) -> Outcome:
    return await service.record(tx, who, act, county_of(who, county), request)


@router.get("", summary="案件结果列表")
async def get_outcomes(
    tx: Read, window: Paging, who: Annotated[Principal, can("findings:read")], county: County = None
) -> OutcomePage:
    rows, after = cut(await store.page(tx, who, county_of(who, county), window), window, lambda row: (row.id,))
    items = [service.outcome_of(row) for row in rows]
    return OutcomePage(items=items, next=after, empty_because=None if items else "尚未登记案件结果")


@router.get("/statistics", summary="案件结果按违纪类别与四种形态统计；同一笔金额只计一次")
async def get_outcome_statistics(
    tx: Read, who: Annotated[Principal, can("findings:read")], county: County = None
) -> OutcomeStatistics:
    return await service.statistics(tx, who, county_of(who, county))
