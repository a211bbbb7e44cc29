"""The SQL side of outcomes, version 1: who sees and adds them, and that each follows on the one before.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped

ROLE = "funds_app"

# An outcome is the next of its flag, of its place, not earlier, of no more fen than the flag is about; and what was
# decided is asked again before it is decided otherwise.
FOLLOWS = """
CREATE FUNCTION funds.flag_outcome_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE
  asked flag%ROWTYPE;
  last flag_outcome%ROWTYPE;
BEGIN
  SELECT * INTO asked FROM flag f WHERE f.county_code = NEW.county_code AND f.id = NEW.flag_id;
  SELECT * INTO last FROM flag_outcome o WHERE o.county_code = NEW.county_code AND o.flag_id = NEW.flag_id
   ORDER BY o.seq DESC LIMIT 1;
  IF asked.id IS NULL OR NEW.region_code <> asked.region_code OR NEW.recovered_fen > asked.amount_fen
     OR NEW.decided_on < asked.as_of OR NEW.seq <> coalesce(last.seq, 0) + 1
     OR NEW.decided_on < coalesce(last.decided_on, NEW.decided_on)
     OR (coalesce(last.outcome, 'reopened'), NEW.outcome) NOT IN (('reopened', 'confirmed'), ('reopened', 'refuted'),
        ('confirmed', 'confirmed'), ('confirmed', 'reopened'), ('refuted', 'reopened'))
     OR (last.outcome = NEW.outcome AND NEW.recovered_fen < last.recovered_fen) THEN
    RAISE EXCEPTION 'the outcome does not follow on what stands of the flag %', NEW.flag_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""


def statements() -> Iterator[str]:
    yield from scoped("funds", ROLE, "flag_outcome", "region_code")
    yield f"GRANT SELECT, INSERT ON funds.flag_outcome TO {ROLE}"
    yield (
        "CREATE TRIGGER known_from BEFORE INSERT ON funds.flag_outcome"
        " FOR EACH ROW EXECUTE FUNCTION funds.known_from('position')"
    )
    yield FOLLOWS
    yield "REVOKE ALL ON FUNCTION funds.flag_outcome_follows() FROM PUBLIC"
    yield (
        "CREATE TRIGGER follows BEFORE INSERT ON funds.flag_outcome"
        " FOR EACH ROW EXECUTE FUNCTION funds.flag_outcome_follows()"
    )
