"""/audit/v1/filed-reports."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.database import Read, Tx
from chassis.fields import CountyCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.audit_api.access import county_of
from services.audit_api.filed_reports import service, store
from services.audit_api.filed_reports.schemas import FiledReportFile, FiledReportPage, ReportReceipt, ReportRequest
from services.audit_api.moments import KnownAt, moment_of

router = APIRouter(prefix="/audit/v1/filed-reports", tags=["filed-reports 审计报告入库"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]


@router.post("", status_code=201, summary="审计报告入库，一个编号一次")
async def post_filed_report(
    request: ReportRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("findings:write")],
    county: County = None,
) -> ReportReceipt:
    return await service.file(tx, who, act, county_of(who, county), request)


@router.get("", summary="入库的审计报告")
async def get_filed_reports(
    tx: Read, window: Paging, who: Annotated[Principal, can("findings:read")], county: County = None
) -> FiledReportPage:
    rows, after = cut(await store.page(tx, who, county_of(who, county), window), window, lambda row: (row.id,))
    items = [service.report_of(row) for row in rows]
    return FiledReportPage(items=items, next=after, empty_because=None if items else "尚无入库的审计报告")


@router.get("/{report_id}", summary="一份审计报告：其问题合计（不重复计算）与公布数的差额")
async def get_filed_report(
    report_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("findings:read")],
    county: County = None,
    known_at: KnownAt = None,
) -> FiledReportFile:
    asked = county_of(who, county)
    return await service.told(tx, who, asked, report_id, await moment_of(tx, asked, None, known_at))
