"""Taking flags in as alerts, and whether one is still to be dealt with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import allow_long_statements
from chassis.feed import Envelope
from chassis.journal import record_alone
from services.audit_api.alerts import dealings, store
from services.audit_api.alerts.schemas import AlertStatus
from services.audit_api.alerts.states import must_stand_alone
from services.audit_api.tables import AlertRow
from wire.audit import AlertsTakenIn
from wire.flags import FlagsFound, FlagsRaised, FlagTold

FOLLOWER = "qingliu-follower"


@dataclass(eq=False)
class AlertNotNew(Exception):
    """The alert has been taken up or dismissed already."""

    alert_id: str
    status: str

    def __str__(self) -> str:
        done = "已转为问题" if self.status == AlertStatus.TAKEN_UP else "已被排除"
        return f"预警 {self.alert_id} {done}，不能再次处理"


class FlagsMissing(Exception):
    """Fewer or more flags could be read than the feed said a rule had found."""

    def __init__(self, rule: str, told: int, read: int) -> None:
        super().__init__(f"{rule}: {told} flags were told, {read} read")


def must_be_new(row: AlertRow) -> None:
    """Refuse an alert that somebody has dealt with."""
    if row.status != AlertStatus.NEW:
        raise AlertNotNew(str(row.id), row.status)


async def parts_must_have_their_main(tx: AsyncSession, county: str, ids: Sequence[UUID]) -> None:
    """Refuse an alert that is part of another which is not dealt with along with it."""
    for alert, main in (await dealings.mains(tx, county, ids)).items():
        if main not in ids:
            must_stand_alone(alert, main)


async def take_in(tx: AsyncSession, envelope: Envelope) -> None:
    """Make an alert of every flag in a FlagsRaised event; its id stays the flag's."""
    event = FlagsRaised.model_validate(envelope.body)
    county = envelope.stream
    if not event.flags:
        return
    await store.add(
        tx,
        [
            {
                **flag.model_dump(exclude={"flag_id"}),
                "id": flag.flag_id,
                "subject": "lot",
                "subject_id": flag.lot_id,
                "county_code": county,
                "feed_position": envelope.position,
            }
            for flag in event.flags
        ],
    )
    taken = AlertsTakenIn(
        county_code=county, feed_position=envelope.position, alert_ids=[flag.flag_id for flag in event.flags]
    )
    await record_alone(tx, "audit", county, taken, FOLLOWER, envelope.id)


async def stage(tx: AsyncSession, envelope: Envelope, told: Sequence[FlagTold]) -> None:
    """Put by flags that a FlagsFound event only counts: no alerts yet, and seen by nobody, until all are here."""
    if told:
        await store.stage(tx, [_row(envelope.stream, envelope.position, flag) for flag in told])


async def take_in_found(tx: AsyncSession, envelope: Envelope) -> None:
    """Make an alert of every flag that a run found by one rule; what the feed counted must have been staged whole."""
    event = FlagsFound.model_validate(envelope.body)
    if not event.flags_n:
        return
    county = envelope.stream
    await allow_long_statements(tx)
    ids = await store.add_staged(tx, county, envelope.position)
    if len(ids) != event.flags_n:
        raise FlagsMissing(event.rule_code, event.flags_n, len(ids))
    taken = AlertsTakenIn(county_code=county, feed_position=envelope.position, alert_ids=ids)
    await record_alone(tx, "audit", county, taken, FOLLOWER, envelope.id)


def _row(stream: str, position: int, flag: FlagTold) -> dict[str, Any]:
    return {
        **flag.model_dump(exclude={"facts", "policy"}),
        **{name: flag.facts.get(name) for name in ("unit_name", "fund_code")},
        **{name: UUID(flag.facts[name]) if flag.facts.get(name) else None for name in ("account_id", "unit_id")},
        "stream": stream,
        "position": position,
        "source": "；".join(dict.fromkeys(one.source for one in flag.policy)),
    }
