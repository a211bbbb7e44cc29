"""The SQL side of recoveries that name their finding, version 1: what a finding is bound to, and which recovery answers it.

Both belong to the county, as findings do. A recovery names one finding, that was told here. Frozen: a change is a new file and a
new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped

ROLE = "funds_app"

ANSWERS = """
CREATE FUNCTION funds.recovery_answers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM finding_lot f WHERE f.county_code = NEW.county_code AND f.finding_id = NEW.finding_id)
     OR NOT EXISTS (SELECT FROM movement m WHERE m.county_code = NEW.county_code AND m.id = NEW.movement_id
                       AND m.kind = 'recover' AND m.position = NEW.position) THEN
    RAISE EXCEPTION 'movement % is no recovery of its own act, or finding % was not told', NEW.movement_id, NEW.finding_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""


def statements() -> Iterator[str]:
    for table in ("finding_lot", "recovery"):
        yield from scoped("funds", ROLE, table, "county_code")
        yield f"GRANT SELECT, INSERT ON funds.{table} TO {ROLE}"
        yield (
            f"CREATE TRIGGER known_from BEFORE INSERT ON funds.{table}"
            " FOR EACH ROW EXECUTE FUNCTION funds.known_from('position')"
        )
    yield ANSWERS
    yield "REVOKE ALL ON FUNCTION funds.recovery_answers() FROM PUBLIC"
    # By its name after known_from, whose position it looks at.
    yield "CREATE TRIGGER of_a_finding BEFORE INSERT ON funds.recovery FOR EACH ROW EXECUTE FUNCTION funds.recovery_answers()"
