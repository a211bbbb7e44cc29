"""Alerts as they are told: with the way set, who works on them, what they are part of, at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit_api.alerts import dealings, store
from services.audit_api.alerts.schemas import (
    Alert,
    AlertFile,
    AlertStatus,
    Assignment,
    FlagOutcome,
    Merge,
    Refutation,
    RefutationDecision,
    TriageLook,
    TriageProposal,
    TriageSet,
)
from services.audit_api.alerts.service import OPEN, REOPENED
from services.audit_api.alerts.triage import PREFIX, REPEAT_DAYS, Seen, Triage, looks, proposed
from services.audit_api.moments import Moment
from services.audit_api.policies import store as policies
from services.audit_api.tables import (
    AlertAssignmentRow,
    AlertMergeRow,
    AlertOutcomeRow,
    AlertRefutationRow,
    AlertRow,
    AlertTriageRow,
)
from treasury.policy import in_force


def there(on: date | None, position: int | None, moment: Moment) -> bool:
    """Whether a fact of a day, recorded at a position, was effective and known by the moment."""
    return on is not None and position is not None and on <= moment.as_of and position <= moment.position


async def alerts_of(
    tx: AsyncSession, county: str, rows: Sequence[AlertRow], moment: Moment, *, as_it_stands: bool
) -> list[Alert]:
    """Each alert at the moment; as it stands, its state is what is recorded whatever the day."""
    ids = [row.id for row in rows]
    stood = {row.id: row.status for row in rows} if as_it_stands else await store.statuses(tx, county, ids, moment)
    triage = {
        one.alert_id: one
        for one in await dealings.of_alerts(tx, AlertTriageRow, county, ids)
        if there(one.triaged_on, one.position, moment)
    }
    given = {
        one.alert_id: one
        for one in await dealings.of_alerts(tx, AlertAssignmentRow, county, ids)
        if there(one.assigned_on, one.position, moment)
    }
    merged = {
        one.alert_id: one.main_id
        for one in await dealings.of_alerts(tx, AlertMergeRow, county, ids)
        if there(one.merged_on, one.position, moment) and not there(one.undone_on, one.undone_position, moment)
    }
    waiting = {
        one.alert_id
        for one in await dealings.of_alerts(tx, AlertRefutationRow, county, ids)
        if there(one.refuted_on, one.position, moment) and not there(one.decided_on, one.decided_position, moment)
    }
    outcomes = {
        one.alert_id: one
        for one in await dealings.of_alerts(tx, AlertOutcomeRow, county, ids)
        if there(one.decided_on, one.position, moment)
    }
    told = []
    for row in rows:
        status = AlertStatus(stood[row.id])
        dismissed = status is AlertStatus.DISMISSED
        told.append(
            Alert(
                **{name: getattr(row, name) for name in _COPIED},
                status=status,
                flag_outcome=_stands(outcomes.get(row.id)),
                finding_id=row.finding_id if status is AlertStatus.TAKEN_UP else None,
                dismissed_by=row.dismissed_by if dismissed else None,
                dismissal_reason=row.dismissal_reason if dismissed else None,
                dismissal_checked_by=row.dismissal_checked_by if dismissed else None,
                dismissed_on=row.dismissed_on if dismissed else None,
                triage=Triage(triage[row.id].triage) if row.id in triage else None,
                assignee=given[row.id].assignee if row.id in given else None,
                merged_into=merged.get(row.id),
                refutation_waits=row.id in waiting and status in OPEN,
            )
        )
    return told


_COPIED = frozenset(Alert.model_fields) & {column.name for column in AlertRow.__table__.columns} - {
    "status",
    "flag_outcome",
    "finding_id",
    "triage",
    "assignee",
    "merged_into",
    "dismissed_by",
    "dismissal_reason",
    "dismissal_checked_by",
    "dismissed_on",
}


async def seen(tx: AsyncSession, row: AlertRow, on: date, moment: Moment | None = None) -> tuple[list[Seen], int]:
    """The three looks at an alert by the values in force on a day, and how often the same was asked before."""
    known_at = None if moment is None else moment.known_at
    values = await policies.values(tx, PREFIX, region=row.region_code, known_at=known_at)
    within = in_force(values, REPEAT_DAYS, row.region_code, on)
    repeats_n = 0 if within is None else await dealings.repeats(tx, row, within.number)
    return (
        looks(values, row.region_code, on, amount_fen=row.amount_fen, days=row.days, repeats_n=repeats_n),
        repeats_n,
    )


async def file_of(tx: AsyncSession, row: AlertRow, moment: Moment, *, as_it_stands: bool) -> AlertFile:
    """The alert with everything that was done with it by the moment."""
    county, one = row.county_code, [row.id]
    [alert] = await alerts_of(tx, county, [row], moment, as_it_stands=as_it_stands)
    looked, _ = await seen(tx, row, moment.as_of, moment)
    merges = [*await dealings.of_alerts(tx, AlertMergeRow, county, one), *await dealings.into(tx, county, row.id)]
    return AlertFile(
        **alert.model_dump(),
        **moment.shown,
        proposal=TriageProposal(
            proposed=proposed(looked),
            looks=[
                TriageLook(
                    look=each.look,
                    figure=each.figure,
                    thresholds=list(each.thresholds),
                    asks_for=each.asks_for,
                    policy=each.policy,
                )
                for each in looked
            ],
        ),
        triages=[
            TriageSet.model_validate(each, from_attributes=True)
            for each in await dealings.of_alerts(tx, AlertTriageRow, county, one)
            if there(each.triaged_on, each.position, moment)
        ],
        assignments=[
            Assignment.model_validate(each, from_attributes=True)
            for each in await dealings.of_alerts(tx, AlertAssignmentRow, county, one)
            if there(each.assigned_on, each.position, moment)
        ],
        merges=[_merge(each, moment) for each in merges if there(each.merged_on, each.position, moment)],
        refutations=[
            _refutation(each, moment)
            for each in await dealings.of_alerts(tx, AlertRefutationRow, county, one)
            if there(each.refuted_on, each.position, moment)
        ],
        outcomes=[
            FlagOutcome.model_validate(each, from_attributes=True)
            for each in await dealings.of_alerts(tx, AlertOutcomeRow, county, one)
            if there(each.decided_on, each.position, moment)
        ],
    )


def _stands(last: AlertOutcomeRow | None) -> FlagOutcome | None:
    """What stands of the flag: what was decided last, unless it is asked again."""
    if last is None or last.outcome == REOPENED:
        return None
    return FlagOutcome.model_validate(last, from_attributes=True)


def _merge(row: AlertMergeRow, moment: Moment) -> Merge:
    undone = there(row.undone_on, row.undone_position, moment)
    return Merge(
        alert_id=row.alert_id,
        main_id=row.main_id,
        reason=row.reason,
        merged_on=row.merged_on,
        made_by=row.made_by,
        undone_on=row.undone_on if undone else None,
        undone_by=row.undone_by if undone else None,
        undo_reason=row.undo_reason if undone else None,
    )


def _refutation(row: AlertRefutationRow, moment: Moment) -> Refutation:
    decided = there(row.decided_on, row.decided_position, moment)
    return Refutation(
        id=row.id,
        reason=row.reason,
        refuted_on=row.refuted_on,
        made_by=row.made_by,
        version_hash=row.version_hash,
        decision=RefutationDecision(row.decision) if decided and row.decision else None,
        opinion=row.opinion if decided else None,
        decided_on=row.decided_on if decided else None,
        checked_by=row.checked_by if decided else None,
    )
