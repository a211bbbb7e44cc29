"""The SQL side of fund terms, version 1: what holds for a fund, and the gate before its sums.

Terms are public. The gate is a row per county and fund that whoever judges a movement by the sums of a fund holds to
the commit, so that two movements are not let through side by side by the same sums.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped

ROLE = "funds_app"

OWN_COUNTY = """
  IF left(coalesce(nullif(current_setting('app.region', true), ''), '!'), 6)
     <> left(p_county, length(left(coalesce(nullif(current_setting('app.region', true), ''), '!'), 6))) THEN
    RAISE EXCEPTION 'the county is outside the region' USING ERRCODE = 'QL403';
  END IF;"""

# Every set of terms for these funds that any level whose terms cover the county laid down and that starts by the day,
# as JSON: [fund, year, region, valid from, document, [[rule, value, on breach, source, basis], …]]; NULL when there is none.
TERMS_OF = """
CREATE FUNCTION funds.terms_of(p_county text, p_funds text[], p_on date) RETURNS text
LANGUAGE sql STABLE SET search_path = funds, pg_temp AS $$
  SELECT (json_agg(json_build_array(t.fund_code, t.fiscal_year, t.region_code, t.valid_from, t.document, (
           SELECT coalesce(json_agg(json_build_array(r.rule, r.value, r.on_breach, r.source, r.basis) ORDER BY r.rule), '[]') FROM fund_rule r
            WHERE r.region_code = t.region_code AND r.fund_code = t.fund_code AND r.fiscal_year = t.fiscal_year AND r.valid_from = t.valid_from))))::text
    FROM fund_terms t
   WHERE t.region_code IN ('00', left(p_county, 2), left(p_county, 4), p_county) AND t.fund_code = ANY(p_funds) AND t.valid_from <= p_on
$$"""

HOLD_FUND = f"""
CREATE FUNCTION funds.hold_fund(p_county text, p_fund text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN{OWN_COUNTY}
  INSERT INTO fund_gate (county_code, fund_code) VALUES (p_county, p_fund) ON CONFLICT DO NOTHING;
  PERFORM 1 FROM fund_gate g WHERE g.county_code = p_county AND g.fund_code = p_fund FOR UPDATE;
END $$"""

SIGNATURES = ("terms_of(text, text[], date)", "hold_fund(text, text)")


def functions() -> Iterator[str]:
    yield TERMS_OF
    yield HOLD_FUND
    for signature in SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION funds.{signature} TO {ROLE}"


def policies() -> Iterator[str]:
    """Nobody reads the gate; the function that holds it runs as the owner."""
    yield from scoped("funds", ROLE, "fund_gate", "county_code")
