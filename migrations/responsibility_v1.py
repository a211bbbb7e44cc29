"""The SQL side of responsible days, version 1: what every unit held at a moment and answers for, by fund or whatever fund.

It reads what a posting adds up: months before the day's, then the days of that month. Of what was recorded later than was
known, which is little, the lots and draws are read. As flows it reads as the owner, holds the caller's region against the
place, and tells sums; what rests with who has spent it (到达施工单位或农户才算支出) is left out.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.flows_v1 import DAYS
from migrations.journal_v1 import scoped
from migrations.ledger_v2 import ROLE

# What the months and days of before add up to, told by the lots and draws themselves; months of all funds are there already.
FILL = """
INSERT INTO funds.account_period (county_code, fund_code, grain, account_id, since, region_code, net_fen, net_fen_day, charged_fen_days)
SELECT e.county_code, g.fund, g.grain, e.account_id, g.since, a.region_code, sum(e.fen), sum(e.fen_day), sum(e.charged)
  FROM (
    SELECT l.county_code, l.account_id, l.fund_code, l.arrived_on AS day, l.amount_fen AS fen,
           l.amount_fen::numeric * (l.arrived_on - DATE '2000-01-01') AS fen_day, 0::numeric AS charged
      FROM funds.lot l
    UNION ALL
    SELECT d.county_code, f.account_id, f.fund_code, d.effective_on, -d.amount_fen,
           -d.amount_fen::numeric * (f.arrived_on - DATE '2000-01-01'), d.amount_fen::numeric * (d.effective_on - f.arrived_on)
      FROM funds.draw d JOIN funds.lot f ON f.county_code = d.county_code AND f.id = d.from_lot_id) e
 CROSS JOIN LATERAL (VALUES ('', 'day', e.day), (e.fund_code, 'month', date_trunc('month', e.day::timestamp)::date),
                            (e.fund_code, 'day', e.day)) AS g(fund, grain, since)
  JOIN funds.account a ON a.county_code = e.county_code AND a.id = e.account_id
 GROUP BY e.county_code, g.fund, g.grain, e.account_id, g.since, a.region_code"""

# What was filled in must be what the postings had added up by month.
PROVED = """
DO $$ BEGIN
  IF EXISTS (
    SELECT FROM (SELECT county_code, account_id, sum(net_fen) AS fen, sum(net_fen_day) AS fen_day, sum(charged_fen_days) AS charged
                   FROM funds.account_month GROUP BY 1, 2) m
      FULL JOIN (SELECT county_code, account_id, sum(net_fen) AS fen, sum(net_fen_day) AS fen_day, sum(charged_fen_days) AS charged
                   FROM funds.account_period WHERE fund_code <> '' AND grain = 'month' GROUP BY 1, 2) f USING (county_code, account_id)
     WHERE (m.fen, m.fen_day, m.charged) IS DISTINCT FROM (f.fen, f.fen_day, f.charged)) THEN
    RAISE EXCEPTION 'the months by fund are not the months of their accounts';
  END IF;
