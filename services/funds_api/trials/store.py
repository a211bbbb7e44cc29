"""Which counties of a region have books, and whose rows and loans questions name, in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

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


async def households_n(session: AsyncSession, county: str, items: Iterable[str]) -> int:
    """How many households the rows and loans among these items are of (`payment:batch:line`, `loan:id`)."""
    told = [one.split(":") for one in items]
    rows = [(UUID(one[1]), int(one[2])) for one in told if one[0] == "payment"]
    found = await session.scalar(
        text(
            """
            SELECT count(DISTINCT household_id) FROM (
              SELECT p.household_id FROM unnest(CAST(:batches AS uuid[]), CAST(:lines AS int[])) AS k(batch_id, line)
                JOIN funds.payment p ON p.county_code = :county AND p.batch_id = k.batch_id AND p.line = k.line
               UNION ALL
              SELECT l.household_id FROM funds.loan l WHERE l.county_code = :county AND l.id = ANY(:loans)) named
            """
        ),
        {
            "county": county,
            "batches": [batch for batch, _ in rows],
            "lines": [line for _, line in rows],
            "loans": [UUID(one[1]) for one in told if one[0] == "loan"],
        },
    )
    return int(found or 0)
