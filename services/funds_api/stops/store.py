"""Stop-clocks in SQL: which lots lay there on a day, the stops themselves, and what each lot was stopped by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, exists, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.moments import Moment
from services.funds_api.standing import REMAINING, SCOPE, STILL_THERE
from services.funds_api.tables import ClockStopLotRow, ClockStopRow, LotRow
from treasury.clocks import Holder
from treasury.stops import Stop

# What a stop may name, as a condition on a lot `l`.
_TARGETS: Final = {
    "lots": "l.id = ANY(:named)",
    "account": "l.account_id = ANY(:named) AND (CAST(:fund AS text) IS NULL OR l.fund_code = :fund)",
    "movement": "l.movement_id = ANY(:named)",
    "hold": "l.id IN (SELECT k.lot_id FROM funds.hold_lot k WHERE k.county_code = :county AND k.hold_id = ANY(:named))",
}


@dataclass(frozen=True, slots=True)
class Target:
    """Lots by what is named: themselves, an account (of a fund, or all), the movement that brought them, a hold.

    With `cover_fen` only the oldest that make it.
    """

    what: str
    named: list[UUID]
    fund: str | None = None
    cover_fen: int | None = None


async def resting(
    session: AsyncSession, who: Principal, county: str, target: Target, on: date, limit: int
) -> Sequence[Row[Any]]:
    """Visible lots of a target that rested on a day by all that is known: id, region, fen; the oldest first."""
    found = await session.execute(
        text(
            f"""
            SELECT r.id, r.region_code, r.fen
              FROM (SELECT l.id, l.region_code, l.arrived_on, {REMAINING} AS fen,
                           sum({REMAINING}) OVER (ORDER BY l.arrived_on, l.id) AS cum_fen
                      FROM funds.lot l
                     WHERE l.county_code = :county AND l.{SCOPE} AND NOT l.is_terminal AND {STILL_THERE}
                       AND {_TARGETS[target.what]}) r
             WHERE CAST(:cover AS bigint) IS NULL OR r.cum_fen - r.fen < :cover
             ORDER BY r.arrived_on, r.id LIMIT :limit
            """
        ),
        {
            "county": county,
            "scope": who.region,
            **Moment(on).arguments,
            "named": target.named,
            **({"fund": target.fund} if target.what == "account" else {}),
            "cover": target.cover_fen,
            "limit": limit,
        },
    )
    return found.all()


async def visible_lots(session: AsyncSession, who: Principal, county: str, lots: Sequence[UUID]) -> set[UUID]:
    query = select(LotRow.id).where(
        LotRow.county_code == county, LotRow.id.in_(lots), visible_to(who, LotRow.region_code)
    )
    return set(await session.scalars(query))


async def order_movement(session: AsyncSession, county: str, order: UUID) -> UUID | None:
    """The movement by which a visible order brought its money to the bank."""
    found: UUID | None = await session.scalar(
        text("SELECT o.movement_id FROM funds.treasury_order o WHERE o.county_code = :county AND o.id = :order"),
        {"county": county, "order": order},
    )
    return found


async def shown_since(
    session: AsyncSession, county: str, batch: UUID | None, project: UUID | None, on: date
) -> date | None:
    """The day on which the list of a batch, or a project, was last put on show by a day; None when it never was."""
    found: date | None = await session.scalar(
        text("SELECT funds.shown_since(:county, :batch, :project, :on)"),
        {"county": county, "batch": batch, "project": project, "on": on},
    )
    return found


async def place(session: AsyncSession, row: dict[str, Any], lots: Sequence[UUID]) -> None:
    await session.execute(insert(ClockStopRow).values(row))
    kept = {"county_code": row["county_code"], "stop_id": row["id"], "region_code": row["region_code"]}
    await session.execute(insert(ClockStopLotRow), [{**kept, "lot_id": lot} for lot in lots])


async def end(session: AsyncSession, county: str, stop: UUID, changes: dict[str, Any]) -> None:
    await session.execute(
        update(ClockStopRow).where(ClockStopRow.county_code == county, ClockStopRow.id == stop).values(changes)
    )


async def one(
    session: AsyncSession, who: Principal, county: str, stop: UUID, *, lock: bool = False
) -> ClockStopRow | None:
    """A visible stop; with `lock` nobody else ends it before the commit."""
    query = (
        select(ClockStopRow)
        .where(ClockStopRow.county_code == county, ClockStopRow.id == stop, visible_to(who, ClockStopRow.region_code))
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query.with_for_update(key_share=True) if lock else query)).one_or_none()


async def page(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    *,
    moment: Moment,
    kind: str | None = None,
    lot: UUID | None = None,
    account: UUID | None = None,
    state: str | None = None,
) -> Sequence[ClockStopRow]:
    """Visible stops that had begun and were known by a moment, in the order of recording; one more than asked."""
    query = (
        select(ClockStopRow)
        .where(
            ClockStopRow.county_code == county,
            visible_to(who, ClockStopRow.region_code),
            ClockStopRow.from_on <= moment.as_of,
            ClockStopRow.position <= moment.position,
        )
        .order_by(ClockStopRow.id)
        .limit(window.limit + 1)
    )
    if kind is not None:
        query = query.where(ClockStopRow.kind == kind)
    if lot is not None:
        query = query.where(_holds(ClockStopLotRow.lot_id == lot))
    if account is not None:
        there = exists().where(
            LotRow.county_code == county, LotRow.id == ClockStopLotRow.lot_id, LotRow.account_id == account
        )
        query = query.where(_holds(there))
    if state is not None:
        query = query.where(_in_state(state, moment))
    if after := window.key(UUID):
        query = query.where(ClockStopRow.id > after[0])
    return (await session.scalars(query)).all()


def _holds(which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        ClockStopLotRow.county_code == ClockStopRow.county_code, ClockStopLotRow.stop_id == ClockStopRow.id, which
    )


def _in_state(state: str, moment: Moment) -> ColumnElement[bool]:
    ended = and_(ClockStopRow.ended_position <= moment.position, ClockStopRow.ended_on <= moment.as_of)
    if state == "ended":
        return ended
    past = ClockStopRow.limit_on <= moment.as_of
    not_ended = or_(
        ClockStopRow.ended_on.is_(None),
        ClockStopRow.ended_on > moment.as_of,
        ClockStopRow.ended_position > moment.position,
    )
    return and_(not_ended, past if state == "expired" else ~past)


async def lots_of(session: AsyncSession, county: str, stops: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The lots that each of these stops holds, by id."""
    query = (
        select(ClockStopLotRow.stop_id, ClockStopLotRow.lot_id)
        .where(ClockStopLotRow.county_code == county, ClockStopLotRow.stop_id.in_(stops))
        .order_by(ClockStopLotRow.stop_id, ClockStopLotRow.lot_id)
    )
    held: dict[UUID, list[UUID]] = defaultdict(list)
    for row in await session.execute(query):
        held[row.stop_id].append(row.lot_id)
    return held


