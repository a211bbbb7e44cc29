"""Policy values in SQL, as treasury values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.tables import PolicyValueRow
from treasury.policy import Basis, PolicyValue


async def values(session: AsyncSession, *prefixes: str, known_at: datetime | None = None) -> Sequence[PolicyValue]:
    """Every dated value whose key starts with one of `prefixes` (all, when none is given), recorded by an instant.

    Without an instant all there are. A value belongs to no county's journal, so it is known since an instant.
    """
    query = select(PolicyValueRow).order_by(PolicyValueRow.key, PolicyValueRow.region_code, PolicyValueRow.valid_from)
    if known_at is not None:
        query = query.where(or_(PolicyValueRow.recorded_at.is_(None), PolicyValueRow.recorded_at <= known_at))
    rows = (await session.scalars(query)).all()
    return [
        PolicyValue(row.key, row.region_code, row.valid_from, row.value, row.source, Basis(row.basis))
        for row in rows
        if not prefixes or row.key.startswith(prefixes)
    ]
