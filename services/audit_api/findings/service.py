"""Opening a finding on alerts, and telling what it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from services.audit_api.alerts import store as alerts
from services.audit_api.alerts.service import must_be_new
from services.audit_api.findings import store
from services.audit_api.findings.binding import Alerted, bind, counted
from services.audit_api.findings.schemas import CLASSES, Finding, FindingLot, FindingRequest
from services.audit_api.findings.states import FindingStatus
from services.audit_api.missing import Missing
from services.audit_api.tables import FindingRow
from services.audit_api.words import sealed
from wire.audit import FindingOpened, LotBound


@dataclass(eq=False)
class LotHeld(Exception):
    """A lot is under another finding that has not been closed."""

    lot_id: str

    def __str__(self) -> str:
        return f"资金批次 {self.lot_id} 已被另一个未销号的问题认定，同一笔钱不能重复认定"


async def answers(tx: AsyncSession, county: str, rows: Sequence[FindingRow], as_of: date) -> list[Finding]:
    """Each finding with its money on `as_of` and the proof of it."""
    ids = [row.id for row in rows]
    lots = await store.lots_of(tx, county, ids)
    rectified = await store.rectified_on(tx, county, ids, as_of)
    alert_ids = await alerts.ids_of_finding(tx, county, ids)
    found = []
    for row in rows:
        bound_fen = sum(lot.bound_fen for lot in lots[row.id])
        by_now_fen = sum(lot.rectified_fen for lot in lots[row.id])
        then_fen = rectified.get(row.id, 0)
        found.append(
            Finding(
                id=row.id,
                county_code=row.county_code,
                class_code=row.class_code,
                class_name=CLASSES[row.class_code],
                title=row.title,
                facts=row.facts,
                status=FindingStatus(row.status),
                version=row.version,
                found_on=row.found_on,
                opened_by=row.opened_by,
                closed_on=row.closed_on,
                as_of=as_of,
                amount_fen=row.amount_fen,
                bound_fen=bound_fen,
                rectified_fen=then_fen,
                rectified_later_fen=by_now_fen - then_fen,
                outstanding_fen=bound_fen - then_fen,
                unexplained_fen=row.amount_fen - bound_fen,
                alert_ids=alert_ids[row.id],
                lots=[FindingLot.model_validate(lot, from_attributes=True) for lot in lots[row.id]],
            )
        )
    return found


@dataclass(eq=False)
class AlertNotAboutLots(Exception):
    """A finding binds money that rests, and this alert is about something else."""

    alert_id: str
    rule_code: str

    def __str__(self) -> str:
        return f"预警 {self.alert_id}（{self.rule_code}）不是关于停留资金的，目前只能按资金批次认定问题"


async def open_finding(
    tx: AsyncSession, who: Principal, act: Act, county: str, request: FindingRequest, today: date
) -> Finding:
    """Hold that something is the case: take the alerts up, bind their lots, and count what has left those lots since.

    What moved between the flag and this finding counts as put right, so it does not matter whether the office or the
    inspector was quicker.
    """
    await act.claim(tx, county)
    locked = await alerts.lock(tx, who, county, request.alert_ids)
    for missing in set(request.alert_ids) - {row.id for row in locked}:
        raise Missing("预警", str(missing))
    about: list[Alerted] = []
    for row in locked:
        must_be_new(row)
        if row.lot_id is None:
            raise AlertNotAboutLots(str(row.id), row.rule_code)
        about.append(Alerted(row.id, row.lot_id, row.amount_fen, row.feed_position))

    bound = bind(
        about,
        None if request.lots is None else {lot.lot_id: lot.amount_fen for lot in request.lots},
    )
    held = await store.held_elsewhere(tx, county, [one.lot_id for one in bound])
    if held is not None:
        raise LotHeld(str(held))

    finding_id = new_id()
    place = {"county_code": county, "region_code": county}
    finding = {
        **place,
        "id": finding_id,
        **request.model_dump(include={"class_code", "title", "facts"}),
        "found_on": request.found_on or today,
        "amount_fen": sum(one.bound_fen for one in bound),
        "opened_by": who.subject,
    }
    lots = [
        {
            **place,
            "finding_id": finding_id,
            "lot_id": one.lot_id,
            "alert_id": one.alerted.alert_id,
            "bound_fen": one.bound_fen,
        }
        for one in bound
    ]
    await store.add(tx, finding, lots)
    await alerts.take_up(tx, county, request.alert_ids, finding_id)
    for one in bound:
        await _count_what_left(tx, county, finding_id, one.lot_id, one.alerted.position)
    opened = await store.one(tx, who, county, finding_id)
    if opened is None:  # the row was written a moment ago in this very transaction
        raise Missing("问题", str(finding_id))
    [answer] = await answers(tx, county, [opened], today)
    event = FindingOpened(
        finding_id=finding_id,
        county_code=county,
        class_code=request.class_code,
        found_on=opened.found_on,
        amount_fen=opened.amount_fen,
        alert_ids=sorted(request.alert_ids),
        lots=[LotBound(lot_id=one.lot_id, bound_fen=one.bound_fen) for one in bound],
        text_sha256=sealed(request.title, request.facts),
    )
    await act.record(tx, county, event, answer)
    return answer


async def _count_what_left(tx: AsyncSession, county: str, finding: UUID, lot: UUID, since: int) -> None:
    by_movement: dict[UUID, tuple[date, int]] = {}
    for movement, effective_on, fen in await store.adopt_draws(tx, county, finding, lot, since):
        by_movement[movement] = (effective_on, by_movement.get(movement, (effective_on, 0))[1] + fen)
    for movement, (effective_on, fen) in by_movement.items():
        binding = await store.lock_binding(tx, county, finding, lot)
        change = counted(binding.bound_fen, binding.rectified_fen, fen)
        if change:
            await store.change_rectified(tx, binding, movement, effective_on, change)
