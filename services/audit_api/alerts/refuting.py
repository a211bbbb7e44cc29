"""Refuting an alert: one person says why it asks about nothing, another confirms exactly that, or sends it back."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act, record_alone
from chassis.missing import Missing
from services.audit_api.alerts import dealings, store
from services.audit_api.alerts.handling import locked
from services.audit_api.alerts.schemas import (
    AlertFile,
    RefutationDecision,
    RefutationDecisionRequest,
    RefutationRequest,
)
from services.audit_api.alerts.shown import file_of
from services.audit_api.alerts.states import RefutationDecided, RefutationWaits
from services.audit_api.checking import must_be_checked, named
from services.audit_api.moments import Moment
from services.audit_api.rectifications.states import must_follow
from services.audit_api.tables import AlertRefutationRow
from services.audit_api.words import sealed
from wire.alerts import AlertRefutationSentBack, AlertRefuted
from wire.audit import AlertDismissed


async def refute(
    tx: AsyncSession, who: Principal, act: Act, county: str, alert_id: UUID, request: RefutationRequest
) -> AlertFile:
    """Hold that the alert asks about nothing; it stands, and may be taken up, until another has confirmed that."""
    await act.claim(tx, county)
    row = await locked(tx, who, county, alert_id)
    for earlier in await dealings.of_alerts(tx, AlertRefutationRow, county, [alert_id]):
        if earlier.decision is None:
            raise RefutationWaits(str(earlier.id))

    refutation_id = new_id()
    values = {
        "county_code": county,
        "id": refutation_id,
        "alert_id": alert_id,
        "region_code": row.region_code,
        "reason": request.reason,
        "refuted_on": request.on,
        "made_by": who.subject,
    }
    # With the figures that the alert asks about.
    name = named({**values, "rule": row.rule_code, "rule_version": row.rule_version, "amount_fen": row.amount_fen})
    await dealings.add(tx, AlertRefutationRow, {**values, **name})
    answer = await file_of(tx, row, Moment(request.on), as_it_stands=True)
    event = AlertRefuted(
        refutation_id=refutation_id,
        alert_id=alert_id,
        county_code=county,
        refuted_on=request.on,
        version_hash=name["version_hash"],
        text_sha256=sealed(request.reason),
    )
    await act.record(tx, county, event, answer)
    return answer


async def decide(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    alert_id: UUID,
    refutation_id: UUID,
    request: RefutationDecisionRequest,
) -> AlertFile:
    """Confirm a refutation, so that the alert and those merged into it are dismissed, or send it back."""
    await act.claim(tx, county)
    await store.lock_whole(tx, county, [alert_id])
    row = await locked(tx, who, county, alert_id)
    found = [
        one for one in await dealings.of_alerts(tx, AlertRefutationRow, county, [alert_id]) if one.id == refutation_id
    ]
    if not found:
        raise Missing("排除意见", str(refutation_id))
    [made] = found
    if made.decision is not None:
        raise RefutationDecided(str(refutation_id), made.decision)
    must_be_checked("排除意见", who.subject, frozenset({made.made_by}), request.version_hash, made.version_hash)
    must_follow("审核日期", request.on, made.refuted_on)

    confirmed = request.decision is RefutationDecision.CONFIRM
    members = await dealings.members(tx, county, [alert_id]) if confirmed else []
    await dealings.decide(
        tx,
        made,
        decision=request.decision.value,
        opinion=request.opinion,
        decided_on=request.on,
        checked_by=who.subject,
    )
    if confirmed:
        await store.dismiss(tx, county, [alert_id, *members], made.made_by, who.subject, made.reason, request.on)
        await tx.refresh(row)
    answer = await file_of(tx, row, Moment(request.on), as_it_stands=True)
    if not confirmed:
        sent_back = AlertRefutationSentBack(
            refutation_id=refutation_id,
            alert_id=alert_id,
            county_code=county,
            decided_on=request.on,
            version_hash=made.version_hash,
            text_sha256=sealed(request.opinion),
        )
        await act.record(tx, county, sent_back, answer)
        return answer
    dismissed = AlertDismissed(
        alert_id=alert_id,
        county_code=county,
        text_sha256=sealed(made.reason, request.opinion),
        refutation_id=refutation_id,
        version_hash=made.version_hash,
        decided_on=request.on,
    )
    # Each is a flag of its own to whoever follows: what was merged here is told by itself.
    for member in members:
        told = dismissed.model_copy(update={"alert_id": member, "main_id": alert_id})
        await record_alone(tx, "audit", county, told, act.actor, new_id())
    await act.record(tx, county, dismissed, answer)
    return answer
