"""Documents of engagements, version 4: one at a time, fieldwork within the period, a notice brought along is approved first.

`in_turn` locks the engagement before it looks, so that of two documents at once the second sees the first; a notice
that was sent back counts for nothing; where no day to answer by was laid down, silence says nothing. Frozen: a change
is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

IN_TURN = """
CREATE OR REPLACE FUNCTION audit.engagement_in_turn() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
DECLARE of_a_unit boolean; spell record; wrong text;
BEGIN
  SELECT e.kind IN ('audit', 'patrol') AND e.auditee_unit_id IS NOT NULL INTO of_a_unit FROM engagement e
   WHERE e.county_code = NEW.county_code AND e.id = NEW.engagement_id FOR NO KEY UPDATE;
  SELECT p.starts_on, p.ends_on INTO spell FROM engagement_period p
   WHERE p.county_code = NEW.county_code AND p.engagement_id = NEW.engagement_id ORDER BY p.period_no DESC LIMIT 1;
  SELECT CASE
    WHEN bool_or(d.paper = 'conclusion') THEN 'the engagement is concluded'
    WHEN NEW.no <= max(d.no) THEN 'a document is numbered behind the last'
    WHEN NEW.paper = 'notice' AND bool_or(d.paper = 'start') THEN 'a notice comes before the start'
    WHEN NEW.paper = 'notice' AND NEW.starts_on NOT BETWEEN spell.starts_on AND spell.ends_on
      THEN 'the announced day lies in the period'
    WHEN NEW.paper = 'start' AND NEW.done_on NOT BETWEEN spell.starts_on AND spell.ends_on THEN 'the start lies in the period'
    WHEN NEW.paper = 'start' AND bool_or(d.paper = 'notice' AND d.at_once_because IS NOT NULL AND d.verdict IS NULL)
      THEN 'the notice that is brought along waits for its approval'
    WHEN NEW.paper = 'start' AND bool_or(d.paper = 'notice' AND d.verdict IS DISTINCT FROM 'returned' AND d.starts_on > NEW.done_on)
      THEN 'the start is before the announced day'
    WHEN NEW.paper NOT IN ('notice', 'start') AND NOT coalesce(bool_or(d.paper = 'start' AND d.done_on <= NEW.done_on), false)
      THEN 'a document comes after the start'
    WHEN NEW.paper = 'report' AND bool_or(d.paper = 'working_paper' AND d.verdict IS NULL) THEN 'a working paper waits'
    WHEN NEW.paper = 'reply' AND NOT bool_or(d.paper = 'report' AND d.done_on <= NEW.done_on) THEN 'a reply answers a report'
    WHEN NEW.paper = 'decision' AND of_a_unit AND NOT bool_or(d.paper = 'report') THEN 'the unit is heard before it is decided'
    WHEN NEW.paper = 'decision' AND NOT bool_or(d.paper = 'reply') AND bool_or(d.paper = 'report' AND coalesce(d.due_on >= NEW.done_on, true))
      THEN 'the unit may still answer'
    WHEN NEW.paper = 'conclusion' AND of_a_unit AND NOT coalesce(bool_or(d.delivered_on <= NEW.done_on), false)
      THEN 'a decision is delivered before the end'
    END INTO wrong
    FROM engagement_document d WHERE d.county_code = NEW.county_code AND d.engagement_id = NEW.engagement_id;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION '%', wrong USING ERRCODE = 'QL449', CONSTRAINT = 'engagement_in_turn';
  END IF;
  RETURN NEW;
END $$"""

CHECKED_WHOLE = (
    "num_nonnulls(checked_on, checked_by, verdict, opinion) IN (0, 4)"
    " AND (checked_on IS NULL OR paper IN ('working_paper', 'decision') OR at_once_because IS NOT NULL)"
)
APPROVED_BY_WHOM_IT_NAMES = "checked_by = at_once_approved_by"
ONCE = "paper IN ('notice', 'start', 'report', 'reply', 'conclusion') AND verdict IS DISTINCT FROM 'returned'"


def statements() -> Iterator[str]:
    yield IN_TURN
    yield "ALTER TABLE audit.engagement_document DROP CONSTRAINT ck_engagement_document_checked_whole"
    yield f"ALTER TABLE audit.engagement_document ADD CONSTRAINT ck_engagement_document_checked_whole CHECK ({CHECKED_WHOLE})"
    yield (
        "ALTER TABLE audit.engagement_document ADD CONSTRAINT ck_engagement_document_approved_by_whom_it_names"
        f" CHECK ({APPROVED_BY_WHOM_IT_NAMES})"
    )
    yield "DROP INDEX audit.uq_engagement_document_once"
    yield (
        "CREATE UNIQUE INDEX uq_engagement_document_once ON audit.engagement_document"
        f" (county_code, engagement_id, paper) WHERE {ONCE}"
    )
