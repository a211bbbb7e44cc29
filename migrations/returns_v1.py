"""The SQL side of returns (退汇), version 1: one row of a roster came back, and to which lots it went.

`record_return` writes what was decided and holds the laws once more: no row gives back more than it got, and no lot
gets back more than it had fed. `payment_next` finds the payment that paid the same again. A payment that came back
whole has paid nobody, so it claims the entitlement no more. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.entitlement_v1 import NOT_REVERSED, OWN_BATCH
from migrations.journal_v1 import scoped

ROLE = "funds_app"
_AS_OWNER = "SECURITY DEFINER SET search_path = funds, pg_temp"

# A return that was entered by mistake is undone by the reversal of its movement, and is none from then on.
STANDS = """NOT EXISTS (SELECT FROM movement u WHERE u.county_code = p_county AND u.reverses_id = r.movement_id)"""

# The rows of these batches that had come back whole by a day; asked once for a whole comparison.
WHOLLY_RETURNED = f"""
CREATE FUNCTION funds.wholly_returned(p_county text, p_batches uuid[], p_on date) RETURNS TABLE (batch_id uuid, line int)
LANGUAGE sql STABLE SET search_path = funds, pg_temp AS $$
  SELECT r.batch_id, r.line FROM payment_return r
    JOIN payment p ON p.county_code = p_county AND p.batch_id = r.batch_id AND p.line = r.line
   WHERE r.county_code = p_county AND r.batch_id = ANY(p_batches) AND r.effective_on <= p_on AND {STANDS}
   GROUP BY r.batch_id, r.line, p.amount_fen HAVING sum(r.amount_fen) >= p.amount_fen
$$"""

# The accounts of the movement are locked by the posting that this follows, so two returns of one row come one by one.
RECORD_RETURN = f"""
CREATE FUNCTION funds.record_return(p_county text, p_movement uuid, p_batch uuid, p_line int, p_hold uuid, p_source text,
                                    p_document_key text, p_reason text, p_reason_text text, p_hash bytea) RETURNS bigint
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE moved record; paid record; wrong text; scope text := nullif(current_setting('app.region', true), '');
BEGIN
  SELECT m.* INTO moved FROM movement m
   WHERE m.county_code = p_county AND m.id = p_movement AND m.kind = 'return'
     AND m.position = (SELECT h.position + 1 FROM stream_head h WHERE h.stream = p_county);
  IF NOT FOUND THEN RAISE EXCEPTION 'the return has no movement of its own act' USING ERRCODE = 'QL404'; END IF;
  SELECT p.region_code, p.amount_fen, p.cum_fen, d.position, d.to_account_id, b.account_id INTO paid FROM payment p
    JOIN payment_batch b ON b.county_code = p_county AND b.id = p.batch_id
    JOIN movement d ON d.county_code = p_county AND d.batch_id = p.batch_id AND d.from_account_id = b.account_id
     AND d.effective_on = b.effective_on
   WHERE p.county_code = p_county AND p.batch_id = p_batch AND p.line = p_line AND p.region_code LIKE scope || '%'
     AND {NOT_REVERSED};
  IF NOT FOUND OR moved.from_account_id <> paid.to_account_id OR moved.to_account_id <> paid.account_id THEN
    RAISE EXCEPTION 'row % was not paid so that it can come back', p_line USING ERRCODE = 'QL404';
  END IF;
  INSERT INTO payment_return (county_code, movement_id, batch_id, line, region_code, amount_fen, effective_on, hold_id, source,
                              document, document_key, reason, reason_text, content_hash, actor, recorded_at, position)
  VALUES (p_county, p_movement, p_batch, p_line, paid.region_code, moved.amount_fen, moved.effective_on, p_hold, p_source,
          moved.document, p_document_key, p_reason, p_reason_text, p_hash, moved.actor, moved.recorded_at, moved.position);
  IF (SELECT sum(r.amount_fen) FROM payment_return r
       WHERE r.county_code = p_county AND r.batch_id = p_batch AND r.line = p_line AND {STANDS}) > paid.amount_fen THEN
    RAISE EXCEPTION 'row % gives back more than it got', p_line USING ERRCODE = 'QL426';
  END IF;
  SELECT back.lot::text INTO wrong FROM (
      SELECT l.restores_lot_id AS lot, sum(l.amount_fen) AS fen FROM payment_return r
        JOIN lot l ON l.county_code = p_county AND l.movement_id = r.movement_id
       WHERE r.county_code = p_county AND r.batch_id = p_batch AND r.line = p_line AND {STANDS} GROUP BY 1) back
   WHERE back.fen > (
      SELECT coalesce(sum(least(d.hi_fen, paid.cum_fen) - greatest(d.lo_fen, paid.cum_fen - paid.amount_fen)), 0) FROM draw d
       WHERE d.county_code = p_county AND d.batch_id = p_batch AND d.from_lot_id = back.lot
         AND d.lo_fen < paid.cum_fen AND d.hi_fen > paid.cum_fen - paid.amount_fen) LIMIT 1;
  IF FOUND THEN RAISE EXCEPTION 'lot % did not feed row % so much', wrong, p_line USING ERRCODE = 'QL426'; END IF;
  RETURN moved.position;
