"""/audit/v1/alerts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.database import Read, Tx
from chassis.fields import Code, CountyCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.audit_api.access import county_of
from services.audit_api.alerts import service, store
from services.audit_api.alerts.schemas import Alert, AlertPage, AlertStatus, DismissalRequest
from services.audit_api.missing import Missing

router = APIRouter(prefix="/audit/v1/alerts", tags=["alerts 预警"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]


@router.get("", summary="预警列表")
async def get_alerts(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("alerts:read")],
    county: County = None,
    status: AlertStatus | None = None,
    rule: Annotated[Code | None, Query(description="规则代码，如 R19")] = None,
) -> AlertPage:
    found = await store.page(tx, who, county_of(who, county), window, status, rule)
    rows, after = cut(found, window, lambda row: (row.id,))
    items = [service.alert_of(row) for row in rows]
    return AlertPage(items=items, next=after, empty_because=None if items else "您的管辖范围内没有符合条件的预警")


@router.get("/{alert_id}", summary="一条预警")
async def get_alert(
    alert_id: UUID, tx: Read, who: Annotated[Principal, can("alerts:read")], county: County = None
) -> Alert:
    row = await store.one(tx, who, county_of(who, county), alert_id)
    if row is None:
        raise Missing("预警", str(alert_id))
    return service.alert_of(row)


@router.post("/{alert_id}/dismissal", status_code=201, summary="排除预警，须说明理由")
async def post_dismissal(
    alert_id: UUID,
    request: DismissalRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("alerts:dismiss")],
    county: County = None,
) -> Alert:
    return await service.dismiss(tx, who, act, county_of(who, county), alert_id, request.reason)
