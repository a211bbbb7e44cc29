"""What people wrote about a finding, as far as it rests in rows, each by the position of the event that sealed it.

An event holds the SHA-256 over a salt and the hash of the words (`chassis/journal.py`); the salt rests in the answer
that the journal keeps. Words are told only where they give that very hash: what was erased is not, its salt is gone.
Which words an event sealed, and in which order, is said where it is recorded; here is the one list of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed import JournalRow
from services.audit_api.record.case import Case
from services.audit_api.record.schemas import BundledText
from services.audit_api.record.verify import sealed_words

_WORDS: Final = text("""
WITH v AS (SELECT * FROM audit.finding_version WHERE county_code = :county AND finding_id = :finding),
     o AS (SELECT * FROM audit.rectification_order WHERE county_code = :county AND finding_id = :finding),
     k AS (SELECT * FROM audit.evidence WHERE county_code = :county AND finding_id = :finding)
SELECT v.position, ARRAY[v.title, v.facts] || ARRAY(
         SELECT f.what FROM audit.finding_fact f WHERE f.county_code = v.county_code
            AND f.finding_id = v.finding_id AND f.version_no = v.version_no ORDER BY f.fact_no) AS words FROM v
UNION ALL
SELECT r.position, CASE WHEN r.decision = 'confirm' THEN ARRAY[v.title, v.facts] ELSE ARRAY[]::text[] END || r.opinion
  FROM audit.finding_review r JOIN v USING (county_code, finding_id, version_no)
UNION ALL
SELECT s.position, ARRAY[o.unit_name, o.demand] || ARRAY(
         SELECT t.task FROM audit.rectification_stage t WHERE t.county_code = o.county_code AND t.order_id = o.id
          ORDER BY t.stage_no)
  FROM o JOIN audit.rectification_step s ON s.county_code = o.county_code AND s.order_id = o.id AND s.step_no = 1
UNION ALL
SELECT x.position, x.words
  FROM audit.rectification_draft d,
       LATERAL (SELECT ARRAY[d.unit_name, d.demand] || ARRAY(
         SELECT t.task FROM audit.rectification_draft_stage t WHERE t.county_code = d.county_code AND t.draft_id = d.id
          ORDER BY t.stage_no) AS said) AS drawn,
       LATERAL (VALUES (d.position, said), (d.decided_position, said || d.opinion),
                       (d.decided_position, ARRAY[d.opinion])) AS x (position, words)
 WHERE d.county_code = :county AND d.finding_id = :finding
UNION ALL
SELECT s.position, ARRAY[s.note]
  FROM o JOIN audit.rectification_step s ON s.county_code = o.county_code AND s.order_id = o.id
UNION ALL
SELECT e.position, ARRAY[e.reason]
  FROM o JOIN audit.rectification_extension e ON e.county_code = o.county_code AND e.order_id = o.id
UNION ALL
SELECT x.position, x.words
  FROM o JOIN audit.rectification_supervision p ON p.county_code = o.county_code AND p.order_id = o.id,
       LATERAL (VALUES (p.position, ARRAY[p.leader_post, p.demand]), (p.decided_position, ARRAY[p.opinion]),
                       (p.decided_position, ARRAY[p.leader_post, p.demand, p.opinion])) AS x (position, words)
UNION ALL
SELECT x.position, x.words
  FROM o JOIN audit.rectification_look_back b ON b.county_code = o.county_code AND b.order_id = o.id,
       LATERAL (VALUES (b.position, ARRAY[b.note]), (b.decided_position, ARRAY[b.opinion]),
                       (b.decided_position, ARRAY[b.note, b.opinion])) AS x (position, words)
UNION ALL
SELECT s.position, ARRAY[s.words]
  FROM audit.quarantine q JOIN audit.quarantine_step s ON s.county_code = q.county_code AND s.quarantine_id = q.id
 WHERE q.county_code = :county AND q.finding_id = :finding
