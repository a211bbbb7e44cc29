"""The SQL side of the book of incomes, version 1: what was paid of a share, came back, or was undone, never edited.

`share_line.paid_fen` is what stands paid of a line, kept by the trigger with each row of `share_payment` and held
between nothing and the line by a CHECK. A household gives back no more than its part of the line since it was last
paid. What was paid or came back is undone once, whole, and not behind something later of the other kind.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped

ROLE = "funds_app"

STANDS = "NOT EXISTS (SELECT FROM share_payment u WHERE u.county_code = {p}.county_code AND u.undoes_id = {p}.id)"

COUNTS = f"""
CREATE FUNCTION funds.share_payment_counts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE undone share_payment; sign int := CASE NEW.kind WHEN 'paid' THEN 1 ELSE -1 END; part bigint;
BEGIN
  IF NEW.kind = 'undone' THEN
    SELECT * INTO undone FROM share_payment p WHERE p.county_code = NEW.county_code AND p.id = NEW.undoes_id;
    IF (undone.income_id, undone.line_no, undone.amount_fen) IS DISTINCT FROM (NEW.income_id, NEW.line_no, NEW.amount_fen)
       OR undone.kind = 'undone' OR undone.household_id IS DISTINCT FROM NEW.household_id OR NEW.effective_on < undone.effective_on THEN
      RAISE EXCEPTION 'share payment % does not undo %', NEW.id, NEW.undoes_id USING ERRCODE = 'QL428';
    END IF;
    IF EXISTS (SELECT FROM share_payment p WHERE p.county_code = NEW.county_code AND p.income_id = NEW.income_id AND p.line_no = NEW.line_no
                  AND p.position > undone.position AND p.kind NOT IN ('undone', undone.kind) AND {STANDS.format(p="p")}) THEN
      RAISE EXCEPTION 'share payment % was followed by another', NEW.undoes_id USING ERRCODE = 'QL428';
    END IF;
    sign := CASE undone.kind WHEN 'paid' THEN -1 ELSE 1 END;
  END IF;
  UPDATE share_line l SET paid_fen = l.paid_fen + sign * NEW.amount_fen
   WHERE l.county_code = NEW.county_code AND l.income_id = NEW.income_id AND l.line_no = NEW.line_no;
  IF NEW.kind = 'returned' AND NEW.household_id IS NOT NULL THEN
    SELECT h.amount_fen INTO part FROM share_household h
     WHERE h.county_code = NEW.county_code AND h.income_id = NEW.income_id AND h.line_no = NEW.line_no AND h.household_id = NEW.household_id;
    IF (SELECT sum(p.amount_fen) FROM share_payment p
         WHERE p.county_code = NEW.county_code AND p.income_id = NEW.income_id AND p.line_no = NEW.line_no AND p.kind = 'returned'
           AND p.household_id = NEW.household_id AND {STANDS.format(p="p")}
           AND p.position > (SELECT max(q.position) FROM share_payment q
                              WHERE q.county_code = NEW.county_code AND q.income_id = NEW.income_id AND q.line_no = NEW.line_no
                                AND q.kind = 'paid' AND {STANDS.format(p="q")})) > part THEN
      RAISE EXCEPTION 'household % gives back more than its part', NEW.household_id USING ERRCODE = 'QL428';
    END IF;
  END IF;
  RETURN NULL;
END $$"""

# What was paid before, line by line, whole.
FILL = (
    """
INSERT INTO funds.share_payment (county_code, id, income_id, line_no, region_code, kind, amount_fen, document, effective_on, actor)
SELECT l.county_code, gen_random_uuid(), l.income_id, l.line_no, l.region_code, 'paid', l.amount_fen, l.payment_document, l.paid_on, l.paid_by
  FROM funds.share_line l WHERE l.paid_on IS NOT NULL""",
)


def statements() -> Iterator[str]:
    """The statements, one each, after the table is there and its rows say when they became known."""
    yield COUNTS
    yield "REVOKE ALL ON FUNCTION funds.share_payment_counts() FROM PUBLIC"
    yield (
        "CREATE TRIGGER counts AFTER INSERT ON funds.share_payment"
        " FOR EACH ROW EXECUTE FUNCTION funds.share_payment_counts()"
    )
    yield (
        "CREATE TRIGGER known_from BEFORE INSERT ON funds.share_payment"
        " FOR EACH ROW EXECUTE FUNCTION funds.known_from('position')"
    )
    yield from FILL
    yield from scoped("funds", ROLE, "share_payment", "region_code")
    yield f"GRANT SELECT, INSERT ON funds.share_payment TO {ROLE}"
