"""What an alert stands at, on its row, version 1: how it is to be dealt with, by whom, and as part of which.

The dealings are rows of their own, of which the last holds. A list that asked each alert for its last one read the
county's alerts until a page was full; so triggers keep the last on the alert, where an index has it in the order of the
list. Nobody else may write it. Readings of an earlier moment ask the dealings as before. Frozen: a change is a new file
and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

_LAST = """
SELECT {told} FROM audit.{table} d WHERE d.county_code = a.county_code AND d.alert_id = a.id ORDER BY d.{number} DESC LIMIT 1"""


def statements() -> Iterator[str]:
    """The columns, what they are, the triggers and the indexes, one statement each."""
    yield "ALTER TABLE audit.alert ADD COLUMN triage text, ADD COLUMN assignee text, ADD COLUMN merged_into uuid"
    yield f"""
UPDATE audit.alert a
   SET triage = ({_LAST.format(told="d.triage", table="alert_triage", number="triage_no")}),
       assignee = ({_LAST.format(told="d.assignee", table="alert_assignment", number="assignment_no")}),
       merged_into = (SELECT d.main_id FROM audit.alert_merge d
                       WHERE d.county_code = a.county_code AND d.alert_id = a.id AND d.undone_on IS NULL)"""
    yield """
CREATE FUNCTION audit.alert_stands_at() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  CASE TG_TABLE_NAME
    WHEN 'alert_triage' THEN
      UPDATE alert a SET triage = NEW.triage WHERE a.county_code = NEW.county_code AND a.id = NEW.alert_id;
    WHEN 'alert_assignment' THEN
      UPDATE alert a SET assignee = NEW.assignee WHERE a.county_code = NEW.county_code AND a.id = NEW.alert_id;
    ELSE
      UPDATE alert a SET merged_into = CASE WHEN NEW.undone_on IS NULL THEN NEW.main_id END
       WHERE a.county_code = NEW.county_code AND a.id = NEW.alert_id;
  END CASE;
  RETURN NULL;
END $$"""
    yield "REVOKE ALL ON FUNCTION audit.alert_stands_at() FROM PUBLIC"
    for table, when in (
        ("alert_triage", "INSERT"),
        ("alert_assignment", "INSERT"),
        ("alert_merge", "INSERT OR UPDATE OF undone_on"),
    ):
        yield f"CREATE TRIGGER stands_at AFTER {when} ON audit.{table} FOR EACH ROW EXECUTE FUNCTION audit.alert_stands_at()"
    yield "CREATE INDEX ix_alert_triage ON audit.alert (county_code, triage, id)"
    yield "CREATE INDEX ix_alert_assignee ON audit.alert (county_code, assignee, id)"
    yield "CREATE INDEX ix_alert_merged ON audit.alert (county_code, id) WHERE merged_into IS NOT NULL"
