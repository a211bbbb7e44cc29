"""Where a lot's money stayed, desk by desk, and whose days a tranche's money spent, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.moments import Moment
from services.funds_api.standing import SCOPE


async def visible(session: AsyncSession, who: Principal, county: str, lot: UUID, moment: Moment) -> bool:
    """Whether the lot was there by that moment and lies in the caller's region."""
    found = await session.scalar(
        text(
            f"SELECT true FROM funds.lot l WHERE l.county_code = :county AND l.id = :lot AND l.{SCOPE}"
            " AND l.arrived_on <= :as_of AND l.position <= :known"
        ),
        {"county": county, "lot": lot, "scope": who.region, **moment.arguments},
    )
    return bool(found)


async def way_up(session: AsyncSession, county: str, lot: UUID) -> Sequence[Row[Any]]:
    """The lot and those it was drawn from, the receipt first; each with the day and the days of the draw out of it.

    A lot was fed by one lot, so the way is one, and of these fen exact; the draws of a lot are made with it.
    """
    found = await session.execute(
        text(
            """
            WITH RECURSIVE up AS (
              SELECT CAST(:lot AS uuid) AS id, 0 AS step, CAST(NULL AS date) AS left_on,
                     CAST(NULL AS int) AS days_rested
              UNION ALL
              SELECT d.from_lot_id, u.step + 1, d.effective_on, d.days_rested FROM up u
                JOIN funds.draw d ON d.county_code = :county AND d.to_lot_id = u.id)
            SELECT l.id AS lot_id, l.tranche_id, l.fund_code, l.amount_fen, l.arrived_on, l.is_terminal, u.left_on,
                   u.days_rested, a.kind, o.name AS unit_name, o.region_code, m.document, m.id AS movement_id
              FROM up u
              JOIN funds.lot l ON l.county_code = :county AND l.id = u.id
              JOIN funds.account a ON a.county_code = :county AND a.id = l.account_id
              JOIN funds.unit o ON o.county_code = :county AND o.id = a.unit_id
              JOIN funds.movement m ON m.county_code = :county AND m.id = l.movement_id
             ORDER BY u.step DESC
            """
        ),
        {"county": county, "lot": lot},
    )
    return found.all()


async def left(session: AsyncSession, county: str, lot: UUID, moment: Moment) -> Sequence[Row[Any]]:
    """(left_on, unit_name, is_terminal, fen) of what was drawn from the lot by that moment, by day."""
    found = await session.execute(
        text(
            """
            SELECT d.effective_on AS left_on, o.name AS unit_name, l.is_terminal, sum(d.amount_fen)::bigint AS fen
              FROM funds.draw d
              JOIN funds.lot l ON l.county_code = :county AND l.id = d.to_lot_id
              JOIN funds.account a ON a.county_code = :county AND a.id = l.account_id
              JOIN funds.unit o ON o.county_code = :county AND o.id = a.unit_id
             WHERE d.county_code = :county AND d.from_lot_id = :lot
               AND d.effective_on <= :as_of AND d.position <= :known
             GROUP BY 1, 2, 3 ORDER BY 1, 2
            """
        ),
        {"county": county, "lot": lot, **moment.arguments},
    )
    return found.all()


async def came_over(session: AsyncSession, county: str, lot: UUID) -> Row[str, UUID] | None:
    """(county_code, lot_id) of the lot of a former county that this receipt is the same fen as."""
    found = await session.execute(
        text(
            "SELECT s.other_county AS county_code, s.other_lot_id AS lot_id FROM funds.succession_lot s"
            " WHERE s.county_code = :county AND s.lot_id = :lot AND s.side = 'in'"
        ),
        {"county": county, "lot": lot},
    )
    return found.one_or_none()


async def of_tranche(session: AsyncSession, county: str, tranche: UUID, moment: Moment) -> Sequence[Row[Any]]:
    """Each unit that held some of the tranche by then: fen, their fen-days, of what left, of what was received."""
    found = await session.execute(
        text(
            """
            SELECT o.name AS unit_name, o.region_code, a.kind, l.is_terminal,
                   sum(l.amount_fen - d.fen)::bigint AS resting_fen,
                   sum((l.amount_fen - d.fen) * (CAST(:as_of AS date) - l.arrived_on)) AS resting_fen_days,
                   sum(d.fen_days) AS charged_fen_days,
                   coalesce(sum(l.amount_fen::numeric * (CAST(:as_of AS date) - l.arrived_on))
                            FILTER (WHERE NOT d.drawn_up), 0) AS received_fen_days
              FROM funds.lot l
              JOIN funds.account a ON a.county_code = :county AND a.id = l.account_id
              JOIN funds.unit o ON o.county_code = :county AND o.id = a.unit_id
             CROSS JOIN LATERAL (
               SELECT coalesce(sum(d.amount_fen), 0) AS fen,
                      coalesce(sum(d.amount_fen::numeric * d.days_rested), 0) AS fen_days,
                      EXISTS (SELECT FROM funds.draw t WHERE t.county_code = :county AND t.to_lot_id = l.id) AS drawn_up
                 FROM funds.draw d WHERE d.county_code = :county AND d.from_lot_id = l.id
                  AND d.effective_on <= :as_of AND d.position <= :known) d
             WHERE l.county_code = :county AND l.tranche_id = :tranche AND l.arrived_on <= :as_of
               AND l.position <= :known
             GROUP BY o.id, o.name, o.region_code, a.kind, l.is_terminal
            """
        ),
        {"county": county, "tranche": tranche, **moment.arguments},
    )
    return found.all()
