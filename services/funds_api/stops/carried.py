"""Stops that go over a border with their money: the clock goes on in the other county, less the days it stood still.

A stop there is a row of its own that names the one it is (`came_from_stop_id`): same document and days, whoever may
act there ends it there. Copied and not looked up: what a county knew when is told by its own journal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.ids import new_id
from services.funds_api.stops import store
from services.funds_api.tables import ClockStopRow, LotRow
from wire.money import StopSucceeded

_KEPT: Final = ("kind", "document", "reason", "from_on", "limit_on", "placed_by", "recorded_at")
_ENDING: Final = ("ended_on", "end_document", "ended_by")


@dataclass(frozen=True, slots=True)
class Held:
    """A lot that is about to go over, and a stop that held its clock on some day."""

    lot: UUID
    stop: UUID


async def held(tx: AsyncSession, county: str, lots: Sequence[UUID], not_from: str = "") -> list[Held]:
    """What stopped the clocks of these lots, by all that is known; asked before they leave.

    Without what came from the county `not_from`: that one has it.
    """
    found = await tx.execute(
        text(
            """
            SELECT c.lot_id, c.stop_id FROM funds.clock_stops(:county, DATE 'infinity', 9223372036854775807) c
              JOIN funds.clock_stop s ON s.county_code = :county AND s.id = c.stop_id
             WHERE c.lot_id = ANY(:lots) AND c.until_on > c.from_on
               AND s.came_from_county IS DISTINCT FROM CAST(:not_from AS text) ORDER BY c.stop_id, c.lot_id
            """
        ),
        {"county": county, "lots": list(lots), "not_from": not_from},
    )
    return [Held(row.lot_id, row.stop_id) for row in found]


async def carry(
    tx: AsyncSession, county: str, to_county: str, stopped: Sequence[Held], follows: Mapping[UUID, UUID]
) -> list[StopSucceeded]:
    """Record these stops anew where their lots are now, one for each place; `follows` are the new lots by the old."""
    if not stopped:
        return []
    rows = {row.id: row for row in await _stops(tx, county, [one.stop for one in stopped])}
    places = await _places(tx, to_county, [follows[one.lot] for one in stopped])
    by_place: dict[tuple[UUID, str], set[UUID]] = defaultdict(set)
    for one in stopped:
        by_place[one.stop, places[follows[one.lot]]].add(follows[one.lot])
    told = []
    for (stop, region), lots in by_place.items():
        before, stop_id = rows[stop], new_id()
        row = {name: getattr(before, name) for name in _KEPT}
        came = {"came_from_county": county, "came_from_stop_id": stop}
        await store.place(
            tx, {**row, **came, "county_code": to_county, "id": stop_id, "region_code": region}, sorted(lots)
        )
        if before.ended_on is not None:
            await store.end(tx, to_county, stop_id, {name: getattr(before, name) for name in _ENDING})
        told.append(StopSucceeded(from_stop_id=stop, stop_id=stop_id, lots=sorted(lots)))
    return told


async def _stops(tx: AsyncSession, county: str, stops: Sequence[UUID]) -> Sequence[ClockStopRow]:
    query = select(ClockStopRow).where(ClockStopRow.county_code == county, ClockStopRow.id.in_(set(stops)))
    return (await tx.scalars(query.execution_options(populate_existing=True))).all()


async def _places(tx: AsyncSession, county: str, lots: Sequence[UUID]) -> dict[UUID, str]:
    query = select(LotRow.id, LotRow.region_code).where(LotRow.county_code == county, LotRow.id.in_(set(lots)))
    return {row.id: row.region_code for row in await tx.execute(query)}
