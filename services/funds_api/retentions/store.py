"""For whom the lots of a deposit are kept, and what became of what was kept back, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.moments import Moment
from services.funds_api.standing import REMAINING, THERE
from services.funds_api.tables import RetentionRow

# One step on from a lot `h.lot_id` of a deposit, in a recursive query: to which lot its money `went`, on which account.
# With a bank by an order, with a contractor, carried over, or come back because what had taken it was undone.
WENT: Final = """
    JOIN funds.draw d ON d.county_code = :county AND d.from_lot_id = h.lot_id
    CROSS JOIN LATERAL (
      SELECT d.to_lot_id, d.movement_id, false AS came_back
      UNION ALL
      SELECT l.id, u.id, true FROM funds.movement u
        JOIN funds.lot l ON l.county_code = :county AND l.movement_id = u.id AND l.restores_lot_id = h.lot_id
       WHERE u.county_code = :county AND u.reverses_id = d.movement_id) went
    JOIN funds.movement m ON m.county_code = :county AND m.id = went.movement_id
    JOIN funds.account a ON a.county_code = :county AND a.id = m.to_account_id
     AND (a.kind = 'retention' OR a.kind IN ('bank', 'contractor') AND NOT went.came_back)"""


@dataclass(frozen=True, slots=True)
class Kept:
    """For whom a lot is kept; `contract_id` is None for what no project kept back."""

    contractor_id: UUID
    contract_id: UUID | None


async def kept_for(tx: AsyncSession, county: str, lots: Sequence[UUID]) -> dict[UUID, Kept]:
    """For whom each of these lots is kept, also where it came back or was carried over since; others are left out."""
    rows = await tx.execute(
        text("SELECT * FROM funds.kept_for(:county, :lots)"), {"county": county, "lots": list(lots)}
    )
    return {row.lot_id: Kept(row.contractor_id, row.contract_id) for row in rows}


async def record(tx: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    await tx.execute(insert(RetentionRow), list(rows))


# What was kept back rests in a deposit, with a bank or with a contractor, or was given back: each is told for itself.
_AT: Final = f"""
WITH RECURSIVE asked AS MATERIALIZED (
  SELECT r.movement_id AS id, r.region_code, r.contractor_id, r.contract_id, m.to_account_id AS account_id, m.document,
         m.effective_on AS kept_on, m.amount_fen, u.name AS contractor_name, c.number AS contract_number, c.project_id
    FROM funds.retention r
    JOIN funds.movement m ON m.county_code = :county AND m.id = r.movement_id
     AND m.effective_on <= :as_of AND m.position <= :known
    JOIN funds.unit u ON u.county_code = :county AND u.id = r.contractor_id
    LEFT JOIN funds.project_contract c ON c.county_code = :county AND c.id = r.contract_id
   WHERE r.county_code = :county AND r.region_code >= :scope AND r.region_code < :scope || '~'
     AND (CAST(:region AS text) IS NULL
          OR (r.region_code >= :region AND r.region_code < CAST(:region AS text) || '~'))
     AND (CAST(:contract AS uuid) IS NULL OR r.contract_id = :contract)
     AND (CAST(:contractor AS uuid) IS NULL OR r.contractor_id = :contractor)
     AND (CAST(:project AS uuid) IS NULL OR c.project_id = :project)
     -- What rests is asked for in the deposits, which does not grow with what was ever kept back.
     AND (NOT :standing OR r.movement_id = ANY(ARRAY(
           SELECT k.movement_id FROM funds.kept_for(:county, ARRAY(
             SELECT l.id FROM funds.account a
               JOIN funds.lot l ON l.county_code = :county AND l.account_id = a.id AND {THERE}
              WHERE a.county_code = :county AND a.kind = 'retention')) k)))),
held AS (
  SELECT a.id, l.id AS lot_id, 'retention' AS kind FROM asked a
    JOIN funds.lot l ON l.county_code = :county AND l.movement_id = a.id
  UNION
  SELECT h.id, went.to_lot_id, a.kind FROM held h {WENT}),
stands AS (
  SELECT h.id, coalesce(sum({REMAINING}) FILTER (WHERE h.kind = 'retention'), 0)::bigint AS kept_fen,
         coalesce(sum({REMAINING}) FILTER (WHERE h.kind = 'bank'), 0)::bigint AS in_transit_fen,
         coalesce(sum({REMAINING}) FILTER (WHERE h.kind = 'contractor'), 0)::bigint AS paid_fen
    FROM held h JOIN funds.lot l ON l.county_code = :county AND l.id = h.lot_id AND {THERE} GROUP BY h.id),
gone AS (
  -- What was given back from the deposit, less what of that was undone; a reversal here undid the retention itself.
  SELECT h.id, coalesce(sum(x.sign * d.amount_fen) FILTER (WHERE m.kind <> 'reverse'), 0)::bigint AS forfeited_fen,
         coalesce(sum(x.sign * d.amount_fen) FILTER (WHERE m.kind = 'reverse'), 0)::bigint AS undone_fen
    FROM held h JOIN funds.draw d ON d.county_code = :county AND d.from_lot_id = h.lot_id
    JOIN funds.movement m ON m.county_code = :county AND m.id = d.movement_id
     AND m.effective_on <= :as_of AND m.position <= :known
    JOIN funds.account a ON a.county_code = :county AND a.id = m.to_account_id
     AND a.kind NOT IN ('retention', 'bank', 'contractor')
    CROSS JOIN LATERAL (
      SELECT 1 AS sign
      UNION ALL
      SELECT -1 FROM funds.movement u WHERE u.county_code = :county AND u.reverses_id = m.id
         AND u.effective_on <= :as_of AND u.position <= :known) x
   WHERE h.kind = 'retention' GROUP BY h.id)
SELECT a.*, coalesce(s.kept_fen, 0) AS kept_fen, coalesce(s.in_transit_fen, 0) AS in_transit_fen,
       coalesce(s.paid_fen, 0) AS paid_fen, coalesce(g.forfeited_fen, 0) AS forfeited_fen,
       coalesce(g.undone_fen, 0) AS undone_fen,
       (SELECT min(l.release_on) FROM funds.lot l WHERE l.county_code = :county AND l.movement_id = a.id) AS release_on
  FROM asked a LEFT JOIN stands s ON s.id = a.id LEFT JOIN gone g ON g.id = a.id"""


async def at(tx: AsyncSession, county: str, moment: Moment, **asked: Any) -> Sequence[Row[Any]]:
    """The retentions asked for with what stands of them where at a moment; with `standing` those of which some rests.

    To be asked where the whole county is shown: a contractor's account may lie elsewhere than the deposit.
    """
    return (await tx.execute(text(_AT), {"county": county, **moment.arguments, **asked})).all()
