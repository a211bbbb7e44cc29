"""The SQL side of returns, version 4: a row may be recovered (追缴), and what undoing a return spends again is told.

`record_return` as in `returns_v1`, but of a recovery the movement is a recovery. `beyond_for_row` is what
`beyond_in_year` is to a batch: one row whose money the household has again, with all it was paid in the year. Frozen: a
change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.entitlement_v1 import NOT_REVERSED, OWN_BATCH
from migrations.returns_v1 import RECORD_RETURN, ROLE, STANDS

RECOVERED = "recovered"
_OF_KIND = f"m.kind = CASE WHEN p_reason = '{RECOVERED}' THEN 'recover' ELSE 'return' END"
RECORD = RECORD_RETURN.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace("m.kind = 'return'", _OF_KIND)

# Fen that the payee of a row (or the household, by `p_per`) has beyond a cap, of all rosters of the fund that were paid in
# the year of the row's and not undone, less what came back by the day; with `p_others` what they have of these funds.
# Nothing when the row's own payment was undone. Payments are found by payee: of a household by all who ever belonged to it.
BEYOND_FOR_ROW = f"""
CREATE FUNCTION funds.beyond_for_row(p_county text, p_batch uuid, p_line int, p_on date, p_cap bigint, p_others text[], p_per text)
RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE own record; total bigint;
BEGIN{OWN_BATCH}
  SELECT b.fund_code, extract(year FROM b.effective_on)::int AS year, p.payee_token, p.household_id INTO own
    FROM payment_batch b JOIN payment p ON p.county_code = p_county AND p.batch_id = b.id AND p.line = p_line
   WHERE b.county_code = p_county AND b.id = p_batch AND b.status = 'posted' AND {NOT_REVERSED};
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  SELECT coalesce(sum(p.amount_fen - coalesce(w.fen, 0)), 0)::bigint INTO total
    FROM (SELECT own.payee_token AS token
          UNION
          SELECT x.token FROM membership s JOIN person x ON x.county_code = p_county AND x.id = s.person_id
           WHERE p_per = 'household' AND s.county_code = p_county AND s.household_id = own.household_id) payee
    JOIN payment p ON p.county_code = p_county AND p.payee_token = payee.token
     AND (p_per = 'person' OR p.household_id = own.household_id)
    JOIN payment_batch b ON b.county_code = p_county AND b.id = p.batch_id AND b.status = 'posted'
     AND b.fund_code = ANY(coalesce(p_others, ARRAY[own.fund_code]))
     AND b.effective_on BETWEEN make_date(own.year, 1, 1) AND make_date(own.year, 12, 31) AND {NOT_REVERSED}
    LEFT JOIN LATERAL (
      SELECT sum(r.amount_fen) AS fen FROM payment_return r
       WHERE r.county_code = p_county AND r.batch_id = p.batch_id AND r.line = p.line AND r.effective_on <= p_on AND {STANDS}
    ) w ON true;
  RETURN CASE WHEN p_others IS NULL THEN greatest(total - p_cap, 0) ELSE total END;
END $$"""

REASONS = "'account_closed', 'name_mismatch', 'wrong_number', 'deceased', 'recovered', 'other'"
SIGNATURE = "beyond_for_row(text, uuid, int, date, bigint, text[], text)"


def statements() -> Iterator[str]:
    yield RECORD
    yield BEYOND_FOR_ROW
    yield f"REVOKE ALL ON FUNCTION funds.{SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{SIGNATURE} TO {ROLE}"
    yield "ALTER TABLE funds.payment_return DROP CONSTRAINT ck_payment_return_reason"
    yield f"ALTER TABLE funds.payment_return ADD CONSTRAINT ck_payment_return_reason CHECK (reason IN ({REASONS}))"
