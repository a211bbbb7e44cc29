"""What belongs to the case of a finding, by ids: an event of the county that names one is a row of its bundle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# The alerts that a version named, with those that were worked on as part of one of them: taken up, they stay so.
ALERTS: Final = """
     named_alert AS (SELECT DISTINCT unnest(w.alert_ids) AS id FROM audit.finding_version w
                      WHERE w.county_code = :county AND w.finding_id = :finding AND w.position <= :known),
     case_alert AS (SELECT n.id FROM named_alert n
                    UNION SELECT m.alert_id FROM named_alert n
                      JOIN audit.alert_merge m ON m.county_code = :county AND m.main_id = n.id
                     WHERE m.position <= :known AND (m.undone_position IS NULL OR m.undone_position > :known))"""

_CASE: Final = text(f"""
WITH {ALERTS}
SELECT TRUE AS alerted, c.id FROM case_alert c
UNION ALL SELECT FALSE, q.id FROM audit.quarantine q
           WHERE q.county_code = :county AND q.finding_id = :finding AND q.position <= :known
UNION ALL SELECT FALSE, o.id FROM (
            SELECT r.id FROM audit.rectification_order r WHERE r.county_code = :county AND r.finding_id = :finding
            UNION
            SELECT d.id FROM audit.rectification_draft d WHERE d.county_code = :county AND d.finding_id = :finding) o
UNION ALL SELECT FALSE, k.id FROM audit.evidence k
           WHERE k.county_code = :county AND k.finding_id = :finding AND k.position <= :known
ORDER BY 1, 2""")  # orders are drawn up and issued by events that name the finding: none is known before them


@dataclass(frozen=True, slots=True)
class Case:
    """The alerts that a finding was made of, and its quarantines, orders and evidence, as known by a position."""

    finding: UUID
    alerts: list[UUID]
    others: list[UUID]

    @property
    def names(self) -> list[UUID]:
        """Every id that makes an event a row of the case."""
        return [self.finding, *self.alerts, *self.others]


async def case_of(tx: AsyncSession, county: str, finding: UUID, known: int) -> Case:
    """The case of a finding as it was known by a position of the county's journal."""
    found = (await tx.execute(_CASE, {"county": county, "finding": finding, "known": known})).all()
    return Case(finding, [row.id for row in found if row.alerted], [row.id for row in found if not row.alerted])
