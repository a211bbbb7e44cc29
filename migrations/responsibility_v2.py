"""The SQL side of responsible days, version 2: `responsible` reads at most half of the months and half of a month's days.

Version 1 added up all months from the first on, and the days of the month up to the one asked for. What an account holds today
is known (`account`), and so is a whole month; so a late day is told from them less what came after. Fen-days are told as text:
read as numerics they cost the service more than all the rest of the answer. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.flows_v1 import DAYS
from migrations.ledger_v2 import ROLE
from migrations.responsibility_v1 import _CORRECTED, _KNOWN
from migrations.responsibility_v1 import SIGNATURE as BEFORE

# All up to the day are the months before `edge` and, with `day_way`, the days between; `edge` is the nearer end of the month.
# Months before `edge` are counted from the first one, or what the account holds less those from `edge` on.
_WHATEVER = """
    SELECT a.unit_id, '' AS fund, a.sum_fen AS fen, a.sum_fen_day AS fen_day, a.charged_fen_days AS charged FROM desk a WHERE backwards
    UNION ALL
    SELECT a.unit_id, '', CASE WHEN backwards THEN -m.fen ELSE m.fen END, CASE WHEN backwards THEN -m.fen_day ELSE m.fen_day END,
           CASE WHEN backwards THEN -m.charged ELSE m.charged END FROM desk a CROSS JOIN LATERAL (
      SELECT sum(n.net_fen) AS fen, sum(n.net_fen_day) AS fen_day, sum(n.charged_fen_days) AS charged FROM account_month n
       WHERE n.county_code = p_county AND n.account_id = a.id AND n.month >= month_low AND n.month < month_high) m
    UNION ALL
    SELECT a.unit_id, '', day_way * d.fen, day_way * d.fen_day, day_way * d.charged FROM desk a CROSS JOIN LATERAL (
      SELECT sum(n.net_fen) AS fen, sum(n.net_fen_day) AS fen_day, sum(n.charged_fen_days) AS charged FROM account_period n
       WHERE n.county_code = p_county AND n.fund_code = '' AND n.grain = 'day' AND n.account_id = a.id
         AND n.since >= day_low AND n.since < day_high) d"""
_OF_FUNDS = """
    SELECT a.unit_id, f.code AS fund, m.fen, m.fen_day, m.charged FROM unnest(p_funds) AS f(code) CROSS JOIN LATERAL (
      SELECT n.account_id, sum(n.net_fen) AS fen, sum(n.net_fen_day) AS fen_day, sum(n.charged_fen_days) AS charged FROM account_period n
       WHERE n.county_code = p_county AND n.fund_code = f.code AND n.grain = 'month' AND n.since < edge
       GROUP BY n.account_id) m
      JOIN desk a ON a.id = m.account_id
    UNION ALL
    SELECT a.unit_id, f.code, day_way * d.fen, day_way * d.fen_day, day_way * d.charged FROM unnest(p_funds) AS f(code) CROSS JOIN LATERAL (
      SELECT n.account_id FROM account_period n
       WHERE n.county_code = p_county AND n.fund_code = f.code AND n.grain = 'month' AND n.since = month_on) m
      JOIN desk a ON a.id = m.account_id
     CROSS JOIN LATERAL (
      SELECT sum(n.net_fen) AS fen, sum(n.net_fen_day) AS fen_day, sum(n.charged_fen_days) AS charged FROM account_period n
       WHERE n.county_code = p_county AND n.fund_code = f.code AND n.grain = 'day' AND n.account_id = a.id
         AND n.since >= day_low AND n.since < day_high) d"""


def _told(summed: str) -> str:
    return f"""
  RETURN QUERY
  WITH desk AS MATERIALIZED (
    SELECT a.id, a.unit_id, a.sum_fen, a.sum_fen_day, a.charged_fen_days FROM account a
     WHERE a.county_code = p_county AND a.kind NOT IN ('contractor', 'households', 'outside')
       AND (p_root = p_county OR a.region_code >= p_root AND a.region_code < p_root || '~')),
  held AS (SELECT s.unit_id, s.fund, sum(s.fen) AS fen, sum(s.fen_day) AS fen_day, sum(s.charged) AS charged FROM ({summed}) s
            GROUP BY s.unit_id, s.fund)
  SELECT u.region_code, u.name, u.kind, h.fund, h.fen::bigint, (h.fen * (p_as_of - DATE '2000-01-01') - h.fen_day)::text, h.charged::text
    FROM held h CROSS JOIN LATERAL (SELECT * FROM unit u WHERE u.county_code = p_county AND u.id = h.unit_id OFFSET 0) u
   WHERE h.fen <> 0 OR h.charged <> 0 OR h.fen_day <> 0;"""


# (place, name and kind of a unit; fund, empty when none is asked for; fen at rest, their fen-days, those of what left).
RESPONSIBLE = f"""
CREATE FUNCTION funds.responsible(p_county text, p_root text, p_as_of date, p_known bigint, p_known_on date, p_funds text[])
RETURNS TABLE (region_code text, name text, kind text, fund_code text, fen bigint, resting_fen_days text, charged_fen_days text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off SET enable_mergejoin = off SET max_parallel_workers_per_gather = 0 SET work_mem = '64MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE until date; month_on date; edge date; month_low date := '-infinity'; month_high date; day_low date; day_high date; day_way int; backwards boolean;
BEGIN{DAYS}
  IF until - month_on < 15 THEN
    edge := month_on; day_way := 1; day_low := month_on; day_high := until + 1;
  ELSE
    edge := (month_on + interval '1 month')::date; day_way := -1; day_low := until + 1; day_high := edge;
  END IF;
  -- The years in which anything moved: each flow is counted by year.
  backwards := p_funds IS NULL AND coalesce(
    edge - (SELECT min(f.since) FROM flow_period f WHERE f.county_code = p_county AND f.grain = 'year')
    > (SELECT max(f.since) FROM flow_period f WHERE f.county_code = p_county AND f.grain = 'year') + 366 - edge, false);
  month_high := edge;
  IF backwards THEN month_low := edge; month_high := 'infinity'; END IF;
  IF p_funds IS NULL AND NOT ({_KNOWN}) THEN {_told(_WHATEVER)}
  ELSIF p_funds IS NULL THEN {_told(_WHATEVER + " UNION ALL " + _CORRECTED)}
  ELSIF NOT ({_KNOWN}) THEN {_told(_OF_FUNDS)}
  ELSE {_told(_OF_FUNDS + " UNION ALL " + _CORRECTED)}
  END IF;
END $$"""


def statements() -> Iterator[str]:
    """Its answer has other columns, so that it is a new function under the old name."""
    yield f"DROP FUNCTION funds.{BEFORE}"
    yield RESPONSIBLE
    yield f"REVOKE ALL ON FUNCTION funds.{BEFORE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{BEFORE} TO {ROLE}"
