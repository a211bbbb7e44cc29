"""Documents of engagements, version 8: an end takes two, a transfer may go ahead, and no opinion in time is passed over.

An engagement is over once another person has agreed to its conclusion or to its termination, not before. What is handed
on ahead, and what the auditee says, is taken down at any stage, after the end as well. Frozen: a change is a new file
and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from migrations.audit_engagements_v7 import PERIOD_IN_CAMPAIGN as PERIOD_OF_BEFORE
from migrations.audit_engagements_v7 import STANDS

OVER: Final = "d.paper IN ('conclusion', 'termination') AND d.verdict = 'agreed'"
_REFUSE: Final = "RAISE EXCEPTION '%', wrong USING ERRCODE = '{}', CONSTRAINT = '{}';"
_TURN: Final = _REFUSE.format("QL449", "engagement_in_turn")
_CAMPAIGN: Final = _REFUSE.format("QL450", "engagement_in_campaign")

IN_TURN: Final = f"""
CREATE OR REPLACE FUNCTION audit.engagement_in_turn() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
DECLARE of_a_unit boolean; spell record; wrong text; ahead boolean := NEW.ahead_because IS NOT NULL;
BEGIN
  SELECT e.kind IN ('audit', 'patrol') AND e.auditee_unit_id IS NOT NULL INTO of_a_unit FROM engagement e
   WHERE e.county_code = NEW.county_code AND e.id = NEW.engagement_id FOR NO KEY UPDATE;
  SELECT p.starts_on, p.ends_on INTO spell FROM engagement_period p
   WHERE p.county_code = NEW.county_code AND p.engagement_id = NEW.engagement_id AND {STANDS} ORDER BY p.period_no DESC LIMIT 1;
  SELECT CASE
    WHEN NEW.no <= max(d.no) THEN 'a document is numbered behind the last'
    WHEN NEW.paper <> 'reply' AND NOT ahead AND bool_or({OVER}) THEN 'the engagement is over'
    WHEN NEW.paper = 'notice' AND bool_or(d.paper = 'start') THEN 'a notice comes before the start'
    WHEN NEW.paper = 'notice' AND NEW.starts_on NOT BETWEEN spell.starts_on AND spell.ends_on
      THEN 'the announced day lies in the period'
    WHEN NEW.paper = 'start' AND NEW.done_on NOT BETWEEN spell.starts_on AND spell.ends_on THEN 'the start lies in the period'
    WHEN NEW.paper = 'start' AND bool_or(d.paper = 'notice' AND d.at_once_because IS NOT NULL AND d.verdict IS NULL)
      THEN 'the notice that is brought along waits for its approval'
    WHEN NEW.paper = 'start' AND bool_or(d.paper = 'notice' AND d.verdict IS DISTINCT FROM 'returned' AND d.starts_on > NEW.done_on)
      THEN 'the start is before the announced day'
    WHEN NEW.paper NOT IN ('notice', 'start', 'termination') AND NOT ahead
     AND NOT coalesce(bool_or(d.paper = 'start' AND d.done_on <= NEW.done_on), false) THEN 'a document comes after the start'
    WHEN NEW.paper = 'report' AND bool_or(d.paper = 'working_paper' AND d.verdict IS NULL) THEN 'a working paper waits'
    WHEN NEW.paper = 'reply' AND NOT bool_or(d.paper = 'report' AND d.done_on <= NEW.done_on) THEN 'a reply answers a report'
    WHEN NEW.paper = 'decision' AND NOT ahead AND of_a_unit AND NOT bool_or(d.paper = 'report')
      THEN 'the unit is heard before it is decided'
    WHEN NEW.paper = 'decision' AND NOT ahead AND NOT bool_or(d.paper = 'reply')
     AND bool_or(d.paper = 'report' AND coalesce(d.due_on >= NEW.done_on, true)) THEN 'the unit may still answer'
    WHEN NEW.paper IN ('conclusion', 'termination') AND bool_or(d.paper IN ('conclusion', 'termination') AND d.verdict IS NULL)
      THEN 'another end waits'
    WHEN NEW.paper IN ('conclusion', 'termination') AND bool_or(d.paper = 'start' AND d.done_on > NEW.done_on)
      THEN 'the end comes after the start'
    WHEN NEW.paper = 'conclusion' AND of_a_unit
     AND NOT coalesce(bool_or(d.ahead_because IS NULL AND d.delivered_on <= NEW.done_on), false)
      THEN 'a decision is delivered before the end'
    WHEN NEW.paper = 'termination' AND bool_or(d.ahead_because IS NULL AND d.delivered_on IS NOT NULL)
      THEN 'what took effect is concluded'
    END INTO wrong
    FROM engagement_document d WHERE d.county_code = NEW.county_code AND d.engagement_id = NEW.engagement_id;
  IF wrong IS NOT NULL THEN
    {_TURN}
  END IF;
  RETURN NEW;
