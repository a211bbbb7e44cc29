"""What a finding rests on in the books: asked of funds_api in the name of the caller, with no transaction open.

funds_api owns its journal: it tells whole rows, and the log, which has their hashes, proves each of them here. Which
rows those are is said by what the finding names (lots, movements, batches, loans, projects, quarantines) and by the
positions of the feed that its alerts, what the books answered, and its extracts stand on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed import JournalRow, JournalRows
from chassis.identity import Principal
from services.audit_api.evidence.refusals import EvidenceTooLarge
from services.audit_api.ledger import Ledger
from services.audit_api.moments import Moment
from services.audit_api.record.case import ALERTS

PATH: Final = "/funds/v1/events/rows"
MOST_BYTES: Final = 20 << 20
_ABOUT_EACH: Final = 50  # in one question, as funds_api takes them

_RESTS_ON: Final = text(f"""
WITH {ALERTS},
     v AS (SELECT * FROM audit.finding_version
            WHERE county_code = :county AND finding_id = :finding AND position <= :known),
     x AS (SELECT * FROM audit.ledger_extract
            WHERE county_code = :county AND finding_id = :finding AND position <= :known),
     q AS (SELECT * FROM audit.quarantine WHERE county_code = :county AND finding_id = :finding AND position <= :known)
SELECT s.subject_id AS about, NULL::bigint AS position
  FROM v JOIN audit.finding_subject s USING (county_code, finding_id, version_no)
UNION SELECT unnest(ARRAY[l.lot_id, l.movement_id]), NULL
  FROM v JOIN audit.finding_subject_lot l USING (county_code, finding_id, version_no)
UNION SELECT unnest(ARRAY[m.to_lot_id, m.movement_id]), NULL FROM audit.binding_move m
       WHERE m.county_code = :county AND m.finding_id = :finding AND m.position <= :known
UNION SELECT unnest(ARRAY[c.lot_id, c.movement_id]), NULL FROM audit.rectified_change c
       WHERE c.county_code = :county AND c.finding_id = :finding AND c.position <= :known
UNION SELECT q.id, NULL FROM q
UNION SELECT left(x.about, 36)::uuid, NULL FROM x WHERE x.what IN ('lot', 'trace')
UNION SELECT unnest(x.rests_on), NULL FROM x
UNION SELECT NULL, x.ledger_position FROM x WHERE x.ledger_position > 0
UNION SELECT NULL, a.feed_position FROM case_alert c JOIN audit.alert a ON a.county_code = :county AND a.id = c.id
UNION SELECT NULL, h.feed_position FROM case_alert c JOIN audit.alert_outcome h
          ON h.county_code = :county AND h.alert_id = c.id AND h.position <= :known
UNION SELECT NULL, t.feed_position FROM q JOIN audit.quarantine_told t
          ON t.county_code = q.county_code AND t.quarantine_id = q.id AND t.position <= :known""")


@dataclass(frozen=True, slots=True)
class RestsOn:
    """What is asked of the books: things by their ids, and positions of the county's journal there."""

    about: list[UUID]
    positions: list[int]


@dataclass(frozen=True, slots=True)
class Money:
    """The rows that funds_api told; how many of what was asked for it did not (gone, or more than it tells)."""

    rows: list[JournalRow]
    lacking_n: int


async def rests_on(tx: AsyncSession, county: str, finding: UUID, moment: Moment) -> RestsOn:
    """What of the books a finding rested on, as known by the moment."""
    asked = {"county": county, "finding": finding, "known": moment.position}
    found = (await tx.execute(_RESTS_ON, asked)).all()
    about = sorted({row.about for row in found if row.about is not None})
    return RestsOn(about, sorted({row.position for row in found if row.position is not None}))


async def told(ledger: Ledger, who: Principal, county: str, asked: RestsOn, moment: Moment) -> Money:
    """The rows of the county's journal in funds_api as it stood at the moment; `LedgerDown` where none answers."""
    found: dict[int, JournalRow] = {}
    left_out, size = 0, 0
    for start in range(0, max(len(asked.about), len(asked.positions)), _ABOUT_EACH):
        about = asked.about[start : start + _ABOUT_EACH]
        positions = asked.positions[start : start + _ABOUT_EACH]
        query: dict[str, str | list[str]] = {"county": county}
        query |= {"about": [str(one) for one in about], "position": [str(one) for one in positions]}
        if moment.known_at is not None:
            query["known_at"] = moment.known_at.astimezone(UTC).isoformat()
        body = bytearray()
        async with ledger.answer(PATH, query, who) as pieces:
            async for piece in pieces:
                body += piece
                if size + len(body) > MOST_BYTES:
                    raise EvidenceTooLarge(MOST_BYTES)
        size += len(body)
        answer = JournalRows.model_validate_json(body)
        found |= {row.position: row for row in answer.rows}
        left_out += answer.left_out_n
    gone = sum(one not in found for one in asked.positions)
    return Money([found[position] for position in sorted(found)], left_out + gone)
