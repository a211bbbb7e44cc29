"""How many warnings stand in which state, and with whom, by rule; and how many wait for the caller. One look.

Counts of warnings, and no fen: a repeated warning names fen that its first one named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.access import COUNTY_DIGITS
from services.funds_api.flags.rules.catalogue import RULES
from services.funds_api.moments import Moment
from services.funds_api.tables import WarningRow
from services.funds_api.warnings import which
from services.funds_api.warnings.schemas import Party, PartyWarnings, RuleWarnings, WarningCounts, WarningState
from services.funds_api.warnings.which import Asked

_ESCALATED: Final = (Party.LEADER, Party.COUNTY_OFFICE, Party.INSPECTORS)
_COUNTS: Final = tuple(WarningCounts.model_fields)
_MINE: Final = ("open_n", "overdue_n", "waiting_n")


def parties(who: Principal) -> list[Party]:
    """As what the caller may be told of warnings."""
    inspects = "inspector" in who.roles
    found = [Party.LEADER]
    if "warnings:answer" in who.permissions:
        found.insert(0, Party.UNIT)
    if len(who.region) == COUNTY_DIGITS and not inspects:
        found.append(Party.COUNTY_OFFICE)
    return [*found, Party.INSPECTORS] if inspects else found


async def counted(
    session: AsyncSession, who: Principal, county: str, moment: Moment, asked: Asked
) -> tuple[list[RuleWarnings], list[PartyWarnings]]:
    """Warnings by rule code, rules without any left out; and of all of them, by party, what is the caller's."""
    mine = parties(who)
    columns = {**_counts(moment), **{f"{one}.{name}": what for one in mine for name, what in _own(who, one, moment)}}
    query = select(
        WarningRow.rule_code,
        func.count().label("warnings_n"),
        *(func.count().filter(what).label(name) for name, what in columns.items()),
    )
    query = query.where(*which.meant(who, county, moment, asked)).group_by(WarningRow.rule_code)
    rows = (await session.execute(query.order_by(WarningRow.rule_code))).mappings().all()
    by_rule = [
        RuleWarnings(title=RULES[row["rule_code"]].title, rule_code=row["rule_code"], **{n: row[n] for n in _COUNTS})
        for row in rows
    ]
    own = [
        PartyWarnings(party=one, **{name: sum(row[f"{one}.{name}"] for row in rows) for name in _MINE}) for one in mine
    ]
    return by_rule, own


def total(rows: Sequence[RuleWarnings]) -> WarningCounts:
    """All rules together: a warning is of one rule."""
    return WarningCounts(**{name: sum(getattr(one, name) for one in rows) for name in _COUNTS})


def _counts(moment: Moment) -> dict[str, ColumnElement[bool]]:
    open_ = ~which.in_state(WarningState.ANSWERED, moment)
    escalated = {one: which.escalated(one, moment) for one in _ESCALATED}
    return {
        "open_n": open_,
        **{f"{state}_n": which.in_state(state, moment) for state in WarningState},
        "in_time_n": and_(open_, ~or_(*escalated.values())),
        "overdue_n": or_(*escalated.values()),
        **{f"escalated_to_{one}_n": what for one, what in escalated.items()},
    }


def _own(who: Principal, party: Party, moment: Moment) -> list[tuple[str, ColumnElement[bool]]]:
    """What was told to the caller as this party: what of it is open, overdue, and waits for this very party."""
    told = which.told(who, party, moment)
    overdue = or_(*(which.escalated(one, moment) for one in _ESCALATED))
    if party is Party.UNIT:
        waits = or_(*(which.in_state(one, moment) for one in (WarningState.ISSUED, WarningState.ACKNOWLEDGED)))
    else:
        waits = which.escalated(party, moment)
    open_ = ~which.in_state(WarningState.ANSWERED, moment)
    return [("open_n", and_(told, open_)), ("overdue_n", and_(told, overdue)), ("waiting_n", and_(told, waits))]
