"""The SQL side of quarantines as inspectors order them, version 2: of confirmed findings alone, and none is left behind.

A quarantine is drawn up and confirmed on a finding that another person confirmed and nobody closed; a finding does not close
while fen of it are quarantined. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.audit_known_v1 import triggers
from migrations.journal_v1 import scoped

# The finding is locked, as whoever closes it locks it: the two never pass each other.
AT_WORK = """
CREATE FUNCTION audit.quarantine_of_confirmed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  PERFORM FROM finding f JOIN quarantine q ON q.county_code = f.county_code AND q.finding_id = f.id
    WHERE q.county_code = NEW.county_code AND q.id = NEW.quarantine_id AND f.status IN ('open', 'ordered') FOR NO KEY UPDATE OF f;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'quarantine % is of a finding that is not confirmed, or closed', NEW.quarantine_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""

# In force since it was confirmed, until its release is. What stands is what the books kept (of what they have not told yet:
# all that was asked), less what was recovered for the finding, with what came back by undoing that.
NOTHING_KEPT = """
CREATE FUNCTION audit.finding_closes_unquarantined() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE kept_fen bigint;
BEGIN
  SELECT sum(coalesce(t.fen, q.asked_fen) + coalesce((SELECT sum(c.change_fen) FROM quarantine_change c
           WHERE c.county_code = q.county_code AND c.quarantine_id = q.id), 0)) INTO kept_fen
    FROM quarantine q
    LEFT JOIN quarantine_told t ON t.county_code = q.county_code AND t.quarantine_id = q.id AND t.told = 'kept'
   WHERE q.county_code = NEW.county_code AND q.finding_id = NEW.id
     AND (SELECT s.step FROM quarantine_step s WHERE s.county_code = q.county_code AND s.quarantine_id = q.id
           ORDER BY s.step_no DESC LIMIT 1) IN ('confirmed', 'release_drawn', 'release_refused');
  IF kept_fen > 0 THEN
    RAISE EXCEPTION 'finding % has % fen quarantined', NEW.id, kept_fen USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""


def statements(role: str) -> Iterator[str]:
    yield from (AT_WORK, NOTHING_KEPT)
    for function in ("quarantine_of_confirmed()", "finding_closes_unquarantined()"):
        yield f"REVOKE ALL ON FUNCTION audit.{function} FROM PUBLIC"
    yield (
        "CREATE TRIGGER at_work BEFORE INSERT ON audit.quarantine_step FOR EACH ROW"
        " WHEN (NEW.step IN ('drawn', 'confirmed')) EXECUTE FUNCTION audit.quarantine_of_confirmed()"
    )
    yield (
        "CREATE TRIGGER unquarantined BEFORE UPDATE ON audit.finding FOR EACH ROW"
        " WHEN (NEW.status = 'closed' AND OLD.status <> 'closed') EXECUTE FUNCTION audit.finding_closes_unquarantined()"
    )
    yield from scoped("audit", role, "quarantine_change", "region_code")
    yield f"GRANT SELECT, INSERT ON audit.quarantine_change TO {role}"
    yield from triggers("quarantine_change", {})
