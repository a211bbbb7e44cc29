"""The SQL side of outcomes, version 2: a flag may be confirmed of fewer fen than it is about, and a finding names its flags.

`flag_outcome_follows` holds `confirmed_fen` against the flag as well. `flag_finding` belongs to the county, as findings
do: no session of a township sees which flags became one. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped

ROLE = "funds_app"

# Version 1, and what was confirmed is no more than the flag is about.
FOLLOWS = """
CREATE OR REPLACE FUNCTION funds.flag_outcome_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE
  asked flag%ROWTYPE;
  last flag_outcome%ROWTYPE;
BEGIN
  SELECT * INTO asked FROM flag f WHERE f.county_code = NEW.county_code AND f.id = NEW.flag_id;
  SELECT * INTO last FROM flag_outcome o WHERE o.county_code = NEW.county_code AND o.flag_id = NEW.flag_id
   ORDER BY o.seq DESC LIMIT 1;
  IF asked.id IS NULL OR NEW.region_code <> asked.region_code OR NEW.recovered_fen > asked.amount_fen
     OR NEW.confirmed_fen > asked.amount_fen
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
    yield FOLLOWS
    yield from scoped("funds", ROLE, "flag_finding", "county_code")
    yield f"GRANT SELECT, INSERT ON funds.flag_finding TO {ROLE}"
    yield (
        "CREATE TRIGGER known_from BEFORE INSERT ON funds.flag_finding"
        " FOR EACH ROW EXECUTE FUNCTION funds.known_from('position')"
    )
    yield from scoped("funds", ROLE, "follower_cursor", "stream")
    yield f"GRANT SELECT, INSERT ON funds.follower_cursor TO {ROLE}"
    yield f"GRANT UPDATE (position, hash, moved_at) ON funds.follower_cursor TO {ROLE}"
