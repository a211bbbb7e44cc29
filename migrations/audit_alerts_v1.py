"""The SQL side of alerts, version 1: what is merged is dealt with as one, and no single person dismisses.

What the services refuse the database refuses as well, whoever writes: an alert that is part of another is neither triaged nor
given to anybody, refuted, taken up nor bound by itself; no alert is part of a part; it leaves the open ones only as its main
does, and by the refutation that two people made. Every check locks the alerts it looks at, in the order of ids, as the
services do. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.audit_known_v1 import triggers
from migrations.journal_v1 import scoped

_AS_OWNER = "SECURITY DEFINER SET search_path = audit, pg_temp"

DEALT_WITH_ALONE = f"""
CREATE FUNCTION audit.alert_dealt_with_alone() RETURNS trigger
LANGUAGE plpgsql {_AS_OWNER} AS $$
BEGIN
  PERFORM FROM alert a WHERE a.county_code = NEW.county_code AND a.id = NEW.alert_id AND a.status IN ('new', 'decided') FOR NO KEY UPDATE;
  IF NOT FOUND OR EXISTS (SELECT FROM alert_merge m WHERE m.county_code = NEW.county_code AND m.alert_id = NEW.alert_id AND m.undone_on IS NULL) THEN
    RAISE EXCEPTION 'alert % is dealt with, or part of another', NEW.alert_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""

# No part of a part, so there is no circle; only what asks about the same money, and while nobody's refutation waits.
MERGED = f"""
CREATE FUNCTION audit.alert_merged() RETURNS trigger
LANGUAGE plpgsql {_AS_OWNER} AS $$
DECLARE open_n int;
BEGIN
  SELECT count(*) INTO open_n FROM (
    SELECT a.status FROM alert a WHERE a.county_code = NEW.county_code AND a.id IN (NEW.alert_id, NEW.main_id)
     ORDER BY a.id FOR NO KEY UPDATE) a WHERE a.status IN ('new', 'decided');
  IF open_n <> 2 OR NEW.undone_on IS NOT NULL
     OR EXISTS (SELECT FROM alert_merge m WHERE m.county_code = NEW.county_code AND m.undone_on IS NULL
                   AND (m.alert_id = NEW.main_id OR m.main_id = NEW.alert_id))
     OR EXISTS (SELECT FROM alert_refutation r WHERE r.county_code = NEW.county_code AND r.alert_id IN (NEW.alert_id, NEW.main_id)
                   AND r.decision IS NULL)
     OR NOT EXISTS (SELECT FROM alert a JOIN alert b ON b.county_code = a.county_code AND b.id = NEW.main_id
                     WHERE a.county_code = NEW.county_code AND a.id = NEW.alert_id
                       AND ((a.subject, a.subject_id) = (b.subject, b.subject_id) OR a.lot_id = b.lot_id OR a.account_id = b.account_id)) THEN
    RAISE EXCEPTION 'alert % cannot be part of %', NEW.alert_id, NEW.main_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""

# Parted once, while both are open: what was decided of the main was decided of its parts.
PARTED = f"""
CREATE FUNCTION audit.alert_parted() RETURNS trigger
LANGUAGE plpgsql {_AS_OWNER} AS $$
BEGIN
  PERFORM FROM alert a WHERE a.county_code = NEW.county_code AND a.id = NEW.alert_id AND a.status IN ('new', 'decided') FOR NO KEY UPDATE;
  IF NOT FOUND OR OLD.undone_on IS NOT NULL OR NEW.undone_on IS NULL THEN
    RAISE EXCEPTION 'alert % is dealt with, or was parted', NEW.alert_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""

# Decided once, by another (a CHECK), and only while the alert is open and stands alone.
REFUTATION_DECIDED = f"""
CREATE FUNCTION audit.alert_refutation_decided() RETURNS trigger
LANGUAGE plpgsql {_AS_OWNER} AS $$
BEGIN
  PERFORM FROM alert a WHERE a.county_code = NEW.county_code AND a.id = NEW.alert_id AND a.status IN ('new', 'decided') FOR NO KEY UPDATE;
  IF NOT FOUND OR OLD.decision IS NOT NULL OR NEW.decision IS NULL
     OR EXISTS (SELECT FROM alert_merge m WHERE m.county_code = NEW.county_code AND m.alert_id = NEW.alert_id AND m.undone_on IS NULL) THEN
    RAISE EXCEPTION 'the refutation % is decided, or its alert is', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""

# After the statement, which says it of an alert and its parts at once.
LEAVES = f"""
CREATE FUNCTION audit.alert_leaves() RETURNS trigger
LANGUAGE plpgsql {_AS_OWNER} AS $$
DECLARE leads uuid := coalesce((SELECT m.main_id FROM alert_merge m WHERE m.county_code = NEW.county_code AND m.alert_id = NEW.id
                                   AND m.undone_on IS NULL), NEW.id);