END $$"""

# The first payment after a position, not undone, of the same entitlement to the same household (or person, by `per`). It
# may stand in a batch of a neighbour that the caller does not see; told are its number, its day and nothing else. Payments
# are indexed by payee, so a household is looked for by all who ever belonged to it.
PAYMENT_NEXT = f"""
CREATE FUNCTION funds.payment_next(p_county text, p_batch uuid, p_line int, p_after bigint)
RETURNS TABLE (batch_id uuid, line int, effective_on date, "position" bigint)
LANGUAGE sql STABLE {_AS_OWNER} AS $$
  WITH paid AS (
    SELECT p.household_id, p.payee_token, o.entitlement, o.per FROM payment p
      JOIN payment_batch o ON o.county_code = p_county AND o.id = p.batch_id
     WHERE p.county_code = p_county AND p.batch_id = p_batch AND p.line = p_line
       AND p.region_code LIKE nullif(current_setting('app.region', true), '') || '%'),
  payee AS (
    SELECT paid.payee_token AS token FROM paid
    UNION
    SELECT x.token FROM paid JOIN membership s ON s.county_code = p_county AND s.household_id = paid.household_id
      JOIN person x ON x.county_code = p_county AND x.id = s.person_id WHERE paid.per = 'household')
  SELECT n.batch_id, n.line, m.effective_on, m.position
    FROM paid CROSS JOIN payee
    JOIN payment n ON n.county_code = p_county AND n.payee_token = payee.token AND n.batch_id <> p_batch
     AND (n.payee_token = paid.payee_token OR n.household_id = paid.household_id)
    JOIN payment_batch b ON b.county_code = p_county AND b.id = n.batch_id AND b.status = 'posted'
     AND b.entitlement = paid.entitlement
    JOIN movement m ON m.county_code = p_county AND m.batch_id = b.id AND m.from_account_id = b.account_id
     AND m.effective_on = b.effective_on AND m.position > p_after
   WHERE {NOT_REVERSED}
   ORDER BY m.position LIMIT 1
$$"""

# Entitlement, version 3: a payment that had come back whole by the day of the batch counts no more.
COUNTS = """(p.batch_id, p.line) NOT IN (
             SELECT w.batch_id, w.line FROM wholly_returned(p_county, others, own.effective_on) w)"""
CLAIMED = f"""
CREATE OR REPLACE FUNCTION funds.claimed_by_another(p_county text, p_batch uuid, p_tokens bytea[], p_households uuid[])
RETURNS TABLE (payee_token bytea, household_id uuid, status text, line int)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE others uuid[]; own record; asking boolean := p_tokens IS NOT NULL;
BEGIN{OWN_BATCH}
  SELECT o.entitlement, o.per, o.effective_on INTO own FROM payment_batch o WHERE o.county_code = p_county AND o.id = p_batch;
  SELECT array_agg(b.id) INTO others FROM payment_batch b
   WHERE b.county_code = p_county AND b.entitlement = own.entitlement AND b.id <> p_batch
     AND (b.status = 'posted' OR (b.status = 'checked' AND asking)) AND {NOT_REVERSED};
  IF others IS NULL THEN
    RETURN;
  END IF;
  IF NOT asking THEN
    RETURN QUERY SELECT o.payee_token, o.household_id, 'posted'::text, o.line FROM payment o
      WHERE o.county_code = p_county AND o.batch_id = p_batch AND (EXISTS (
        SELECT FROM payment p WHERE p.county_code = p_county AND p.batch_id = ANY(others) AND p.payee_token = o.payee_token
           AND {COUNTS})
       OR (own.per = 'household' AND o.household_id IN (
        SELECT p.household_id FROM payment p WHERE p.county_code = p_county AND p.batch_id = ANY(others) AND {COUNTS})))
      ORDER BY o.line;
    RETURN;
  END IF;
  RETURN QUERY SELECT p.payee_token, p.household_id, q.status, p.line FROM payment p
    JOIN payment_batch q ON q.county_code = p_county AND q.id = p.batch_id
    JOIN unnest(p_tokens) AS asked(token) ON asked.token = p.payee_token
    WHERE p.county_code = p_county AND p.batch_id = ANY(others) AND {COUNTS};
  IF own.per = 'household' THEN
    RETURN QUERY SELECT p.payee_token, p.household_id, q.status, p.line FROM payment p
      JOIN payment_batch q ON q.county_code = p_county AND q.id = p.batch_id
      JOIN unnest(p_households) AS asked(id) ON asked.id = p.household_id
      WHERE p.county_code = p_county AND p.batch_id = ANY(others) AND {COUNTS};
  END IF;
