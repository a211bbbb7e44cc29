"""The SQL side of caps and exclusions over a fund's year, version 2: two looks that reach beyond a township.

As in version 1 a look runs as the owner, only for a batch within the caller's region. At the check it answers with
tokens the caller brought and sums; at the approval with counts and line numbers of the caller's own batch. The year of
a payment is the calendar year of its day (预算法 2018 art 18). A batch whose payment was reversed has paid nobody.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.entitlement_v1 import NOT_REVERSED, OWN_BATCH, ROLE

# What each of these people was paid, or waits to be paid, of these funds in the year of the batch, by other batches.
PAID_IN_YEAR = f"""
CREATE FUNCTION funds.paid_in_year(p_county text, p_batch uuid, p_tokens bytea[], p_funds text[])
RETURNS TABLE (payee_token bytea, fund_code text, fen bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE others uuid[]; year int;
BEGIN{OWN_BATCH}
  SELECT extract(year FROM b.effective_on) INTO year FROM payment_batch b WHERE b.county_code = p_county AND b.id = p_batch;
  SELECT array_agg(b.id) INTO others FROM payment_batch b
   WHERE b.county_code = p_county AND b.fund_code = ANY(p_funds) AND b.id <> p_batch AND b.status IN ('checked', 'posted')
     AND b.effective_on BETWEEN make_date(year, 1, 1) AND make_date(year, 12, 31) AND {NOT_REVERSED};
  IF others IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT p.payee_token, b.fund_code, sum(p.amount_fen)::bigint
    FROM unnest(p_tokens) AS asked(token)
    JOIN payment p ON p.county_code = p_county AND p.payee_token = asked.token AND p.batch_id = ANY(others)
    JOIN payment_batch b ON b.county_code = p_county AND b.id = p.batch_id
   GROUP BY p.payee_token, b.fund_code;
END $$"""

# Which rows of a batch exceed a cap together with what was posted of its fund in the year, or belong to people who were
# paid one of these other funds in it: how many, the first line, and the fen beyond the cap.
BEYOND_IN_YEAR = f"""
CREATE FUNCTION funds.beyond_in_year(p_county text, p_batch uuid, p_cap bigint, p_others text[])
RETURNS TABLE (rows_n int, first_line int, over_fen bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE posted uuid[]; year int; own text;
BEGIN{OWN_BATCH}
  SELECT extract(year FROM b.effective_on), b.fund_code INTO year, own FROM payment_batch b
   WHERE b.county_code = p_county AND b.id = p_batch;
  SELECT array_agg(b.id) INTO posted FROM payment_batch b
   WHERE b.county_code = p_county AND b.fund_code = ANY(coalesce(p_others, ARRAY[own])) AND b.id <> p_batch AND b.status = 'posted'
     AND b.effective_on BETWEEN make_date(year, 1, 1) AND make_date(year, 12, 31) AND {NOT_REVERSED};
  RETURN QUERY
    WITH before AS (
      SELECT p.payee_token, sum(p.amount_fen) AS fen FROM payment p
       WHERE p.county_code = p_county AND p.batch_id = ANY(posted) GROUP BY p.payee_token)
    SELECT count(*)::int, min(o.line), coalesce(sum(o.amount_fen + coalesce(f.fen, 0) - p_cap), 0)::bigint
      FROM payment o LEFT JOIN before f ON f.payee_token = o.payee_token
     WHERE o.county_code = p_county AND o.batch_id = p_batch
       AND CASE WHEN p_others IS NULL THEN o.amount_fen + coalesce(f.fen, 0) > p_cap ELSE f.fen IS NOT NULL END;
END $$"""

SIGNATURES = ("paid_in_year(text, uuid, bytea[], text[])", "beyond_in_year(text, uuid, bigint, text[])")


def functions() -> Iterator[str]:
    yield PAID_IN_YEAR
    yield BEYOND_IN_YEAR
    for signature in SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION funds.{signature} TO {ROLE}"
