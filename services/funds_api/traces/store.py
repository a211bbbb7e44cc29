"""Traces in SQL: spans are joined to a payment by two running sums, and the way up is a chain of draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window, whole
from services.funds_api.access import visible_to
from services.funds_api.moments import Moment
from services.funds_api.standing import REMAINING, THERE
from services.funds_api.tables import PaymentRow


async def payment(session: AsyncSession, who: Principal, county: str, batch: UUID, line: int) -> PaymentRow | None:
    query = select(PaymentRow).where(
        PaymentRow.county_code == county,
        PaymentRow.batch_id == batch,
        PaymentRow.line == line,
        visible_to(who, PaymentRow.region_code),
    )
    return (await session.scalars(query)).one_or_none()


async def ways(session: AsyncSession, county: str, paid: PaymentRow, moment: Moment) -> Sequence[Row[Any]]:
    """Every hop of every span that feeds the payment, span by span, from the notice down.

    A row is one lot on the way: the movement that brought it, between which units, and how long the money had rested
    before. `fen` is the part of the payment that came this way. Every step finds one row by its key, whatever is asked
    for: the plan is kept, since making it anew takes five times as long as following it.
    """
    await session.execute(text("SELECT set_config('plan_cache_mode', 'force_generic_plan', true)"))
    found = await session.execute(
        text(
            """
            WITH RECURSIVE way AS (
              SELECT d.lo_fen, least(:hi, d.hi_fen) - greatest(:lo, d.lo_fen) AS fen, 0 AS depth, d.to_lot_id AS lot_id
                FROM funds.draw d
               WHERE d.county_code = :county AND d.batch_id = :batch AND d.lo_fen < :hi AND d.hi_fen > :lo
                 AND d.effective_on <= :as_of AND d.position <= :known
              UNION ALL
              SELECT w.lo_fen, w.fen, w.depth + 1, up.from_lot_id
                FROM way w
               CROSS JOIN LATERAL (SELECT d.from_lot_id FROM funds.draw d
                                    WHERE d.county_code = :county AND d.to_lot_id = w.lot_id OFFSET 0) up)
            SELECT w.lo_fen, w.fen, hop.*
              FROM way w
             CROSS JOIN LATERAL (
              SELECT l.tranche_id, m.id AS movement_id, m.kind, m.document, m.effective_on, fu.name AS from_unit,
                     tu.name AS to_unit, d.days_rested, r.id AS reversed_by, t.notice_id, t.fund_code,
                     coalesce(n.document_number, n.title) AS notice, n.issuer
                FROM funds.lot l
                JOIN funds.movement m ON m.county_code = :county AND m.id = l.movement_id
                JOIN funds.account ta ON ta.county_code = :county AND ta.id = m.to_account_id
                JOIN funds.unit tu ON tu.county_code = :county AND tu.id = ta.unit_id
                JOIN funds.tranche t ON t.county_code = :county AND t.id = l.tranche_id
                JOIN funds.notice n ON n.id = t.notice_id
                LEFT JOIN funds.draw d ON d.county_code = :county AND d.to_lot_id = l.id
                LEFT JOIN funds.account fa ON fa.county_code = :county AND fa.id = m.from_account_id
                LEFT JOIN funds.unit fu ON fu.county_code = :county AND fu.id = fa.unit_id
                LEFT JOIN funds.movement r ON r.county_code = :county AND r.reverses_id = m.id
                 AND r.effective_on <= :as_of AND r.position <= :known
               WHERE l.county_code = :county AND l.id = w.lot_id OFFSET 0) hop
             ORDER BY w.lo_fen, w.depth DESC
            """
        ),
        {
            "county": county,
            "batch": paid.batch_id,
            "lo": paid.cum_fen - paid.amount_fen,
            "hi": paid.cum_fen,
            **moment.arguments,
        },
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

    Spans come first and each yields its lines by primary key, so a page costs the same in a tranche of a million.
    """
    batch, lo, line = window.key(UUID, whole, whole) or (None, 0, 0)
    found = await session.execute(
        text(
            """
            SELECT s.batch_id, s.lo_fen, s.effective_on, p.line, p.region_code, p.payee_cell, p.amount_fen,
                   least(p.cum_fen, s.hi_fen) - greatest(p.cum_fen - p.amount_fen, s.lo_fen) AS from_tranche_fen,
                   coalesce((SELECT sum(b.amount_fen) FROM funds.payment_return r
                               JOIN funds.lot b ON b.county_code = :county AND b.movement_id = r.movement_id
                                AND b.restores_lot_id = s.from_lot_id
                              WHERE r.county_code = :county AND r.batch_id = s.batch_id AND r.line = p.line
                                AND r.effective_on <= :as_of AND r.position <= :known
                                AND NOT EXISTS (SELECT FROM funds.movement u WHERE u.county_code = :county
                                                   AND u.reverses_id = r.movement_id AND u.effective_on <= :as_of
                                                   AND u.position <= :known)), 0)::bigint AS returned_fen
              FROM (SELECT d.batch_id, d.from_lot_id, d.lo_fen, d.hi_fen, d.first_line, d.last_line, d.effective_on
                      FROM funds.lot l JOIN funds.draw d ON d.county_code = :county AND d.to_lot_id = l.id
                     WHERE l.county_code = :county AND l.tranche_id = :tranche AND d.batch_id IS NOT NULL
                       AND d.effective_on <= :as_of AND d.position <= :known
                       AND d.to_region >= :scope AND d.to_region < :scope || '~'
                       AND NOT EXISTS (SELECT FROM funds.movement r WHERE r.county_code = :county
                                          AND r.reverses_id = d.movement_id AND r.effective_on <= :as_of
                                          AND r.position <= :known)
                       AND (CAST(:batch AS uuid) IS NULL
                            OR (d.batch_id, d.lo_fen) >= (CAST(:batch AS uuid), CAST(:lo AS bigint)))
                     ORDER BY d.batch_id, d.lo_fen) s
              CROSS JOIN LATERAL (
                SELECT p.line, p.region_code, p.payee_cell, p.amount_fen, p.cum_fen FROM funds.payment p
                 WHERE p.county_code = :county AND p.batch_id = s.batch_id
                   AND p.line BETWEEN s.first_line AND s.last_line
                   AND (CAST(:batch AS uuid) IS NULL OR p.line > CAST(:line AS bigint)
                        OR (s.batch_id, s.lo_fen) > (CAST(:batch AS uuid), CAST(:lo AS bigint)))
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
