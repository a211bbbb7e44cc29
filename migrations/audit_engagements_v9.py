"""Engagements, version 9: a finding that was made in one is about its places and its funds.

As `engagements/scope.py` says it: by the alerts that the finding's latest version names, and by the region it names. What
was named before stands. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

OUTSIDE = """
CREATE FUNCTION audit.is_outside_scope(p_county text, p_engagement uuid, p_alerts uuid[], p_about text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
  WITH scope AS (SELECT s.what, s.code FROM engagement_scope s WHERE s.county_code = p_county AND s.engagement_id = p_engagement),
       told AS (SELECT a.region_code, a.fund_code FROM alert a WHERE a.county_code = p_county AND a.id = ANY (p_alerts)
                UNION ALL SELECT p_about, NULL WHERE p_about IS NOT NULL)
  SELECT EXISTS (SELECT FROM told t
    WHERE (EXISTS (SELECT FROM scope s WHERE s.what = 'region')
           AND NOT EXISTS (SELECT FROM scope s WHERE s.what = 'region' AND t.region_code LIKE s.code || '%'))
       OR (nullif(t.fund_code, '') IS NOT NULL AND EXISTS (SELECT FROM scope s WHERE s.what = 'fund')
           AND NOT EXISTS (SELECT FROM scope s WHERE s.what = 'fund' AND s.code = t.fund_code)))
$$"""

NAMED = """
CREATE FUNCTION audit.finding_is_in_scope() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM finding f JOIN finding_version v ON v.county_code = f.county_code AND v.finding_id = f.id AND v.version_no = f.version_no
              WHERE f.county_code = NEW.county_code AND f.id = NEW.finding_id
                AND is_outside_scope(NEW.county_code, NEW.engagement_id, v.alert_ids, v.about_region)) THEN
    RAISE check_violation USING MESSAGE = 'the engagement does not look at what the finding is about', CONSTRAINT = 'finding_in_scope';
  END IF;
  RETURN NEW;
END $$"""

REDRAWN = """
CREATE FUNCTION audit.version_is_in_scope() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM engagement_finding n WHERE n.county_code = NEW.county_code AND n.finding_id = NEW.finding_id
                AND is_outside_scope(NEW.county_code, n.engagement_id, NEW.alert_ids, NEW.about_region)) THEN
    RAISE check_violation USING MESSAGE = 'the engagement does not look at what the finding is about', CONSTRAINT = 'finding_in_scope';
  END IF;
  RETURN NEW;
END $$"""


def statements() -> Iterator[str]:
    """The functions and their triggers, one statement each."""
    yield OUTSIDE
    yield NAMED
    yield REDRAWN
    for function in ("is_outside_scope(text, uuid, uuid[], text)", "finding_is_in_scope()", "version_is_in_scope()"):
        yield f"REVOKE ALL ON FUNCTION audit.{function} FROM PUBLIC"
    yield (
        "CREATE TRIGGER in_scope BEFORE INSERT ON audit.engagement_finding"
        " FOR EACH ROW EXECUTE FUNCTION audit.finding_is_in_scope()"
    )
    yield (
        "CREATE TRIGGER in_scope BEFORE INSERT ON audit.finding_version"
        " FOR EACH ROW EXECUTE FUNCTION audit.version_is_in_scope()"
    )