END $$"""

# Who agrees to a document or delivers it meets what was recorded since it was drawn up, under the engagement's lock.
STILL_STANDS: Final = f"""
CREATE FUNCTION audit.engagement_document_still_stands() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
DECLARE wrong text; delivers boolean := OLD.delivered_on IS NULL AND NEW.delivered_on IS NOT NULL;
BEGIN
  PERFORM FROM engagement e WHERE e.county_code = NEW.county_code AND e.id = NEW.engagement_id FOR NO KEY UPDATE;
  SELECT CASE
    WHEN NEW.ahead_because IS NULL AND bool_or({OVER}) THEN 'the engagement is over'
    WHEN NEW.paper = 'decision' AND NEW.ahead_because IS NULL AND bool_or(d.paper = 'reply' AND d.no > NEW.no AND d.done_on <= coalesce(
           (SELECT r.due_on FROM engagement_document r WHERE r.county_code = NEW.county_code AND r.engagement_id = NEW.engagement_id
               AND r.paper = 'report'), d.done_on)) THEN 'an opinion in time was not weighed'
    WHEN NEW.paper = 'conclusion' AND bool_or(d.paper = 'working_paper' AND d.verdict IS NULL) THEN 'a working paper waits'
    WHEN NEW.paper IN ('conclusion', 'termination') AND bool_or(d.ahead_because IS NULL AND d.done_on > NEW.done_on)
      THEN 'the end follows every document'
    WHEN NEW.paper = 'termination' AND bool_or(d.ahead_because IS NULL AND d.delivered_on IS NOT NULL)
      THEN 'what took effect is concluded'
    END INTO wrong
    FROM engagement_document d
   WHERE d.county_code = NEW.county_code AND d.engagement_id = NEW.engagement_id AND d.no <> NEW.no;
  IF wrong IS NOT NULL THEN
    {_TURN}
  END IF;
  IF NOT delivers AND NEW.paper IN ('conclusion', 'termination') AND EXISTS (
    SELECT FROM engagement part WHERE part.county_code = NEW.county_code AND part.part_of = NEW.engagement_id
       AND NOT EXISTS (SELECT FROM engagement_document d WHERE d.county_code = part.county_code AND d.engagement_id = part.id
                          AND {OVER} AND d.checked_on <= NEW.checked_on)) THEN
    wrong := 'a campaign ends after its parts';
    {_CAMPAIGN}
  END IF;
  RETURN NEW;
END $$"""

IS_PART: Final = f"""
CREATE OR REPLACE FUNCTION audit.engagement_is_part() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
DECLARE whole engagement; wrong text;
BEGIN
  SELECT e.* INTO whole FROM engagement e WHERE e.county_code = NEW.county_code AND e.id = NEW.part_of FOR NO KEY UPDATE;
  wrong := CASE
    WHEN whole.id IS NULL THEN 'the campaign is not there'
    WHEN whole.part_of IS NOT NULL THEN 'there is one level'
    WHEN whole.kind NOT IN ('campaign', 'patrol') OR whole.auditee_unit_id IS NOT NULL THEN 'this holds no parts'
    WHEN NEW.planned_on < whole.planned_on THEN 'a part is planned after its campaign'
    WHEN EXISTS (SELECT FROM engagement_document d WHERE d.county_code = NEW.county_code AND d.engagement_id = whole.id AND {OVER})
      THEN 'the campaign is over'
    END;
  IF wrong IS NOT NULL THEN
    {_CAMPAIGN}
  END IF;
  RETURN NEW;
END $$"""

PERIOD_IN_CAMPAIGN: Final = PERIOD_OF_BEFORE.replace("AND d.paper = 'conclusion'", f"AND {OVER}")


def statements() -> Iterator[str]:
    yield from (IN_TURN, IS_PART, PERIOD_IN_CAMPAIGN, STILL_STANDS)
    yield "REVOKE ALL ON FUNCTION audit.engagement_document_still_stands() FROM PUBLIC"
    yield "DROP TRIGGER after_its_parts ON audit.engagement_document"
    yield "DROP FUNCTION audit.engagement_parts_are_over()"
    yield (
        "CREATE TRIGGER agreed_still_stands BEFORE UPDATE ON audit.engagement_document FOR EACH ROW"
        " WHEN (OLD.verdict IS NULL AND NEW.verdict = 'agreed' OR OLD.delivered_on IS NULL AND NEW.delivered_on IS NOT NULL)"
        " EXECUTE FUNCTION audit.engagement_document_still_stands()"
    )