END $$"""

# Caps and exclusions of the year, version 2: what had come back by the day of the batch was not paid.
BACK = """LEFT JOIN (SELECT r.batch_id, r.line, sum(r.amount_fen) AS fen FROM payment_return r
                WHERE r.county_code = p_county AND r.batch_id = ANY({others}) AND r.effective_on <= own.effective_on
                  AND {stands} GROUP BY r.batch_id, r.line) w ON w.batch_id = p.batch_id AND w.line = p.line"""
PAID_IN_YEAR = f"""
CREATE OR REPLACE FUNCTION funds.paid_in_year(p_county text, p_batch uuid, p_tokens bytea[], p_funds text[])
RETURNS TABLE (payee_token bytea, fund_code text, fen bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE others uuid[]; own record;
BEGIN{OWN_BATCH}
  SELECT extract(year FROM o.effective_on)::int AS year, o.effective_on INTO own FROM payment_batch o
   WHERE o.county_code = p_county AND o.id = p_batch;
  SELECT array_agg(b.id) INTO others FROM payment_batch b
   WHERE b.county_code = p_county AND b.fund_code = ANY(p_funds) AND b.id <> p_batch AND b.status IN ('checked', 'posted')
     AND b.effective_on BETWEEN make_date(own.year, 1, 1) AND make_date(own.year, 12, 31) AND {NOT_REVERSED};
  IF others IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT p.payee_token, b.fund_code, sum(p.amount_fen - coalesce(w.fen, 0))::bigint
    FROM unnest(p_tokens) AS asked(token)
    JOIN payment p ON p.county_code = p_county AND p.payee_token = asked.token AND p.batch_id = ANY(others)
    JOIN payment_batch b ON b.county_code = p_county AND b.id = p.batch_id
    {BACK.format(others="others", stands=STANDS)}
   GROUP BY p.payee_token, b.fund_code HAVING sum(p.amount_fen - coalesce(w.fen, 0)) > 0;
END $$"""
BEYOND_IN_YEAR = f"""
CREATE OR REPLACE FUNCTION funds.beyond_in_year(p_county text, p_batch uuid, p_cap bigint, p_others text[])
RETURNS TABLE (rows_n int, first_line int, over_fen bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE posted uuid[]; own record;
BEGIN{OWN_BATCH}
  SELECT extract(year FROM o.effective_on)::int AS year, o.effective_on, o.fund_code INTO own FROM payment_batch o
   WHERE o.county_code = p_county AND o.id = p_batch;
  SELECT array_agg(b.id) INTO posted FROM payment_batch b
   WHERE b.county_code = p_county AND b.fund_code = ANY(coalesce(p_others, ARRAY[own.fund_code])) AND b.id <> p_batch
     AND b.status = 'posted' AND b.effective_on BETWEEN make_date(own.year, 1, 1) AND make_date(own.year, 12, 31)
     AND {NOT_REVERSED};
  RETURN QUERY
    WITH before AS (
      SELECT p.payee_token, sum(p.amount_fen - coalesce(w.fen, 0)) AS fen FROM payment p
        {BACK.format(others="posted", stands=STANDS)}
       WHERE p.county_code = p_county AND p.batch_id = ANY(posted)
       GROUP BY p.payee_token HAVING sum(p.amount_fen - coalesce(w.fen, 0)) > 0)
    SELECT count(*)::int, min(o.line), coalesce(sum(o.amount_fen + coalesce(f.fen, 0) - p_cap), 0)::bigint
      FROM payment o LEFT JOIN before f ON f.payee_token = o.payee_token
     WHERE o.county_code = p_county AND o.batch_id = p_batch
       AND CASE WHEN p_others IS NULL THEN o.amount_fen + coalesce(f.fen, 0) > p_cap ELSE f.fen IS NOT NULL END;
END $$"""

SIGNATURES = (
    "record_return(text, uuid, uuid, int, uuid, text, text, text, text, bytea)",
    "payment_next(text, uuid, int, bigint)",
)


def functions() -> Iterator[str]:
    yield WHOLLY_RETURNED
    yield RECORD_RETURN
    yield PAYMENT_NEXT
    yield CLAIMED
    yield PAID_IN_YEAR
    yield BEYOND_IN_YEAR
    yield "REVOKE ALL ON FUNCTION funds.wholly_returned(text, uuid[], date) FROM PUBLIC"
    for signature in SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION funds.{signature} TO {ROLE}"


def policies() -> Iterator[str]:
    """A return is seen where its household is; it is written by `record_return` alone."""
    yield from scoped("funds", ROLE, "payment_return", "region_code")
    yield f"GRANT SELECT ON funds.payment_return TO {ROLE}"
