"""For whom the lots of a deposit are kept, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

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
