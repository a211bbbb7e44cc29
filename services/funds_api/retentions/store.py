"""For whom the lots of a deposit are kept, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.tables import RetentionRow


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
