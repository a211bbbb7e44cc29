"""What inspectors decided, as their feed tells it, becomes the outcomes of flags: nobody has to say it twice.

An alert that was dismissed refutes its flag; a finding confirms the flags it was made of; money that came back of what
a finding is bound to was recovered. The reason stays with the inspectors: the outcome names the row of their journal
and the hash of the text. What a person had decided here is left, and the event says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed import Envelope
from chassis.journal import record_alone
from services.funds_api.access import FOLLOWER
from services.funds_api.outcomes import store, told
from services.funds_api.outcomes.told import CAME_BACK, CONFIRMED, REFUTED, Next, Stands
from services.funds_api.tables import FlagOutcomeRow, FlagRow
from treasury.calendar import business_date
from wire.audit import AlertDismissed, FindingOpened, RectificationMeasured, RectifiedChange
from wire.flags import FlagDecided, FlagLeft, FlagsDecided


class FlagUnknown(Exception):
    """The inspectors' feed names a flag that was never raised here: the two histories do not belong together."""

    def __init__(self, flag_id: UUID) -> None:
        super().__init__(f"flag {flag_id} was never raised here")


@dataclass(frozen=True, slots=True)
class Decided:
    """A flag with what stood of it and what the feed adds to it."""

    flag: FlagRow
    last: FlagOutcomeRow | None
    adds: list[Next]


async def alert_dismissed(tx: AsyncSession, envelope: Envelope) -> None:
    """Refute the flag of an alert that an inspector dismissed."""
    event = AlertDismissed.model_validate(envelope.body)
    on = business_date(envelope.recorded_at)
    found = [
        Decided(flag, last, told.concluded(_stands(last), REFUTED, _not_before(on, flag, last)))
        for flag, last in await _load(tx, envelope.stream, [event.alert_id])
    ]
    reason = f"监督部门已排除该预警；理由存于监督系统，其 SHA-256 为 {event.text_sha256}"
    await _record(tx, envelope, found, reason)


async def lock_flags(tx: AsyncSession, envelope: Envelope) -> None:
    """Lock the flags of a finding before anything takes the head of the journal: whoever decides one does so too."""
    await store.locked(tx, envelope.stream, FindingOpened.model_validate(envelope.body).alert_ids)


async def finding_opened(tx: AsyncSession, envelope: Envelope) -> None:
    """Confirm the flags that a finding was made of, each of the fen of its lot that the finding is bound to."""
    event = FindingOpened.model_validate(envelope.body)
    bound = {one.lot_id: one.bound_fen for one in event.lots}
    if not event.alert_ids and not event.lots:
        return  # nothing of it is known here
    loaded = await _load(tx, envelope.stream, event.alert_ids)
    found = []
    for flag, last in loaded:
        # A flag about something else than a lot is confirmed as it was asked.
        fen = min(bound.get(flag.subject_id, 0), flag.amount_fen) if flag.subject == "lot" and bound else None
        on = _not_before(event.confirmed_on or event.found_on, flag, last)
        found.append(Decided(flag, last, told.concluded(_stands(last), CONFIRMED, on, fen)))
    await store.add_finding(tx, envelope.stream, event.finding_id, [flag.id for flag, _ in loaded])
    reason = f"监督部门已据此认定问题（{event.class_code}）；认定内容存于监督系统，其 SHA-256 为 {event.text_sha256}"
    await _record(tx, envelope, found, reason)


async def rectification_measured(tx: AsyncSession, envelope: Envelope) -> None:
    """Add what came back, of what a finding counts as put right, to the flags that the finding was made of."""
    event = RectificationMeasured.model_validate(envelope.body)
    county = envelope.stream
    kinds = await store.kinds_of(tx, county, [one.movement_id for one in event.changes])
    back = [one for one in event.changes if kinds.get(one.movement_id) in CAME_BACK]
    if not back:
        return
    flags = await store.flags_of_lots(tx, county, [one.finding_id for one in back], [one.lot_id for one in back])
    changes = _by_flag(back, flags)
    if not changes:
        return
    found = []
    for flag, last in await _load(tx, county, sorted(changes)):
        fen, on = changes[flag.id]
        adds = told.recovered(_stands(last), fen, flag.amount_fen, _not_before(on, flag, last))
        found.append(Decided(flag, last, adds))
    await _record(tx, envelope, found, "监督部门已认定问题的资金，按日志所载的退回、追缴、收回业务计入追回")