BEGIN
  IF OLD.status IN ('taken_up', 'dismissed') THEN
    RAISE EXCEPTION 'alert % is dealt with', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status NOT IN ('taken_up', 'dismissed') THEN RETURN NULL; END IF;
  IF EXISTS (SELECT FROM alert a WHERE a.county_code = NEW.county_code
                AND (a.id = leads OR a.id IN (SELECT m.alert_id FROM alert_merge m WHERE m.county_code = NEW.county_code
                                                 AND m.main_id = leads AND m.undone_on IS NULL))
                AND (a.status, a.finding_id) IS DISTINCT FROM (NEW.status, NEW.finding_id)) THEN
    RAISE EXCEPTION 'alert % is part of another, or has parts that stay behind', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = 'dismissed' AND NOT EXISTS (
       SELECT FROM alert_refutation r WHERE r.county_code = NEW.county_code AND r.alert_id = leads AND r.decision = 'confirm'
          AND (r.made_by, r.checked_by, r.reason, r.decided_on)
            = (NEW.dismissed_by, NEW.dismissal_checked_by, NEW.dismissal_reason, NEW.dismissed_on)) THEN
    RAISE EXCEPTION 'nobody confirmed that alert % asks about nothing', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$"""

# At the end of the act: the lots are bound before the alerts are taken up.
BOUND = f"""
CREATE FUNCTION audit.finding_lot_of_its_alert() RETURNS trigger
LANGUAGE plpgsql {_AS_OWNER} AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM alert a WHERE a.county_code = NEW.county_code AND a.id = NEW.alert_id AND a.finding_id = NEW.finding_id) THEN
    RAISE EXCEPTION 'alert % is not taken up by finding %', NEW.alert_id, NEW.finding_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$"""

FUNCTIONS = {
    "alert_dealt_with_alone": DEALT_WITH_ALONE,
    "alert_merged": MERGED,
    "alert_parted": PARTED,
    "alert_refutation_decided": REFUTATION_DECIDED,
    "alert_leaves": LEAVES,
    "finding_lot_of_its_alert": BOUND,
}


def statements(role: str) -> Iterator[str]:
    for name, function in FUNCTIONS.items():
        yield function
        yield f"REVOKE ALL ON FUNCTION audit.{name}() FROM PUBLIC"
    for table in ("alert_triage", "alert_assignment", "alert_refutation"):
        yield (
            f"CREATE TRIGGER alone BEFORE INSERT ON audit.{table} FOR EACH ROW EXECUTE FUNCTION audit.alert_dealt_with_alone()"
        )
    yield "CREATE TRIGGER merged BEFORE INSERT ON audit.alert_merge FOR EACH ROW EXECUTE FUNCTION audit.alert_merged()"
    yield (
        "CREATE TRIGGER parted BEFORE UPDATE OF undone_on ON audit.alert_merge FOR EACH ROW EXECUTE FUNCTION audit.alert_parted()"
    )
    yield (
        "CREATE TRIGGER decided BEFORE UPDATE OF decision ON audit.alert_refutation FOR EACH ROW"
        " EXECUTE FUNCTION audit.alert_refutation_decided()"
    )
    yield (
        "CREATE TRIGGER leaves AFTER UPDATE ON audit.alert FOR EACH ROW"
        " WHEN ((OLD.status, OLD.finding_id) IS DISTINCT FROM (NEW.status, NEW.finding_id)) EXECUTE FUNCTION audit.alert_leaves()"
    )
    yield (
        "CREATE CONSTRAINT TRIGGER of_its_alert AFTER INSERT ON audit.finding_lot DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
        " WHEN (NEW.alert_id IS NOT NULL) EXECUTE FUNCTION audit.finding_lot_of_its_alert()"
    )
    yield from scoped("audit", role, "alert_outcome", "region_code")
    yield f"GRANT SELECT, INSERT ON audit.alert_outcome TO {role}"
    yield from triggers("alert_outcome", {})
