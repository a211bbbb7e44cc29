"""/audit/v1/findings."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis import clock
from chassis.database import Read, Tx
from chassis.fields import CountyCode, Day
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.audit_api.access import county_of
from services.audit_api.evidence import store as evidence
from services.audit_api.evidence.schemas import evidence_of
from services.audit_api.findings import service, store
from services.audit_api.findings.schemas import Finding, FindingFile, FindingPage, FindingRequest
from services.audit_api.findings.states import FindingStatus
from services.audit_api.missing import Missing
from services.audit_api.moments import Moment
from services.audit_api.rectifications import store as orders
from services.audit_api.rectifications.shown import orders_of
from treasury.calendar import business_date

router = APIRouter(prefix="/audit/v1/findings", tags=["findings 问题"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]
AsOf = Annotated[Day | None, Query(description="业务日期；省略表示今天（Asia/Shanghai）")]


def day_or_today(as_of: date | None) -> date:
    """The business date asked for, or today's in China; decided at the edge, an argument from here on."""
    return as_of or business_date(clock.now())


@router.post("", status_code=201, summary="认定问题：接手预警，绑定资金批次")
async def post_finding(
    request: FindingRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("findings:write")],
    county: County = None,
) -> Finding:
    return await service.open_finding(tx, who, act, county_of(who, county), request, day_or_today(request.found_on))


@router.get("", summary="问题列表")
async def get_findings(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("findings:read")],
    county: County = None,
    as_of: AsOf = None,
    status: FindingStatus | None = None,
) -> FindingPage:
    asked = county_of(who, county)
    rows, after = cut(await store.page(tx, who, asked, window, status), window, lambda row: (row.id,))
    items = await service.answers(tx, asked, rows, day_or_today(as_of))
    return FindingPage(items=items, next=after, empty_because=None if items else "您的管辖范围内没有符合条件的问题")


@router.get("/{finding_id}", summary="一个问题的全部材料：金额、整改、证据")
async def get_finding(
    finding_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("findings:read")],
    county: County = None,
    as_of: AsOf = None,
) -> FindingFile:
    asked, day = county_of(who, county), day_or_today(as_of)
    row = await store.one(tx, who, asked, finding_id)
    if row is None:
        raise Missing("问题", str(finding_id))
    [finding] = await service.answers(tx, asked, [row], day)
    return FindingFile(
        **finding.model_dump(),
        orders=await orders_of(tx, asked, await orders.of_finding(tx, asked, finding_id), Moment(day)),
        evidence=[evidence_of(one) for one in await evidence.of_finding(tx, who, asked, finding_id)],
    )
