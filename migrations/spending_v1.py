"""The SQL side of spending progress, version 1: what of one budget year rested at a moment, by fund and place, from lots.

It is what the flows of the year are held against. As `rested` of idle money it reads as the owner, holds the caller's
region against the place, and tells sums; lots that rest or were emptied since are read once, and what was drawn later is
joined only to those of which something was. Frozen: a change is a new file and a new migration.
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
      SELECT l.id, l.fund_code, l.region_code, l.remaining_fen, l.last_drawn_on, l.last_position FROM lot l
       WHERE l.county_code = p_county AND l.fiscal_year = p_year AND (p_fund IS NULL OR l.fund_code = p_fund)
         AND NOT l.is_terminal AND l.arrived_on <= p_as_of
         AND (p_root = p_county OR l.region_code >= p_root AND l.region_code < p_root || '~')"""
_RESTS = f"{_LOT} AND (l.is_resting OR l.emptied_on > p_as_of)"
_RESTED_AS_KNOWN = f"""{_LOT} AND l.position <= p_known AND (l.is_resting OR l.emptied_on > p_as_of)
      UNION ALL {_LOT} AND l.position <= p_known AND l.emptied_on <= p_as_of
         AND l.id IN (SELECT r.from_lot_id FROM ({_RECORDED_LATER}) r)"""


def _sums(lots: str, later: str, drawn: str) -> str:
    return f"""
  RETURN QUERY SELECT l.fund_code, l.region_code, sum(l.remaining_fen + coalesce(t.fen, 0))::bigint FROM ({lots}) l
      LEFT JOIN (SELECT w.from_lot_id, sum(w.amount_fen)::bigint AS fen FROM ({later}) w GROUP BY w.from_lot_id) t
        ON t.from_lot_id = CASE WHEN {drawn} THEN l.id END
     GROUP BY l.fund_code, l.region_code;"""


_BY_ALL = _sums(_RESTS, _DRAWN_LATER, "l.last_drawn_on > p_as_of")
_AS_KNOWN = _sums(
    _RESTED_AS_KNOWN,
    f"{_DRAWN_LATER} UNION ALL {_RECORDED_LATER}",
    "l.last_drawn_on > p_as_of OR l.last_position > p_known",
)

_SIGNATURE = "rested_of_year(text, text, date, bigint, date, text, int)"
RESTED_OF_YEAR = f"""
CREATE FUNCTION funds.rested_of_year(p_county text, p_root text, p_as_of date, p_known bigint, p_known_on date, p_fund text, p_year int)
RETURNS TABLE (fund_code text, region_code text, fen bigint)
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


def statements() -> Iterator[str]:
    yield RESTED_OF_YEAR
    yield f"REVOKE ALL ON FUNCTION funds.{_SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{_SIGNATURE} TO {ROLE}"
