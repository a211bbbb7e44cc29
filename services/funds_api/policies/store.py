"""Policy values in SQL, as treasury values."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.tables import PolicyValueRow
from treasury.policy import Basis, PolicyValue


async def values(session: AsyncSession, *prefixes: str) -> Sequence[PolicyValue]:
    """Every dated value whose key starts with one of `prefixes` (all values, when none is given)."""
    query = select(PolicyValueRow).order_by(PolicyValueRow.key, PolicyValueRow.region_code, PolicyValueRow.valid_from)
    rows = (await session.scalars(query)).all()
    return [
        PolicyValue(row.key, row.region_code, row.valid_from, row.value, row.source, Basis(row.basis))
        for row in rows
        if not prefixes or row.key.startswith(prefixes)
    ]
