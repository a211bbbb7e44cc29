"""The SQL side of traces, version 2: the way of a payment for a region and an instant, asked in one statement.

A trace is one look, so a transaction around it only costs two round trips more. The region that version 1 holds the payment
against is told with the question, for this statement only; the instant becomes the journal's position on the way.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.ledger_v2 import ROLE

# Volatile because it tells the region; `payment_ways` itself reads one picture, that of the statement which asks it.
PAYMENT_TRACE = """
CREATE FUNCTION funds.payment_trace(p_region text, p_county text, p_batch uuid, p_line int, p_as_of date, p_known_at timestamptz)
RETURNS TABLE (payee_cell bytea, amount_fen bigint, reversed_by uuid, came_back boolean, ways text, known bigint)
LANGUAGE plpgsql VOLATILE SET search_path = funds, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM set_config('app.region', p_region, true);
  known := CASE WHEN p_known_at IS NULL THEN 9223372036854775807 ELSE position_at(p_county, p_known_at) END;
  RETURN QUERY SELECT w.payee_cell, w.amount_fen, w.reversed_by, w.came_back, w.ways, payment_trace.known
                 FROM payment_ways(p_county, p_batch, p_line, p_as_of, payment_trace.known) w;
END $$"""

SIGNATURE = "payment_trace(text, text, uuid, int, date, timestamptz)"


def functions() -> Iterator[str]:
    yield PAYMENT_TRACE
    yield f"REVOKE ALL ON FUNCTION funds.{SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{SIGNATURE} TO {ROLE}"
