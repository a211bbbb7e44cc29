"""Measuring rectification in yuan: what movements of the funds feed do to the lots that findings are bound to.

What a draw of a bound lot means is said in `following.py`: put right, up to what is bound, or gone on with its binding.
A reversal takes back what was put right, and the binding follows the money into the lot where it rests again. Movement
kinds unknown here count for nothing: the feed may grow.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed import Envelope
from chassis.journal import record_alone
from services.audit_api.alerts import store as alerts
from services.audit_api.alerts.service import FOLLOWER
from services.audit_api.findings import store
from services.audit_api.findings.binding import counted, taken_back
from services.audit_api.findings.following import (
    COUNTED_KINDS,
    REVERSAL,
    Effect,
    Holding,
    Leaving,
    RosterRow,
    depth_after,
    effect,
)
from services.audit_api.quarantines import store as quarantines
from services.audit_api.tables import FindingLotRow, LotDrawRow
from wire.audit import BindingMoved, RectificationMeasured, RectifiedChange
from wire.money import MoneyMoved, Moved, TreasuryOrderIssued, TreasuryOrderSettled
from wire.quarantines import QuarantineChanged
from wire.rosters import PaymentReturned, PaymentsDisbursed

# What movements changed: fen put right (or no longer), and bindings that went along.
Measured = tuple[list[RectifiedChange], list[BindingMoved]]


async def money_moved(tx: AsyncSession, envelope: Envelope) -> None:
    """Count the movements of a MoneyMoved event, and keep what they changed in quarantines."""
    event = MoneyMoved.model_validate(envelope.body)
    await _measure(tx, envelope, event.movements, event.quarantines, finding=event.finding_id)


async def payments_disbursed(tx: AsyncSession, envelope: Envelope) -> None:
    """Count the one movement of a PaymentsDisbursed event."""
    await _measure(tx, envelope, [PaymentsDisbursed.model_validate(envelope.body).movement])


async def order_moved(tx: AsyncSession, envelope: Envelope) -> None:
    """Count the one movement of an issued treasury order, or of what the bank made of it."""
    event = TreasuryOrderIssued if envelope.kind == TreasuryOrderIssued.__name__ else TreasuryOrderSettled
    await _measure(tx, envelope, [event.model_validate(envelope.body).movement])


async def payment_returned(tx: AsyncSession, envelope: Envelope) -> None:
    """Count the one movement of a PaymentReturned event, for whoever's row came back."""
    event = PaymentReturned.model_validate(envelope.body)
    await _measure(tx, envelope, [event.movement], row=(event.batch_id, event.line))


async def _measure(
    tx: AsyncSession,
    envelope: Envelope,
    movements: list[Moved],
    quarantined: Sequence[QuarantineChanged] = (),
    *,
    row: RosterRow | None = None,
    finding: UUID | None = None,
) -> None:
    county = envelope.stream
    changes: list[RectifiedChange] = []
    moves: list[BindingMoved] = []
    for moved in movements:
        if moved.kind == REVERSAL and moved.reverses_id is not None:
            changes += await _take_back(tx, county, moved, moved.reverses_id)
        leaving = Leaving(moved.kind, envelope.position, moved.reverses_id, row, finding)
        told = await _count(tx, county, moved, leaving)
        changes, moves = changes + told[0], moves + told[1]
    await store.add_changes(tx, county, changes)
    await store.add_moves(tx, county, moves)
    if quarantined:
        told_of = {"county_code": county, "region_code": county, "feed_position": envelope.position}
        await quarantines.add_changes(tx, [{**one.model_dump(), **told_of} for one in quarantined])
    if changes or moves or quarantined:
        measured = RectificationMeasured(
            county_code=county,
            feed_position=envelope.position,
            changes=changes,
            quarantines=list(quarantined),
            moves=moves,
        )
        await record_alone(tx, "audit", county, measured, FOLLOWER, envelope.id)


