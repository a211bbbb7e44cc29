"""What rests in SQL, on any day: sums by kind of holder and start of the clock, and the lots themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window, date_in
from services.funds_api.moments import Moment
from services.funds_api.standing import REMAINING, SCOPE

# Every lot that rested on :as_of with what it held then. Two branches, so that each finds its own index: what rests
# still, and what rested then and has been emptied since. What was drawn later is added back in one pass over the draws,
# but only over those of lots that had arrived: a draw's day less the days its lot had rested is the day of arrival.
RESTING = f"""
  SELECT l.account_id, l.clock_from, l.remaining_fen + coalesce(later.fen, 0) AS fen
    FROM (SELECT id, account_id, clock_from, remaining_fen FROM funds.lot l
           WHERE county_code = :county AND is_resting AND arrived_on <= :as_of AND l.{SCOPE}
          UNION ALL
          SELECT id, account_id, clock_from, remaining_fen FROM funds.lot l
           WHERE county_code = :county AND NOT is_terminal AND emptied_on > :as_of AND arrived_on <= :as_of
             AND l.{SCOPE}) l
    LEFT JOIN (SELECT from_lot_id, sum(amount_fen)::bigint AS fen FROM funds.draw
                WHERE county_code = :county AND effective_on > :as_of AND effective_on - days_rested <= :as_of
                GROUP BY from_lot_id) later
      ON later.from_lot_id = l.id"""


async def _plan(session: AsyncSession, **settings: str) -> None:
    """Have the statements that follow in this transaction planned with `settings`, for the day that is asked for.

    Row-level security compares with a region that the planner does not know, so it expects a few dozen lots where
    hundreds of thousands rest, sorts them on disk to group them, and repeats a whole page per account (seen: 0.5 s
    became more than 10 s with a million lots).
    """
    settings = {"plan_cache_mode": "force_custom_plan", **settings}
    changes = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in settings.items())
    await session.execute(text(f"SELECT {changes}"))


async def sums(session: AsyncSession, who: Principal, county: str, as_of: date) -> Sequence[Row[str, date, int, int]]:
    """(kind of holder, start of the clock, number of lots, fen) of everything that rested on `as_of`."""
    await _plan(session, work_mem="64MB", enable_sort="off", enable_nestloop="off")
    found = await session.execute(
        text(
            f"""
            SELECT a.kind, r.clock_from, sum(r.n)::bigint AS n, sum(r.fen)::bigint AS fen
              FROM (SELECT account_id, clock_from, count(*) AS n, sum(fen) AS fen FROM ({RESTING}) x
                     GROUP BY account_id, clock_from) r
              JOIN funds.account a ON a.county_code = :county AND a.id = r.account_id
             GROUP BY a.kind, r.clock_from
            """
        ),
        {"county": county, "scope": who.region, "as_of": as_of},
    )
    return found.all()


async def lots(
    session: AsyncSession, who: Principal, county: str, window: Window, *, as_of: date, started_by: date
) -> Sequence[Row[Any]]:
    """Lots that rested on `as_of` with a clock started by `started_by`, the longest first; one more than asked."""
    await _plan(session, enable_sort="off", enable_nestloop="on")
    clock, lot = window.key(date_in, UUID) or (None, None)
    branch = f"""
      SELECT l.id, l.tranche_id, l.fund_code, l.account_id, l.region_code, l.arrived_on, l.clock_from,
             {REMAINING} AS fen
        FROM funds.lot l
       WHERE l.county_code = :county AND l.{SCOPE} AND l.arrived_on <= :as_of AND l.clock_from <= :started_by
         AND (CAST(:clock AS date) IS NULL OR (l.clock_from, l.id) > (CAST(:clock AS date), CAST(:lot AS uuid)))"""
    found = await session.execute(
        text(
            f"""
            WITH page AS MATERIALIZED (
              ({branch} AND l.is_resting ORDER BY l.clock_from, l.id LIMIT :limit)
              UNION ALL
              ({branch} AND NOT l.is_terminal AND l.emptied_on > :as_of ORDER BY l.clock_from, l.id LIMIT :limit)
              ORDER BY clock_from, id LIMIT :limit)
            SELECT r.*, coalesce(n.document_number, n.title) AS document, a.name AS account_name, a.kind,
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
            **Moment(as_of).arguments,
            "started_by": started_by,
            "clock": clock,
            "lot": lot,
            "limit": window.limit + 1,
        },
    )
    return found.all()


async def responsible(session: AsyncSession, who: Principal, county: str, as_of: date) -> Sequence[Row[Any]]:
    """Per visible unit: what rests on `as_of`, its fen-days, and those of what left by then; spent money is out."""
    found = await session.execute(
        text(
            """
            SELECT u.id AS unit_id, u.region_code, u.name,
                   coalesce(sum(e.amount_fen), 0)::bigint AS resting_fen,
                   coalesce(sum(e.amount_fen::numeric * (CAST(:as_of AS date) - e.arrived_on)), 0)::bigint
                     AS resting_fen_days,
                   coalesce(sum(-e.amount_fen::numeric * (e.effective_on - e.arrived_on))
                            FILTER (WHERE e.amount_fen < 0), 0)::bigint AS charged_fen_days
              FROM funds.unit u
              JOIN funds.account a ON a.county_code = :county AND a.unit_id = u.id
              JOIN funds.entry e ON e.county_code = :county AND e.account_id = a.id AND e.effective_on <= :as_of
             WHERE u.county_code = :county AND u.region_code >= :scope AND u.region_code < :scope || '~'
               AND u.kind NOT IN ('contractor', 'households', 'outside')
             GROUP BY u.id, u.region_code, u.name
            """
        ),
        {"county": county, "scope": who.region, "as_of": as_of},
    )
    return found.all()


async def place_names(session: AsyncSession, codes: Sequence[str]) -> dict[str, str]:
    rows = await session.execute(
        text("SELECT code, name FROM funds.region WHERE code = ANY(:codes)"), {"codes": list(codes)}
    )
    return {row.code: row.name for row in rows}
