"""The SQL side of “one household, one entitlement, once”, version 1: two looks that reach beyond a township.

A township may not read a neighbour's batches, yet must learn that a person it names itself has been paid already. So
the look runs as the owner, only for a batch within the caller's region, and answers with tokens the caller brought.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

ROLE = "funds_app"

OWN_BATCH = """
  IF NOT EXISTS (SELECT FROM payment_batch b WHERE b.county_code = p_county AND b.id = p_batch
                    AND b.region_code LIKE nullif(current_setting('app.region', true), '') || '%') THEN
    RAISE EXCEPTION 'the batch is outside the region' USING ERRCODE = 'QL403';
  END IF;"""

# A batch whose payment was reversed has paid nobody.
NOT_REVERSED = """NOT EXISTS (SELECT FROM movement m JOIN movement r ON r.county_code = p_county AND r.reverses_id = m.id
                   WHERE m.county_code = p_county AND m.batch_id = b.id
                     AND m.from_account_id = b.account_id AND m.effective_on = b.effective_on)"""

# With p_tokens: which of these people stand in another live batch (checked or posted) of the same entitlement.
# Without: which people of this very batch were paid the entitlement by another posted batch.
CLAIMED_ELSEWHERE = f"""
CREATE FUNCTION funds.claimed_elsewhere(p_county text, p_batch uuid, p_tokens bytea[])
RETURNS TABLE (payee_token bytea, status text, line int)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE others uuid[]; wanted text;
BEGIN{OWN_BATCH}
  SELECT b.entitlement INTO wanted FROM payment_batch b WHERE b.county_code = p_county AND b.id = p_batch;
  SELECT array_agg(b.id) INTO others FROM payment_batch b
   WHERE b.county_code = p_county AND b.entitlement = wanted AND b.id <> p_batch
     AND (b.status = 'posted' OR (b.status = 'checked' AND p_tokens IS NOT NULL)) AND {NOT_REVERSED};
  IF others IS NULL THEN
    RETURN;
  END IF;
  IF p_tokens IS NULL THEN
    RETURN QUERY SELECT o.payee_token, 'posted'::text, o.line FROM payment o
      WHERE o.county_code = p_county AND o.batch_id = p_batch AND EXISTS (
        SELECT FROM payment p WHERE p.county_code = p_county AND p.batch_id = ANY(others) AND p.payee_token = o.payee_token)
      ORDER BY o.line;
  ELSE
    RETURN QUERY SELECT p.payee_token, b.status, p.line FROM payment p
      JOIN payment_batch b ON b.county_code = p_county AND b.id = p.batch_id
      JOIN unnest(p_tokens) AS asked(token) ON asked.token = p.payee_token
      WHERE p.county_code = p_county AND p.batch_id = ANY(others);
  END IF;
END $$"""

# Approvals of one entitlement queue here, wherever in the county they come from: batches are locked in id order.
HOLD_ENTITLEMENT = f"""
CREATE FUNCTION funds.hold_entitlement(p_county text, p_batch uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN{OWN_BATCH}
  PERFORM 1 FROM payment_batch b
   WHERE b.county_code = p_county AND (b.id = p_batch OR (b.status IN ('checked', 'posted') AND b.entitlement =
         (SELECT own.entitlement FROM payment_batch own WHERE own.county_code = p_county AND own.id = p_batch)))
   ORDER BY b.id FOR NO KEY UPDATE;
END $$"""

SIGNATURES = ("claimed_elsewhere(text, uuid, bytea[])", "hold_entitlement(text, uuid)")


def functions() -> Iterator[str]:
    yield CLAIMED_ELSEWHERE
    yield HOLD_ENTITLEMENT
    for signature in SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION funds.{signature} TO {ROLE}"
