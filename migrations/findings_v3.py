"""What findings within each other need of the database, version 3: none comes to more than what it lies within.

Held for amounts that are known exactly: of what is drawn up or confirmed against what it lies within, and of what is drawn up anew
or confirmed against those within it that were confirmed. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

# With the county's journal locked, so that of two acts that together would break it the second sees the first.
FITS = """
CREATE FUNCTION audit.finding_fits_around_and_within() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE around bigint; part bigint;
BEGIN
  PERFORM next_position(NEW.county_code);
  SELECT f.amount_fen INTO around FROM finding f
   WHERE f.county_code = NEW.county_code AND f.id = NEW.within_finding_id AND f.amount_known = 'exact';
  IF NEW.amount_fen > around THEN
    RAISE EXCEPTION 'finding % of % fen would lie within one of % fen', NEW.id, NEW.amount_fen, around USING ERRCODE = 'check_violation';
  END IF;
  SELECT max(f.amount_fen) INTO part FROM finding f
   WHERE f.county_code = NEW.county_code AND f.within_finding_id = NEW.id AND f.confirmed_on IS NOT NULL AND f.amount_known = 'exact';
  IF NEW.amount_fen < part THEN
    RAISE EXCEPTION 'finding % of % fen would hold one of % fen', NEW.id, NEW.amount_fen, part USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""


def statements() -> Iterator[str]:
    yield FITS
    yield "REVOKE ALL ON FUNCTION audit.finding_fits_around_and_within() FROM PUBLIC"
    yield (
        "CREATE TRIGGER nests BEFORE INSERT OR UPDATE OF amount_fen, amount_known, within_finding_id, confirmed_on"
        " ON audit.finding FOR EACH ROW WHEN (NEW.amount_known = 'exact' AND NEW.amount_fen IS NOT NULL)"
        " EXECUTE FUNCTION audit.finding_fits_around_and_within()"
    )
