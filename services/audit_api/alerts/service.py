"""Taking flags in as alerts, hearing what became of them, and whether one is still to be dealt with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import allow_long_statements
from chassis.feed import Envelope
from chassis.journal import record_alone
from services.audit_api.alerts import dealings, store
from services.audit_api.alerts.schemas import AlertStatus
from services.audit_api.alerts.states import must_stand_alone
from services.audit_api.tables import AlertOutcomeRow, AlertRow
from wire.alerts import AlertOutcomeHeard
from wire.audit import AlertsTakenIn
from wire.flags import FlagDecided, FlagsFound, FlagsRaised, FlagTold

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


class AlertUnknown(Exception):
    """The feed says what became of a flag that never arrived here: the two histories do not belong together."""

    def __init__(self, flag_id: UUID) -> None:
        super().__init__(f"flag {flag_id} never arrived here")


# Nobody here has dealt with it; what was decided of the flag in funds_api binds no inspector.
OPEN: Final = frozenset({AlertStatus.NEW, AlertStatus.DECIDED})
REOPENED: Final = "reopened"


def must_be_open(row: AlertRow) -> None:
    """Refuse an alert that somebody has dealt with."""
    if row.status not in OPEN:
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


async def flag_decided(tx: AsyncSession, envelope: Envelope) -> None:
    """Keep what a person decided of an alert's flag: it waits for nobody any more, until the flag is asked again.

    What the inspectors decided stands, and nothing is told back that the flag's side would hear.
    """
    event = FlagDecided.model_validate(envelope.body)
    county = envelope.stream
    row = await store.lock_one(tx, county, event.flag_id)
    if row is None:
        raise AlertUnknown(event.flag_id)
    told = {
        "county_code": county,
        "alert_id": row.id,
        "seq": event.seq,
        "region_code": row.region_code,
        "outcome": event.outcome,
        "document": event.document,
        "decided_on": event.decided_on,
        "decided_by": envelope.actor.rsplit("/", 1)[-1],
        "recovered_fen": event.recovered_fen,
        "feed_position": envelope.position,
    }
    await dealings.add(tx, AlertOutcomeRow, told)
    await store.hear(tx, row, None if event.outcome == REOPENED else event.outcome)
    heard = AlertOutcomeHeard(
        alert_id=row.id, county_code=county, seq=event.seq, outcome=event.outcome, feed_position=envelope.position
    )
    await record_alone(tx, "audit", county, heard, FOLLOWER, envelope.id)


def _row(stream: str, position: int, flag: FlagTold) -> dict[str, Any]:
    return {
        **flag.model_dump(exclude={"facts", "policy"}),
        **{name: flag.facts.get(name) for name in ("unit_name", "fund_code")},
        **{name: UUID(flag.facts[name]) if flag.facts.get(name) else None for name in ("account_id", "unit_id")},
        "stream": stream,
        "position": position,
        "source": "；".join(dict.fromkeys(one.source for one in flag.policy)),
    }
