"""The fen of findings as a sum over them counts each once, read in sets: what `nesting.counted_once` asks about."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.audit_api.findings.nesting import Amount, Share, counted_once
from services.audit_api.findings.store import came_back_by
from services.audit_api.moments import Moment
from services.audit_api.tables import FindingLotRow, FindingRow, RectifiedChangeRow


def among(
    column: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None], ids: Collection[UUID]
) -> ColumnElement[bool]:
    """Whether a column is one of `ids`: one argument however many there are, where IN would take one for each."""
    return column == any_(literal(list(ids), ARRAY(Uuid())))


async def shares(session: AsyncSession, county: str, chosen: Collection[UUID], moment: Moment) -> dict[UUID, Share]:
    """What each of some confirmed findings adds to the sum over them, put right by a day, as known by the moment."""
    outer = await _outer(session, county, chosen, moment.position)
    known = {*chosen, *await _inner(session, county, chosen, moment.position)}
    rows = await session.execute(
        select(FindingRow.id, FindingRow.amount_fen, FindingRow.within_finding_id, FindingRow.found_on).where(
            FindingRow.county_code == county, among(FindingRow.id, known)
        )
    )
    rectified = await _rectified(session, county, known, moment)
    lots = await lots_held_again(session, county, known, moment)
    amounts = [
        Amount(one, amount_fen, within, found_on, rectified.get(one, 0), lots.get(one, {}))
        for one, amount_fen, within, found_on in rows
    ]
    return counted_once(amounts, chosen, outer)


async def lots_held_again(
    session: AsyncSession, county: str, findings: Collection[UUID], moment: Moment
) -> dict[UUID, dict[UUID, tuple[int, int]]]:
    """By finding and lot how many fen were bound and put right by a day: of the lots that several of them held."""
    lot, of = FindingLotRow, (FindingLotRow.county_code == county, among(FindingLotRow.finding_id, findings))
    several = select(lot.lot_id).where(*of).group_by(lot.lot_id).having(func.count() > 1)
    rows = (await session.scalars(select(lot).where(*of, lot.lot_id.in_(several), came_back_by(moment.position)))).all()
    held = {one.finding_id for one in rows}
    moved_on = await _moved_on(session, county, held, moment.position)
    change = RectifiedChangeRow
    right = {
        (finding, at): int(fen)
        for finding, at, fen in await session.execute(
            select(change.finding_id, change.lot_id, func.sum(change.change_fen))
            .where(
                change.county_code == county,
                among(change.finding_id, held),
                change.effective_on <= moment.as_of,
                change.position <= moment.position,
            )
            .group_by(change.finding_id, change.lot_id)
        )
    }
    found: dict[UUID, dict[UUID, tuple[int, int]]] = {}
    for one in rows:
        key = (one.finding_id, one.lot_id)
        found.setdefault(one.finding_id, {})[one.lot_id] = (one.first_fen - moved_on.get(key, 0), right.get(key, 0))
    return found


async def _moved_on(
    session: AsyncSession, county: str, findings: Collection[UUID], position: int
) -> dict[tuple[UUID, UUID], int]:
    """By finding and lot, how many of the fen bound there went on into other lots that the finding holds."""
    lot = FindingLotRow
    rows = await session.execute(
        select(lot.finding_id, lot.came_from, func.sum(lot.first_fen))
        .where(
            lot.county_code == county,
            among(lot.finding_id, findings),
            lot.came_from.is_not(None),
            came_back_by(position),
        )
        .group_by(lot.finding_id, lot.came_from)
    )
    return {(finding, came_from): int(fen) for finding, came_from, fen in rows if came_from is not None}


async def _rectified(session: AsyncSession, county: str, findings: Collection[UUID], moment: Moment) -> dict[UUID, int]:
    change = RectifiedChangeRow
    rows = await session.execute(
        select(change.finding_id, func.sum(change.change_fen))
        .where(
            change.county_code == county,
            among(change.finding_id, findings),
            change.effective_on <= moment.as_of,
            change.position <= moment.position,
        )
        .group_by(change.finding_id)
    )
    return {finding: int(fen) for finding, fen in rows}


async def _outer(
    session: AsyncSession, county: str, findings: Collection[UUID], position: int
) -> dict[UUID, UUID | None]:
    """Of the findings and those within whose amounts they lie, directly within which other each lies."""
    row = FindingRow
    known = (row.county_code == county, row.confirmed_position <= position, row.within_finding_id.is_not(None))
    first = select(row.id.label("inner_id"), row.within_finding_id.label("outer_id"))
    found = first.where(*known, among(row.id, findings)).cte("outer_of", recursive=True)
    found = found.union(first.join(found, found.c.outer_id == row.id).where(*known))
    rows = await session.execute(select(found.c.inner_id, found.c.outer_id))
    return dict(rows.all())


async def _inner(session: AsyncSession, county: str, findings: Collection[UUID], position: int) -> set[UUID]:
    """The findings whose amounts lie within those of some, at whatever depth."""
    row = FindingRow
    known = (row.county_code == county, row.confirmed_position <= position)
    first = select(row.id.label("inner_id"))
    found = first.where(*known, among(row.within_finding_id, findings)).cte("inner_of", recursive=True)
    found = found.union(first.join(found, found.c.inner_id == row.within_finding_id).where(*known))
    return set(await session.scalars(select(found.c.inner_id)))
