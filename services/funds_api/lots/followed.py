"""What a movement's money went on to since, told to whoever may not undo it for that. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.lots.refusals import Follower, SpentOn

# As many are named as an official will undo by hand, the latest first; the figures count all of them.
SHOWN: Final = 20

_FOLLOWED: Final = """
WITH followed AS MATERIALIZED (
  SELECT m.id, m.kind, m.document, m.effective_on, m.position, sum(d.amount_fen)::bigint AS drawn_fen
    FROM funds.draw d
    JOIN funds.movement m ON m.county_code = :county AND m.id = d.movement_id AND m.kind <> 'reverse'
   WHERE d.county_code = :county AND d.from_lot_id = ANY(:lots)
     AND NOT EXISTS (SELECT FROM funds.movement u WHERE u.county_code = :county AND u.reverses_id = m.id)
   GROUP BY m.id, m.kind, m.document, m.effective_on, m.position)
SELECT f.*, (SELECT sum(drawn_fen) FROM followed)::bigint AS all_fen FROM followed f
 ORDER BY f.position DESC, f.id DESC LIMIT :limit"""


async def refusal(tx: AsyncSession, county: str, undone: UUID, stands: Sequence[UUID], spent_fen: int) -> SpentOn:
    """Which movements drew how much of the lots that stand for what `undone` brought; all left the caller's account.

    Drawn and come back again is told apart: Σ drawn − came back = spent.
    """
    rows = (await tx.execute(text(_FOLLOWED), {"county": county, "lots": list(stands), "limit": SHOWN})).all()
    told = [Follower(str(row.id), row.kind, row.document, row.effective_on, row.drawn_fen) for row in rows]
    drawn_fen = rows[0].all_fen if rows else spent_fen
    return SpentOn(str(undone), spent_fen, told, drawn_fen - spent_fen)
