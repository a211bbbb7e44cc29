"""Findings, what they are bound to, and the draws that put them right, in SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, or_, select, tuple_, union, update
from sqlalchemy.dialects.postgresql import insert as insert_new
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.audit_api.access import visible_to
from services.audit_api.findings.following import COUNTED_KINDS, RosterRow
from services.audit_api.moments import EVERYTHING
from services.audit_api.tables import (
    AlertRow,
    BindingMoveRow,
    FiledReportRow,
    FindingLotRow,
    FindingRow,
    FindingSubjectLotRow,
    FollowedLotRow,
    LotDrawRow,
    RectifiedChangeRow,
)
from wire.audit import BindingMoved, RectifiedChange


async def nested_in(session: AsyncSession, county: str, finding: UUID, position: int) -> Sequence[FindingRow]:
    """The findings confirmed by `position` whose amounts lie directly within that of `finding`."""
    rows = await session.scalars(
        select(FindingRow)
        .where(
            FindingRow.county_code == county,
            FindingRow.within_finding_id == finding,
            FindingRow.confirmed_position <= position,
        )
        .order_by(FindingRow.id)
    )
    return rows.all()


async def larger_part(session: AsyncSession, county: str, finding: UUID, amount_fen: int) -> FindingRow | None:
    """The largest confirmed finding directly within `finding` whose exact amount is more than this, or None."""
    row = FindingRow
    return await session.scalar(
        select(row)
        .where(
            row.county_code == county,
            row.within_finding_id == finding,
            row.confirmed_on.is_not(None),
            row.amount_known == "exact",
            row.amount_fen > amount_fen,
        )
        .order_by(row.amount_fen.desc(), row.id)
        .limit(1)
    )


async def of_report(session: AsyncSession, county: str, report: UUID, position: int) -> Sequence[FindingRow]:
    """The findings of a filed report that were confirmed by `position`."""
    rows = await session.scalars(
        select(FindingRow)
        .where(
            FindingRow.county_code == county,
            FindingRow.report_id == report,
            FindingRow.confirmed_position <= position,
        )
        .order_by(FindingRow.id)
    )
    return rows.all()


async def outer_ids(session: AsyncSession, county: str, finding: UUID) -> list[UUID]:
    """The findings within whose amounts a finding lies, the nearest first."""
    found: list[UUID] = []
    at: UUID | None = finding
    while at is not None and at not in found[:-1]:
        at = await session.scalar(
            select(FindingRow.within_finding_id).where(FindingRow.county_code == county, FindingRow.id == at)
        )
        if at is not None:
            found.append(at)
    return found


async def report_there(session: AsyncSession, who: Principal, county: str, report: UUID) -> bool:
    """Whether a report is filed where the caller may see it."""
    found = await session.scalar(
        select(FiledReportRow.id).where(
            FiledReportRow.county_code == county,
            FiledReportRow.id == report,
            visible_to(who, FiledReportRow.region_code),
        )
    )
    return found is not None


async def one(session: AsyncSession, who: Principal, county: str, finding_id: UUID) -> FindingRow | None:
    return await session.scalar(select(FindingRow).where(*_this(who, county, finding_id)))


async def lock(session: AsyncSession, who: Principal, county: str, finding_id: UUID) -> FindingRow | None:
    """The finding, locked against other decisions (but not against the follower's counting)."""
    return await session.scalar(
        select(FindingRow)
        .where(*_this(who, county, finding_id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def _this(who: Principal, county: str, finding_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        FindingRow.county_code == county,
        FindingRow.id == finding_id,
        visible_to(who, FindingRow.region_code),
    )


async def add(session: AsyncSession, finding: dict[str, Any]) -> None:
    await session.execute(insert(FindingRow).values(finding))


async def change(session: AsyncSession, row: FindingRow, **values: Any) -> None:
    """Write what a locked draft says now, or that it was confirmed."""
    await session.execute(
        update(FindingRow)
        .where(FindingRow.county_code == row.county_code, FindingRow.id == row.id)
        .values(version=FindingRow.version + 1, **values)
    )


async def add_lots(session: AsyncSession, lots: list[dict[str, Any]]) -> None:
    """Bind lots; there may be none."""
    if lots:
        await session.execute(insert(FindingLotRow), lots)


async def advance(session: AsyncSession, row: FindingRow, status: str, closed_on: date | None = None) -> None:
    """Move a locked finding to `status`; a closed one lets go of its lots.

    The lots first: what is told of the finding takes the head of the journal, and the follower takes the two in this
    order.
    """
    if closed_on is not None:
        await session.execute(
            update(FindingLotRow)
            .where(FindingLotRow.county_code == row.county_code, FindingLotRow.finding_id == row.id)
            .values(held=False)
        )
    await session.execute(
        update(FindingRow)
        .where(FindingRow.county_code == row.county_code, FindingRow.id == row.id)
        .values(status=status, version=FindingRow.version + 1, closed_on=closed_on)
    )


async def held_elsewhere(session: AsyncSession, county: str, lots: Collection[UUID]) -> UUID | None:
    """A lot among `lots` that a finding holds already, or None."""
    return await session.scalar(
        select(FindingLotRow.lot_id)
        .where(FindingLotRow.county_code == county, FindingLotRow.lot_id.in_(lots), FindingLotRow.held)
        .order_by(FindingLotRow.lot_id)
        .limit(1)
    )


async def rows_held_elsewhere(
    session: AsyncSession, county: str, shared: Mapping[UUID, Collection[RosterRow]]
) -> UUID | None:
    """A lot among `shared` that a finding holds whole, or by one of the same rows of a roster; or None."""
    if not shared:
        return None
    lot, finding, said = FindingLotRow, FindingRow, FindingSubjectLotRow
    rows = {row for own in shared.values() for row in own}
    same_row = (
        select(said.lot_id)
        .join(finding, (finding.county_code == said.county_code) & (finding.id == said.finding_id))
        .where(
            said.county_code == lot.county_code,
            said.finding_id == lot.finding_id,
            said.version_no == finding.version_no,
            tuple_(said.batch_id, said.line).in_(sorted(rows)),
        )
        .exists()
    )
    return await session.scalar(
        select(lot.lot_id)
        .where(lot.county_code == county, lot.lot_id.in_(shared), lot.held, or_(~lot.shared, same_row))
        .order_by(lot.lot_id)
        .limit(1)
    )


def came_back_by(position: int) -> ColumnElement[bool]:
    """Whether a binding was known by `position`: a lot that money came back into, or went on into, since it did."""
    lot, change = FindingLotRow, RectifiedChangeRow
    came_back = (
        select(change.lot_id)
        .where(
            change.county_code == lot.county_code,
            change.finding_id == lot.finding_id,
            change.movement_id == lot.came_by,
            change.lot_id == lot.came_from,
            change.position <= position,
        )
        .exists()
    )
    went_on = (
        select(BindingMoveRow.to_lot_id)
        .where(
            BindingMoveRow.county_code == lot.county_code,
            BindingMoveRow.finding_id == lot.finding_id,
            BindingMoveRow.to_lot_id == lot.lot_id,
            BindingMoveRow.position <= position,
        )
        .exists()
    )
    return or_(lot.came_by.is_(None), came_back, went_on)


async def lots_of(
    session: AsyncSession, county: str, findings: Collection[UUID], position: int = EVERYTHING
) -> dict[UUID, list[FindingLotRow]]:
    """What each finding was bound to, by lot, as known by `position`: a lot money came back into since it did."""
    found: dict[UUID, list[FindingLotRow]] = {finding: [] for finding in findings}
    rows = await session.scalars(
        select(FindingLotRow)
        .where(
            FindingLotRow.county_code == county,
            FindingLotRow.finding_id.in_(findings),
            came_back_by(position),
        )
        .order_by(FindingLotRow.finding_id, FindingLotRow.lot_id)
    )
    for row in rows:
        found[row.finding_id].append(row)
    return found


async def rectified_of(
    session: AsyncSession, county: str, findings: Collection[UUID], as_of: date, position: int
) -> dict[UUID, dict[UUID, tuple[int, int]]]:
    """Fen put right in each lot of each finding, as known by `position`: by movements until `as_of`, and after it."""
    change = RectifiedChangeRow
    by_then = func.coalesce(func.sum(change.change_fen).filter(change.effective_on <= as_of), 0)
    rows = await session.execute(
        select(change.finding_id, change.lot_id, by_then, func.sum(change.change_fen) - by_then)
        .where(change.county_code == county, change.finding_id.in_(findings), change.position <= position)
        .group_by(change.finding_id, change.lot_id)
    )
    found: dict[UUID, dict[UUID, tuple[int, int]]] = {}
    for finding, lot, then_fen, later_fen in rows:
        found.setdefault(finding, {})[lot] = (int(then_fen), int(later_fen))
    return found


async def rectified_on(session: AsyncSession, county: str, findings: Collection[UUID], as_of: date) -> dict[UUID, int]:
    """Fen put right by movements effective on `as_of` or before; a finding without any is absent."""
    rows = await session.execute(
        select(RectifiedChangeRow.finding_id, func.sum(RectifiedChangeRow.change_fen))
        .where(
            RectifiedChangeRow.county_code == county,
            RectifiedChangeRow.finding_id.in_(findings),
            RectifiedChangeRow.effective_on <= as_of,
        )
        .group_by(RectifiedChangeRow.finding_id)
    )
    return {finding: int(fen) for finding, fen in rows}


async def follow(session: AsyncSession, county: str, lots: Collection[UUID]) -> None:
    """Keep every draw of these lots from now on; there may be none."""
    if lots:
        rows = [{"county_code": county, "region_code": county, "lot_id": lot} for lot in sorted(lots)]
        await session.execute(insert_new(FollowedLotRow).values(rows).on_conflict_do_nothing())


async def followed(session: AsyncSession, county: str, lots: Collection[UUID]) -> set[UUID]:
    """Those of `lots` of which every draw is kept."""
    row = FollowedLotRow
    return set(await session.scalars(select(row.lot_id).where(row.county_code == county, row.lot_id.in_(lots))))


async def named_by(
    session: AsyncSession, county: str, findings: Collection[UUID]
) -> dict[UUID, tuple[set[UUID], set[RosterRow]]]:
    """Of findings on other things than lots: what they name, as movements and as rows of rosters."""
    lot, finding = FindingSubjectLotRow, FindingRow
    rows = await session.execute(
        select(lot.finding_id, lot.movement_id, lot.batch_id, lot.line)
        .join(finding, (finding.county_code == lot.county_code) & (finding.id == lot.finding_id))
        .where(lot.county_code == county, lot.finding_id.in_(findings), lot.version_no == finding.version_no)
    )
    found: dict[UUID, tuple[set[UUID], set[RosterRow]]] = {}
    for one, movement, batch, line in rows:
        movements, lines = found.setdefault(one, (set(), set()))
        movements.add(movement)
        if batch is not None and line is not None:
            lines.add((batch, line))
    return found


async def watched(session: AsyncSession, county: str, lots: Collection[UUID]) -> set[UUID]:
    """Those of `lots` that an alert or a finding names."""
    alerted = select(AlertRow.lot_id).where(AlertRow.county_code == county, AlertRow.lot_id.in_(lots))
    bound = select(FindingLotRow.lot_id).where(FindingLotRow.county_code == county, FindingLotRow.lot_id.in_(lots))
    return set(await session.scalars(union(alerted, bound)))


async def lock_held(session: AsyncSession, county: str, lots: Collection[UUID]) -> Sequence[FindingLotRow]:
    """The bindings that hold any of `lots`, locked in lot order."""
    rows = await session.scalars(
        select(FindingLotRow)
        .where(FindingLotRow.county_code == county, FindingLotRow.lot_id.in_(lots), FindingLotRow.held)
        .order_by(FindingLotRow.lot_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def lock_binding(session: AsyncSession, county: str, finding: UUID, lot: UUID) -> FindingLotRow:
    rows = await session.scalars(
        select(FindingLotRow)
        .where(FindingLotRow.county_code == county, FindingLotRow.finding_id == finding, FindingLotRow.lot_id == lot)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return rows.one()


async def add_draws(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    await session.execute(insert(LotDrawRow), rows)


async def standing_draws(session: AsyncSession, county: str, movement: UUID) -> Sequence[LotDrawRow]:
    """The watched draws of a movement that nobody has undone."""
    rows = await session.scalars(
        select(LotDrawRow)
        .where(LotDrawRow.county_code == county, LotDrawRow.movement_id == movement, ~LotDrawRow.reversed)
        .order_by(LotDrawRow.from_lot_id, LotDrawRow.to_lot_id)
    )
    return rows.all()


async def drawn_fen(session: AsyncSession, county: str, finding: UUID, lot: UUID) -> int:
    """Σ of the draws from `lot` that `finding` counts and nobody has undone."""
    found = await session.scalar(
        select(func.coalesce(func.sum(LotDrawRow.amount_fen), 0)).where(
            LotDrawRow.county_code == county,
            LotDrawRow.from_lot_id == lot,
            LotDrawRow.finding_id == finding,
            ~LotDrawRow.reversed,
        )
    )
    return int(found or 0)


async def mark_reversed(session: AsyncSession, county: str, movement: UUID) -> None:
    await session.execute(
        update(LotDrawRow)
        .where(LotDrawRow.county_code == county, LotDrawRow.movement_id == movement)
        .values(reversed=True)
    )


async def adopt_draws(
    session: AsyncSession, county: str, finding: UUID, lot: UUID, since: int
) -> list[tuple[UUID, date, int]]:
    """Let `finding` count what left `lot` after feed position `since`: (movement, effective_on, fen), oldest first."""
    rows = await session.execute(
        update(LotDrawRow)
        .where(
            LotDrawRow.county_code == county,
            LotDrawRow.from_lot_id == lot,
            LotDrawRow.finding_id.is_(None),
            LotDrawRow.kind.in_(COUNTED_KINDS),
            LotDrawRow.feed_position > since,
            ~LotDrawRow.reversed,
        )
        .values(finding_id=finding)
        .returning(LotDrawRow.movement_id, LotDrawRow.effective_on, LotDrawRow.amount_fen, LotDrawRow.feed_position)
    )
    found = sorted(rows.all(), key=lambda row: (row.feed_position, row.movement_id))
    return [(row.movement_id, row.effective_on, row.amount_fen) for row in found]


async def kinds_of(session: AsyncSession, county: str, movements: Collection[UUID]) -> dict[UUID, str]:
    """The kinds of those movements of which draws are kept."""
    row = LotDrawRow
    rows = await session.execute(
        select(row.movement_id, row.kind).where(row.county_code == county, row.movement_id.in_(movements)).distinct()
    )
    return dict(rows.all())


async def draws_from(
    session: AsyncSession, county: str, lots: Collection[UUID], finding: UUID
) -> dict[UUID, list[LotDrawRow]]:
    """The kept draws from each of `lots` that no other finding counts, in the order in which the feed told them."""
    found: dict[UUID, list[LotDrawRow]] = {}
    rows = await session.scalars(
        select(LotDrawRow)
        .where(
            LotDrawRow.county_code == county,
            LotDrawRow.from_lot_id.in_(lots),
            or_(LotDrawRow.finding_id.is_(None), LotDrawRow.finding_id == finding),
        )
        .order_by(LotDrawRow.feed_position, LotDrawRow.to_lot_id)
    )
    for row in rows:
        found.setdefault(row.from_lot_id, []).append(row)
    return found


async def claim_draws(session: AsyncSession, county: str, finding: UUID, to_lots: Collection[UUID]) -> None:
    """Let `finding` count these draws."""
    await session.execute(
        update(LotDrawRow)
        .where(LotDrawRow.county_code == county, LotDrawRow.to_lot_id.in_(to_lots))
        .values(finding_id=finding)
    )


async def lock_told(session: AsyncSession, county: str, finding: UUID) -> Sequence[FindingLotRow]:
    """The bindings of a finding that no alert saw, locked in lot order."""
    rows = await session.scalars(
        select(FindingLotRow)
        .where(
            FindingLotRow.county_code == county,
            FindingLotRow.finding_id == finding,
            FindingLotRow.told_position.is_not(None),
        )
        .order_by(FindingLotRow.lot_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def lock_bindings(
    session: AsyncSession, county: str, bound: Collection[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], FindingLotRow]:
    """The bindings among `bound` (finding, lot), locked in their order."""
    rows = await session.scalars(
        select(FindingLotRow)
        .where(
            FindingLotRow.county_code == county,
            tuple_(FindingLotRow.finding_id, FindingLotRow.lot_id).in_(sorted(bound)),
        )
        .order_by(FindingLotRow.finding_id, FindingLotRow.lot_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {(row.finding_id, row.lot_id): row for row in rows}


async def change_rectified(session: AsyncSession, row: FindingLotRow, change_fen: int, moved_fen: int = 0) -> None:
    """Add `change_fen` to what is put right in a locked binding, and move `moved_fen` out of it."""
    await session.execute(
        update(FindingLotRow)
        .where(
            FindingLotRow.county_code == row.county_code,
            FindingLotRow.finding_id == row.finding_id,
            FindingLotRow.lot_id == row.lot_id,
        )
        .values(rectified_fen=FindingLotRow.rectified_fen + change_fen, bound_fen=FindingLotRow.bound_fen - moved_fen)
    )


async def add_changes(session: AsyncSession, county: str, changes: Sequence[RectifiedChange]) -> None:
    """Say which movements changed what is put right. Takes the journal's lock: whatever is locked is locked before."""
    if changes:
        told = {"finding_id", "lot_id", "movement_id", "effective_on", "change_fen"}
        rows = [{"county_code": county, "region_code": county, **one.model_dump(include=told)} for one in changes]
        await session.execute(insert(RectifiedChangeRow), rows)


async def add_moves(session: AsyncSession, county: str, moves: Sequence[BindingMoved]) -> None:
    """Say which movements took bindings along. Takes the journal's lock, as `add_changes` does."""
    if moves:
        rows = [{"county_code": county, "region_code": county, **one.model_dump()} for one in moves]
        await session.execute(insert(BindingMoveRow), rows)


async def add_heirs(
    session: AsyncSession, row: FindingLotRow, heirs: Mapping[UUID, int], came_by: UUID, depth: int | None = None
) -> None:
    """Bind the lots in which money of a binding rests by a movement, each with its fen; `heirs` may be empty.

    They are as deep as the binding was, unless `depth` says otherwise.
    """
    if heirs:
        await session.execute(
            insert(FindingLotRow),
            [
                {
                    "county_code": row.county_code,
                    "region_code": row.region_code,
                    "finding_id": row.finding_id,
                    "lot_id": lot,
                    "came_from": row.lot_id,
                    "came_by": came_by,
                    "alert_id": None,
                    "first_fen": fen,
                    "bound_fen": fen,
                    "held": row.held,
                    "told_position": row.told_position,
                    "shared": row.shared,
                    "leaving": row.leaving,
                    "depth": row.depth if depth is None else depth,
                }
                for lot, fen in heirs.items()
            ],
        )
