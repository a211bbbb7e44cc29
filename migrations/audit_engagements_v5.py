"""Campaigns and their parts, version 5 of engagements: one level, no circle, each part within its campaign.

The second net under `engagements/campaigns.py`. A part names an engagement that was there before it and never another
one, so there is no circle. Whoever plans a part, changes a period or ends a campaign holds the campaign's row, so that
of two at once the second sees the first. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_REFUSE: Final = "RAISE EXCEPTION '%', wrong USING ERRCODE = 'QL450', CONSTRAINT = 'engagement_in_campaign';"

IS_PART: Final = f"""
CREATE FUNCTION audit.engagement_is_part() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
DECLARE whole engagement; wrong text;
BEGIN
  SELECT e.* INTO whole FROM engagement e WHERE e.county_code = NEW.county_code AND e.id = NEW.part_of FOR NO KEY UPDATE;
  wrong := CASE
    WHEN whole.id IS NULL THEN 'the campaign is not there'
    WHEN whole.part_of IS NOT NULL THEN 'there is one level'
    WHEN whole.kind NOT IN ('campaign', 'patrol') OR whole.auditee_unit_id IS NOT NULL THEN 'this holds no parts'
    WHEN NEW.planned_on < whole.planned_on THEN 'a part is planned after its campaign'
    WHEN EXISTS (SELECT FROM engagement_document d WHERE d.county_code = NEW.county_code AND d.engagement_id = whole.id AND d.paper = 'conclusion')
      THEN 'the campaign is concluded'
    END;
  IF wrong IS NOT NULL THEN
    {_REFUSE}
  END IF;
  RETURN NEW;
END $$"""

SCOPE_IN_CAMPAIGN: Final = f"""
CREATE FUNCTION audit.engagement_scope_in_campaign() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
DECLARE whole_id uuid; wrong text;
BEGIN
  SELECT e.part_of INTO whole_id FROM engagement e WHERE e.county_code = NEW.county_code AND e.id = NEW.engagement_id;
  wrong := CASE
    WHEN EXISTS (SELECT FROM engagement p WHERE p.county_code = NEW.county_code AND p.part_of = NEW.engagement_id)
      THEN 'the scope of a campaign stands once it has parts'
    WHEN whole_id IS NULL THEN NULL
    WHEN NEW.what = 'region' AND NOT EXISTS (
      SELECT FROM engagement_scope w WHERE w.county_code = NEW.county_code AND w.engagement_id = whole_id
         AND w.what = 'region' AND starts_with(NEW.code, w.code)) THEN 'a part lies within the places of its campaign'
    WHEN NEW.what = 'fund'
     AND EXISTS (SELECT FROM engagement_scope w WHERE w.county_code = NEW.county_code AND w.engagement_id = whole_id AND w.what = 'fund')
     AND NOT EXISTS (SELECT FROM engagement_scope w WHERE w.county_code = NEW.county_code AND w.engagement_id = whole_id
                        AND w.what = 'fund' AND w.code = NEW.code) THEN 'a part is about the funds of its campaign'
    END;
  IF wrong IS NOT NULL THEN
    {_REFUSE}
  END IF;
  RETURN NEW;
