"""The SQL side of the book of incomes, version 3: a receipt and a decision (收益分配) are undone, once, and stay on record.

An income is decided again once its decision was undone, under the next number; lines, households and entries belong to
one decision. A decision is not undone while some of it stands paid, nor an income while a decision stands; nothing is
recorded of either afterwards. Each check locks what it relies on. Replaces the functions of versions 1 and 2 whole.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

ROLE = "funds_app"

_LINE: Final = """{p}.county_code = NEW.county_code AND {p}.income_id = NEW.income_id
    AND {p}.decision_no = NEW.decision_no AND {p}.line_no = NEW.line_no"""
_P, _Q, _L, _H = (_LINE.format(p=one) for one in "pqlh")
STANDS: Final = (
    "NOT EXISTS (SELECT FROM share_payment u WHERE u.county_code = {p}.county_code AND u.undoes_id = {p}.id)"
)

# What is shared by a decision is what was earned; what households get of a line is the line.
TIE = """
CREATE OR REPLACE FUNCTION funds.income_shares_tie() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  IF (SELECT i.amount_fen FROM asset_income i WHERE i.county_code = NEW.county_code AND i.id = NEW.income_id)
     IS DISTINCT FROM (SELECT sum(l.amount_fen)::bigint FROM share_line l
       WHERE l.county_code = NEW.county_code AND l.income_id = NEW.income_id AND l.decision_no = NEW.decision_no) THEN
    RAISE EXCEPTION 'the lines of income % do not make it', NEW.income_id USING ERRCODE = 'QL001';
  END IF;
  IF EXISTS (SELECT FROM share_line l
              JOIN (SELECT h.line_no, count(*) AS n, sum(h.amount_fen)::bigint AS fen FROM share_household h
                     WHERE h.county_code = NEW.county_code AND h.income_id = NEW.income_id
                       AND h.decision_no = NEW.decision_no GROUP BY h.line_no) h ON h.line_no = l.line_no
             WHERE l.county_code = NEW.county_code AND l.income_id = NEW.income_id AND l.decision_no = NEW.decision_no
               AND (h.fen <> l.amount_fen OR h.n <> l.households_n)) THEN
    RAISE EXCEPTION 'the households of a line of income % do not make it', NEW.income_id USING ERRCODE = 'QL001';
  END IF;
  RETURN NULL;
END $$"""

# Nobody undoes the income or the decision before it (the income is locked) until this decision is there.
DECIDED = """
CREATE FUNCTION funds.income_share_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE before income_share;
BEGIN
  PERFORM FROM asset_income i WHERE i.county_code = NEW.county_code AND i.id = NEW.income_id
     AND i.undone_on IS NULL AND i.arrived_on <= NEW.decided_on FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'income % is not there to be shared', NEW.income_id USING ERRCODE = 'QL428';
  END IF;
  SELECT * INTO before FROM income_share s WHERE s.county_code = NEW.county_code AND s.income_id = NEW.income_id
   ORDER BY s.decision_no DESC LIMIT 1;
  IF NEW.decision_no <> coalesce(before.decision_no, 0) + 1 OR NEW.undone_on IS NOT NULL
     OR before.decision_no IS NOT NULL AND (before.undone_on IS NULL OR before.undone_on > NEW.decided_on) THEN
    RAISE EXCEPTION 'decision % of income % does not follow the one before', NEW.decision_no, NEW.income_id USING ERRCODE = 'QL428';
  END IF;
  RETURN NEW;
END $$"""

# The row is locked by its update already, so that no entry of it is being recorded (see FOLLOWS).
SHARE_UNDONE = """
CREATE FUNCTION funds.income_share_undone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  IF OLD.undone_on IS NOT NULL
     OR EXISTS (SELECT FROM share_line l WHERE l.county_code = OLD.county_code AND l.income_id = OLD.income_id
                   AND l.decision_no = OLD.decision_no AND l.paid_fen > 0)
     OR NEW.undone_on < (SELECT max(p.effective_on) FROM share_payment p WHERE p.county_code = OLD.county_code
                            AND p.income_id = OLD.income_id AND p.decision_no = OLD.decision_no) THEN
    RAISE EXCEPTION 'decision % of income % is not undone', OLD.decision_no, OLD.income_id USING ERRCODE = 'QL428';
  END IF;
  RETURN NEW;
END $$"""

INCOME_UNDONE = """
CREATE FUNCTION funds.asset_income_undone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  IF OLD.undone_on IS NOT NULL THEN
    RAISE EXCEPTION 'income % was undone', OLD.id USING ERRCODE = 'QL428';
  END IF;
  IF NEW.undone_on IS NOT NULL AND EXISTS (SELECT FROM income_share s WHERE s.county_code = OLD.county_code
       AND s.income_id = OLD.id AND (s.undone_on IS NULL OR s.undone_on > NEW.undone_on)) THEN
    RAISE EXCEPTION 'income % is shared and not undone', OLD.id USING ERRCODE = 'QL428';
  END IF;
  RETURN NEW;
