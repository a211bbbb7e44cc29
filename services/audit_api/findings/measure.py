"""Measuring rectification in yuan: what movements of the funds feed do to the lots that findings are bound to.

A draw from a bound lot counts as put right, up to what is bound; a reversal takes it back and the binding follows the
money into the lot where it rests again. Movement kinds unknown here count for nothing: the feed may grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed import Envelope
from chassis.journal import record_alone
from services.audit_api.alerts import store as alerts
from services.audit_api.alerts.service import FOLLOWER
from services.audit_api.findings import store
from services.audit_api.findings.binding import counted, taken_back
from services.audit_api.quarantines import store as quarantines
from services.audit_api.tables import FindingLotRow, LotDrawRow
from wire.audit import RectificationMeasured, RectifiedChange
from wire.money import MoneyMoved, Moved, TreasuryOrderIssued, TreasuryOrderSettled
from wire.quarantines import QuarantineChanged
from wire.rosters import PaymentReturned, PaymentsDisbursed

COUNTED_KINDS: Final = frozenset({"hand_down", "order", "pay", "disburse", "return", "recover", "take_back"})
REVERSAL: Final = "reverse"


async def money_moved(tx: AsyncSession, envelope: Envelope) -> None:
    """Count the movements of a MoneyMoved event, and keep what they changed in quarantines."""
    event = MoneyMoved.model_validate(envelope.body)
    await _measure(tx, envelope, event.movements, event.quarantines)


async def payments_disbursed(tx: AsyncSession, envelope: Envelope) -> None:
    """Count the one movement of a PaymentsDisbursed event."""
    await _measure(tx, envelope, [PaymentsDisbursed.model_validate(envelope.body).movement])


async def order_moved(tx: AsyncSession, envelope: Envelope) -> None:
    """Count the one movement of an issued treasury order, or of what the bank made of it."""
    event = TreasuryOrderIssued if envelope.kind == TreasuryOrderIssued.__name__ else TreasuryOrderSettled
    await _measure(tx, envelope, [event.model_validate(envelope.body).movement])


async def payment_returned(tx: AsyncSession, envelope: Envelope) -> None:
    """Count the one movement of a PaymentReturned event."""
    await _measure(tx, envelope, [PaymentReturned.model_validate(envelope.body).movement])


async def _measure(
    tx: AsyncSession, envelope: Envelope, movements: list[Moved], quarantined: Sequence[QuarantineChanged] = ()
) -> None:
    county = envelope.stream
    changes: list[RectifiedChange] = []
    for moved in movements:
        if moved.kind == REVERSAL and moved.reverses_id is not None:
            changes += await _take_back(tx, county, moved, moved.reverses_id)
        elif moved.kind in COUNTED_KINDS:
            changes += await _count(tx, envelope, moved)
    if changes:
        await store.add_changes(tx, county, changes)
    if quarantined:
        told = {"county_code": county, "region_code": county, "feed_position": envelope.position}
        await quarantines.add_changes(tx, [{**one.model_dump(), **told} for one in quarantined])
    if changes or quarantined:
        measured = RectificationMeasured(
            county_code=county, feed_position=envelope.position, changes=changes, quarantines=list(quarantined)
        )
        await record_alone(tx, "audit", county, measured, FOLLOWER, envelope.id)


async def _count(tx: AsyncSession, envelope: Envelope, moved: Moved) -> list[RectifiedChange]:
    county = envelope.stream
    lots = await store.watched(tx, county, {draw.from_lot_id for draw in moved.draws})
    if not lots:
        return []
    # First the alerts: whoever opens a finding on them holds the same locks, so no draw falls between the two.
    await alerts.lock_by_lots(tx, county, lots)
    bindings = {row.lot_id: row for row in await store.lock_held(tx, county, lots)}
    draws = [draw for draw in moved.draws if draw.from_lot_id in lots]
    await store.add_draws(
        tx,
        [
            {
                "county_code": county,
                "region_code": county,
                "to_lot_id": draw.to_lot_id,
                "from_lot_id": draw.from_lot_id,
                "movement_id": moved.movement_id,
                "finding_id": bindings[draw.from_lot_id].finding_id if draw.from_lot_id in bindings else None,
                "kind": moved.kind,
                "effective_on": moved.effective_on,
                "amount_fen": draw.amount_fen,
                "feed_position": envelope.position,
            }
            for draw in draws
        ],
    )
    changes = []
    for lot, binding in bindings.items():
        drawn_fen = sum(draw.amount_fen for draw in draws if draw.from_lot_id == lot)
        change = counted(binding.bound_fen, binding.rectified_fen, drawn_fen)
        if change:
            await store.change_rectified(tx, binding, change)
            changes.append(_change(binding, moved, change))
    return changes


async def _take_back(tx: AsyncSession, county: str, moved: Moved, undone: UUID) -> list[RectifiedChange]:
    draws = await store.standing_draws(tx, county, undone)
    if not draws:
        return []
    await alerts.lock_by_lots(tx, county, {draw.from_lot_id for draw in draws})
    counting: dict[tuple[UUID, UUID], list[LotDrawRow]] = {}
    for draw in draws:
        if draw.finding_id is not None:
            counting.setdefault((draw.finding_id, draw.from_lot_id), []).append(draw)
    back_in = {draw.from_lot_id: draw.to_lot_id for draw in moved.draws}
    bindings = await store.lock_bindings(tx, county, counting.keys())
    changes = []
    for (finding, lot), reversed_draws in counting.items():
        binding = bindings[finding, lot]
        drawn_fen = await store.drawn_fen(tx, county, finding, lot)
        left_fen = binding.rectified_fen
        heirs: dict[UUID, int] = {}
        for draw in reversed_draws:
            less_fen = taken_back(left_fen, drawn_fen, draw.amount_fen)
            left_fen, drawn_fen = left_fen - less_fen, drawn_fen - draw.amount_fen
            if less_fen and draw.to_lot_id in back_in:
                heirs[back_in[draw.to_lot_id]] = less_fen
        change_fen = left_fen - binding.rectified_fen
        if change_fen:
            await store.change_rectified(tx, binding, change_fen, moved_fen=sum(heirs.values()))
            await store.add_heirs(tx, binding, heirs, moved.movement_id)
            changes.append(_change(binding, moved, change_fen))
    await store.mark_reversed(tx, county, undone)
    return changes


def _change(binding: FindingLotRow, moved: Moved, change_fen: int) -> RectifiedChange:
    return RectifiedChange(
        finding_id=binding.finding_id,
        lot_id=binding.lot_id,
        movement_id=moved.movement_id,
        effective_on=moved.effective_on,
        change_fen=change_fen,
    )
