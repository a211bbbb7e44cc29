"""What performance targets reached, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.moments import Moment
from services.funds_api.tables import TargetResultRow

# Of an acceptance that was sent back nothing counts: what is accepted anew is measured anew.
_ACCEPTANCE = """(SELECT max(s.seq) FROM funds.project_step s WHERE s.county_code = :county AND s.project_id = :project
                    AND s.stage = 'accepted' AND s.way = 'forward' AND s.effective_on <= :as_of
                    AND s.position <= :known)"""


async def insert_results(tx: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    await tx.execute(insert(TargetResultRow), list(rows))


async def outcomes(tx: AsyncSession, county: str, project: UUID, version: int, moment: Moment) -> Sequence[Row[Any]]:
    """Each target of a version, by code, with the latest result of the last acceptance by a moment, nulls if none."""
    found = await tx.execute(
        text(
            f"""
            SELECT t.code, t.text, t.unit, t.target, r.reached, r.reached_on, r.document
              FROM funds.project_target t
              LEFT JOIN LATERAL (
                SELECT r.reached, r.reached_on, r.document FROM funds.target_result r
                 WHERE r.county_code = :county AND r.project_id = :project AND r.code = t.code
                   AND r.step_seq = {_ACCEPTANCE} AND r.reached_on <= :as_of AND r.position <= :known
                 ORDER BY r.id DESC LIMIT 1) r ON true
             WHERE t.county_code = :county AND t.project_id = :project AND t.version = :version ORDER BY t.code
            """
        ),
        {
            "county": county,
            "project": project,
            "version": version,
            "as_of": moment.as_of,
            "known": moment.position,
        },
    )
    return found.all()