async def _count(tx: AsyncSession, county: str, moved: Moved, leaving: Leaving) -> Measured:
    from_lots = {draw.from_lot_id for draw in moved.draws}
    followed = await store.followed(tx, county, from_lots)
    lots = followed | (await store.watched(tx, county, from_lots) if moved.kind in COUNTED_KINDS else set())
    if not lots:
        return [], []
    # First the alerts: whoever opens a finding on them holds the same locks, so no draw falls between the two. Whoever
    # opens one on other things holds the cursor of the feed.
    await alerts.lock_by_lots(tx, county, lots)
    bindings: dict[UUID, list[FindingLotRow]] = defaultdict(list)
    for binding in await store.lock_held(tx, county, lots):
        bindings[binding.lot_id].append(binding)
    held = await holdings(tx, county, [one for found in bindings.values() for one in found])
    if moved.reverses_id is not None:
        leaving = replace(
            leaving, undoes=(await store.kinds_of(tx, county, [moved.reverses_id])).get(moved.reverses_id)
        )
    draws = [draw for draw in moved.draws if draw.from_lot_id in lots]
    meant = {lot: [(one, effect(held[one.finding_id, lot], leaving)) for one in bindings[lot]] for lot in lots}
    righted = {lot: [one for one, what in found if what is Effect.PUT_RIGHT] for lot, found in meant.items()}
    told = {
        "county_code": county,
        "region_code": county,
        "movement_id": moved.movement_id,
        "kind": moved.kind,
        "effective_on": moved.effective_on,
        "feed_position": leaving.position,
        "reverses_id": moved.reverses_id,
        "batch_id": leaving.row and leaving.row[0],
        "line": leaving.row and leaving.row[1],
    }
    await store.add_draws(
        tx,
        [
            {
                **told,
                "to_lot_id": draw.to_lot_id,
                "from_lot_id": draw.from_lot_id,
                "finding_id": _counts(righted[draw.from_lot_id], leaving),
                "amount_fen": draw.amount_fen,
            }
            for draw in draws
        ],
    )
    await store.follow(tx, county, {draw.to_lot_id for draw in draws if draw.from_lot_id in followed})
    changes: list[RectifiedChange] = []
    moves: list[BindingMoved] = []
    for lot, found in meant.items():
        drawn = {draw.to_lot_id: draw.amount_fen for draw in draws if draw.from_lot_id == lot}
        for binding, what in found:
            if what is Effect.PUT_RIGHT:
                change = counted(binding.bound_fen, binding.rectified_fen, sum(drawn.values()))
                if change:
                    await store.change_rectified(tx, binding, change)
                    changes.append(_change(binding, moved.movement_id, moved.effective_on, change))
            elif what is Effect.MOVED_ON:
                depth = depth_after(held[binding.finding_id, lot], leaving)
                moves += await _move_on(tx, binding, drawn, moved.movement_id, depth)
    return changes, moves


def _counts(righted: Sequence[FindingLotRow], leaving: Leaving) -> UUID | None:
    """The finding that counts a draw. What undoes a whole roster several count; no reversal is ever undone."""
    return righted[0].finding_id if len(righted) == 1 and leaving.kind != REVERSAL else None


async def holdings(
    tx: AsyncSession, county: str, bindings: Collection[FindingLotRow]
) -> dict[tuple[UUID, UUID], Holding]:
    """How each binding (finding, lot) holds its lot."""
    told = {one.finding_id for one in bindings if one.told_position is not None}
    named = await store.named_by(tx, county, told) if told else {}
    found = {}
    for one in bindings:
        movements, rows = named.get(one.finding_id, (set(), set()))
        found[one.finding_id, one.lot_id] = Holding(
            one.finding_id,
            one.told_position,
            one.leaving,
            frozenset(rows) if one.shared else None,
            frozenset(movements),
            one.depth,
        )
    return found


