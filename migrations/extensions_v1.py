"""The SQL side of more time for stages, version 1: a request for more time names a new day for each open stage.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

# With the order locked by whoever asks; a stage that is done keeps the day it had.
FITS = """
CREATE FUNCTION audit.extension_stage_fits() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM rectification_extension e
      JOIN rectification_stage s ON s.county_code = e.county_code AND s.order_id = e.order_id AND s.stage_no = NEW.stage_no
     WHERE e.county_code = NEW.county_code AND e.id = NEW.extension_id AND e.order_id = NEW.order_id
       AND e.decision IS NULL AND s.done_on IS NULL AND NEW.new_deadline <= e.new_deadline) THEN
    RAISE check_violation USING MESSAGE = 'stage ' || NEW.stage_no || ' is not open, or ends after its order', CONSTRAINT = 'extension_stage_fits';
  END IF;
  RETURN NEW;
END $$"""

NAMED = """
CREATE FUNCTION audit.extension_names_open_stages() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  IF EXISTS (
    SELECT FROM rectification_stage s
     WHERE s.county_code = NEW.county_code AND s.order_id = NEW.order_id AND s.done_on IS NULL
       AND NOT EXISTS (SELECT FROM rectification_extension_stage x WHERE x.county_code = s.county_code
                          AND x.extension_id = NEW.id AND x.stage_no = s.stage_no)) THEN
    RAISE check_violation USING MESSAGE = 'extension ' || NEW.id || ' leaves out an open stage', CONSTRAINT = 'extension_names_open_stages';
  END IF;
  RETURN NULL;
END $$"""


def statements() -> Iterator[str]:
    """The functions and their triggers, one statement each."""
    yield FITS
    yield NAMED
    for function in ("extension_stage_fits", "extension_names_open_stages"):
        yield f"REVOKE ALL ON FUNCTION audit.{function}() FROM PUBLIC"
    yield (
        "CREATE TRIGGER extension_stage_fits BEFORE INSERT ON audit.rectification_extension_stage"
        " FOR EACH ROW EXECUTE FUNCTION audit.extension_stage_fits()"
    )
    yield (
        "CREATE CONSTRAINT TRIGGER extension_names_open_stages AFTER INSERT ON audit.rectification_extension"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.extension_names_open_stages()"
    )
