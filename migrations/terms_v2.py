"""The SQL side of fund terms, version 2: rules of the nation for every fund, and fees as far as the payee still has them.

`terms_of` tells, beside the sets of each level (`terms_v1`), the general rules in force, each as a set of the fund `*`
and the year 0: a previous release finds no fund of that name. `fee_sums` replaces the version of `orders_v1`, which
went on counting a fee that had been recovered. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.orders_v1 import MANAGEMENT_FEE
from migrations.terms_v1 import OWN_COUNTY, ROLE

# JSON of [fund, year, region, valid from, document, [[rule, value, on breach, source, basis], …]]; of the general rules
# the row of each that is in force on the day.
TERMS_OF = """
CREATE OR REPLACE FUNCTION funds.terms_of(p_county text, p_funds text[], p_on date) RETURNS text
LANGUAGE sql STABLE SET search_path = funds, pg_temp AS $$
  SELECT (json_agg(s.told))::text FROM (
    SELECT json_build_array(t.fund_code, t.fiscal_year, t.region_code, t.valid_from, t.document, (
             SELECT coalesce(json_agg(json_build_array(r.rule, r.value, r.on_breach, r.source, r.basis) ORDER BY r.rule), '[]')
               FROM fund_rule r WHERE r.region_code = t.region_code AND r.fund_code = t.fund_code
                AND r.fiscal_year = t.fiscal_year AND r.valid_from = t.valid_from)) AS told
      FROM fund_terms t
     WHERE t.region_code IN ('00', left(p_county, 2), left(p_county, 4), p_county) AND t.fund_code = ANY(p_funds)
       AND t.valid_from <= p_on
    UNION ALL
    SELECT json_build_array('*', 0, '00', n.valid_from, n.document,
             json_build_array(json_build_array(n.rule, n.value, n.on_breach, n.source, n.basis)))
      FROM (SELECT DISTINCT ON (g.rule) g.* FROM national_rule g WHERE g.valid_from <= p_on
             ORDER BY g.rule, g.valid_from DESC) n) s
$$"""

# Received: notices, less receipts undone, and what was carried over into the year, less what was carried on. A fee
# counts where it is spent, paid out of cash or ordered for a contractor, and as far as it is there: what the payee gave
# back, or what was recovered, leaves what remains of the lots it brought. What had left and was undone stands there as
# lots that restore these. An order that came back has spent nothing; one that was paid stands where its result put it.
FEE_SUMS = f"""
CREATE OR REPLACE FUNCTION funds.fee_sums(p_county text, p_fund text, p_year int, OUT received_fen bigint, OUT fees_fen bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN{OWN_COUNTY}
  SELECT coalesce(sum(CASE WHEN f.flow = 'receive' AND f.fiscal_year = p_year THEN f.amount_fen
                           WHEN f.flow = 'carry_over' AND f.fiscal_year = p_year THEN f.amount_fen
                           WHEN f.flow = 'carry_over' AND f.fiscal_year = p_year + 1 THEN -f.amount_fen ELSE 0 END), 0)::bigint
    INTO received_fen FROM flow_month f
   WHERE f.county_code = p_county AND f.fund_code = p_fund AND f.flow IN ('receive', 'carry_over');
  WITH RECURSIVE fee AS (
    SELECT coalesce(paid.by, m.id) AS movement_id FROM movement m
      LEFT JOIN treasury_order o ON m.kind = 'order' AND o.county_code = p_county AND o.movement_id = m.id
      LEFT JOIN account a ON a.county_code = p_county AND a.id = o.payee_account_id
      LEFT JOIN LATERAL (
        SELECT max(s.movement_id::text) FILTER (WHERE s.result = 'paid')::uuid AS by, bool_or(s.result = 'returned') AS back
          FROM order_result s WHERE s.county_code = p_county AND s.order_id = o.id
           AND NOT EXISTS (SELECT FROM movement u WHERE u.county_code = p_county AND u.reverses_id = s.movement_id)) paid ON true
     WHERE m.county_code = p_county AND m.use_code = '{MANAGEMENT_FEE}'
       AND NOT EXISTS (SELECT FROM movement r WHERE r.county_code = p_county AND r.reverses_id = m.id)
       AND (m.kind = 'pay' OR m.kind = 'order' AND a.kind = 'contractor' AND paid.back IS NOT TRUE)),
  stands AS (
    SELECT l.id, l.account_id, l.fiscal_year, l.remaining_fen FROM fee
      JOIN lot l ON l.county_code = p_county AND l.movement_id = fee.movement_id AND l.fund_code = p_fund
    UNION ALL
    SELECT l.id, l.account_id, l.fiscal_year, l.remaining_fen FROM stands s
      JOIN lot l ON l.county_code = p_county AND l.restores_lot_id = s.id AND l.account_id = s.account_id)
  SELECT coalesce(sum(s.remaining_fen), 0)::bigint INTO fees_fen FROM stands s WHERE s.fiscal_year = p_year;
END $$"""


def statements() -> Iterator[str]:
    """Both functions keep their signature and so their grants."""
    yield TERMS_OF
    yield FEE_SUMS
    yield f"GRANT SELECT ON funds.national_rule TO {ROLE}"
