"""The SQL side of retentions (质保金), version 1: what is kept back is kept for somebody, and pays nobody else.

`kept_for` climbs from a lot of a deposit, over what came back or was carried over, to the movement that kept it back.
The constraint trigger holds at the commit what the service decides: a retention names its contractor (of a project by
one of its contracts), and a payment or order out of a deposit draws only lots kept for whom it pays. Giving back
(return, taking back to the treasury, reversal) is free. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped

ROLE = "funds_app"

# Asked also about lots that the caller may not see, of whom it tells only for whom they are kept.
KEPT_FOR = """
CREATE FUNCTION funds.kept_for(p_county text, p_lots uuid[])
RETURNS TABLE (lot_id uuid, movement_id uuid, contractor_id uuid, contract_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
  WITH RECURSIVE up AS (
    SELECT l.id AS lot_id, l.restores_lot_id, l.movement_id FROM lot l WHERE l.county_code = p_county AND l.id = ANY(p_lots)
    UNION ALL
    SELECT up.lot_id, l.restores_lot_id, l.movement_id FROM up
      JOIN lot l ON l.county_code = p_county AND l.id = up.restores_lot_id)
  SELECT up.lot_id, r.movement_id, r.contractor_id, r.contract_id FROM up
    JOIN retention r ON r.county_code = p_county AND r.movement_id = up.movement_id
   WHERE up.restores_lot_id IS NULL
$$"""

# Deferred to the commit: the retention's row and the order's follow their movement.
HOLDS = """
CREATE FUNCTION funds.retention_holds() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE payee uuid;
BEGIN
  IF NEW.kind = 'retain' THEN
    IF NOT EXISTS (
      SELECT FROM retention r
        LEFT JOIN project p ON p.county_code = r.county_code AND NEW.from_account_id IN (p.cash_account_id, p.quota_account_id)
        LEFT JOIN project_contract c ON c.county_code = r.county_code AND c.id = r.contract_id
       WHERE r.county_code = NEW.county_code AND r.movement_id = NEW.id AND c.project_id IS NOT DISTINCT FROM p.id
         AND (c.id IS NULL OR c.contractor_id = r.contractor_id)) THEN
      RAISE EXCEPTION 'retention % is kept for nobody', NEW.id USING ERRCODE = 'QL427';
    END IF;
    RETURN NULL;
  END IF;
  IF NOT EXISTS (SELECT FROM account a WHERE a.county_code = NEW.county_code AND a.id = NEW.from_account_id AND a.kind = 'retention') THEN
    RETURN NULL;
  END IF;
  SELECT a.unit_id INTO payee FROM account a
   WHERE a.county_code = NEW.county_code AND a.id = CASE WHEN NEW.kind = 'pay' THEN NEW.to_account_id ELSE (
     SELECT o.payee_account_id FROM treasury_order o WHERE o.county_code = NEW.county_code AND o.movement_id = NEW.id) END;
  IF EXISTS (
    SELECT FROM draw d
      LEFT JOIN kept_for(NEW.county_code, ARRAY(SELECT f.from_lot_id FROM draw f
                          WHERE f.county_code = NEW.county_code AND f.movement_id = NEW.id)) k ON k.lot_id = d.from_lot_id
     WHERE d.county_code = NEW.county_code AND d.movement_id = NEW.id AND k.contractor_id IS DISTINCT FROM payee) THEN
    RAISE EXCEPTION 'movement % pays what is kept for another', NEW.id USING ERRCODE = 'QL427';
  END IF;
  RETURN NULL;
END $$"""

# What was kept back before names the contract where the project had signed one alone; the rest can only be given back.
FILL = """
INSERT INTO funds.retention (county_code, movement_id, region_code, contractor_id, contract_id)
SELECT m.county_code, m.id, m.to_region, c.contractor_id, c.id FROM funds.movement m
  JOIN funds.project p ON p.county_code = m.county_code AND m.from_account_id IN (p.cash_account_id, p.quota_account_id)
  JOIN funds.project_contract c ON c.county_code = p.county_code AND c.project_id = p.id
 WHERE m.kind = 'retain' AND NOT EXISTS (
   SELECT FROM funds.project_contract o WHERE o.county_code = p.county_code AND o.project_id = p.id AND o.id <> c.id)"""


def statements() -> Iterator[str]:
    """The statements, one each, after the table is there."""
    yield KEPT_FOR
    yield HOLDS
    yield FILL
    yield (
        "CREATE CONSTRAINT TRIGGER retention_holds AFTER INSERT ON funds.movement DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW WHEN (NEW.kind IN ('retain', 'pay', 'order')) EXECUTE FUNCTION funds.retention_holds()"
    )
    for function in ("kept_for(text, uuid[])", "retention_holds()"):
        yield f"REVOKE ALL ON FUNCTION funds.{function} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.kept_for(text, uuid[]) TO {ROLE}"
    yield from scoped("funds", ROLE, "retention", "region_code")
    yield f"GRANT SELECT, INSERT ON funds.retention TO {ROLE}"
