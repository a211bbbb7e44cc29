"""The SQL side of traces, version 1: the ways of one household payment, from its notices down, in one look.

The way leads up through accounts and documents that lie above the caller's region, so it is read as the owner; before
that the payment itself is held against the caller's region. Every step finds one row by its key, whatever is asked for
and however many payments there are. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.ledger_v2 import ROLE

# Plans are kept: to make one anew takes five times as long as to follow it. Only keys are probed.
_READING = """STABLE SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"""

# No row when the caller may not see the payment. `ways` is a list of Way as JSON, one for each span that feeds the
# payment, in their order; `reversed_by` undid the whole disbursement; `came_back` when some of this row ever did.
PAYMENT_WAYS = f"""
CREATE FUNCTION funds.payment_ways(p_county text, p_batch uuid, p_line int, p_as_of date, p_known bigint)
RETURNS TABLE (payee_cell bytea, amount_fen bigint, reversed_by uuid, came_back boolean, ways text)
LANGUAGE plpgsql {_READING} AS $$
#variable_conflict use_column
DECLARE paid record; move uuid;
BEGIN
  SELECT p.payee_cell, p.amount_fen, p.cum_fen - p.amount_fen AS lo, p.cum_fen AS hi INTO paid FROM payment p
   WHERE p.county_code = p_county AND p.batch_id = p_batch AND p.line = p_line
     AND p.region_code LIKE nullif(current_setting('app.region', true), '') || '%';
  IF NOT FOUND THEN
    RETURN;
  END IF;
  payee_cell := paid.payee_cell;
  amount_fen := paid.amount_fen;
  came_back := EXISTS (SELECT FROM payment_return r WHERE r.county_code = p_county AND r.batch_id = p_batch AND r.line = p_line);
  WITH RECURSIVE way AS (
    SELECT d.lo_fen, least(paid.hi, d.hi_fen) - greatest(paid.lo, d.lo_fen) AS fen, 0 AS depth, d.to_lot_id AS lot_id, d.movement_id
      FROM draw d
     WHERE d.county_code = p_county AND d.batch_id = p_batch AND d.lo_fen < paid.hi AND d.hi_fen > paid.lo
       AND d.effective_on <= p_as_of AND d.position <= p_known
    UNION ALL
    SELECT w.lo_fen, w.fen, w.depth + 1, up.from_lot_id, w.movement_id FROM way w
     CROSS JOIN LATERAL (SELECT d.from_lot_id FROM draw d WHERE d.county_code = p_county AND d.to_lot_id = w.lot_id OFFSET 0) up),
  span AS (
    SELECT w.lo_fen, w.fen, w.movement_id, (array_agg(hop.tranche_id))[1] AS tranche_id,
           json_agg(json_build_object('movement_id', hop.id, 'kind', hop.kind, 'document', hop.document,
             'effective_on', hop.effective_on, 'from_unit', hop.from_unit, 'to_unit', hop.to_unit,
             'days_rested', hop.days_rested) ORDER BY w.depth DESC) AS hops
      FROM way w
     CROSS JOIN LATERAL (
      SELECT l.tranche_id, m.id, m.kind, m.document, m.effective_on, fu.name AS from_unit, tu.name AS to_unit, d.days_rested
        FROM lot l
        JOIN movement m ON m.county_code = p_county AND m.id = l.movement_id
        JOIN account ta ON ta.county_code = p_county AND ta.id = m.to_account_id
        JOIN unit tu ON tu.county_code = p_county AND tu.id = ta.unit_id
        LEFT JOIN draw d ON d.county_code = p_county AND d.to_lot_id = l.id
        LEFT JOIN account fa ON fa.county_code = p_county AND fa.id = m.from_account_id
        LEFT JOIN unit fu ON fu.county_code = p_county AND fu.id = fa.unit_id
       WHERE l.county_code = p_county AND l.id = w.lot_id OFFSET 0) hop
     GROUP BY w.lo_fen, w.fen, w.movement_id)
  SELECT json_agg(json_build_object('amount_fen', s.fen, 'tranche_id', s.tranche_id, 'notice_id', t.notice_id,
           'notice', coalesce(n.document_number, n.title), 'issuer', n.issuer, 'fund_code', t.fund_code,
           'hops', s.hops) ORDER BY s.lo_fen)::text, (array_agg(s.movement_id))[1] INTO ways, move
    FROM span s
   CROSS JOIN LATERAL (SELECT t.notice_id, t.fund_code FROM tranche t
                        WHERE t.county_code = p_county AND t.id = s.tranche_id OFFSET 0) t
   CROSS JOIN LATERAL (SELECT * FROM notice n WHERE n.id = t.notice_id OFFSET 0) n;
  SELECT r.id INTO reversed_by FROM movement r
   WHERE r.county_code = p_county AND r.reverses_id = move AND r.effective_on <= p_as_of AND r.position <= p_known;
  ways := coalesce(ways, '[]');
  RETURN NEXT;
END $$"""

SIGNATURE = "payment_ways(text, uuid, int, date, bigint)"


def functions() -> Iterator[str]:
    yield PAYMENT_WAYS
    yield f"REVOKE ALL ON FUNCTION funds.{SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{SIGNATURE} TO {ROLE}"
