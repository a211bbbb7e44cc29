"""Which warnings are meant, as conditions in SQL: told to whom, in which state, with whom they are by a moment.

What `timers` and `shown` work out of one warning is asked of all of them here; tests hold the two against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from chassis.identity import Principal
from services.funds_api.access import COUNTY_DIGITS, visible_to
from services.funds_api.moments import Moment
from services.funds_api.tables import UnitRow, WarningRow
from services.funds_api.warnings.schemas import Party, WarningState

ANSWERS_DIGITS: Final = 9  # a village's money is the township's to answer for


@dataclass(frozen=True, slots=True)
class Asked:
    """Which warnings: told to the caller as what, in which state, of which rule and unit, escalated to whom."""

    party: Party | None = None
    state: WarningState | None = None
    rule: str | None = None
    unit: UUID | None = None
    escalated: Party | None = None
    first: UUID | None = None


def meant(who: Principal, county: str, moment: Moment, asked: Asked) -> list[ColumnElement[bool]]:
    """Visible warnings of a county issued and known by a moment that are asked for."""
    row = WarningRow
    found = [
        row.county_code == county,
        visible_to(who, row.region_code),
        row.issued_on <= moment.as_of,
        row.position <= moment.position,
    ]
    if asked.rule is not None:
        found.append(row.rule_code == asked.rule)
    if asked.unit is not None:
        found.append(row.unit_id == asked.unit)
    if asked.party is not None:
        found.append(told(who, asked.party, moment))
    if asked.state is not None:
        found.append(in_state(asked.state, moment))
    if asked.escalated is not None:
        found.append(escalated(asked.escalated, moment))
    if asked.first is not None:
        found.append(or_(row.id == asked.first, row.first_warning_id == asked.first))
    return found


def told(who: Principal, party: Party, moment: Moment) -> ColumnElement[bool]:
    """Warnings that were told to the caller as this party: a unit is who may answer for it."""
    if party is Party.UNIT:
        return _for_unit(who)
    if party is Party.LEADER:
        return WarningRow.leader_account == who.subject
    if party is Party.COUNTY_OFFICE:
        return WarningRow.leader_id.is_(None) if len(who.region) <= COUNTY_DIGITS else false()
    return escalated(Party.INSPECTORS, moment)


def _for_unit(who: Principal) -> ColumnElement[bool]:
    """As `service` lets them be answered: in the unit's very place, there by its own login or one without a unit."""
    here = func.left(WarningRow.region_code, ANSWERS_DIGITS) == who.region
    if who.unit is None:
        return here
    own = select(UnitRow.id).where(
        UnitRow.county_code == WarningRow.county_code, UnitRow.region_code == who.region, UnitRow.name == who.unit
    )
    return and_(here, or_(WarningRow.region_code != who.region, WarningRow.unit_id.in_(own)))


def _done(day: Any, position: Any, moment: Moment) -> ColumnElement[bool]:
    return func.coalesce(and_(day <= moment.as_of, position <= moment.position), False)


def _steps(moment: Moment) -> tuple[ColumnElement[bool], ColumnElement[bool], ColumnElement[bool]]:
    row = WarningRow
    return (
        _done(row.acknowledged_on, row.acknowledged_position, moment),
        _done(row.explained_on, row.explained_position, moment),
        _done(row.closed_on, row.closed_position, moment),
    )


def in_state(state: WarningState, moment: Moment) -> ColumnElement[bool]:
    acknowledged, explained, closed = _steps(moment)
    return {
        WarningState.ISSUED: and_(~acknowledged, ~closed),
        WarningState.ACKNOWLEDGED: and_(acknowledged, ~explained, ~closed),
        WarningState.EXPLAINED: and_(explained, ~closed),
        WarningState.ANSWERED: closed,
    }[state]


def escalated(to: Party, moment: Moment) -> ColumnElement[bool]:
    """As `timers.standing` has it: with whom a step is that is still owed."""
    row = WarningRow
    acknowledged, explained, closed = _steps(moment)
    inspectors = or_(
        and_(~acknowledged, row.acknowledge_leader_by_on < moment.as_of),
        and_(~explained, row.explain_leader_by_on < moment.as_of),
    )
    if to is Party.INSPECTORS:
        return and_(~closed, inspectors)
    passed = or_(
        and_(~acknowledged, row.acknowledge_by_on < moment.as_of), and_(~explained, row.explain_by_on < moment.as_of)
    )
    led = row.leader_id.is_(None) if to is Party.COUNTY_OFFICE else row.leader_id.is_not(None)
    return and_(~closed, ~inspectors, passed, led)
