"""Periods of engagements, version 7: another last day holds once a second person has agreed to it.

As version 5 but for which period is asked about: the planned one, or the last that was agreed to (of before there were
two: recorded). What was only drawn up, or was sent back, binds nothing. Frozen: a change is a new file and a new
migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

STANDS: Final = "(p.period_no = 1 OR p.decided_on IS NOT NULL AND p.decision IS DISTINCT FROM 'returned')"

PERIOD_IN_CAMPAIGN: Final = f"""
CREATE OR REPLACE FUNCTION audit.engagement_period_in_campaign() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
DECLARE whole_id uuid; whole record; wrong text;
BEGIN
  SELECT e.part_of INTO whole_id FROM engagement e WHERE e.county_code = NEW.county_code AND e.id = NEW.engagement_id;
  PERFORM FROM engagement e WHERE e.county_code = NEW.county_code AND e.id = coalesce(whole_id, NEW.engagement_id) FOR NO KEY UPDATE;
  IF whole_id IS NOT NULL THEN
    SELECT p.starts_on, p.ends_on INTO whole FROM engagement_period p
     WHERE p.county_code = NEW.county_code AND p.engagement_id = whole_id AND {STANDS} ORDER BY p.period_no DESC LIMIT 1;
    wrong := CASE
      WHEN NEW.starts_on < whole.starts_on OR NEW.ends_on > whole.ends_on THEN 'a part lies within the period of its campaign'
      WHEN EXISTS (SELECT FROM engagement_scope w WHERE w.county_code = NEW.county_code AND w.engagement_id = whole_id AND w.what = 'fund')
       AND NOT EXISTS (SELECT FROM engagement_scope s WHERE s.county_code = NEW.county_code AND s.engagement_id = NEW.engagement_id AND s.what = 'fund')
        THEN 'a part is about the funds of its campaign'
      END;
  ELSIF EXISTS (
    SELECT FROM engagement part
      CROSS JOIN LATERAL (SELECT p.starts_on, p.ends_on FROM engagement_period p
                           WHERE p.county_code = part.county_code AND p.engagement_id = part.id AND {STANDS}
                           ORDER BY p.period_no DESC LIMIT 1) spell
     WHERE part.county_code = NEW.county_code AND part.part_of = NEW.engagement_id
       AND (spell.starts_on < NEW.starts_on OR spell.ends_on > NEW.ends_on)
       AND NOT EXISTS (SELECT FROM engagement_document d WHERE d.county_code = part.county_code
                          AND d.engagement_id = part.id AND d.paper = 'conclusion')) THEN
    wrong := 'a campaign lasts as long as its parts';
  END IF;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION '%', wrong USING ERRCODE = 'QL450', CONSTRAINT = 'engagement_in_campaign';
  END IF;
  RETURN NEW;
END $$"""

# As version 6 of documents but for which period is asked about.
IN_TURN: Final = f"""
CREATE OR REPLACE FUNCTION audit.engagement_in_turn() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
DECLARE of_a_unit boolean; spell record; wrong text;
BEGIN
  SELECT e.kind IN ('audit', 'patrol') AND e.auditee_unit_id IS NOT NULL INTO of_a_unit FROM engagement e
   WHERE e.county_code = NEW.county_code AND e.id = NEW.engagement_id FOR NO KEY UPDATE;
  SELECT p.starts_on, p.ends_on INTO spell FROM engagement_period p
   WHERE p.county_code = NEW.county_code AND p.engagement_id = NEW.engagement_id AND {STANDS} ORDER BY p.period_no DESC LIMIT 1;
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


def statements() -> Iterator[str]:
    yield PERIOD_IN_CAMPAIGN
    yield IN_TURN
    # What is drawn up binds nothing, so only the planned period is held in its campaign as it is written.
    yield "DROP TRIGGER in_campaign ON audit.engagement_period"
    yield (
        "CREATE TRIGGER in_campaign BEFORE INSERT ON audit.engagement_period FOR EACH ROW"
        " WHEN (NEW.period_no = 1) EXECUTE FUNCTION audit.engagement_period_in_campaign()"
    )
    yield (
        "CREATE TRIGGER agreed_in_campaign BEFORE UPDATE ON audit.engagement_period FOR EACH ROW"
        " WHEN (OLD.decision IS NULL AND NEW.decision = 'agreed') EXECUTE FUNCTION audit.engagement_period_in_campaign()"
    )
    columns = ("decision", "opinion", "decided_on", "checked_by")
    changed = " OR ".join(f"OLD.{one} IS DISTINCT FROM NEW.{one}" for one in columns)
    yield (
        "CREATE TRIGGER decided_once BEFORE UPDATE ON audit.engagement_period FOR EACH ROW"
        f" WHEN (OLD.decided_on IS NOT NULL AND ({changed})) EXECUTE FUNCTION audit.added_once()"
    )
