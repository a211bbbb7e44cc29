"""“One household, one entitlement, once”, version 3: rosters of a million are compared as sets.

Says what version 2 (`returns_v1`) said. There, a batch was compared with the others row by row as soon as their people
were too many for a hash table of 4 MB, which no statement timeout survived: a million rows took more than five minutes.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.entitlement_v1 import NOT_REVERSED, OWN_BATCH
from migrations.returns_v1 import COUNTS

# OFFSET 0 keeps it a probe of the index for each payee: planned as a join it read all that the others had paid, once
# more for every piece of a roster. Nor are batches joined: the planner, guessing one, probed again for each there was.
PAID_TO = """(SELECT y.payee_token, y.household_id, y.batch_id, y.line FROM payment y
                    WHERE y.county_code = p_county AND y.payee_token = {payee} AND y.batch_id = ANY(others) OFFSET 0)"""

STATUS = "CASE WHEN p.batch_id = ANY(posted) THEN 'posted' ELSE 'checked' END"

# Of a household its people are looked for, whoever belonged to it at any time: payments are found by payee. Planned
# for the rows it has (a plan for any number probes an index a million times), with room for a million in memory.
CLAIMED = f"""
CREATE OR REPLACE FUNCTION funds.claimed_by_another(p_county text, p_batch uuid, p_tokens bytea[], p_households uuid[])
RETURNS TABLE (payee_token bytea, household_id uuid, status text, line int)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = funds, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
DECLARE others uuid[]; posted uuid[]; own record; asking boolean := p_tokens IS NOT NULL;
BEGIN{OWN_BATCH}
  SELECT o.entitlement, o.per, o.effective_on INTO own FROM payment_batch o WHERE o.county_code = p_county AND o.id = p_batch;
  SELECT array_agg(b.id), array_agg(b.id) FILTER (WHERE b.status = 'posted') INTO others, posted FROM payment_batch b
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
       WHERE x.county_code = p_county AND x.batch_id = p_batch AND own.per = 'household' AND x.household_id IN (
        SELECT p.household_id FROM payment p WHERE p.county_code = p_county AND p.batch_id = ANY(others) AND {COUNTS})
      ORDER BY line;
    RETURN;
  END IF;
  RETURN QUERY SELECT p.payee_token, p.household_id, {STATUS}, p.line
    FROM unnest(p_tokens) AS asked(token) CROSS JOIN LATERAL {PAID_TO.format(payee="asked.token")} p
   WHERE {COUNTS};
  IF own.per = 'household' THEN
    RETURN QUERY SELECT p.payee_token, p.household_id, {STATUS}, p.line
      FROM unnest(p_households) AS asked(id)
      CROSS JOIN LATERAL (SELECT DISTINCT s.person_id FROM membership s
                           WHERE s.county_code = p_county AND s.household_id = asked.id) s
      JOIN LATERAL (SELECT x.token FROM person x WHERE x.county_code = p_county AND x.id = s.person_id OFFSET 0) x ON true
      CROSS JOIN LATERAL {PAID_TO.format(payee="x.token")} p
     WHERE p.household_id = asked.id AND {COUNTS};
  END IF;
END $$"""


def statements() -> Iterator[str]:
    """The one function that changes."""
    yield CLAIMED
