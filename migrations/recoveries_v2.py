"""The SQL side of recoveries that name their finding, version 2: no more is recovered for a finding than it is bound to.

What was undone does not count. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

# The journal of the county is locked by the trigger before this one: of two recoveries the second sees the first.
ANSWERS = """
CREATE OR REPLACE FUNCTION funds.recovery_answers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE bound bigint; recovered bigint; now_fen bigint;
BEGIN
  SELECT sum(f.bound_fen) INTO bound FROM finding_lot f WHERE f.county_code = NEW.county_code AND f.finding_id = NEW.finding_id;
  SELECT m.amount_fen INTO now_fen FROM movement m
   WHERE m.county_code = NEW.county_code AND m.id = NEW.movement_id AND m.kind = 'recover' AND m.position = NEW.position;
  IF bound IS NULL OR now_fen IS NULL THEN
    RAISE EXCEPTION 'movement % is no recovery of its own act, or finding % was not told', NEW.movement_id, NEW.finding_id
      USING ERRCODE = 'check_violation';
  END IF;
  SELECT coalesce(sum(m.amount_fen), 0) INTO recovered FROM recovery o
    JOIN movement m ON m.county_code = NEW.county_code AND m.id = o.movement_id
   WHERE o.county_code = NEW.county_code AND o.finding_id = NEW.finding_id
     AND NOT EXISTS (SELECT FROM movement r WHERE r.county_code = NEW.county_code AND r.reverses_id = m.id);
  IF recovered + now_fen > bound THEN
    RAISE EXCEPTION 'finding % is bound to % fen, of which % were recovered', NEW.finding_id, bound, recovered USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""


def statements() -> Iterator[str]:
    yield ANSWERS
