"""Payments of one household in SQL: along those who ever belonged to it, since payments are found by their payee."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.moments import Moment

_PAID: Final = text("""
WITH people AS MATERIALIZED (
  SELECT DISTINCT p.token FROM funds.membership b
    JOIN funds.person p ON p.county_code = :county AND p.id = b.person_id
   WHERE b.county_code = :county AND b.household_id = :household)
SELECT p.batch_id, p.line, p.region_code, p.payee_cell, funds.sealed_for(:county, p.batch_id) AS sealed_for,
       p.amount_fen, k.entitlement, k.fund_code, m.document, m.effective_on, m.id AS movement_id, u.name AS paid_by,
       r.id AS reversed_by,
       (SELECT coalesce(sum(least(p.cum_fen, d.hi_fen) - greatest(p.cum_fen - p.amount_fen, d.lo_fen)), 0)::bigint
          FROM funds.draw d
         WHERE d.county_code = :county AND d.batch_id = p.batch_id AND d.movement_id = m.id
           AND d.lo_fen < p.cum_fen AND d.hi_fen > p.cum_fen - p.amount_fen) AS fed_fen
  FROM people w
  JOIN funds.payment p ON p.county_code = :county AND p.payee_token = w.token AND p.household_id = :household
  JOIN funds.payment_batch k ON k.county_code = :county AND k.id = p.batch_id
  JOIN funds.movement m ON m.county_code = :county AND m.batch_id = p.batch_id
   AND m.from_account_id = k.account_id AND m.effective_on = k.effective_on
   AND m.effective_on <= :as_of AND m.position <= :known
  JOIN funds.account a ON a.county_code = :county AND a.id = k.account_id
  JOIN funds.unit u ON u.county_code = :county AND u.id = a.unit_id
  LEFT JOIN funds.movement r ON r.county_code = :county AND r.reverses_id = m.id
   AND r.effective_on <= :as_of AND r.position <= :known
 ORDER BY m.effective_on, p.batch_id, p.line""")


async def paid(session: AsyncSession, county: str, household: UUID, moment: Moment) -> Sequence[Row[Any]]:
    """Every row of a roster that paid somebody of the household by that moment; the whole county must be in sight."""
    return (await session.execute(_PAID, {"county": county, "household": household, **moment.arguments})).all()
