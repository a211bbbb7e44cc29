"""What rests in SQL, on any day: sums by kind of holder and start of the clock, and the lots themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window, date_in
from services.funds_api.access import visible_to
from services.funds_api.moments import Moment
from services.funds_api.standing import RECORDED_LATER, REMAINING, SCOPE
from services.funds_api.tables import AccountRow, UnitRow
from services.funds_api.units.schemas import TERMINAL
from services.funds_api.units.store import balances

_LOT: Final = f"""
          SELECT id, account_id, clock_from, remaining_fen FROM funds.lot l
           WHERE county_code = :county AND arrived_on <= :as_of AND l.{SCOPE}"""
# What was drawn of a lot after :as_of, of lots that had arrived: a draw's day less the days its lot had rested is the
# day of arrival.
_DRAWN_LATER: Final = """
                SELECT from_lot_id, amount_fen FROM funds.draw
                 WHERE county_code = :county AND effective_on > :as_of AND effective_on - days_rested <= :as_of"""


def _resting(moment: Moment) -> str:
    """Every lot that rested at that moment with what it held then, as (account_id, clock_from, fen).

    A branch for each index: what rests still, what rested then and has been emptied since, and (asked by an earlier
    knowledge) what was emptied by a draw that was recorded later. What was drawn later is added back in one pass.
    """
    known = moment.known_at is not None
    lot = f"{_LOT}{' AND l.position <= :known' if known else ''}"
    branches = [f"{lot} AND is_resting", f"{lot} AND NOT is_terminal AND emptied_on > :as_of"]
    later = [_DRAWN_LATER]
    if known:
        emptied = f"id IN (SELECT from_lot_id FROM ({RECORDED_LATER}) e)"
        branches.append(f"{lot} AND NOT is_terminal AND emptied_on <= :as_of AND {emptied}")
        later.append(RECORDED_LATER)
    return f"""
  SELECT l.account_id, l.clock_from, l.remaining_fen + coalesce(later.fen, 0) AS fen
    FROM ({" UNION ALL ".join(branches)}) l
    LEFT JOIN (SELECT from_lot_id, sum(amount_fen)::bigint AS fen FROM ({" UNION ALL ".join(later)}) d
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


async def sums(
    session: AsyncSession, who: Principal, county: str, moment: Moment
) -> Sequence[Row[str, date, int, int]]:
    """(kind of holder, start of the clock, number of lots, fen) of everything that rested at that moment."""
    await _plan(session, work_mem="64MB", enable_sort="off", enable_nestloop="off")
    found = await session.execute(
        text(
            f"""
            SELECT a.kind, r.clock_from, sum(r.n)::bigint AS n, sum(r.fen)::bigint AS fen
              FROM (SELECT account_id, clock_from, count(*) AS n, sum(fen) AS fen FROM ({_resting(moment)}) x
                     GROUP BY account_id, clock_from) r
              JOIN funds.account a ON a.county_code = :county AND a.id = r.account_id
             GROUP BY a.kind, r.clock_from
            """
        ),
        {"county": county, "scope": who.region, **moment.arguments},
    )
    return found.all()


async def lots(
    session: AsyncSession, who: Principal, county: str, window: Window, *, moment: Moment, started_by: date
) -> Sequence[Row[Any]]:
    """Lots that rested at that moment with a clock started by `started_by`, the longest first; one more than asked."""
    await _plan(session, enable_sort="off", enable_nestloop="on")
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