UNION ALL
SELECT g.position, ARRAY[g.salt, g.supplier, coalesce(g.unsigned_because, '')]
  FROM k JOIN audit.evidence_signature g ON g.county_code = k.county_code AND g.evidence_id = k.id
 WHERE g.salt IS NOT NULL
UNION ALL
SELECT w.position, ARRAY[w.salt, w.reason]
  FROM k JOIN audit.evidence_withdrawal w ON w.county_code = k.county_code AND w.evidence_id = k.id
 WHERE w.salt IS NOT NULL
UNION ALL
SELECT w.decided_position, ARRAY[w.salt, w.opinion]
  FROM k JOIN audit.evidence_withdrawal w ON w.county_code = k.county_code AND w.evidence_id = k.id
 WHERE w.salt IS NOT NULL AND w.opinion IS NOT NULL
UNION ALL
SELECT x.position, x.words
  FROM audit.finding_repeat n,
       LATERAL (VALUES (n.position, ARRAY[n.reason]), (n.decided_position, ARRAY[n.opinion]),
                       (n.decided_position, ARRAY[n.reason, n.opinion]), (n.undone_position, ARRAY[n.undo_reason]))
       AS x (position, words)
 WHERE n.county_code = :county AND :finding IN (n.finding_id, n.earlier_id)
UNION ALL
SELECT x.position, x.words
  FROM audit.finding_repeat n
  JOIN audit.finding_repeat_undoing u ON u.county_code = n.county_code AND u.repeat_id = n.id,
       LATERAL (VALUES (u.position, ARRAY[u.reason]), (u.decided_position, ARRAY[u.opinion]),
                       (u.decided_position, ARRAY[u.reason, u.opinion])) AS x (position, words)
 WHERE n.county_code = :county AND :finding IN (n.finding_id, n.earlier_id)
UNION ALL
SELECT t.position, ARRAY[coalesce(t.reason, '')]
  FROM audit.alert_triage t WHERE t.county_code = :county AND t.alert_id = ANY(:alerts)
UNION ALL
SELECT x.position, ARRAY[x.words]
  FROM audit.alert_merge m,
       LATERAL (VALUES (m.position, m.reason), (m.undone_position, m.undo_reason)) AS x (position, words)
 WHERE m.county_code = :county AND m.alert_id = ANY(:alerts)
UNION ALL
SELECT e.position, x.words
  FROM audit.alert_refutation r JOIN audit.event_named e ON e.stream = :county AND e.name = r.id,
       LATERAL (VALUES (ARRAY[r.reason]), (ARRAY[r.opinion]), (ARRAY[r.reason, r.opinion])) AS x (words)
 WHERE r.county_code = :county AND r.alert_id = ANY(:alerts)
""")
_SALTS: Final = text(
    "SELECT e.position, e.outcome->>'salt' AS salt FROM audit.event e"
    " WHERE e.stream = :county AND e.position = ANY(:positions) AND e.outcome->>'salt' IS NOT NULL"
)


async def texts_of(
    tx: AsyncSession, county: str, case: Case, rows: Sequence[JournalRow], leaves: dict[int, int]
) -> tuple[list[BundledText], int]:
    """The words behind each of these rows that sealed any, and how many rows sealed words that are not there."""
    wanted = {row.position: told for row in rows if (told := json.loads(row.body).get("text_sha256"))}
    asked = {"county": county, "positions": sorted(wanted)}
    salts = {row.position: row.salt for row in await tx.execute(_SALTS, asked)}
    found: dict[int, BundledText] = {}
    for row in await tx.execute(_WORDS, {"county": county, "finding": case.finding, "alerts": case.alerts}):
        salt, words = salts.get(row.position), list(row.words)
        if salt is None or None in words:
            continue
        if hashlib.sha256(bytes.fromhex(salt) + sealed_words(words)).hexdigest() == wanted.get(row.position):
            found[row.position] = BundledText(log_position=leaves[row.position], salt=salt, words=words)
    return [found[position] for position in sorted(found)], len(wanted) - len(found)