@dataclass(frozen=True, slots=True)
class LotStop:
    """A stop of a lot: which, of what kind, by which document, from when to when, and who recorded it when."""

    stop_id: UUID
    kind: str
    document: str
    stop: Stop
    placed_by: str
    recorded_on: date


@dataclass(frozen=True, slots=True)
class StoppedLot:
    """A lot that rested at a moment and whose clock had stood still by then, or does, with the stops that did it."""

    id: UUID
    holder: Holder
    clock_from: date
    fen: int
    by: list[LotStop]

    @property
    def stops(self) -> list[Stop]:
        return [one.stop for one in self.by]


async def stopped(session: AsyncSession, who: Principal, county: str, moment: Moment) -> dict[UUID, StoppedLot]:
    """The visible lots at rest at a moment that have a stop, by id: they are few, and are judged one by one."""
    found = await session.execute(
        text(
            f"""
            SELECT l.id, a.kind AS holder, f.level, a.book, l.clock_from, {REMAINING} AS fen,
                   c.stop_id, c.kind, c.document, c.from_on, c.until_on, s.placed_by,
                   (s.recorded_at AT TIME ZONE 'Asia/Shanghai')::date AS recorded_on
              FROM funds.clock_stops(:county, :as_of, :known) c
              JOIN funds.clock_stop s ON s.county_code = :county AND s.id = c.stop_id
              JOIN funds.lot l ON l.county_code = :county AND l.id = c.lot_id
              JOIN funds.account a ON a.county_code = :county AND a.id = l.account_id
              JOIN funds.fund f ON f.code = l.fund_code
             WHERE l.{SCOPE} AND c.until_on > c.from_on
             ORDER BY l.id, c.from_on, c.stop_id
            """
        ),
        {"county": county, "scope": who.region, **moment.arguments},
    )
    lots: dict[UUID, StoppedLot] = {}
    for row in found:
        if row.fen > 0:
            holder = Holder(row.holder, row.level, row.book == "quota")
            lot = lots.setdefault(row.id, StoppedLot(row.id, holder, row.clock_from, row.fen, []))
            held = Stop(row.from_on, row.until_on)
            lot.by.append(LotStop(row.stop_id, row.kind, row.document, held, row.placed_by, row.recorded_on))
    return lots
