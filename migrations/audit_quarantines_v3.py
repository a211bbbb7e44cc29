"""The SQL side of quarantines as inspectors order them, version 3: no more of a lot than the finding is bound to.

What stands quarantined for the finding, or drawn up to be, counts against it: of what the books answered as much as they keep,
with what recoveries took and their undoing brought back. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

# Whoever draws up another quarantine of the finding waits for its lock, as does whoever closes it.
WITHIN = """
CREATE FUNCTION audit.quarantine_within_its_finding() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE of uuid; bound bigint; stands bigint;
BEGIN
  SELECT f.id INTO of FROM quarantine q JOIN finding f ON f.county_code = q.county_code AND f.id = q.finding_id
   WHERE q.county_code = NEW.county_code AND q.id = NEW.quarantine_id FOR NO KEY UPDATE OF f;
  SELECT b.bound_fen INTO bound FROM finding_lot b WHERE b.county_code = NEW.county_code AND b.finding_id = of AND b.lot_id = NEW.lot_id;
  WITH others AS MATERIALIZED (
    SELECT q.id FROM quarantine q WHERE q.county_code = NEW.county_code AND q.finding_id = of AND q.id <> NEW.quarantine_id
       AND (SELECT s.step FROM quarantine_step s WHERE s.county_code = NEW.county_code AND s.quarantine_id = q.id
             ORDER BY s.step_no DESC LIMIT 1) IN ('drawn', 'confirmed', 'release_drawn', 'release_refused'))
  SELECT coalesce((SELECT sum(coalesce(k.fen, l.amount_fen)) FROM quarantine_lot l
                     LEFT JOIN LATERAL (
                       SELECT (e ->> 'kept_fen')::bigint AS fen FROM quarantine_told t, jsonb_array_elements(t.lots) e
                        WHERE t.county_code = NEW.county_code AND t.quarantine_id = l.quarantine_id AND t.told = 'kept'
                          AND e ->> 'lot_id' = l.lot_id::text) k ON true
                    WHERE l.county_code = NEW.county_code AND l.quarantine_id IN (SELECT id FROM others) AND l.lot_id = NEW.lot_id), 0)
       + coalesce((SELECT sum(c.change_fen) FROM quarantine_change c
                    WHERE c.county_code = NEW.county_code AND c.quarantine_id IN (SELECT id FROM others) AND c.lot_id = NEW.lot_id), 0)
    INTO stands;
  IF NEW.amount_fen + stands > coalesce(bound, 0) THEN
    RAISE EXCEPTION 'finding % is bound to % fen of lot %, of which % stand quarantined', of, coalesce(bound, 0), NEW.lot_id, stands
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""


def statements() -> Iterator[str]:
    yield WITHIN
    yield "REVOKE ALL ON FUNCTION audit.quarantine_within_its_finding() FROM PUBLIC"
    yield (
        "CREATE TRIGGER within BEFORE INSERT ON audit.quarantine_lot FOR EACH ROW"
        " EXECUTE FUNCTION audit.quarantine_within_its_finding()"
    )
