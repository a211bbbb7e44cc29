"""The SQL side of caps and exclusions over a fund's year, version 3: of a household as well as of a person.

A household is what a payment named on its own day: whoever of its people was paid, it counts for the household of that
day, also after a split or a move. As in the versions before (`entitlement_v2`, `returns_v1`, which go on serving the
previous release) a look runs as the owner, only for a batch within the caller's region, and tells sums of whom the
caller brought, never a row. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.entitlement_v1 import NOT_REVERSED, OWN_BATCH, ROLE
from migrations.returns_v1 import BACK, STANDS

# What each of these people, and each of these households, was paid or waits to be paid of these funds in the year of the
# batch, by other batches: a row has the one or the other. Payments are indexed by payee, so a household is looked for by
# all who ever belonged to it. Without households nothing is asked for them.
_PAID = f"""payment p ON p.county_code = p_county AND p.payee_token = asked.token AND p.batch_id = ANY(others)
    JOIN payment_batch b ON b.county_code = p_county AND b.id = p.batch_id
    {BACK.format(others="others", stands=STANDS)}"""
PAID_IN_YEAR = f"""
CREATE FUNCTION funds.paid_in_year(p_county text, p_batch uuid, p_tokens bytea[], p_households uuid[], p_funds text[])
RETURNS TABLE (payee_token bytea, household_id uuid, fund_code text, fen bigint)
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
  RETURN QUERY SELECT p.payee_token, NULL::uuid, b.fund_code, sum(p.amount_fen - coalesce(w.fen, 0))::bigint
    FROM unnest(p_tokens) AS asked(token) JOIN {_PAID}
   GROUP BY p.payee_token, b.fund_code HAVING sum(p.amount_fen - coalesce(w.fen, 0)) > 0;
  IF p_households IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT NULL::bytea, p.household_id, b.fund_code, sum(p.amount_fen - coalesce(w.fen, 0))::bigint
    FROM (SELECT DISTINCT x.token FROM unnest(p_households) AS home(id)
            JOIN membership s ON s.county_code = p_county AND s.household_id = home.id
            JOIN person x ON x.county_code = p_county AND x.id = s.person_id) asked
    JOIN {_PAID}
   WHERE p.household_id = ANY(p_households)
   GROUP BY p.household_id, b.fund_code HAVING sum(p.amount_fen - coalesce(w.fen, 0)) > 0;
END $$"""

# How many people (or households, by `p_per`) of a batch exceed a cap together with what was posted of its fund in the
# year, or were paid one of these other funds in it; the first line of them, and the fen beyond the cap.
BEYOND_IN_YEAR = f"""
CREATE FUNCTION funds.beyond_in_year(p_county text, p_batch uuid, p_cap bigint, p_others text[], p_per text)
RETURNS TABLE (paid_n int, first_line int, over_fen bigint)
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
      SELECT CASE p_per WHEN 'household' THEN uuid_send(p.household_id) ELSE p.payee_token END AS who,
             sum(p.amount_fen - coalesce(w.fen, 0)) AS fen FROM payment p
        {BACK.format(others="posted", stands=STANDS)}
       WHERE p.county_code = p_county AND p.batch_id = ANY(posted)
       GROUP BY 1 HAVING sum(p.amount_fen - coalesce(w.fen, 0)) > 0),
    now AS (
      SELECT CASE p_per WHEN 'household' THEN uuid_send(p.household_id) ELSE p.payee_token END AS who,
             min(p.line) AS line, sum(p.amount_fen) AS fen FROM payment p
       WHERE p.county_code = p_county AND p.batch_id = p_batch GROUP BY 1)
    SELECT count(*)::int, min(n.line), coalesce(sum(n.fen + coalesce(f.fen, 0) - p_cap), 0)::bigint
      FROM now n LEFT JOIN before f ON f.who = n.who
     WHERE CASE WHEN p_others IS NULL THEN n.fen + coalesce(f.fen, 0) > p_cap ELSE f.fen IS NOT NULL END;
END $$"""

SIGNATURES = ("paid_in_year(text, uuid, bytea[], uuid[], text[])", "beyond_in_year(text, uuid, bigint, text[], text)")
LISTS = "'permitted_uses', 'barred_uses', 'permitted_payees', 'exclusive_with', 'household_exclusive_with'"
NUMBERS = "'fee_cap', 'household_cap', 'person_cap', 'publicity'"


def statements() -> Iterator[str]:
    yield PAID_IN_YEAR
    yield BEYOND_IN_YEAR
    for signature in SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION funds.{signature} TO {ROLE}"
    yield "ALTER TABLE funds.fund_rule DROP CONSTRAINT ck_fund_rule_rule, DROP CONSTRAINT ck_fund_rule_value_fits_rule"
    yield (
        f"ALTER TABLE funds.fund_rule ADD CONSTRAINT ck_fund_rule_rule CHECK (rule IN ({LISTS}, {NUMBERS})),"
        f" ADD CONSTRAINT ck_fund_rule_value_fits_rule CHECK (CASE WHEN rule IN ({LISTS})"
        " THEN jsonb_typeof(value) = 'array' ELSE jsonb_typeof(value) = 'number' AND value >= '0' END)"
    )
