"""“One household, one entitlement, once”, version 4: several entitlements are held at once, in one order.

Undoing a chain of movements may give several households their money again, of several entitlements. Held one after
the other, two such acts could each wait for what the other had. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.entitlement_v1 import ROLE

# What `hold_entitlement` locks for one batch, for all of them: batches in id order, whosever entitlement they are of.
HOLD_ENTITLEMENTS = """
CREATE FUNCTION funds.hold_entitlements(p_county text, p_batches uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM unnest(p_batches) AS asked(id)
              WHERE NOT EXISTS (SELECT FROM payment_batch b WHERE b.county_code = p_county AND b.id = asked.id
                                   AND b.region_code LIKE nullif(current_setting('app.region', true), '') || '%')) THEN
    RAISE EXCEPTION 'a batch is outside the region' USING ERRCODE = 'QL403';
  END IF;
  PERFORM 1 FROM payment_batch b
   WHERE b.county_code = p_county AND (b.id = ANY(p_batches) OR (b.status IN ('checked', 'posted') AND b.entitlement IN (
         SELECT own.entitlement FROM payment_batch own WHERE own.county_code = p_county AND own.id = ANY(p_batches))))
   ORDER BY b.id FOR NO KEY UPDATE;
END $$"""

SIGNATURE = "hold_entitlements(text, uuid[])"


def statements() -> Iterator[str]:
    """The one function that is new."""
    yield HOLD_ENTITLEMENTS
    yield f"REVOKE ALL ON FUNCTION funds.{SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{SIGNATURE} TO {ROLE}"
