"""Traces in SQL: spans are joined to a payment by two running sums, and the way up is a chain of draws.

The way of one payment is read by `funds.payment_trace`, a tranche's way down page by page here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.connections import Alone
from chassis.identity import Principal
from chassis.pages import Window, whole
from services.funds_api.lots.store import along_indexes
from services.funds_api.moments import Moment
from services.funds_api.standing import REMAINING, THERE


@dataclass(frozen=True, slots=True)
class Traced:
    """A payment's sealed cell and figure, and the ways that feed it as a JSON list of `schemas.Way`.

    `reversed_by` undid the whole disbursement; `came_back` says that some of this row was ever returned. `moment` is
    the one that was asked for, with its position in the journal. The cell was sealed for the row's whole list.
    """

    payee_cell: bytes
    sealed_for: UUID
    amount_fen: int
    ways: str
    reversed_by: UUID | None
    came_back: bool
    moment: Moment


async def payment(
    single: Alone, county: str, batch: UUID, line: int, as_of: date, known_at: datetime | None
) -> Traced | None:
    """One payment with its ways by that moment, or None when the caller may not see it. One statement, alone.

    The payment is held against the region of the caller; the way up is told whole, wherever it leads.
    """
    row = await single.look(
        "SELECT *, funds.sealed_for($2, $3) AS sealed_for FROM funds.payment_trace($1, $2, $3, $4, $5, $6)",
        county,
        batch,
        line,
        as_of,
        known_at,
    )
    if row is None:
        return None
    moment = Moment(as_of, row["known"], known_at)
    return Traced(
        row["payee_cell"],
        row["sealed_for"],
        row["amount_fen"],
        row["ways"],
        row["reversed_by"],
        row["came_back"],
        moment,
    )


async def earlier(session: AsyncSession, county: str, receipts: Sequence[UUID]) -> Sequence[Row[UUID, str]]:
    """(receipt of a succession, the hops before it as a JSON list of `schemas.EarlierHop`)."""
    found = await session.execute(
        text("SELECT receipt_id, hops FROM funds.earlier_hops(:county, :receipts)"),
        {"county": county, "receipts": list(receipts)},
    )
    return found.all()


async def succeeded(session: AsyncSession, county: str, tranche: UUID, moment: Moment) -> Sequence[Row[Any]]:
    """What of the tranche went over to another county, or came from one, by that moment and was not undone by then."""
    found = await session.execute(
        text(
            """
            SELECT s.side, s.succession_id, s.other_county AS county_code, s.other_tranche_id AS tranche_id, c.document,
                   c.effective_on, sum(s.amount_fen)::bigint AS fen
              FROM funds.succession_lot s
              JOIN funds.succession c ON c.county_code = :county AND c.id = s.succession_id
               AND c.effective_on <= :as_of AND c.position <= :known
             WHERE s.county_code = :county AND s.tranche_id = :tranche
               AND NOT EXISTS (SELECT FROM funds.movement r WHERE r.county_code = :county
                                  AND r.reverses_id = s.movement_id AND r.effective_on <= :as_of
                                  AND r.position <= :known)
             GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY c.effective_on, s.succession_id
            """
        ),
        {"county": county, "tranche": tranche, **moment.arguments},
    )
    return found.all()


async def holders(session: AsyncSession, county: str, tranche: UUID, moment: Moment) -> Sequence[Row[Any]]:
    """Every account of the county that held some of the tranche at that moment, the largest share first."""
    found = await session.execute(
        text(
            f"""
            SELECT a.id AS account_id, u.name AS unit_name, a.region_code, a.kind,
                   sum({REMAINING})::bigint AS fen, min(l.arrived_on) AS oldest_arrived_on
              FROM funds.lot l
              JOIN funds.account a ON a.county_code = :county AND a.id = l.account_id
              JOIN funds.unit u ON u.county_code = :county AND u.id = a.unit_id
             WHERE l.county_code = :county AND l.tranche_id = :tranche AND {THERE} AND {REMAINING} > 0
             GROUP BY a.id, u.name, a.region_code, a.kind
             ORDER BY fen DESC, a.id
            """
        ),
        {"county": county, "tranche": tranche, **moment.arguments},
    )
    return found.all()


async def households(
    session: AsyncSession, who: Principal, county: str, tranche: UUID, moment: Moment, window: Window
) -> Sequence[Row[Any]]:
    """Payments that the tranche fed by that moment, in the order of batch, span and line; one more than the page holds.

    Spans come first and each yields its lines by primary key, so a page costs the same in a tranche of a million; what
    came back of a line is looked for by its returns, and not among all that came back to its lot.
    """
    batch, lo, line = window.key(UUID, whole, whole) or (None, 0, 0)
    await along_indexes(session)
    found = await session.execute(
        text(
            """
            SELECT s.batch_id, s.lo_fen, s.effective_on, p.line, p.region_code, p.payee_cell, p.amount_fen,
                   funds.sealed_for(:county, s.batch_id) AS sealed_for,
                   least(p.cum_fen, s.hi_fen) - greatest(p.cum_fen - p.amount_fen, s.lo_fen) AS from_tranche_fen,
                   coalesce((SELECT sum(b.amount_fen) FROM funds.payment_return r
                              CROSS JOIN LATERAL (
                                SELECT l.amount_fen, l.restores_lot_id FROM funds.lot l
                                 WHERE l.county_code = :county AND l.movement_id = r.movement_id OFFSET 0) b
                              WHERE r.county_code = :county AND r.batch_id = s.batch_id AND r.line = p.line
                                AND b.restores_lot_id = s.from_lot_id
                                AND r.effective_on <= :as_of AND r.position <= :known
                                AND NOT EXISTS (SELECT FROM funds.movement u WHERE u.county_code = :county
                                                   AND u.reverses_id = r.movement_id AND u.effective_on <= :as_of
                                                   AND u.position <= :known)), 0)::bigint AS returned_fen
              FROM (SELECT * FROM (
                    SELECT d.batch_id, d.from_lot_id, d.lo_fen, d.hi_fen, d.first_line, d.last_line, d.effective_on
                      FROM funds.lot l JOIN funds.draw d ON d.county_code = :county AND d.to_lot_id = l.id
                     WHERE l.county_code = :county AND l.tranche_id = :tranche AND d.batch_id IS NOT NULL
                       AND d.effective_on <= :as_of AND d.position <= :known
                       AND d.to_region >= :scope AND d.to_region < :scope || '~'
                       AND NOT EXISTS (SELECT FROM funds.movement r WHERE r.county_code = :county
                                          AND r.reverses_id = d.movement_id AND r.effective_on <= :as_of
                                          AND r.position <= :known)
                       AND (CAST(:batch AS uuid) IS NULL
                            OR (d.batch_id, d.lo_fen) >= (CAST(:batch AS uuid), CAST(:lo AS bigint)))
                    OFFSET 0) d ORDER BY d.batch_id, d.lo_fen) s
              CROSS JOIN LATERAL (
                SELECT p.line, p.region_code, p.payee_cell, p.amount_fen, p.cum_fen FROM funds.payment p
                 WHERE p.county_code = :county AND p.batch_id = s.batch_id
                   AND p.line BETWEEN s.first_line AND s.last_line
                   AND p.line > CASE WHEN (s.batch_id, s.lo_fen) = (CAST(:batch AS uuid), CAST(:lo AS bigint))
                                     THEN CAST(:line AS bigint) ELSE 0 END
                 ORDER BY p.line LIMIT :limit) p
             ORDER BY s.batch_id, s.lo_fen, p.line LIMIT :limit
            """
        ),
        {
            "county": county,
            "tranche": tranche,
            **moment.arguments,
            "scope": who.region,
            "batch": batch,
            "lo": lo,
            "line": line,
            "limit": window.limit + 1,
        },
    )
    return found.all()
