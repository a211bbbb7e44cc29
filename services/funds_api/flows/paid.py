"""What households were paid, in SQL: household by household out of rosters, and its sums.

Asked of the desks of one place, only their rosters are read. They pay nobody who lives outside the place, so whoever
sees the desks sees the households. Asked of the households of one place, only the rosters that paid somebody there are
read, whoever's desk paid, and of these only the rows of that place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.pages import Window
from services.funds_api.flows.schemas import Side
from services.funds_api.flows.store import Asked
from services.funds_api.moments import Moment

_NOT_UNDONE: Final = """NOT EXISTS (SELECT FROM funds.movement u WHERE u.county_code = :county AND u.reverses_id = {of}
                                       AND u.effective_on <= :as_of AND u.position <= :known)"""


# A batch pays once, by a movement whose spans begin at zero.
_ROSTERS: Final = {
    Side.DESK: """
            FROM funds.account a
            JOIN funds.movement m ON m.county_code = :county AND m.from_account_id = a.id AND m.batch_id IS NOT NULL
             AND {there}
            JOIN funds.payment_batch b ON b.county_code = :county AND b.id = m.batch_id {fund}
           WHERE a.county_code = :county AND a.region_code = :place""",
    Side.HOME: """
            FROM (SELECT DISTINCT p.batch_id FROM funds.batch_place p
                   WHERE p.county_code = :county AND p.region_code >= :place AND p.region_code < :place || '~') here
            JOIN funds.payment_batch b ON b.county_code = :county AND b.id = here.batch_id {fund}
            JOIN funds.draw d ON d.county_code = :county AND d.batch_id = b.id AND d.lo_fen = 0
            JOIN funds.movement m ON m.county_code = :county AND m.id = d.movement_id AND {there}""",
}
_LIVING: Final = {Side.DESK: "", Side.HOME: "AND p.region_code >= :place AND p.region_code < :place || '~'"}


def _rosters(asked: Asked, side: Side) -> str:
    """The rosters paid by the moment that concern the place, and what of their rows had come back by then."""
    there = f"m.effective_on <= :as_of AND m.position <= :known AND {_NOT_UNDONE.format(of='m.id')}"
    fund = "AND b.fund_code = :fund" if asked.fund is not None else ""
    return f"""
        rosters AS (
          SELECT b.id, m.effective_on, m.from_region{_ROSTERS[side].format(there=there, fund=fund)}),
        back AS (
          SELECT r.batch_id, r.line, sum(r.amount_fen)::bigint AS fen
            FROM rosters b JOIN funds.payment_return r ON r.county_code = :county AND r.batch_id = b.id
           WHERE r.effective_on <= :as_of AND r.position <= :known AND {_NOT_UNDONE.format(of="r.movement_id")}
           GROUP BY r.batch_id, r.line),
        rows AS (
          SELECT p.household_id, p.batch_id, p.line, p.region_code, p.amount_fen, coalesce(k.fen, 0) AS back_fen,
                 b.effective_on, b.from_region
            FROM rosters b
            JOIN funds.payment p ON p.county_code = :county AND p.batch_id = b.id {_LIVING[side]}
            LEFT JOIN back k ON k.batch_id = p.batch_id AND k.line = p.line)"""


def _arguments(asked: Asked, moment: Moment) -> dict[str, Any]:
    return {**asked.arguments(moment), "place": asked.root}


async def page(session: AsyncSession, asked: Asked, side: Side, moment: Moment, window: Window) -> Sequence[Row[Any]]:
    """Households by id with all they were paid by that moment, one more than the page holds.

    `batch_id` and `line` are the latest payment, `region_code` is where the household lived then, `desks` are the
    places whose desks paid.
    """
    [after] = window.key(UUID) or (None,)
    found = await session.execute(
        text(
            f"""
            WITH {_rosters(asked, side)}
            SELECT e.*, p.payee_cell FROM (
              SELECT r.household_id, count(*) AS payments_n, sum(r.amount_fen)::bigint AS received_fen,
                     sum(r.back_fen)::bigint AS returned_fen, max(r.effective_on) AS last_paid_on,
                     (array_agg(r.batch_id ORDER BY r.effective_on DESC, r.batch_id DESC, r.line))[1] AS batch_id,
                     (array_agg(r.line ORDER BY r.effective_on DESC, r.batch_id DESC, r.line))[1] AS line,
                     (array_agg(r.region_code ORDER BY r.effective_on DESC, r.batch_id DESC, r.line))[1] AS region_code,
                     array_agg(DISTINCT r.from_region ORDER BY r.from_region) AS desks
                FROM rows r
               WHERE CAST(:after AS uuid) IS NULL OR r.household_id > CAST(:after AS uuid)
               GROUP BY r.household_id ORDER BY r.household_id LIMIT :limit) e
              JOIN funds.payment p ON p.county_code = :county AND p.batch_id = e.batch_id AND p.line = e.line
             ORDER BY e.household_id
            """
        ),
        {**_arguments(asked, moment), "after": after, "limit": window.limit + 1},
    )
    return found.all()


async def sums(session: AsyncSession, asked: Asked, side: Side, moment: Moment) -> Row[Any]:
    """Of all pages together: households_n, received_fen, returned_fen."""
    found = await session.execute(
        text(
            f"""
            WITH {_rosters(asked, side)}
            SELECT count(DISTINCT r.household_id) AS households_n,
                   coalesce(sum(r.amount_fen), 0)::bigint AS received_fen,
                   coalesce(sum(r.back_fen), 0)::bigint AS returned_fen
              FROM rows r
            """
        ),
        _arguments(asked, moment),
    )
    return found.one()
