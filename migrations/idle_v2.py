"""The SQL side of idle money, version 2: what rested is added up by the clocks that may speak of it.

A limit depends on who holds a lot, on whose budget it is and, with a department, on whether it is quota or cash
(treasury/clocks.py). Otherwise as version 1: read once as the owner, held to the caller's region, told as sums.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.ledger_v2 import ROLE

# Days tell the planner whether nothing or half of a county was drawn since: a plan is made for each question.
_READING = """STABLE SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_custom_plan
  SET max_parallel_workers_per_gather = 0 SET work_mem = '64MB'"""

# What was drawn after the day, of lots that had arrived: a draw's day less the days its lot had rested is its arrival.
_DRAWN_LATER = """
      SELECT d.from_lot_id, d.amount_fen FROM draw d
       WHERE d.county_code = p_county AND d.effective_on > p_as_of AND d.effective_on - d.days_rested <= p_as_of"""
# What was drawn by the day but recorded later than what was known: dated within the week before that knowledge or since,
# or a late row, of which movements have an index.
_RECORDED_LATER = """
      SELECT d.from_lot_id, d.amount_fen FROM draw d
       WHERE d.county_code = p_county AND d.position > p_known AND d.effective_on > p_known_on - 9 AND d.effective_on <= p_as_of
      UNION ALL
      SELECT d.from_lot_id, d.amount_fen FROM movement m
        JOIN draw d ON d.county_code = p_county AND d.movement_id = m.id
       WHERE m.county_code = p_county AND m.position > p_known
         AND m.recorded_at >= (p_known_on - 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
         AND (m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date > m.effective_on + 7
         AND m.effective_on <= least(p_known_on - 9, p_as_of)"""
_LOT = """
      SELECT l.id, l.account_id, l.fund_code, l.clock_from, l.remaining_fen, l.last_drawn_on, l.last_position FROM lot l
       WHERE l.county_code = p_county AND NOT l.is_terminal AND l.arrived_on <= p_as_of
         AND (p_root = p_county OR l.region_code >= p_root AND l.region_code < p_root || '~')"""
_RESTS = f"{_LOT} AND (l.is_resting OR l.emptied_on > p_as_of)"
_RESTED_AS_KNOWN = f"""{_LOT} AND l.position <= p_known AND (l.is_resting OR l.emptied_on > p_as_of)
      UNION ALL {_LOT} AND l.position <= p_known AND l.emptied_on <= p_as_of
         AND l.id IN (SELECT r.from_lot_id FROM ({_RECORDED_LATER}) r)"""


def _sums(lots: str, later: str, drawn: str) -> str:
    return f"""
  RETURN QUERY SELECT a.kind, f.level, a.book, r.clock_from, sum(r.n)::bigint, sum(r.fen)::bigint FROM (
      SELECT l.account_id, l.fund_code, l.clock_from, count(*) AS n, sum(l.remaining_fen + coalesce(t.fen, 0)) AS fen
        FROM ({lots}) l
        LEFT JOIN (SELECT w.from_lot_id, sum(w.amount_fen)::bigint AS fen FROM ({later}) w GROUP BY w.from_lot_id) t
          ON t.from_lot_id = CASE WHEN {drawn} THEN l.id END
       GROUP BY l.account_id, l.fund_code, l.clock_from) r
    JOIN account a ON a.county_code = p_county AND a.id = r.account_id
    JOIN fund f ON f.code = r.fund_code
   GROUP BY a.kind, f.level, a.book, r.clock_from;"""


_BY_ALL = _sums(_RESTS, _DRAWN_LATER, "l.last_drawn_on > p_as_of")
_AS_KNOWN = _sums(
    _RESTED_AS_KNOWN,
    f"{_DRAWN_LATER} UNION ALL {_RECORDED_LATER}",
    "l.last_drawn_on > p_as_of OR l.last_position > p_known",
)

# (kind of holder, level of the fund, book, start of the clock, number of lots, fen) of all that rested in the place.
RESTED = f"""
CREATE FUNCTION funds.rested(p_county text, p_root text, p_as_of date, p_known bigint, p_known_on date)
RETURNS TABLE (kind text, level text, book text, clock_from date, lots_n bigint, fen bigint)
LANGUAGE plpgsql {_READING} AS $$
#variable_conflict use_column
BEGIN
  IF NOT coalesce(p_root LIKE nullif(current_setting('app.region', true), '') || '%' AND p_root LIKE p_county || '%', false) THEN
    RAISE EXCEPTION 'the place is outside the region' USING ERRCODE = 'QL403';
  END IF;
  IF p_known = 9223372036854775807 THEN {_BY_ALL}
  ELSE {_AS_KNOWN}
  END IF;
END $$"""
_SIGNATURE = "rested(text, text, date, bigint, date)"


def statements() -> Iterator[str]:
    yield f"DROP FUNCTION funds.{_SIGNATURE}"
    yield RESTED
    yield f"REVOKE ALL ON FUNCTION funds.{_SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{_SIGNATURE} TO {ROLE}"