END $$"""

# The scope is written before the period, so that a part without a fund shows here.
PERIOD_IN_CAMPAIGN: Final = f"""
CREATE FUNCTION audit.engagement_period_in_campaign() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
DECLARE whole_id uuid; whole record; wrong text;
BEGIN
  SELECT e.part_of INTO whole_id FROM engagement e WHERE e.county_code = NEW.county_code AND e.id = NEW.engagement_id;
  PERFORM FROM engagement e WHERE e.county_code = NEW.county_code AND e.id = coalesce(whole_id, NEW.engagement_id) FOR NO KEY UPDATE;
  IF whole_id IS NOT NULL THEN
    SELECT p.starts_on, p.ends_on INTO whole FROM engagement_period p
     WHERE p.county_code = NEW.county_code AND p.engagement_id = whole_id ORDER BY p.period_no DESC LIMIT 1;
    wrong := CASE
      WHEN NEW.starts_on < whole.starts_on OR NEW.ends_on > whole.ends_on THEN 'a part lies within the period of its campaign'
      WHEN EXISTS (SELECT FROM engagement_scope w WHERE w.county_code = NEW.county_code AND w.engagement_id = whole_id AND w.what = 'fund')
       AND NOT EXISTS (SELECT FROM engagement_scope s WHERE s.county_code = NEW.county_code AND s.engagement_id = NEW.engagement_id AND s.what = 'fund')
        THEN 'a part is about the funds of its campaign'
      END;
  ELSIF EXISTS (
    SELECT FROM engagement part
      CROSS JOIN LATERAL (SELECT p.starts_on, p.ends_on FROM engagement_period p
                           WHERE p.county_code = part.county_code AND p.engagement_id = part.id
                           ORDER BY p.period_no DESC LIMIT 1) spell
     WHERE part.county_code = NEW.county_code AND part.part_of = NEW.engagement_id
       AND (spell.starts_on < NEW.starts_on OR spell.ends_on > NEW.ends_on)
       AND NOT EXISTS (SELECT FROM engagement_document d WHERE d.county_code = part.county_code
                          AND d.engagement_id = part.id AND d.paper = 'conclusion')) THEN
    wrong := 'a campaign lasts as long as its parts';
  END IF;
  IF wrong IS NOT NULL THEN
    {_REFUSE}
  END IF;
  RETURN NEW;
END $$"""

PARTS_ARE_OVER: Final = f"""
CREATE FUNCTION audit.engagement_parts_are_over() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
DECLARE wrong text;
BEGIN
  PERFORM FROM engagement e WHERE e.county_code = NEW.county_code AND e.id = NEW.engagement_id FOR NO KEY UPDATE;
  IF EXISTS (
    SELECT FROM engagement part WHERE part.county_code = NEW.county_code AND part.part_of = NEW.engagement_id
       AND NOT EXISTS (SELECT FROM engagement_document d WHERE d.county_code = part.county_code AND d.engagement_id = part.id
                          AND d.paper = 'conclusion' AND d.done_on <= NEW.done_on)) THEN
    wrong := 'a campaign ends after its parts';
    {_REFUSE}
  END IF;
  RETURN NEW;
END $$"""

FUNCTIONS: Final = (
    "engagement_is_part()",
    "engagement_scope_in_campaign()",
    "engagement_period_in_campaign()",
    "engagement_parts_are_over()",
)


def statements() -> Iterator[str]:
    yield from (IS_PART, SCOPE_IN_CAMPAIGN, PERIOD_IN_CAMPAIGN, PARTS_ARE_OVER)
    for function in FUNCTIONS:
        yield f"REVOKE ALL ON FUNCTION audit.{function} FROM PUBLIC"
    yield (
        "CREATE TRIGGER in_campaign BEFORE INSERT ON audit.engagement FOR EACH ROW"
        " WHEN (NEW.part_of IS NOT NULL) EXECUTE FUNCTION audit.engagement_is_part()"
    )
    yield (
        "CREATE TRIGGER part_of_once BEFORE UPDATE ON audit.engagement FOR EACH ROW"
        " WHEN (OLD.part_of IS DISTINCT FROM NEW.part_of) EXECUTE FUNCTION audit.added_once()"
    )
    for table in ("scope", "period"):
        yield (
            f"CREATE TRIGGER in_campaign BEFORE INSERT ON audit.engagement_{table}"
            f" FOR EACH ROW EXECUTE FUNCTION audit.engagement_{table}_in_campaign()"
        )
    yield (
        "CREATE TRIGGER after_its_parts BEFORE INSERT ON audit.engagement_document FOR EACH ROW"
        " WHEN (NEW.paper = 'conclusion') EXECUTE FUNCTION audit.engagement_parts_are_over()"
    )
