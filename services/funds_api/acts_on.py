"""Which acts of a county's journal made, drew, quarantined or changed something, as the tables have it: positions.

What is named may be a lot, a movement, a batch of payments, a loan, a project or a quarantine; a lot's acts are the one
that made it and each that drew on it. An id that names nothing here has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_ACTS: Final = text("""
SELECT position FROM (
  SELECT l.position FROM funds.lot l WHERE l.county_code = :county AND l.id = ANY(:about)
  UNION SELECT d.position FROM funds.draw d WHERE d.county_code = :county AND d.from_lot_id = ANY(:about)
  UNION SELECT m.position FROM funds.movement m WHERE m.county_code = :county AND m.id = ANY(:about)
  UNION SELECT m.position FROM funds.movement m WHERE m.county_code = :county AND m.batch_id = ANY(:about)
  UNION SELECT n.position FROM funds.loan n WHERE n.county_code = :county AND n.id = ANY(:about)
  UNION SELECT unnest(ARRAY[v.position, v.approved_position, v.closed_position])
    FROM funds.project_version v WHERE v.county_code = :county AND v.project_id = ANY(:about)
  UNION SELECT unnest(ARRAY[q.position, q.released_position])
    FROM funds.quarantine q WHERE q.county_code = :county AND q.id = ANY(:about)
) acts WHERE position <= :known ORDER BY position LIMIT :most""")


async def acts_on(session: AsyncSession, county: str, about: Sequence[UUID], known: int, most: int) -> list[int]:
    """The positions by `known` of the acts on these things, the first ones first, at most `most`."""
    found = await session.scalars(_ACTS, {"county": county, "about": list(about), "known": known, "most": most})
    return list(found)
