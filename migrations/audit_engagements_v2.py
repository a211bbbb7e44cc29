"""Documents of engagements, version 2: the database itself takes none out of turn, and none before its day.

The second net under `engagements/stages.py`; limits in days stay with the dated values that the service reads, and the
last day for a reply stands in the report. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

IN_TURN = """
CREATE FUNCTION audit.engagement_in_turn() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
DECLARE of_a_unit boolean; wrong text;
BEGIN
  SELECT e.kind IN ('audit', 'patrol') INTO of_a_unit FROM engagement e
   WHERE e.county_code = NEW.county_code AND e.id = NEW.engagement_id;
  SELECT CASE
    WHEN bool_or(d.paper = 'conclusion') THEN 'the engagement is concluded'
    WHEN NEW.no <= max(d.no) THEN 'a document is numbered behind the last'
    WHEN NEW.paper = 'notice' AND bool_or(d.paper = 'start') THEN 'a notice comes before the start'
    WHEN NEW.paper = 'start' AND bool_or(d.starts_on > NEW.done_on) THEN 'the start is before the announced day'
    WHEN NEW.paper NOT IN ('notice', 'start') AND NOT coalesce(bool_or(d.paper = 'start' AND d.done_on <= NEW.done_on), false)
      THEN 'a document comes after the start'
    WHEN NEW.paper = 'report' AND bool_or(d.paper = 'working_paper' AND d.verdict IS NULL) THEN 'a working paper waits'
    WHEN NEW.paper = 'reply' AND NOT bool_or(d.paper = 'report' AND d.done_on <= NEW.done_on) THEN 'a reply answers a report'
    WHEN NEW.paper = 'decision' AND of_a_unit AND NOT bool_or(d.paper = 'report') THEN 'the unit is heard before it is decided'
    WHEN NEW.paper = 'decision' AND NOT bool_or(d.paper = 'reply') AND bool_or(d.due_on >= NEW.done_on)
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


def statements() -> Iterator[str]:
    yield IN_TURN
    yield "REVOKE ALL ON FUNCTION audit.engagement_in_turn() FROM PUBLIC"
    yield (
        "CREATE TRIGGER in_turn BEFORE INSERT ON audit.engagement_document"
        " FOR EACH ROW EXECUTE FUNCTION audit.engagement_in_turn()"
    )
