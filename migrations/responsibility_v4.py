"""The SQL side of responsible days, version 4: counters are read by time, all desks of a month or day beside each other.

Version 3 looked each desk up in each table. But a posting writes the counters of its day, so those of one day lie together whosever they
are: read by account each was fetched from a page of its own. The key of `account_period` begins with the time now, and `account_month`
has an index that does. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.flows_v1 import DAYS
from migrations.responsibility_v1 import _CORRECTED, _KNOWN
from migrations.responsibility_v3 import _DESK

_SUMS = "n.account_id, sum(n.net_fen) AS fen, sum(n.net_fen_day) AS fen_day, sum(n.charged_fen_days) AS charged"

# All up to the day are the months before `edge` and, with `day_way`, the days between; `edge` is the nearer end of the month.
# Months before `edge` are counted from the first one, or what the account holds less those from `edge` on.
_WHATEVER = f"""
    SELECT a.unit_id, '' AS fund, a.sum_fen AS fen, a.sum_fen_day AS fen_day, a.charged_fen_days AS charged FROM desk a WHERE backwards
    UNION ALL
    SELECT a.unit_id, '', month_way * m.fen, month_way * m.fen_day, month_way * m.charged FROM (
      SELECT {_SUMS} FROM account_month n
       WHERE n.county_code = p_county AND n.month >= month_low AND n.month < month_high GROUP BY n.account_id) m
      JOIN desk a ON a.id = m.account_id
    UNION ALL
    SELECT a.unit_id, '', day_way * d.fen, day_way * d.fen_day, day_way * d.charged FROM (
      SELECT {_SUMS} FROM account_period n
       WHERE n.county_code = p_county AND n.fund_code = '' AND n.grain = 'day' AND n.since >= day_low AND n.since < day_high
       GROUP BY n.account_id) d
      JOIN desk a ON a.id = d.account_id"""
_OF_FUNDS = f"""
    SELECT a.unit_id, m.fund, m.fen, m.fen_day, m.charged FROM (
      SELECT f.code AS fund, n.* FROM unnest(p_funds) AS f(code) CROSS JOIN LATERAL (
        SELECT {_SUMS} FROM account_period n
         WHERE n.county_code = p_county AND n.fund_code = f.code AND n.grain = 'month' AND n.since < edge GROUP BY n.account_id) n) m
      JOIN desk a ON a.id = m.account_id
    UNION ALL
    SELECT a.unit_id, d.fund, day_way * d.fen, day_way * d.fen_day, day_way * d.charged FROM (
      SELECT f.code AS fund, n.* FROM unnest(p_funds) AS f(code) CROSS JOIN LATERAL (
        SELECT {_SUMS} FROM account_period n
         WHERE n.county_code = p_county AND n.fund_code = f.code AND n.grain = 'day' AND n.since >= day_low AND n.since < day_high
         GROUP BY n.account_id) n) d
      JOIN desk a ON a.id = d.account_id"""
# What was recorded later touches few accounts: each is looked up by its key.
_LATER = _CORRECTED.replace("JOIN desk a ON a.id = c.account_id", _DESK.format("c"))


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
    FROM held h JOIN unit u ON u.county_code = p_county AND u.id = h.unit_id
   WHERE h.fen <> 0 OR h.charged <> 0 OR h.fen_day <> 0;"""


# (place, name and kind of a unit; fund, empty when none is asked for; fen at rest, their fen-days, those of what left).
RESPONSIBLE = f"""
CREATE OR REPLACE FUNCTION funds.responsible(p_county text, p_root text, p_as_of date, p_known bigint, p_known_on date, p_funds text[])
RETURNS TABLE (region_code text, name text, kind text, fund_code text, fen bigint, resting_fen_days text, charged_fen_days text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off SET enable_mergejoin = off SET enable_nestloop = off SET max_parallel_workers_per_gather = 0
  SET work_mem = '64MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE until date; month_on date; edge date; month_low date := '-infinity'; month_high date; month_way int := 1; day_low date; day_high date; day_way int;
  backwards boolean;
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
  IF backwards THEN month_low := edge; month_high := 'infinity'; month_way := -1; END IF;
  IF p_funds IS NULL AND NOT ({_KNOWN}) THEN {_told(_WHATEVER)}
  ELSIF p_funds IS NULL THEN {_told(_WHATEVER + " UNION ALL " + _LATER)}
  ELSIF NOT ({_KNOWN}) THEN {_told(_OF_FUNDS)}
  ELSE {_told(_OF_FUNDS + " UNION ALL " + _LATER)}
  END IF;
END $$"""


def statements() -> Iterator[str]:
    """The same question with the same answer, so that its grants stay."""
    yield "ALTER TABLE funds.account_period DROP CONSTRAINT pk_account_period"
    yield (
        "ALTER TABLE funds.account_period ADD CONSTRAINT pk_account_period"
        " PRIMARY KEY (county_code, fund_code, grain, since, account_id)"
    )
    yield "CREATE INDEX ix_account_month_month ON funds.account_month (county_code, month, account_id)"
    yield RESPONSIBLE