END $$"""

_KNOWN = "p_known < 9223372036854775807"
# An account's months and days, whatever fund and of the funds asked for. Days are asked of an account that moved in the month.
_WHATEVER = """
    SELECT a.unit_id, '' AS fund, m.fen, m.fen_day, m.charged FROM desk a CROSS JOIN LATERAL (
      SELECT sum(n.net_fen) AS fen, sum(n.net_fen_day) AS fen_day, sum(n.charged_fen_days) AS charged FROM account_month n
       WHERE n.county_code = p_county AND n.account_id = a.id AND n.month < month_on) m
    UNION ALL
    SELECT a.unit_id, '', d.fen, d.fen_day, d.charged FROM desk a CROSS JOIN LATERAL (
      SELECT sum(n.net_fen) AS fen, sum(n.net_fen_day) AS fen_day, sum(n.charged_fen_days) AS charged FROM account_period n
       WHERE n.county_code = p_county AND n.fund_code = '' AND n.grain = 'day' AND n.account_id = a.id
         AND n.since >= month_on AND n.since <= until) d"""
_OF_FUNDS = """
    SELECT a.unit_id, f.code AS fund, m.fen, m.fen_day, m.charged FROM unnest(p_funds) AS f(code) CROSS JOIN LATERAL (
      SELECT n.account_id, sum(n.net_fen) AS fen, sum(n.net_fen_day) AS fen_day, sum(n.charged_fen_days) AS charged FROM account_period n
       WHERE n.county_code = p_county AND n.fund_code = f.code AND n.grain = 'month' AND n.since < month_on
       GROUP BY n.account_id) m
      JOIN desk a ON a.id = m.account_id
    UNION ALL
    SELECT a.unit_id, f.code, d.fen, d.fen_day, d.charged FROM unnest(p_funds) AS f(code) CROSS JOIN LATERAL (
      SELECT n.account_id FROM account_period n
       WHERE n.county_code = p_county AND n.fund_code = f.code AND n.grain = 'month' AND n.since = month_on) m
      JOIN desk a ON a.id = m.account_id
     CROSS JOIN LATERAL (
      SELECT sum(n.net_fen) AS fen, sum(n.net_fen_day) AS fen_day, sum(n.charged_fen_days) AS charged FROM account_period n
       WHERE n.county_code = p_county AND n.fund_code = f.code AND n.grain = 'day' AND n.account_id = a.id
         AND n.since >= month_on AND n.since <= until) d"""
# Less what was recorded later, by day within the week before that knowledge, or late and found by an index; and what was
# dated ahead and known.
_LATER = f"""
    SELECT m.id, -1 AS sign FROM movement m
     WHERE m.county_code = p_county AND {_KNOWN} AND m.effective_on > p_known_on - 9 AND m.effective_on <= until AND m.position > p_known
    UNION ALL
    SELECT m.id, -1 FROM movement m
     WHERE m.county_code = p_county AND {_KNOWN} AND m.recorded_at >= (p_known_on - 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
       AND (m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date > m.effective_on + 7
       AND m.effective_on <= least(p_known_on - 9, p_as_of) AND m.position > p_known
    UNION ALL
    SELECT m.id, 1 FROM movement m
     WHERE m.county_code = p_county AND {_KNOWN} AND m.effective_on > p_known_on AND m.effective_on <= p_as_of
       AND m.effective_on > (m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date AND m.position <= p_known"""
_CORRECTED = f"""
    SELECT a.unit_id, c.fund, c.fen, c.fen_day, c.charged FROM (
      SELECT l.account_id, CASE WHEN p_funds IS NULL THEN '' ELSE l.fund_code END AS fund, m.sign * l.amount_fen AS fen,
             m.sign * l.amount_fen::numeric * (l.arrived_on - DATE '2000-01-01') AS fen_day, 0::numeric AS charged
        FROM ({_LATER}) m CROSS JOIN LATERAL (
          SELECT * FROM lot l WHERE l.county_code = p_county AND l.movement_id = m.id OFFSET 0) l
       WHERE p_funds IS NULL OR l.fund_code = ANY(p_funds)
      UNION ALL
      SELECT f.account_id, CASE WHEN p_funds IS NULL THEN '' ELSE f.fund_code END, -m.sign * d.amount_fen,
             -m.sign * d.amount_fen::numeric * (f.arrived_on - DATE '2000-01-01'), m.sign * d.amount_fen::numeric * d.days_rested
        FROM ({_LATER}) m CROSS JOIN LATERAL (
          SELECT * FROM draw d WHERE d.county_code = p_county AND d.movement_id = m.id OFFSET 0) d
       CROSS JOIN LATERAL (SELECT * FROM lot f WHERE f.county_code = p_county AND f.id = d.from_lot_id OFFSET 0) f
       WHERE p_funds IS NULL OR f.fund_code = ANY(p_funds)) c
      JOIN desk a ON a.id = c.account_id"""


def _told(summed: str) -> str:
    return f"""
  RETURN QUERY
  WITH desk AS MATERIALIZED (
    SELECT a.id, a.unit_id FROM account a
     WHERE a.county_code = p_county AND a.kind NOT IN ('contractor', 'households', 'outside')
       AND (p_root = p_county OR a.region_code >= p_root AND a.region_code < p_root || '~')),
  held AS (SELECT s.unit_id, s.fund, sum(s.fen) AS fen, sum(s.fen_day) AS fen_day, sum(s.charged) AS charged FROM ({summed}) s
            GROUP BY s.unit_id, s.fund)
  SELECT u.id, u.region_code, u.name, u.kind, h.fund, h.fen::bigint, (h.fen * (p_as_of - DATE '2000-01-01') - h.fen_day)::numeric, h.charged::numeric
    FROM held h CROSS JOIN LATERAL (SELECT * FROM unit u WHERE u.county_code = p_county AND u.id = h.unit_id OFFSET 0) u
   WHERE h.fen <> 0 OR h.charged <> 0 OR h.fen_day <> 0;"""


# (unit with its place, name and kind; fund, empty when none is asked for; fen at rest, their fen-days, those of what left).
# Plans are kept: probes by key, whatever the day; no table is read from end to end.
RESPONSIBLE = f"""
CREATE FUNCTION funds.responsible(p_county text, p_root text, p_as_of date, p_known bigint, p_known_on date, p_funds text[])
RETURNS TABLE (unit_id uuid, region_code text, name text, kind text, fund_code text, fen bigint, resting_fen_days numeric, charged_fen_days numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off SET enable_mergejoin = off SET max_parallel_workers_per_gather = 0 SET work_mem = '64MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE until date; month_on date;
BEGIN{DAYS}
  IF p_funds IS NULL AND NOT ({_KNOWN}) THEN {_told(_WHATEVER)}
  ELSIF p_funds IS NULL THEN {_told(_WHATEVER + " UNION ALL " + _CORRECTED)}
  ELSIF NOT ({_KNOWN}) THEN {_told(_OF_FUNDS)}
  ELSE {_told(_OF_FUNDS + " UNION ALL " + _CORRECTED)}
  END IF;
END $$"""
SIGNATURE = "responsible(text, text, date, bigint, date, text[])"


def statements() -> Iterator[str]:
    """The rows of before, proved, who sees them, and the function."""
    yield FILL
    yield PROVED
    yield from scoped("funds", ROLE, "account_period", "region_code")
    yield f"GRANT SELECT ON funds.account_period TO {ROLE}"
    yield RESPONSIBLE
    yield f"REVOKE ALL ON FUNCTION funds.{SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{SIGNATURE} TO {ROLE}"
