"""The SQL side of retentions (质保金), version 2: the caller's county is held, and a deposit hands nothing down.

`kept_for` as in version 1, within the county of the caller's region. `deposit_holds` holds what the service decides: what
was kept back leaves a deposit as payment, by order, or back the way it came, and is handed down to nobody.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped
from migrations.terms_v1 import OWN_COUNTY, ROLE

# Asked also about lots that the caller may not see, of whom it tells only for whom they are kept.
KEPT_FOR = f"""
CREATE OR REPLACE FUNCTION funds.kept_for(p_county text, p_lots uuid[])
RETURNS TABLE (lot_id uuid, movement_id uuid, contractor_id uuid, contract_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
#variable_conflict use_column
BEGIN{OWN_COUNTY}
  RETURN QUERY
    WITH RECURSIVE up AS (
      SELECT l.id AS lot_id, l.restores_lot_id, l.movement_id FROM lot l WHERE l.county_code = p_county AND l.id = ANY(p_lots)
      UNION ALL
      SELECT up.lot_id, l.restores_lot_id, l.movement_id FROM up
        JOIN lot l ON l.county_code = p_county AND l.id = up.restores_lot_id)
    SELECT up.lot_id, r.movement_id, r.contractor_id, r.contract_id FROM up
      JOIN retention r ON r.county_code = p_county AND r.movement_id = up.movement_id
     WHERE up.restores_lot_id IS NULL;
END $$"""

DEPOSIT_HOLDS = """
CREATE FUNCTION funds.deposit_holds() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM account a WHERE a.county_code = NEW.county_code AND a.id = NEW.from_account_id AND a.kind = 'retention') THEN
    RAISE EXCEPTION '% joins accounts that do not fit', NEW.id USING ERRCODE = 'QL405';
  END IF;
  RETURN NULL;
END $$"""

# The policy names the column, so it goes while the column changes.
_COLLATED = (
    "DROP POLICY owner_all ON funds.retention",
    "DROP POLICY in_scope ON funds.retention",
    'ALTER TABLE funds.retention ALTER COLUMN county_code TYPE text COLLATE "C", ALTER COLUMN region_code TYPE text COLLATE "C"',
)


def statements() -> Iterator[str]:
    """The statements, one each."""
    yield KEPT_FOR
    yield DEPOSIT_HOLDS
    yield "REVOKE ALL ON FUNCTION funds.deposit_holds() FROM PUBLIC"
    yield (
        "CREATE TRIGGER deposit_holds AFTER INSERT ON funds.movement"
        " FOR EACH ROW WHEN (NEW.kind = 'hand_down') EXECUTE FUNCTION funds.deposit_holds()"
    )
    yield from _COLLATED
    yield from scoped("funds", ROLE, "retention", "region_code")
