"""The SQL side of findings on other things than lots, version 1: what their money's lots add up to, and who shares one.

The sums are those of `findings/deriving.py`. Whoever binds such a lot holds the cursor of the county's feed, so two cannot
pass each other. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.audit_known_v1 import triggers
from migrations.journal_v1 import scoped

_AS_OWNER = "SECURITY DEFINER SET search_path = audit, pg_temp"

# All lots of a version are written by one statement.
ADD_UP = f"""
CREATE FUNCTION audit.subject_lots_add_up() RETURNS trigger
LANGUAGE plpgsql {_AS_OWNER} AS $$
DECLARE at record;
BEGIN
  SELECT s.finding_id, s.subject_no INTO at FROM finding_subject s
    JOIN (SELECT n.county_code, n.finding_id, n.version_no, n.subject_no FROM new_lots n GROUP BY 1, 2, 3, 4) n
      USING (county_code, finding_id, version_no, subject_no)
    CROSS JOIN LATERAL (SELECT sum(l.amount_fen) AS fen FROM finding_subject_lot l
       WHERE (l.county_code, l.finding_id, l.version_no, l.subject_no) = (s.county_code, s.finding_id, s.version_no, s.subject_no)) l
   WHERE s.kind = 'lot' OR l.fen > s.amount_fen LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'lots of subject % of finding % come to more than it', at.subject_no, at.finding_id USING ERRCODE = 'check_violation';
  END IF;
  SELECT v.finding_id INTO at FROM finding_version v
    JOIN (SELECT n.county_code, n.finding_id, n.version_no FROM new_lots n GROUP BY 1, 2, 3) n USING (county_code, finding_id, version_no)
    CROSS JOIN LATERAL (SELECT sum(l.amount_fen) AS fen FROM finding_subject_lot l
       WHERE (l.county_code, l.finding_id, l.version_no) = (v.county_code, v.finding_id, v.version_no)) l
    CROSS JOIN LATERAL (SELECT coalesce(sum(s.amount_fen), 0) AS fen FROM finding_subject s
       WHERE (s.county_code, s.finding_id, s.version_no) = (v.county_code, v.finding_id, v.version_no) AND s.kind = 'lot') a
   WHERE l.fen + a.fen > coalesce(v.amount_fen, 0) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'lots of finding % come to more than its amount', at.finding_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$"""

# What no alert saw and no reversal brought is bound as the confirmed version says; and no fen of it by two findings.
TOLD = f"""
CREATE FUNCTION audit.finding_lot_as_told() RETURNS trigger
LANGUAGE plpgsql {_AS_OWNER} AS $$
DECLARE said bigint;
BEGIN
  IF NEW.came_from IS NULL THEN
    SELECT sum(l.amount_fen) INTO said FROM finding f
      JOIN finding_subject_lot l ON l.county_code = f.county_code AND l.finding_id = f.id AND l.version_no = f.version_no
     WHERE f.county_code = NEW.county_code AND f.id = NEW.finding_id AND l.lot_id = NEW.lot_id;
    IF said IS DISTINCT FROM NEW.first_fen THEN
      RAISE EXCEPTION 'finding % says % fen of lot %, not %', NEW.finding_id, said, NEW.lot_id, NEW.first_fen USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  RETURN NEW;
END $$"""

SHARED = f"""
CREATE FUNCTION audit.finding_lot_shared() RETURNS trigger
LANGUAGE plpgsql {_AS_OWNER} AS $$
BEGIN
  IF EXISTS (
    SELECT FROM finding_lot o WHERE o.county_code = NEW.county_code AND o.lot_id = NEW.lot_id AND o.held AND o.finding_id <> NEW.finding_id
       AND (NOT o.shared OR NOT NEW.shared OR EXISTS (
         SELECT FROM finding a JOIN finding_subject_lot s ON s.county_code = a.county_code AND s.finding_id = a.id AND s.version_no = a.version_no
           JOIN finding b ON b.county_code = a.county_code AND b.id = o.finding_id
           JOIN finding_subject_lot t ON t.county_code = b.county_code AND t.finding_id = b.id AND t.version_no = b.version_no
            AND t.batch_id = s.batch_id AND t.line = s.line
          WHERE a.county_code = NEW.county_code AND a.id = NEW.finding_id))) THEN
    RAISE unique_violation USING MESSAGE = 'the lot is held by another finding', CONSTRAINT = 'uq_finding_lot_held';
  END IF;
  RETURN NEW;
END $$"""


def statements(role: str) -> Iterator[str]:
    """The functions, triggers and grants, one statement each."""
    for table in ("finding_subject_lot", "followed_lot", "binding_move"):
        yield from scoped("audit", role, table, "region_code")
        yield f"GRANT SELECT, INSERT ON audit.{table} TO {role}"
    yield from triggers("binding_move", {})
    for name, function in (
        ("subject_lots_add_up", ADD_UP),
        ("finding_lot_as_told", TOLD),
        ("finding_lot_shared", SHARED),
    ):
        yield function
        yield f"REVOKE ALL ON FUNCTION audit.{name}() FROM PUBLIC"
    yield (
        "CREATE TRIGGER add_up AFTER INSERT ON audit.finding_subject_lot REFERENCING NEW TABLE AS new_lots"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit.subject_lots_add_up()"
    )
    yield (
        "CREATE TRIGGER as_told BEFORE INSERT ON audit.finding_lot FOR EACH ROW"
        " WHEN (NEW.alert_id IS NULL AND NEW.came_from IS NULL) EXECUTE FUNCTION audit.finding_lot_as_told()"
    )
    yield (
        "CREATE TRIGGER shared BEFORE INSERT ON audit.finding_lot FOR EACH ROW"
        " WHEN (NEW.held) EXECUTE FUNCTION audit.finding_lot_shared()"
    )
