"""What rests in SQL, on any day: sums by kind of holder and start of the clock, and the lots themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window, date_in
from services.funds_api.access import holds
from services.funds_api.lots.store import along_indexes
from services.funds_api.moments import Moment
from services.funds_api.standing import RECORDED_LATER, REMAINING, SCOPE
from treasury.clocks import Holder


async def sums(
    session: AsyncSession, who: Principal, county: str, moment: Moment
) -> list[tuple[Holder, date, int, int]]:
    """(what decides its clock, start of the clock, number of lots, fen) of everything that rested at that moment."""
    root = county if holds(who, county) else who.region
    found = await session.execute(
        text(
            "SELECT kind, level, book, clock_from, lots_n, fen"
            " FROM funds.rested(:county, :root, :as_of, :known, :known_on)"
        ),
        {"county": county, "root": root, **moment.arguments},
    )
    return [(Holder(row.kind, row.level, row.book == "quota"), row.clock_from, row.lots_n, row.fen) for row in found]


# A lot whose clock is that of a receipt known from … to …: it rests where the notice's money came to, since that day.
# What went on from there has days of its own documents; what came back by an undoing goes on with the receipt's clock.
_CAME_BY_NOTICE: Final = """n.received_from IS NOT NULL AND r.clock_from = n.received_on AND EXISTS (
                     SELECT FROM funds.lot f
                       JOIN funds.movement m ON m.county_code = :county AND m.id = f.movement_id
                      WHERE f.county_code = :county AND f.tranche_id = r.tranche_id AND f.account_id = r.account_id
                        AND m.kind = 'receive')"""


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
                   f.level AS fund_level,
                   a.unit_id, u.name AS unit_name, CASE WHEN {_CAME_BY_NOTICE} THEN n.received_from END AS received_from
              FROM page r
              JOIN funds.tranche t ON t.county_code = :county AND t.id = r.tranche_id
              JOIN funds.notice n ON n.id = t.notice_id
              JOIN funds.fund f ON f.code = r.fund_code
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