async def _move_on(
    tx: AsyncSession, binding: FindingLotRow, drawn: dict[UUID, int], movement: UUID, depth: int
) -> list[BindingMoved]:
    """Let the binding go along with what is drawn into other lots, as far as it is not put right."""
    left_fen = binding.bound_fen - binding.rectified_fen
    heirs: dict[UUID, int] = {}
    for lot, fen in sorted(drawn.items()):
        if fen := min(fen, left_fen):
            heirs[lot], left_fen = fen, left_fen - fen
    if heirs:
        await store.change_rectified(tx, binding, 0, moved_fen=sum(heirs.values()))
        await store.add_heirs(tx, binding, heirs, movement, depth)
    return [
        BindingMoved(
            finding_id=binding.finding_id,
            from_lot_id=binding.lot_id,
            to_lot_id=lot,
            movement_id=movement,
            amount_fen=fen,
        )
        for lot, fen in heirs.items()
    ]


async def catch_up(tx: AsyncSession, county: str, finding: UUID) -> Measured:
    """Count what left the lots of a finding just confirmed, of which no alert told, since the books had answered.

    Draw by draw, down into the lots to which bindings go along. What came back and was undone again went on, too: into
    the lot where it came back, and from there into the one where it rests.
    """
    changes: Counter[tuple[UUID, UUID, date]] = Counter()
    moves: list[BindingMoved] = []
    done: set[UUID] = set()
    while waiting := [one for one in await store.lock_told(tx, county, finding) if one.lot_id not in done]:
        held = await holdings(tx, county, waiting)
        draws = await store.draws_from(tx, county, {one.lot_id for one in waiting}, finding)
        undone = {one.reverses_id for found in draws.values() for one in found if one.reverses_id is not None}
        kinds = await store.kinds_of(tx, county, undone) if undone else {}
        for binding in waiting:
            done.add(binding.lot_id)
            claimed = []
            for draw in draws.get(binding.lot_id, []):
                now = await store.lock_binding(tx, county, finding, binding.lot_id)
                holding, leaving = held[finding, binding.lot_id], _leaving(draw, kinds)
                what = effect(holding, leaving)
                if what is Effect.MOVED_ON or (what is Effect.PUT_RIGHT and draw.reversed):
                    depth = depth_after(holding, leaving)
                    moves += await _move_on(tx, now, {draw.to_lot_id: draw.amount_fen}, draw.movement_id, depth)
                elif what is Effect.PUT_RIGHT:
                    if draw.kind != REVERSAL:
                        claimed.append(draw.to_lot_id)
                    if change := counted(now.bound_fen, now.rectified_fen, draw.amount_fen):
                        await store.change_rectified(tx, now, change)
                        changes[binding.lot_id, draw.movement_id, draw.effective_on] += change
            if claimed:
                await store.claim_draws(tx, county, finding, claimed)
    return [
        RectifiedChange(finding_id=finding, lot_id=lot, movement_id=movement, effective_on=effective_on, change_fen=fen)
        for (lot, movement, effective_on), fen in changes.items()
    ], moves


def _leaving(draw: LotDrawRow, kinds: Mapping[UUID, str]) -> Leaving:
    row = None if draw.batch_id is None or draw.line is None else (draw.batch_id, draw.line)
    undoes = None if draw.reverses_id is None else kinds.get(draw.reverses_id)
    return Leaving(draw.kind, draw.feed_position, draw.reverses_id, row, undoes=undoes)


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
            changes.append(_change(binding, moved.movement_id, moved.effective_on, change_fen))
    await store.mark_reversed(tx, county, undone)
    return changes


def _change(binding: FindingLotRow, movement: UUID, effective_on: date, change_fen: int) -> RectifiedChange:
    return RectifiedChange(
        finding_id=binding.finding_id,
        lot_id=binding.lot_id,
        movement_id=movement,
        effective_on=effective_on,
        change_fen=change_fen,
    )
