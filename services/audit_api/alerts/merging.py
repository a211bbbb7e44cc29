"""Several alerts about the same money become one to work on, and are parted again. None is lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.alerts import dealings, store
from services.audit_api.alerts.schemas import AlertFile, MergeRequest
from services.audit_api.alerts.service import must_be_open
from services.audit_api.alerts.shown import file_of
from services.audit_api.alerts.states import (
    AlertLeadsOthers,
    AlertNotMerged,
    RefutationWaits,
    must_be_same_money,
    must_stand_alone,
)
from services.audit_api.moments import Moment
from services.audit_api.rectifications.states import must_follow
from services.audit_api.tables import AlertMergeRow, AlertRefutationRow, AlertRow
from services.audit_api.words import sealed
from wire.alerts import AlertsMerged, AlertsParted


async def merge(
    tx: AsyncSession, who: Principal, act: Act, county: str, main_id: UUID, request: MergeRequest
) -> AlertFile:
    """Let alerts be part of another about the same money; whoever deals with that one deals with them."""
    await act.claim(tx, county)
    main, rest = await _locked(tx, who, county, main_id, request.alert_ids)

    mains = await dealings.mains(tx, county, [main_id, *request.alert_ids])
    must_stand_alone(main_id, mains.get(main_id))
    for row in rest:
        must_be_same_money(row, main)
        must_stand_alone(row.id, mains.get(row.id))
        led = await dealings.members(tx, county, [row.id])
        if led:
            raise AlertLeadsOthers(str(row.id), len(led))
    for waiting in await dealings.of_alerts(tx, AlertRefutationRow, county, [main_id, *request.alert_ids]):
        if waiting.decision is None:
            raise RefutationWaits(str(waiting.id))

    before: dict[UUID, int] = dict.fromkeys(request.alert_ids, 0)
    for one in await dealings.of_alerts(tx, AlertMergeRow, county, request.alert_ids):
        before[one.alert_id] += 1
    await dealings.add(
        tx,
        AlertMergeRow,
        [
            {
                "county_code": county,
                "alert_id": row.id,
                "merge_no": before[row.id] + 1,
                "region_code": row.region_code,
                "main_id": main_id,
                "reason": request.reason,
                "merged_on": request.on,
                "made_by": who.subject,
            }
            for row in rest
        ],
    )
    answer = await file_of(tx, main, Moment(request.on), as_it_stands=True)
    event = AlertsMerged(
        main_id=main_id,
        alert_ids=sorted(request.alert_ids),
        county_code=county,
        merged_on=request.on,
        text_sha256=sealed(request.reason),
    )
    await act.record(tx, county, event, answer)
    return answer


async def part(
    tx: AsyncSession, who: Principal, act: Act, county: str, main_id: UUID, request: MergeRequest
) -> AlertFile:
    """Let alerts be worked on by themselves again; that they were part of another stays on record."""
    await act.claim(tx, county)
    main, _ = await _locked(tx, who, county, main_id, request.alert_ids)

    mains = await dealings.mains(tx, county, request.alert_ids)
    for alert in request.alert_ids:
        if mains.get(alert) != main_id:
            raise AlertNotMerged(str(alert), str(main_id))
    for one in await dealings.of_alerts(tx, AlertMergeRow, county, request.alert_ids):
        if one.undone_on is None:
            must_follow("拆分日期", request.on, one.merged_on)

    await dealings.part(tx, county, request.alert_ids, request.on, who.subject, request.reason)
    answer = await file_of(tx, main, Moment(request.on), as_it_stands=True)
    event = AlertsParted(
        main_id=main_id,
        alert_ids=sorted(request.alert_ids),
        county_code=county,
        parted_on=request.on,
        text_sha256=sealed(request.reason),
    )
    await act.record(tx, county, event, answer)
    return answer


async def _locked(
    tx: AsyncSession, who: Principal, county: str, main_id: UUID, ids: Sequence[UUID]
) -> tuple[AlertRow, list[AlertRow]]:
    """The alert that leads and the others, all locked and none of them dealt with."""
    rows = {row.id: row for row in await store.lock(tx, who, county, {main_id, *ids})}
    for alert in (main_id, *ids):
        if alert not in rows:
            raise Missing("预警", str(alert))
        must_be_open(rows[alert])
    must_stand_alone(main_id, main_id if main_id in ids else None)
    return rows[main_id], [rows[alert] for alert in ids]
