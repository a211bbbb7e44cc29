"""What households were paid, in SQL: household by household out of rosters, and its sums.

Asked of the desks of one place, only their rosters are read. They pay nobody who lives outside the place, so whoever
sees the desks sees the households. Asked of the households of one place, only the rosters that paid somebody there are
read, whoever's desk paid, and of these only the rows of that place, by the lines that each roster keeps of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
          SELECT b.id, m.effective_on, m.from_region
            FROM funds.account a
            JOIN funds.movement m ON m.county_code = :county AND m.from_account_id = a.id AND m.batch_id IS NOT NULL
             AND {there}
            JOIN funds.payment_batch b ON b.county_code = :county AND b.id = m.batch_id {fund}
           WHERE a.county_code = :county AND a.region_code = :place""",
    Side.HOME: """
          SELECT b.id, m.effective_on, m.from_region, l.lines
            FROM here l
           CROSS JOIN LATERAL (SELECT b.id FROM funds.payment_batch b
                                WHERE b.county_code = :county AND b.id = l.batch_id {fund} OFFSET 0) b
            JOIN funds.draw d ON d.county_code = :county AND d.batch_id = b.id AND d.lo_fen = 0
            JOIN funds.movement m ON m.county_code = :county AND m.id = d.movement_id AND {there}""",
}
# The rosters that paid somebody in the place, found before anything is asked of them.
_HERE: Final = {
    Side.DESK: "",
    Side.HOME: """
        here AS MATERIALIZED (
          SELECT l.batch_id, l.lines FROM funds.batch_place l
           WHERE l.county_code = :county AND l.region_code >= :place AND l.region_code < :place || '~'),""",
}
_LINES: Final = {Side.DESK: "", Side.HOME: "AND p.line = ANY(b.lines)"}
_LIVING: Final = {Side.DESK: "", Side.HOME: "AND r.region_code >= :place AND r.region_code < :place || '~'"}


def _rows(asked: Asked, side: Side) -> str:
    """The rows paid by the moment that concern the place, and by household what of them had come back by then."""
    there = f"m.effective_on <= :as_of AND m.position <= :known AND {_NOT_UNDONE.format(of='m.id')}"
    fund = "AND b.fund_code = :fund" if asked.fund is not None else ""
    return f"""{_HERE[side]}
        rosters AS MATERIALIZED ({_ROSTERS[side].format(there=there, fund=fund)}),
        rows AS MATERIALIZED (
          SELECT p.household_id, p.batch_id, p.line, p.region_code, p.amount_fen, b.effective_on, b.from_region
            FROM rosters b
           CROSS JOIN LATERAL (SELECT * FROM funds.payment p
                                WHERE p.county_code = :county AND p.batch_id = b.id {_LINES[side]} OFFSET 0) p),
        back AS MATERIALIZED (
          SELECT p.household_id, sum(r.amount_fen)::bigint AS fen
            FROM funds.payment_return r
            JOIN funds.payment p ON p.county_code = :county AND p.batch_id = r.batch_id AND p.line = r.line
           WHERE r.county_code = :county AND r.batch_id IN (SELECT id FROM rosters) {_LIVING[side]}
             AND r.effective_on <= :as_of AND r.position <= :known AND {_NOT_UNDONE.format(of="r.movement_id")}
           GROUP BY p.household_id)"""


@dataclass(frozen=True, slots=True)
class Paid:
    """How many households were paid how much, of which how much came back, and one more of them than the page holds."""

    households_n: int
    received_fen: int
    returned_fen: int
    page: Sequence[Row[Any]]


async def paid(session: AsyncSession, asked: Asked, side: Side, moment: Moment, window: Window) -> Paid:
    """Households by id with all they were paid by that moment, and the sums of all pages; the rows are read once.

    `batch_id` and `line` are the latest payment, `region_code` is where the household lived then, `desks` are the
    places whose desks paid.
    """
    [after] = window.key(UUID) or (None,)
    after_them = "" if after is None else "r.household_id > :after AND"
    await session.execute(text("SELECT set_config('work_mem', '64MB', true)"))
    found = await session.execute(
        text(
            f"""
            WITH {_rows(asked, side)}
            SELECT t.*, e.*, coalesce(k.fen, 0) AS returned_fen, p.payee_cell,
                   funds.sealed_for(:county, e.batch_id) AS sealed_for
              FROM (SELECT (SELECT count(*) FROM (SELECT FROM rows GROUP BY household_id) h) AS households_n,
                           (SELECT coalesce(sum(amount_fen), 0)::bigint FROM rows) AS all_received_fen,
                           (SELECT coalesce(sum(fen), 0)::bigint FROM back) AS all_returned_fen) t
              LEFT JOIN (
                SELECT r.household_id, count(*) AS payments_n, sum(r.amount_fen)::bigint AS received_fen,
                       max(r.effective_on) AS last_paid_on,
                       (array_agg(r.batch_id ORDER BY r.effective_on DESC, r.batch_id DESC, r.line))[1] AS batch_id,
                       (array_agg(r.line ORDER BY r.effective_on DESC, r.batch_id DESC, r.line))[1] AS line,
                       (array_agg(r.region_code ORDER BY r.effective_on DESC, r.batch_id DESC, r.line))[1]
                         AS region_code,
                       array_agg(DISTINCT r.from_region ORDER BY r.from_region) AS desks
                  FROM rows r
                 WHERE {after_them} r.household_id <= (
                   SELECT h.household_id
                     FROM (SELECT r.household_id FROM rows r WHERE {after_them} true
                            GROUP BY r.household_id ORDER BY r.household_id LIMIT :limit) h
                    ORDER BY h.household_id DESC LIMIT 1)
                 GROUP BY r.household_id) e ON true
              LEFT JOIN back k ON k.household_id = e.household_id
              LEFT JOIN funds.payment p ON p.county_code = :county AND p.batch_id = e.batch_id AND p.line = e.line
             ORDER BY e.household_id
            """
        ),
        {
            **asked.arguments(moment),
            "place": asked.root,
            "limit": window.limit + 1,
            **({} if after is None else {"after": after}),
        },
    )
    rows = found.all()
    return Paid(
        rows[0].households_n,
        rows[0].all_received_fen,
        rows[0].all_returned_fen,
        [row for row in rows if row.household_id is not None],
    )
