"""Taking flags in as alerts, and dismissing an alert with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import allow_long_statements
from chassis.feed import Envelope
from chassis.identity import Principal
from chassis.journal import Act, record_alone
from services.audit_api.alerts import store
from services.audit_api.alerts.schemas import Alert, AlertStatus
from services.audit_api.missing import Missing
from services.audit_api.tables import AlertRow
from services.audit_api.words import sealed
from wire.audit import AlertDismissed, AlertsTakenIn
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


def alert_of(row: AlertRow) -> Alert:
    return Alert.model_validate(row, from_attributes=True)


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


async def dismiss(tx: AsyncSession, who: Principal, act: Act, county: str, alert_id: UUID, reason: str) -> Alert:
    """Answer the question with "no", and say why; only an alert that nobody has dealt with can be dismissed."""
    await act.claim(tx, county)
    locked = await store.lock(tx, who, county, [alert_id])
    if not locked:
        raise Missing("预警", str(alert_id))

    must_be_new(locked[0])

    await store.dismiss(tx, county, alert_id, who.subject, reason)
    await tx.refresh(locked[0])
    answer = alert_of(locked[0])
    event = AlertDismissed(alert_id=alert_id, county_code=county, text_sha256=sealed(reason))
    await act.record(tx, county, event, answer)
    return answer
