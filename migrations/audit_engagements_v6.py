"""Documents of engagements, version 6: what was planned and never started can be ended (终止).

As version 4 but for the conclusion, which comes after the start only where there is one: a campaign ends after its parts,
so a part that nobody will look into needs an end. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

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
    WHEN NEW.paper NOT IN ('notice', 'start', 'conclusion') AND NOT coalesce(bool_or(d.paper = 'start' AND d.done_on <= NEW.done_on), false)
      THEN 'a document comes after the start'
    WHEN NEW.paper = 'report' AND bool_or(d.paper = 'working_paper' AND d.verdict IS NULL) THEN 'a working paper waits'
    WHEN NEW.paper = 'reply' AND NOT bool_or(d.paper = 'report' AND d.done_on <= NEW.done_on) THEN 'a reply answers a report'
    WHEN NEW.paper = 'decision' AND of_a_unit AND NOT bool_or(d.paper = 'report') THEN 'the unit is heard before it is decided'
    WHEN NEW.paper = 'decision' AND NOT bool_or(d.paper = 'reply') AND bool_or(d.paper = 'report' AND coalesce(d.due_on >= NEW.done_on, true))
      THEN 'the unit may still answer'
    WHEN NEW.paper = 'conclusion' AND bool_or(d.paper = 'start' AND d.done_on > NEW.done_on) THEN 'the end comes after the start'
    WHEN NEW.paper = 'conclusion' AND of_a_unit AND bool_or(d.paper = 'start')
     AND NOT coalesce(bool_or(d.delivered_on <= NEW.done_on), false)
      THEN 'a decision is delivered before the end'
    END INTO wrong
    FROM engagement_document d WHERE d.county_code = NEW.county_code AND d.engagement_id = NEW.engagement_id;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION '%', wrong USING ERRCODE = 'QL449', CONSTRAINT = 'engagement_in_turn';
  END IF;
  RETURN NEW;
END $$"""
