"""“One household, one entitlement, once”, version 5: a payment of a household claims it also against payments of persons.

Says what version 3 and `kin_v1` said, and one thing more. There a batch per person asked only for its own people, so a
household that had its entitlement as a whole could have it again for each of its members. Whoever opens a batch is told
now how the entitlement is paid already; of two that are opened at once, the later one's rows are refused. Frozen: a
change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.entitlement_v1 import NOT_REVERSED, OWN_BATCH, ROLE
from migrations.entitlement_v3 import STATUS
from migrations.registry_v1 import SCOPE
from migrations.returns_v1 import COUNTS

PAID_TO = """(SELECT y.payee_token, y.household_id, y.batch_id, y.line FROM payment y
                    WHERE y.county_code = p_county AND y.payee_token = {payee} AND y.batch_id = ANY({batches}) OFFSET 0)"""
_OWN = "(SELECT array_agg(DISTINCT x.{column}) FROM payment x WHERE x.county_code = p_county AND x.batch_id = p_batch)"

# `of_homes`: the other batches whose rows claim the whole household, since they or this one pay it as a whole. A row
# is told with its household only where it claims it. Planned as version 3 says.
CLAIMED = f"""
CREATE OR REPLACE FUNCTION funds.claimed_by_another(p_county text, p_batch uuid, p_tokens bytea[], p_households uuid[])
RETURNS TABLE (payee_token bytea, household_id uuid, status text, line int)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = funds, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
DECLARE others uuid[]; posted uuid[]; of_homes uuid[]; own record; asking boolean := p_tokens IS NOT NULL;
BEGIN{OWN_BATCH}
  SELECT o.entitlement, o.per, o.effective_on INTO own FROM payment_batch o WHERE o.county_code = p_county AND o.id = p_batch;
  IF asking THEN
    RETURN QUERY SELECT k.payee_token, k.household_id, k.status, NULL::int
      FROM paid_by_kin(p_county, own.effective_on, NULL, p_tokens, CASE own.per WHEN 'household' THEN p_households END,
                       NULL, own.entitlement, true) k;
  ELSIF EXISTS (SELECT FROM kin_counties(p_county)) THEN
    RETURN QUERY WITH paid AS MATERIALIZED (
        SELECT k.payee_token, k.household_id
          FROM paid_by_kin(p_county, own.effective_on, NULL, {_OWN.format(column="payee_token")},
                           CASE own.per WHEN 'household' THEN {_OWN.format(column="household_id")} END,
                           NULL, own.entitlement, false) k)
      SELECT x.payee_token, x.household_id, 'posted'::text, x.line FROM payment x
       WHERE x.county_code = p_county AND x.batch_id = p_batch
         AND (x.payee_token IN (SELECT d.payee_token FROM paid d WHERE d.payee_token IS NOT NULL)
              OR x.household_id IN (SELECT d.household_id FROM paid d WHERE d.household_id IS NOT NULL));
  END IF;
  SELECT array_agg(b.id), array_agg(b.id) FILTER (WHERE b.status = 'posted'),
         array_agg(b.id) FILTER (WHERE 'household' IN (own.per, b.per)) INTO others, posted, of_homes FROM payment_batch b
   WHERE b.county_code = p_county AND b.entitlement = own.entitlement AND b.id <> p_batch
     AND (b.status = 'posted' OR (b.status = 'checked' AND asking)) AND {NOT_REVERSED};
  IF others IS NULL THEN
    RETURN;
  END IF;
  IF NOT asking THEN
    RETURN QUERY SELECT x.payee_token, x.household_id, 'posted'::text, x.line FROM payment x
      WHERE x.county_code = p_county AND x.batch_id = p_batch AND x.payee_token IN (
        SELECT p.payee_token FROM payment p WHERE p.county_code = p_county AND p.batch_id = ANY(others) AND {COUNTS})
      UNION
      SELECT x.payee_token, x.household_id, 'posted', x.line FROM payment x
       WHERE x.county_code = p_county AND x.batch_id = p_batch AND of_homes IS NOT NULL AND x.household_id IN (
        SELECT p.household_id FROM payment p WHERE p.county_code = p_county AND p.batch_id = ANY(of_homes) AND {COUNTS})
      ORDER BY line;
    RETURN;
  END IF;
  RETURN QUERY SELECT p.payee_token, CASE WHEN p.batch_id = ANY(of_homes) THEN p.household_id END, {STATUS}, p.line
    FROM unnest(p_tokens) AS asked(token)
    CROSS JOIN LATERAL {PAID_TO.format(payee="asked.token", batches="others")} p
   WHERE {COUNTS};
  IF of_homes IS NOT NULL THEN
    RETURN QUERY SELECT p.payee_token, p.household_id, {STATUS}, p.line
      FROM unnest(p_households) AS asked(id)
      CROSS JOIN LATERAL (SELECT DISTINCT s.person_id FROM membership s
                           WHERE s.county_code = p_county AND s.household_id = asked.id) s
      JOIN LATERAL (SELECT x.token FROM person x WHERE x.county_code = p_county AND x.id = s.person_id OFFSET 0) x ON true
      CROSS JOIN LATERAL {PAID_TO.format(payee="x.token", batches="of_homes")} p
     WHERE p.household_id = asked.id AND {COUNTS};
  END IF;
END $$"""

# Whose batch pays an entitlement otherwise, wherever in the county or its kin: one row, the first by county and id.
PAID_OTHERWISE = f"""
CREATE FUNCTION funds.paid_otherwise(p_county text, p_entitlement text, p_per text)
RETURNS TABLE (batch_id uuid, county_code text, status text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE scope text := {SCOPE};
BEGIN
  IF scope IS NULL OR NOT (p_county LIKE scope || '%' OR scope LIKE p_county || '%') THEN
    RAISE EXCEPTION 'the county is outside the region' USING ERRCODE = 'QL403';
  END IF;
  RETURN QUERY SELECT b.id, b.county_code::text, b.status
    FROM (SELECT p_county AS code UNION ALL SELECT k.county_code FROM kin_counties(p_county) k) book
    JOIN payment_batch b ON b.county_code = book.code AND b.entitlement = p_entitlement
   WHERE b.per <> p_per AND b.status <> 'withdrawn' AND {NOT_REVERSED.replace("p_county", "b.county_code")}
   ORDER BY b.county_code, b.id LIMIT 1;
END $$"""

# As `treasury.documents.normalise_document` folds brackets; those of full width had been folded before.
FOLD_BRACKETS = """
UPDATE funds.payment_batch SET entitlement = translate(entitlement, '[({【])}】', '〔〔〔〔〕〕〕〕')
 WHERE entitlement ~ '[][(){}【】]'"""
SIGNATURE = "paid_otherwise(text, text, text)"


def statements() -> Iterator[str]:
    """The function that changes, the one that is new, and one name for entitlements that differ in their brackets."""
    yield CLAIMED
    yield PAID_OTHERWISE
    yield f"REVOKE ALL ON FUNCTION funds.{SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{SIGNATURE} TO {ROLE}"
    yield FOLD_BRACKETS
