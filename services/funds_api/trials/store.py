"""Which counties of a region have books, in SQL."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def counties(session: AsyncSession, region: str) -> list[str]:
    """The counties of a region that hold accounts, by code."""
    found = await session.scalars(
        text(
            "SELECT h.stream FROM funds.stream_head h WHERE length(h.stream) = 6 AND h.stream LIKE :region || '%'"
            " AND EXISTS (SELECT FROM funds.account a WHERE a.county_code = h.stream) ORDER BY 1"
        ),
        {"region": region},
    )
    return list(found)
