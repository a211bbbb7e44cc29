"""What rests in SQL, on any day: sums by kind of holder and start of the clock, and the lots themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window, date_in
from services.funds_api.access import holds, visible_to
from services.funds_api.lots.store import along_indexes
from services.funds_api.moments import Moment
from services.funds_api.standing import RECORDED_LATER, REMAINING, SCOPE
from services.funds_api.tables import AccountRow, UnitRow
from services.funds_api.units.schemas import TERMINAL
from services.funds_api.units.store import balances


async def sums(
    session: AsyncSession, who: Principal, county: str, moment: Moment
) -> Sequence[Row[str, date, int, int]]:
    """(kind of holder, start of the clock, number of lots, fen) of everything that rested at that moment."""
    root = county if holds(who, county) else who.region
    found = await session.execute(
        text("SELECT kind, clock_from, lots_n, fen FROM funds.rested(:county, :root, :as_of, :known, :known_on)"),
        {"county": county, "root": root, **moment.arguments},
    )
    return found.all()


async def lots(
    session: AsyncSession, who: Principal, county: str, window: Window, *, moment: Moment, started_by: date
) -> Sequence[Row[Any]]:
    """Lots that rested at that moment with a clock started by `started_by`, the longest first; one more than asked."""
    await along_indexes(session)
    clock, lot = window.key(date_in, UUID) or (None, None)
    branch = f"""
      SELECT l.id, l.tranche_id, l.fund_code, l.account_id, l.region_code, l.arrived_on, l.clock_from,
             {REMAINING} AS fen
        FROM funds.lot l
       WHERE l.county_code = :county AND l.{SCOPE} AND l.arrived_on <= :as_of AND l.clock_from <= :started_by
         AND (CAST(:clock AS date) IS NULL OR (l.clock_from, l.id) > (CAST(:clock AS date), CAST(:lot AS uuid)))"""
    if moment.known_at is not None:
        branch += " AND l.position <= :known"
    branches = [f"{branch} AND l.is_resting", f"{branch} AND NOT l.is_terminal AND l.emptied_on > :as_of"]
    if moment.known_at is not None:
        emptied = f"l.id IN (SELECT from_lot_id FROM ({RECORDED_LATER}) e)"
        branches.append(f"{branch} AND NOT l.is_terminal AND l.emptied_on <= :as_of AND {emptied}")
    pages = " UNION ALL ".join(f"({one} ORDER BY l.clock_from, l.id LIMIT :limit)" for one in branches)
    found = await session.execute(
        text(
            f"""
            WITH page AS MATERIALIZED (
              {pages} ORDER BY clock_from, id LIMIT :limit)
            SELECT r.*, coalesce(n.document_number, n.title) AS document, a.name AS account_name, a.book, a.kind,
                   a.unit_id, u.name AS unit_name
              FROM page r
              JOIN funds.tranche t ON t.county_code = :county AND t.id = r.tranche_id
              JOIN funds.notice n ON n.id = t.notice_id
              JOIN funds.account a ON a.county_code = :county AND a.id = r.account_id
              JOIN funds.unit u ON u.county_code = :county AND u.id = a.unit_id
             ORDER BY r.clock_from, r.id
            """
        ),
        {
            "county": county,
            "scope": who.region,
            **moment.arguments,
            "started_by": started_by,
            "clock": clock,
            "lot": lot,
            "limit": window.limit + 1,
        },
    )
    return found.all()


@dataclass(frozen=True, slots=True)
class Desk:
    """A unit and what it answers for: fen that rest there, their fen-days, and those of what has left."""

    region_code: str
    name: str
    resting_fen: int
    resting_fen_days: int
    charged_fen_days: int


async def responsible(session: AsyncSession, who: Principal, county: str, moment: Moment) -> list[Desk]:
    """Every visible unit that answered for something at that moment, from the sums per month; spent money is out."""
    query = (
        select(AccountRow.id, AccountRow.unit_id, UnitRow.region_code, UnitRow.name)
        .join(UnitRow, (UnitRow.county_code == AccountRow.county_code) & (UnitRow.id == AccountRow.unit_id))
        .where(
            AccountRow.county_code == county,
            visible_to(who, UnitRow.region_code),
            UnitRow.kind.not_in(TERMINAL),
        )
        .order_by(AccountRow.unit_id)
    )
    accounts = (await session.execute(query)).all()
    figures = {row.account_id: row for row in await balances(session, county, [row.id for row in accounts], moment)}
    desks: dict[UUID, Desk] = {}
    for account in accounts:
        if own := figures.get(account.id):
            before = desks.get(account.unit_id, Desk(account.region_code, account.name, 0, 0, 0))
            desks[account.unit_id] = replace(
                before,
                resting_fen=before.resting_fen + own.balance_fen,
                resting_fen_days=before.resting_fen_days + own.resting_fen_days,
                charged_fen_days=before.charged_fen_days + own.charged_fen_days,
            )
    return [one for one in desks.values() if one.resting_fen or one.resting_fen_days or one.charged_fen_days]
