"""Warnings as they are told: as they stood on a day, with who was told and where they are by then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.missing import Missing
from policies import workdays
from services.funds_api.flags.rules.catalogue import RULES
from services.funds_api.known import known
from services.funds_api.moments import Moment
from services.funds_api.tables import WarningRow
from services.funds_api.warnings import store, timers
from services.funds_api.warnings.schemas import Escalated, Party, Recipient, Warned, WarningState
from services.funds_api.warnings.timers import Deadlines, Taken, Told

NO_LEADER: Final = "发出之日没有登记该单位的分管领导，已转县级主管部门；请在 /funds/v1/unit-leaders 登记"

_ACKNOWLEDGED: Final = ("acknowledged_on", "acknowledged_by")
_EXPLAINED: Final = ("explained_on", "explained_by", "explanation", "explanation_document")
_CLOSED: Final = ("closed_on", "closed_by", "closing", "closing_document")
_DUE: Final = ("acknowledge_by_on", "acknowledge_leader_by_on", "explain_by_on", "explain_leader_by_on")
_KEPT: Final = (
    "id",
    "county_code",
    "region_code",
    "unit_id",
    "rule_code",
    "run_id",
    "issued_on",
    "flags_n",
    "amount_fen",
    "days",
    "first_warning_id",
    "times",
    "acknowledge_by_on",
    "explain_by_on",
)


def deadlines_of(row: WarningRow) -> Deadlines:
    return Deadlines(*(getattr(row, name) for name in _DUE))


def state_of(row: WarningRow, on: date) -> WarningState:
    """The last step that had been taken by a day."""
    if _by(row.closed_on, on):
        return WarningState.ANSWERED
    if _by(row.explained_on, on):
        return WarningState.EXPLAINED
    return WarningState.ACKNOWLEDGED if _by(row.acknowledged_on, on) else WarningState.ISSUED


async def warned(tx: AsyncSession, who: Principal, county: str, warning_id: UUID, moment: Moment) -> WarningRow:
    """A visible warning that had been issued and was known by a moment; else there is none."""
    row = await store.one(tx, who, county, warning_id)
    if row is None or row.issued_on > moment.as_of or row.position > moment.position:
        raise Missing("预警通知", str(warning_id))
    return row


async def shown(tx: AsyncSession, county: str, rows: Sequence[WarningRow], moment: Moment) -> list[Warned]:
    """Warnings as they stood at a moment: what was done later, or was not known, is left out."""
    names = await store.names(tx, county, [row.unit_id for row in rows])
    posts = await store.posts(tx, county, [row.leader_id for row in rows if row.leader_id])
    return [_shown(row, names, posts, moment.as_of) for row in known(rows, moment)]


def _shown(row: WarningRow, names: dict[UUID, str], posts: dict[UUID, str], on: date) -> Warned:
    steps: dict[str, Any] = {}
    for day, columns in (
        (row.acknowledged_on, _ACKNOWLEDGED),
        (row.explained_on, _EXPLAINED),
        (row.closed_on, _CLOSED),
    ):
        steps.update({name: getattr(row, name) if _by(day, on) else None for name in columns})
    due = deadlines_of(row)
    taken = Taken(steps["acknowledged_on"], steps["explained_on"], steps["closed_on"])
    standing = timers.standing(due, taken, on)
    name = names[row.unit_id]
    return Warned(
        **{name: getattr(row, name) for name in _KEPT},
        unit_name=name,
        title=RULES[row.rule_code].title,
        flags=f"/funds/v1/flags?county={row.county_code}&warning={row.id}",
        recipients=_recipients(row, name, posts),
        leader_missing=None if row.leader_id else NO_LEADER,
        state=state_of(row, on),
        **steps,
        escalated_to=_party(row, standing.told) if standing else None,
        escalated_since_on=standing.since_on if standing else None,
        escalations=[
            Escalated(step=one.step, to=_party(row, one.told), since_on=one.since_on)
            for one in timers.escalations(due, taken, on)
        ],
        days_assumed=not all(workdays.announced(getattr(row, one)) for one in _DUE),
    )


def _recipients(row: WarningRow, name: str, posts: dict[UUID, str]) -> list[Recipient]:
    unit = Recipient(party=Party.UNIT, region_code=row.region_code, unit_name=name)
    if row.leader_id is None:
        return [unit, Recipient(party=Party.COUNTY_OFFICE, region_code=row.county_code)]
    leader = Recipient(
        party=Party.LEADER, region_code=row.region_code, post=posts[row.leader_id], account=row.leader_account
    )
    return [unit, leader]


def _party(row: WarningRow, told: Told) -> Party:
    if told is Told.INSPECTORS:
        return Party.INSPECTORS
    return Party.LEADER if row.leader_id else Party.COUNTY_OFFICE


def _by(day: date | None, on: date) -> bool:
    return day is not None and day <= on