def _by_flag(
    back: Sequence[RectifiedChange], flags: Mapping[tuple[UUID, UUID], Sequence[UUID]]
) -> dict[UUID, tuple[int, date]]:
    """What came back of each flag by all of these changes, and the last day on which some did."""
    found: dict[UUID, tuple[int, date]] = {}
    for one in back:
        for flag in flags.get((one.finding_id, one.lot_id), ()):
            fen, on = found.get(flag, (0, one.effective_on))
            found[flag] = (fen + one.change_fen, max(on, one.effective_on))
    return found


async def _load(tx: AsyncSession, county: str, flags: Sequence[UUID]) -> list[tuple[FlagRow, FlagOutcomeRow | None]]:
    """These flags, locked, by id, each with what stands of it; `FlagUnknown` when one was never raised."""
    rows = await store.locked(tx, county, flags)
    for unknown in set(flags) - rows.keys():
        raise FlagUnknown(unknown)
    last = await store.last_outcomes(tx, county, flags)
    return [(rows[one], last.get(one)) for one in sorted(rows)]


def _stands(last: FlagOutcomeRow | None) -> Stands | None:
    if last is None:
        return None
    heard = last.decided_by == FOLLOWER
    return Stands(last.outcome, last.decided_on, heard, last.recovered_fen, last.confirmed_fen)


def _not_before(on: date, flag: FlagRow, last: FlagOutcomeRow | None) -> date:
    """The day of a decision, or the first on which the flag can be decided: no outcome lies before what it is about."""
    return max(on, flag.as_of, last.decided_on if last else flag.as_of)


async def _record(tx: AsyncSession, envelope: Envelope, found: Sequence[Decided], reason: str) -> None:
    """Write what is added to each flag, and tell it as one event."""
    decided: list[FlagDecided] = []
    for one in found:
        for n, added in enumerate(one.adds, start=(one.last.seq if one.last else 0) + 1):
            row = _row(envelope, one.flag, n, added, reason)
            await store.add(tx, row)
            decided.append(_fact(one.flag, row))
    left = [FlagLeft(flag_id=one.flag.id, stands=one.last.outcome) for one in found if not one.adds and one.last]
    event = FlagsDecided(
        county_code=envelope.stream,
        audit_kind=envelope.kind,
        audit_position=envelope.position,
        decided=decided,
        left=left,
    )
    await record_alone(tx, "funds", envelope.stream, event, FOLLOWER, envelope.id)


def _row(envelope: Envelope, flag: FlagRow, seq: int, added: Next, reason: str) -> dict[str, Any]:
    return {
        "county_code": flag.county_code,
        "flag_id": flag.id,
        "seq": seq,
        "region_code": flag.region_code,
        "outcome": added.outcome,
        "reason": reason,
        "document": f"监督日志 {envelope.stream} 第 {envelope.position} 号",
        "decided_on": added.decided_on,
        "decided_by": FOLLOWER,
        "recovered_fen": added.recovered_fen,
        "confirmed_fen": added.confirmed_fen,
    }


def _fact(flag: FlagRow, row: Mapping[str, Any]) -> FlagDecided:
    return FlagDecided(
        **{name: row[name] for name in ("county_code", "flag_id", "seq", "region_code", "outcome", "document")},
        decided_on=row["decided_on"],
        recovered_fen=row["recovered_fen"],
        rule_code=flag.rule_code,
        rule_version=flag.rule_version,
        amount_fen=flag.amount_fen,
    )
