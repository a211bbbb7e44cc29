"""The SQL side of what kin counties paid, version 2: kin are found by probes of an index, and asked about a single row.

In version 1 the planner took a code's links for many and read every link of the country, townships and villages too,
at each question; and the question was planned anew each time. `row_paid_by_kin` is new: a row that had come back may
have been paid again over the border, and then its return is not undone. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.entitlement_v1 import OWN_BATCH, ROLE

# OFFSET 0 keeps it a probe for each code. A county without links is answered by the first statement.
KIN = """
CREATE OR REPLACE FUNCTION funds.kin_counties(p_county text) RETURNS TABLE (county_code text, came_before boolean)
LANGUAGE plpgsql STABLE SET search_path = funds, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM region_link l WHERE l.to_code = p_county)
     AND NOT EXISTS (SELECT FROM region_link l WHERE l.from_code = p_county) THEN
    RETURN;
  END IF;
  RETURN QUERY WITH RECURSIVE before(code) AS (
    SELECT p_county COLLATE "C"
    UNION
    SELECT up.code FROM before w
     CROSS JOIN LATERAL (SELECT l.from_code AS code FROM region_link l WHERE l.to_code = w.code OFFSET 0) up),
  after(code) AS (
    SELECT p_county COLLATE "C"
    UNION
    SELECT down.code FROM after w
     CROSS JOIN LATERAL (SELECT l.to_code AS code FROM region_link l WHERE l.from_code = w.code OFFSET 0) down)
  SELECT k.code, bool_or(k.is_before) FROM (
    SELECT b.code, true AS is_before FROM before b UNION ALL SELECT a.code, false FROM after a) k
   WHERE k.code <> p_county AND length(k.code) = 6 GROUP BY k.code ORDER BY k.code;
END $$"""

# Whether kin paid the entitlement of a row, to its payee or, where it is a household's, to the one that it goes on in.
ROW_PAID = f"""
CREATE FUNCTION funds.row_paid_by_kin(p_county text, p_batch uuid, p_line int) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN{OWN_BATCH}
  RETURN EXISTS (
    SELECT FROM payment_batch b JOIN payment p ON p.county_code = p_county AND p.batch_id = b.id AND p.line = p_line
     CROSS JOIN LATERAL paid_by_kin(p_county, 'infinity', NULL, ARRAY[p.payee_token],
                                    CASE b.per WHEN 'household' THEN ARRAY[p.household_id] END, NULL, b.entitlement, false)
     WHERE b.county_code = p_county AND b.id = p_batch);
END $$"""
SIGNATURE = "row_paid_by_kin(text, uuid, int)"


def statements() -> Iterator[str]:
    """One function that changes and keeps its signature, and one that is new."""
    yield KIN
    yield ROW_PAID
    yield f"REVOKE ALL ON FUNCTION funds.{SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{SIGNATURE} TO {ROLE}"
