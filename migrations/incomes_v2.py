"""The SQL side of the book of incomes, version 2: the days of a line's entries never run back.

What is recorded of a line takes effect no earlier than what was recorded of it before. A reading by a day then sees
the entries up to one of them, as they once stood, so that what stands paid lies between nothing and the line on every
day, as `share_line.paid_fen` does on the last. Entries of before are as they are. Frozen: a change is a new file and a
new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

# The line is locked before the journal's head is (by `known_from`, which comes later in the alphabet), as the service does.
FOLLOWS = """
CREATE FUNCTION funds.share_payment_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  PERFORM FROM share_line l
    WHERE l.county_code = NEW.county_code AND l.income_id = NEW.income_id AND l.line_no = NEW.line_no FOR NO KEY UPDATE;
  IF NEW.effective_on < (SELECT max(p.effective_on) FROM share_payment p
       WHERE p.county_code = NEW.county_code AND p.income_id = NEW.income_id AND p.line_no = NEW.line_no) THEN
    RAISE EXCEPTION 'share payment % is dated before an earlier one of its line', NEW.id USING ERRCODE = 'QL428';
  END IF;
  RETURN NEW;
END $$"""


def statements() -> Iterator[str]:
    yield FOLLOWS
    yield "REVOKE ALL ON FUNCTION funds.share_payment_follows() FROM PUBLIC"
    yield (
        "CREATE TRIGGER follows BEFORE INSERT ON funds.share_payment"
        " FOR EACH ROW EXECUTE FUNCTION funds.share_payment_follows()"
    )
