"""The SQL side of quarantines as inspectors order them, version 1: steps that follow on each other, by two people.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.audit_known_v1 import triggers
from migrations.journal_v1 import scoped

# A step is the next of its quarantine, not earlier, after one that it may follow; a decision is about the very version that was
# drawn up last, and by somebody else.
FOLLOWS = """
CREATE FUNCTION audit.quarantine_step_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE last quarantine_step%ROWTYPE;
BEGIN
  SELECT * INTO last FROM quarantine_step s WHERE s.county_code = NEW.county_code AND s.quarantine_id = NEW.quarantine_id
   ORDER BY s.step_no DESC LIMIT 1;
  IF NEW.step_no <> coalesce(last.step_no, 0) + 1 OR NEW.done_on < coalesce(last.done_on, NEW.done_on)
     OR (coalesce(last.step, ''), NEW.step) NOT IN (('', 'drawn'), ('drawn', 'confirmed'), ('drawn', 'refused'),
        ('confirmed', 'release_drawn'), ('release_drawn', 'release_confirmed'), ('release_drawn', 'release_refused'),
        ('release_refused', 'release_drawn'))
     OR NEW.step NOT IN ('drawn', 'release_drawn') AND (NEW.made_by, NEW.version_hash) IS DISTINCT FROM (last.done_by, last.version_hash) THEN
    RAISE EXCEPTION 'step % of quarantine % does not follow', NEW.step, NEW.quarantine_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""

TABLES = ("quarantine", "quarantine_lot", "quarantine_step", "quarantine_told")


def statements(role: str) -> Iterator[str]:
    yield FOLLOWS
    yield "REVOKE ALL ON FUNCTION audit.quarantine_step_follows() FROM PUBLIC"
    yield (
        "CREATE TRIGGER follows BEFORE INSERT ON audit.quarantine_step"
        " FOR EACH ROW EXECUTE FUNCTION audit.quarantine_step_follows()"
    )
    for table in TABLES:
        yield from scoped("audit", role, table, "region_code")
        yield f"GRANT SELECT, INSERT ON audit.{table} TO {role}"
    for table in ("quarantine", "quarantine_step", "quarantine_told"):
        yield from triggers(table, {})