END $$"""

# The decision is locked, then the line, then (by `known_from`) the journal's head.
FOLLOWS = f"""
CREATE OR REPLACE FUNCTION funds.share_payment_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  PERFORM FROM income_share s WHERE s.county_code = NEW.county_code AND s.income_id = NEW.income_id
     AND s.decision_no = NEW.decision_no AND s.undone_on IS NULL AND s.decided_on <= NEW.effective_on FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'share payment % is of no decision that stands', NEW.id USING ERRCODE = 'QL428';
  END IF;
  PERFORM FROM share_line l WHERE {_L} FOR NO KEY UPDATE;
  IF NEW.effective_on < (SELECT max(p.effective_on) FROM share_payment p WHERE {_P}) THEN
    RAISE EXCEPTION 'share payment % is dated before an earlier one of its line', NEW.id USING ERRCODE = 'QL428';
  END IF;
  RETURN NEW;
END $$"""

COUNTS = f"""
CREATE OR REPLACE FUNCTION funds.share_payment_counts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE undone share_payment; sign int := CASE NEW.kind WHEN 'paid' THEN 1 ELSE -1 END; part bigint;
BEGIN
  IF NEW.kind = 'undone' THEN
    SELECT * INTO undone FROM share_payment p WHERE p.county_code = NEW.county_code AND p.id = NEW.undoes_id;
    IF (undone.income_id, undone.decision_no, undone.line_no, undone.amount_fen)
         IS DISTINCT FROM (NEW.income_id, NEW.decision_no, NEW.line_no, NEW.amount_fen)
       OR undone.kind = 'undone' OR undone.household_id IS DISTINCT FROM NEW.household_id THEN
      RAISE EXCEPTION 'share payment % does not undo %', NEW.id, NEW.undoes_id USING ERRCODE = 'QL428';
    END IF;
    IF EXISTS (SELECT FROM share_payment p WHERE {_P}
                  AND p.position > undone.position AND p.kind NOT IN ('undone', undone.kind) AND {STANDS.format(p="p")}) THEN
      RAISE EXCEPTION 'share payment % was followed by another', NEW.undoes_id USING ERRCODE = 'QL428';
    END IF;
    sign := CASE undone.kind WHEN 'paid' THEN -1 ELSE 1 END;
  END IF;
  UPDATE share_line l SET paid_fen = l.paid_fen + sign * NEW.amount_fen WHERE {_L};
  IF NEW.kind = 'returned' AND NEW.household_id IS NOT NULL THEN
    SELECT h.amount_fen INTO part FROM share_household h WHERE {_H} AND h.household_id = NEW.household_id;
    IF (SELECT sum(p.amount_fen) FROM share_payment p
         WHERE {_P} AND p.kind = 'returned' AND p.household_id = NEW.household_id AND {STANDS.format(p="p")}
           AND p.position > (SELECT max(q.position) FROM share_payment q
                              WHERE {_Q} AND q.kind = 'paid' AND {STANDS.format(p="q")})) > part THEN
      RAISE EXCEPTION 'household % gives back more than its part', NEW.household_id USING ERRCODE = 'QL428';
    END IF;
  END IF;
  RETURN NULL;
END $$"""

UNDONE: Final = ("undone_on", "undoing_document", "undoing_reason", "undone_by")


def statements() -> Iterator[str]:
    """The statements, one each, after the columns are there."""
    yield from (TIE, DECIDED, SHARE_UNDONE, INCOME_UNDONE, FOLLOWS, COUNTS)
    for function in ("income_share_follows", "income_share_undone", "asset_income_undone"):
        yield f"REVOKE ALL ON FUNCTION funds.{function}() FROM PUBLIC"
    # In the order of the alphabet: what refuses comes before what takes the journal's head (known_from, undone_position).
    yield (
        "CREATE TRIGGER follows BEFORE INSERT ON funds.income_share"
        " FOR EACH ROW EXECUTE FUNCTION funds.income_share_follows()"
    )
    for table in ("income_share", "asset_income"):
        yield (
            f"CREATE TRIGGER is_undone BEFORE UPDATE ON funds.{table}"
            f" FOR EACH ROW EXECUTE FUNCTION funds.{table}_undone()"
        )
        yield (
            f"CREATE TRIGGER undone_position BEFORE UPDATE ON funds.{table} FOR EACH ROW"
            " WHEN (OLD.undone_on IS NULL AND NEW.undone_on IS NOT NULL)"
            " EXECUTE FUNCTION funds.known_from('undone_position')"
        )
        yield f"GRANT UPDATE ({', '.join(UNDONE)}) ON funds.{table} TO {ROLE}"
