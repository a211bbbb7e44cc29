"""Setting how an alert is to be dealt with, and giving it to somebody."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.alerts import dealings, store
from services.audit_api.alerts.schemas import AlertFile, AssignmentRequest, TriageRequest
from services.audit_api.alerts.service import must_be_open
from services.audit_api.alerts.shown import file_of, seen
from services.audit_api.alerts.states import must_stand_alone
from services.audit_api.alerts.triage import must_say_why, proposed
from services.audit_api.moments import Moment
from services.audit_api.tables import AlertAssignmentRow, AlertRow, AlertTriageRow
from services.audit_api.words import sealed
from wire.alerts import AlertAssigned, AlertTriaged


async def locked(tx: AsyncSession, who: Principal, county: str, alert_id: UUID) -> AlertRow:
    """An alert that nobody has dealt with and that is part of no other, locked."""
    rows = await store.lock(tx, who, county, [alert_id])
    if not rows:
        raise Missing("预警", str(alert_id))
    must_be_open(rows[0])
    must_stand_alone(alert_id, (await dealings.mains(tx, county, [alert_id])).get(alert_id))
    return rows[0]


async def set_triage(
    tx: AsyncSession, who: Principal, act: Act, county: str, alert_id: UUID, request: TriageRequest
) -> AlertFile:
    """Set the way; what the policy values of that day proposed is kept with it."""
    await act.claim(tx, county)
    row = await locked(tx, who, county, alert_id)

    looked, repeats_n = await seen(tx, row, request.on)
    proposal = proposed(looked)
    must_say_why(proposal, request.triage, request.reason)

    refs = [one.policy for one in looked if one.policy is not None]
    values = {
        "county_code": county,
        "alert_id": alert_id,
        "triage_no": len(await dealings.of_alerts(tx, AlertTriageRow, county, [alert_id])) + 1,
        "region_code": row.region_code,
        "triage": request.triage.value,
        "proposed": proposal.value,
        "reason": request.reason,
        "repeats_n": repeats_n,
        "policies": refs,
        "triaged_on": request.on,
        "made_by": who.subject,
    }
    await dealings.add(tx, AlertTriageRow, values)
    answer = await file_of(tx, row, Moment(request.on), as_it_stands=True)
    event = AlertTriaged(
        alert_id=alert_id,
        county_code=county,
        proposed=proposal,
        triage=request.triage,
        repeats_n=repeats_n,
        policies=refs,
        triaged_on=request.on,
        text_sha256=sealed(request.reason or ""),
    )
    await act.record(tx, county, event, answer)
    return answer


async def assign(
    tx: AsyncSession, who: Principal, act: Act, county: str, alert_id: UUID, request: AssignmentRequest
) -> AlertFile:
    """Give an alert to a person, or from one person to another."""
    await act.claim(tx, county)
    row = await locked(tx, who, county, alert_id)

    values = {
        "county_code": county,
        "alert_id": alert_id,
        "assignment_no": len(await dealings.of_alerts(tx, AlertAssignmentRow, county, [alert_id])) + 1,
        "region_code": row.region_code,
        "assignee": request.assignee,
        "assigned_on": request.on,
        "made_by": who.subject,
    }
    await dealings.add(tx, AlertAssignmentRow, values)
    answer = await file_of(tx, row, Moment(request.on), as_it_stands=True)
    event = AlertAssigned(alert_id=alert_id, county_code=county, assignee=request.assignee, assigned_on=request.on)
    await act.record(tx, county, event, answer)
    return answer
