"""Changes of plans in SQL: answered one by one, listed as they stood at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window, whole
from services.funds_api.moments import Moment
from services.funds_api.tables import ProjectVersionRow

_APPROVED: Final = ("approved_by", "approval_document", "effective_on")
_CLOSED: Final = ("closed_by", "closed_on", "closing_document", "closing_reason")
_CHANGES: Final = f"""
SELECT * FROM (
  SELECT v.project_id, v.county_code, v.region_code, p.code, v.name, v.version, v.planned_fen, v.document, v.reason,
         v.is_change, v.reported_on, v.reported_by,
         {", ".join(f"CASE WHEN s.approved THEN v.{one} END AS {one}" for one in _APPROVED)},
         {", ".join(f"CASE WHEN s.closed THEN v.{one} END AS {one}" for one in _CLOSED)},
         CASE WHEN s.approved THEN 'approved' WHEN s.closed THEN v.closed_as ELSE 'waiting' END AS state,
         -- Nothing is reported beside a change that waits: what stood then is the last before it that came in force.
         (SELECT b.planned_fen FROM funds.project_version b
           WHERE b.county_code = :county AND b.project_id = v.project_id AND b.version < v.version
             AND b.effective_on IS NOT NULL ORDER BY b.version DESC LIMIT 1) AS planned_before_fen
    FROM funds.project_version v
    JOIN funds.project p ON p.county_code = :county AND p.id = v.project_id
    CROSS JOIN LATERAL (
      SELECT v.effective_on <= :as_of AND coalesce(v.approved_position, v.position) <= :known AS approved,
             v.closed_on <= :as_of AND v.closed_position <= :known AS closed) s
   WHERE v.county_code = :county AND v.version > 1 AND v.reported_on <= :as_of AND v.position <= :known
     AND v.region_code >= :scope AND v.region_code < :scope || '~'
     AND (CAST(:region AS text) IS NULL
          OR (v.region_code >= :region AND v.region_code < CAST(:region AS text) || '~'))
     AND (CAST(:project AS uuid) IS NULL OR v.project_id = :project)) c
 WHERE (CAST(:state AS text) IS NULL OR c.state = :state)
   AND (CAST(:after AS uuid) IS NULL OR (c.project_id, c.version) > (CAST(:after AS uuid), :after_version))
 ORDER BY c.project_id, c.version LIMIT :limit"""


async def page(
    tx: AsyncSession, who: Principal, county: str, window: Window, *, moment: Moment, **asked: Any
) -> Sequence[Row[Any]]:
    """Visible changes of plans reported by a moment with what had become of them then, by project and version."""
    after = window.key(UUID, whole)
    place = {"after": after[0] if after else None, "after_version": after[1] if after else 0}
    known = {"as_of": moment.as_of, "known": moment.position}
    arguments = {"county": county, "scope": who.region, **known, **asked, **place, "limit": window.limit + 1}
    return (await tx.execute(text(_CHANGES), arguments)).all()


async def answer(tx: AsyncSession, row: ProjectVersionRow, changes: dict[str, Any]) -> None:
    """Put a waiting version in force, or refuse or withdraw it."""
    await tx.execute(
        update(ProjectVersionRow)
        .where(
            ProjectVersionRow.county_code == row.county_code,
            ProjectVersionRow.project_id == row.project_id,
            ProjectVersionRow.version == row.version,
        )
        .values(changes)
    )
