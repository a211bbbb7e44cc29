"""The SQL side of flows, version 1: what had moved by a moment, and what rested, read as the owner in one look.

A place's tree needs the other end of every flow that touches it, wherever that lies, so row-level security would have
to show the whole county anyway; it also hides from the planner how many rows there are. Here the caller's region is held
against the place that is asked for, once, and only sums are told. Nothing is written, and no history is read:
whole years, the months of the last one, the days of the last month, and what has to be taken out again because it was
recorded later. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.ledger_v2 import ROLE

# Plans are kept: dates tell the planner less than making a plan costs. It must not read a table from end to end, nor
# sort thousands of rows that a hash adds up.
READING = """STABLE SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off SET enable_sort = off SET max_parallel_workers_per_gather = 0 SET work_mem = '64MB'"""

DAYS = """
  IF NOT coalesce(p_root LIKE nullif(current_setting('app.region', true), '') || '%' AND p_root LIKE p_county || '%', false) THEN
    RAISE EXCEPTION 'the place is outside the region' USING ERRCODE = 'QL403';
  END IF;
  -- The last day that is counted as a whole: what is effective later was not yet known, unless it was dated ahead.
  until := least(p_as_of, p_known_on);
  month_on := date_trunc('month', until::timestamp)::date;"""

_KNOWN = "p_known < 9223372036854775807"
# Movements with the sign by which they count beside whole months: those of the last month; less those of the last week
# that were recorded later, and late ones (a week after their day), which have an index; and those dated ahead and known.
MOVED = f"""
      SELECT m.*, 1 AS sign FROM movement m WHERE m.county_code = p_county AND m.effective_on >= month_on AND m.effective_on <= until
      UNION ALL
      SELECT m.*, -1 FROM movement m WHERE m.county_code = p_county AND {_KNOWN} AND m.effective_on > p_known_on - 9
         AND m.effective_on <= until AND m.position > p_known
      UNION ALL
      SELECT m.*, -1 FROM movement m WHERE m.county_code = p_county AND {_KNOWN}
         AND m.recorded_at >= (p_known_on - 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
         AND (m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date > m.effective_on + 7
         AND m.effective_on <= least(p_known_on - 9, p_as_of) AND m.position > p_known
      UNION ALL
      SELECT m.*, 1 FROM movement m WHERE m.county_code = p_county AND {_KNOWN} AND m.effective_on > p_known_on
         AND m.effective_on <= p_as_of AND m.effective_on > (m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date
         AND m.position <= p_known"""

_TOUCHING = """(p_root = p_county OR {0}.from_region >= p_root AND {0}.from_region < p_root || '~'
                OR {0}.to_region >= p_root AND {0}.to_region < p_root || '~')"""
_ARGUMENTS = "p_county text, p_root text, p_as_of date, p_known bigint, p_known_on date"

# Money received comes from the account of all zeros; what was undone is taken out of the flow that it undoes.
FLOWED = f"""
CREATE FUNCTION funds.flowed({_ARGUMENTS})
RETURNS TABLE (flow text, from_account_id uuid, to_account_id uuid, fen bigint, payments_n bigint)
LANGUAGE plpgsql {READING} AS $$
#variable_conflict use_column
DECLARE until date; month_on date; year_on date;
BEGIN{DAYS}
  year_on := date_trunc('year', until::timestamp)::date;
  RETURN QUERY SELECT s.flow, s.from_account_id, s.to_account_id, sum(s.fen)::bigint, sum(s.n)::bigint FROM (
      SELECT f.flow, f.from_account_id, f.to_account_id, f.amount_fen AS fen, f.payments_n AS n FROM flow_period f
       WHERE f.county_code = p_county AND f.grain = 'year' AND f.since < year_on AND {_TOUCHING.format("f")}
      UNION ALL
      SELECT f.flow, f.from_account_id, f.to_account_id, f.amount_fen, f.payments_n FROM flow_period f
       WHERE f.county_code = p_county AND f.grain = 'month' AND f.since >= year_on AND f.since < month_on AND {_TOUCHING.format("f")}
      UNION ALL
      SELECT coalesce(u.kind, m.kind), coalesce(CASE WHEN u.id IS NULL THEN m.from_account_id ELSE u.from_account_id END,
                                                '00000000-0000-0000-0000-000000000000'),
             coalesce(u.to_account_id, m.to_account_id), w.sign * m.amount_fen, w.sign * coalesce(b.rows_good, 0)
        FROM ({MOVED}) m
        LEFT JOIN LATERAL (SELECT * FROM movement u WHERE u.county_code = p_county AND u.id = m.reverses_id OFFSET 0) u ON true
        LEFT JOIN LATERAL (SELECT b.rows_good FROM payment_batch b WHERE b.county_code = p_county
                              AND b.id = coalesce(m.batch_id, u.batch_id) OFFSET 0) b ON true
       CROSS JOIN LATERAL (SELECT CASE WHEN u.id IS NULL THEN m.sign ELSE -m.sign END AS sign) w
       WHERE {_TOUCHING.format("m")}) s
   GROUP BY s.flow, s.from_account_id, s.to_account_id HAVING sum(s.fen) <> 0;
END $$"""

# flows: [[flow, from place, from sink, to place, to sink, fen, payments]], null beyond the county; resting: fen by place, from the
# entries of its desks' accounts, which no flow has gone into; null unless it is asked for.
TREE_SUMS = f"""
CREATE FUNCTION funds.tree_sums({_ARGUMENTS}, OUT flows text, OUT resting text)
LANGUAGE plpgsql {READING} AS $$
DECLARE until date; month_on date;
BEGIN{DAYS}
  SELECT coalesce(json_agg(json_build_array(s.flow, s.from_place, s.from_sink, s.to_place, s.to_sink, s.fen, s.n)), '[]')::text INTO flows
    FROM (
      SELECT f.flow, a.place AS from_place, a.sink AS from_sink, b.place AS to_place, b.sink AS to_sink, sum(f.fen)::bigint AS fen,
             sum(f.payments_n)::bigint AS n
        FROM flowed(p_county, p_root, p_as_of, p_known, p_known_on) f
        LEFT JOIN LATERAL (SELECT a.region_code AS place, CASE WHEN a.kind IN ('households', 'contractor') THEN a.kind END AS sink
                             FROM account a WHERE a.county_code = p_county AND a.id = f.from_account_id AND a.kind <> 'outside') a ON true
        LEFT JOIN LATERAL (SELECT a.region_code AS place, CASE WHEN a.kind IN ('households', 'contractor') THEN a.kind END AS sink
                             FROM account a WHERE a.county_code = p_county AND a.id = f.to_account_id AND a.kind <> 'outside') b ON true
       GROUP BY 1, 2, 3, 4, 5) s;
  SELECT coalesce(json_object_agg(r.region_code, r.fen), '{{}}')::text INTO resting FROM (
      SELECT a.region_code, sum(e.fen)::bigint AS fen FROM account a
       CROSS JOIN LATERAL (
         SELECT sum(n.net_fen) AS fen FROM account_month n WHERE n.county_code = p_county AND n.account_id = a.id AND n.month < month_on
         UNION ALL
         SELECT sum(n.amount_fen) FROM entry n WHERE n.county_code = p_county AND n.account_id = a.id
            AND n.effective_on >= month_on AND n.effective_on <= until
         UNION ALL
         SELECT -sum(n.amount_fen) FROM entry n WHERE n.county_code = p_county AND n.account_id = a.id AND {_KNOWN}
            AND n.effective_on > p_known_on - 9 AND n.effective_on <= until AND n.position > p_known
         UNION ALL
         SELECT -sum(n.amount_fen) FROM entry n WHERE n.county_code = p_county AND n.account_id = a.id AND {_KNOWN}
            AND n.recorded_on >= p_known_on - 1 AND n.recorded_on > n.effective_on + 7
            AND n.effective_on <= least(p_known_on - 9, p_as_of) AND n.position > p_known
         UNION ALL
         SELECT sum(n.amount_fen) FROM entry n WHERE n.county_code = p_county AND n.account_id = a.id AND {_KNOWN}
            AND n.effective_on > p_known_on AND n.effective_on <= p_as_of AND n.effective_on > n.recorded_on AND n.position <= p_known) e
       WHERE a.county_code = p_county AND a.region_code >= p_root AND a.region_code < p_root || '~'
         AND a.kind NOT IN ('households', 'contractor', 'outside')
       GROUP BY a.region_code HAVING sum(e.fen) <> 0) r;
END $$"""

SIGNATURES = ("flowed(text, text, date, bigint, date)", "tree_sums(text, text, date, bigint, date)")


def functions() -> Iterator[str]:
    yield FLOWED
    yield TREE_SUMS
    for signature in SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION funds.{signature} TO {ROLE}"
