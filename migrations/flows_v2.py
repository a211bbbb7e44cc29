"""The SQL side of flows, version 2: all that a tree is built from in one answer, by movements that are read once.

As version 1 it reads as the owner, holds the caller's region against the place, and tells sums. What version 1 asked of the
movements of the last month three times (for flows, for households, for what was recorded later) is one list here; places
of accounts are joined as a set; and the answer is arrays, which are cheaper to make and to read than JSON.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.flows_v1 import DAYS, READING
from migrations.ledger_v2 import ROLE

_KNOWN = "p_known < 9223372036854775807"
_TOUCHING = """(p_root = p_county OR {0}.from_region >= p_root AND {0}.from_region < p_root || '~'
                OR {0}.to_region >= p_root AND {0}.to_region < p_root || '~')"""

# Movements with the sign by which they count beside whole months: those of the last month, and less those of the last week
# that were recorded later, in one range; less late ones (a week after their day), which have an index; and those dated
# ahead and known. `touches` says whether an end lies in the place: a desk above it pays households that live there, too.
_MOVED = f"""
    SELECT m.*, {_TOUCHING.format("m")} AS touches FROM (
      SELECT m.id, m.county_code, m.kind, m.from_account_id, m.to_account_id, m.from_region, m.to_region, m.amount_fen, m.reverses_id, m.batch_id,
             (m.effective_on >= month_on)::int - (m.effective_on > p_known_on - 9 AND m.position > p_known)::int AS sign
        FROM movement m WHERE m.county_code = p_county AND m.effective_on >= least(month_on, p_known_on - 8) AND m.effective_on <= until
      UNION ALL
      SELECT m.id, m.county_code, m.kind, m.from_account_id, m.to_account_id, m.from_region, m.to_region, m.amount_fen, m.reverses_id, m.batch_id, -1
        FROM movement m WHERE m.county_code = p_county AND {_KNOWN}
         AND m.recorded_at >= (p_known_on - 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
         AND (m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date > m.effective_on + 7
         AND m.effective_on <= least(p_known_on - 9, p_as_of) AND m.position > p_known
      UNION ALL
      SELECT m.id, m.county_code, m.kind, m.from_account_id, m.to_account_id, m.from_region, m.to_region, m.amount_fen, m.reverses_id, m.batch_id, 1
        FROM movement m WHERE m.county_code = p_county AND {_KNOWN} AND m.effective_on > p_known_on
         AND m.effective_on <= p_as_of AND m.effective_on > (m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date
         AND m.position <= p_known) m
     WHERE m.sign <> 0"""

# What a movement is a flow of; undoing takes its fen out of what it undoes. Money received comes from the account of all zeros.
_NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
_FLOWED = f"""
    SELECT f.flow, f.from_account_id, f.to_account_id, f.amount_fen AS fen, f.payments_n AS n FROM flow_period f
     WHERE f.county_code = p_county AND f.grain = 'year' AND f.since < year_on AND {_TOUCHING.format("f")}
    UNION ALL
    SELECT f.flow, f.from_account_id, f.to_account_id, f.amount_fen, f.payments_n FROM flow_period f
     WHERE f.county_code = p_county AND f.grain = 'month' AND f.since >= year_on AND f.since < month_on AND {_TOUCHING.format("f")}
    UNION ALL
    SELECT m.kind, coalesce(m.from_account_id, {_NOBODY}), m.to_account_id, m.sign * m.amount_fen, 0 FROM moved m
     WHERE m.reverses_id IS NULL AND m.batch_id IS NULL AND m.touches
    UNION ALL
    SELECT m.kind, m.from_account_id, m.to_account_id, m.sign * m.amount_fen, m.sign * b.rows_good FROM moved m
     CROSS JOIN LATERAL (SELECT b.rows_good FROM payment_batch b WHERE b.county_code = p_county AND b.id = m.batch_id OFFSET 0) b
     WHERE m.reverses_id IS NULL AND m.batch_id IS NOT NULL AND m.touches
    UNION ALL
    SELECT u.kind, coalesce(u.from_account_id, {_NOBODY}), u.to_account_id, -m.sign * m.amount_fen, -m.sign * coalesce(b.rows_good, 0)
      FROM moved m
     CROSS JOIN LATERAL (SELECT * FROM movement u WHERE u.county_code = p_county AND u.id = m.reverses_id OFFSET 0) u
      LEFT JOIN LATERAL (SELECT b.rows_good FROM payment_batch b WHERE b.county_code = p_county AND b.id = u.batch_id OFFSET 0) b ON true
     WHERE m.reverses_id IS NOT NULL AND m.touches"""

# What households of which place got by which desk's place (as version 1 of household flows has it), less by return.
_LIVED = """
    SELECT f.desk_region, f.region_code, f.amount_fen AS fen, f.payments_n AS n FROM household_flow f
     WHERE f.county_code = p_county AND f.fund_code = '' AND f.grain = 'year' AND f.since < year_on
    UNION ALL
    SELECT f.desk_region, f.region_code, f.amount_fen, f.payments_n FROM household_flow f
     WHERE f.county_code = p_county AND f.fund_code = '' AND f.grain = 'month' AND f.since >= year_on AND f.since < month_on
    UNION ALL
    SELECT u.from_region, p.region_code, u.sign * p.amount_fen, u.sign * p.rows_n FROM undone u
     CROSS JOIN LATERAL (SELECT p.* FROM batch_place p WHERE p.county_code = p_county AND p.batch_id = u.batch_id OFFSET 0) p
     WHERE u.batch_id IS NOT NULL
    UNION ALL
    SELECT u.to_region, coalesce(r.region_code, ''), -u.sign * u.amount_fen, 0 FROM undone u
     CROSS JOIN LATERAL (SELECT FROM account c WHERE c.county_code = p_county AND c.id = u.from_account_id AND c.kind = 'households' OFFSET 0) c
      LEFT JOIN LATERAL (SELECT r.region_code FROM payment_return r WHERE r.county_code = p_county AND r.movement_id = u.id OFFSET 0) r ON true
     WHERE u.kind IN ('return', 'recover')"""
_UNDONE = """
    SELECT m.id, m.kind, m.from_account_id, m.from_region, m.to_region, m.amount_fen, m.batch_id, m.sign FROM moved m
     WHERE m.reverses_id IS NULL AND (m.batch_id IS NOT NULL OR m.kind IN ('return', 'recover'))
    UNION ALL
    SELECT u.id, u.kind, u.from_account_id, u.from_region, u.to_region, u.amount_fen, u.batch_id, -m.sign FROM moved m
     CROSS JOIN LATERAL (SELECT * FROM movement u WHERE u.county_code = p_county AND u.id = m.reverses_id
                            AND (u.batch_id IS NOT NULL OR u.kind IN ('return', 'recover')) OFFSET 0) u
     WHERE m.reverses_id IS NOT NULL"""

# What rests, by place, from the entries of its desks' accounts: no flow has gone into it.
_RESTED = f"""
    SELECT a.region_code, sum(e.fen)::bigint AS fen FROM desk a
      JOIN (SELECT n.account_id, sum(n.net_fen) AS fen FROM account_month n WHERE n.county_code = p_county AND n.month < month_on
             GROUP BY n.account_id
            UNION ALL
            SELECT a.id, e.fen FROM desk a CROSS JOIN LATERAL (
              SELECT sum(n.amount_fen * ((n.effective_on >= month_on)::int
                                         - (n.effective_on > p_known_on - 9 AND n.position > p_known)::int)) AS fen
                FROM entry n WHERE n.county_code = p_county AND n.account_id = a.id
                 AND n.effective_on >= least(month_on, p_known_on - 8) AND n.effective_on <= until
              UNION ALL
              SELECT -sum(n.amount_fen) FROM entry n WHERE n.county_code = p_county AND n.account_id = a.id AND {_KNOWN}
                 AND n.recorded_on >= p_known_on - 1 AND n.recorded_on > n.effective_on + 7
                 AND n.effective_on <= least(p_known_on - 9, p_as_of) AND n.position > p_known
              UNION ALL
              SELECT sum(n.amount_fen) FROM entry n WHERE n.county_code = p_county AND n.account_id = a.id AND {_KNOWN}
                 AND n.effective_on > p_known_on AND n.effective_on <= p_as_of AND n.effective_on > n.recorded_on AND n.position <= p_known) e) e
        ON e.account_id = a.id
     GROUP BY a.region_code HAVING sum(e.fen) <> 0"""

# flows: places and sinks, null beyond the county, with fen and household payments; rests: fen by place; kept: what
# households of a place kept of what desks of a place paid; names of that day; whether there are orders to ask for.
TREE_BOOKS = f"""
CREATE FUNCTION funds.tree_books(p_county text, p_root text, p_as_of date, p_known bigint, p_known_on date,
  OUT flow text[], OUT from_place text[], OUT from_sink text[], OUT to_place text[], OUT to_sink text[], OUT fen bigint[], OUT payments_n bigint[],
  OUT rests_at text[], OUT rests_fen bigint[], OUT kept_of text[], OUT kept_at text[], OUT kept_fen bigint[], OUT kept_n bigint[],
  OUT code text[], OUT name text[], OUT ordered boolean)
LANGUAGE plpgsql {READING} AS $$
#variable_conflict use_column
DECLARE until date; month_on date; year_on date;
BEGIN{DAYS}
  year_on := date_trunc('year', until::timestamp)::date;
  WITH
  moved AS MATERIALIZED ({_MOVED}),
  undone AS MATERIALIZED ({_UNDONE}),
  ends AS MATERIALIZED (
    SELECT a.id, a.region_code, CASE WHEN a.kind IN ('households', 'contractor') THEN a.kind END AS sink
      FROM account a WHERE a.county_code = p_county AND a.kind <> 'outside'),
  flows AS (
    SELECT array_agg(f.flow) AS flow, array_agg(a.region_code) AS from_place, array_agg(a.sink) AS from_sink,
           array_agg(b.region_code) AS to_place, array_agg(b.sink) AS to_sink, array_agg(f.fen) AS fen, array_agg(f.n) AS n
      FROM (SELECT s.flow, s.from_account_id, s.to_account_id, sum(s.fen)::bigint AS fen, sum(s.n)::bigint AS n FROM ({_FLOWED}) s
             GROUP BY s.flow, s.from_account_id, s.to_account_id HAVING sum(s.fen) <> 0) f
      LEFT JOIN ends a ON a.id = f.from_account_id
      LEFT JOIN ends b ON b.id = f.to_account_id),
  desk AS MATERIALIZED (
    SELECT a.id, a.region_code FROM ends a WHERE a.sink IS NULL AND (p_root = p_county OR a.region_code >= p_root AND a.region_code < p_root || '~')),
  rests AS (SELECT array_agg(r.region_code) AS at, array_agg(r.fen) AS fen FROM ({_RESTED}) r),
  kept AS (
    SELECT array_agg(k.desk_region) AS of, array_agg(k.region_code) AS at, array_agg(k.fen) AS fen, array_agg(k.n) AS n FROM (
      SELECT s.desk_region, s.region_code, sum(s.fen)::bigint AS fen, sum(s.n)::bigint AS n FROM ({_LIVED}) s
       WHERE p_root = p_county OR s.desk_region >= p_root AND s.desk_region < p_root || '~'
          OR s.region_code >= p_root AND s.region_code < p_root || '~'
       GROUP BY s.desk_region, s.region_code HAVING sum(s.fen) <> 0 OR sum(s.n) <> 0) k),
  names AS (
    SELECT array_agg(r.code) AS code, array_agg(coalesce((SELECT f.name FROM region_former f WHERE f.code = r.code AND f.valid_to > p_as_of
                                                           ORDER BY f.valid_to LIMIT 1), r.name)) AS name
      FROM region r WHERE r.code >= p_root AND r.code < p_root || '~')
  SELECT f.flow, f.from_place, f.from_sink, f.to_place, f.to_sink, f.fen, f.n, r.at, r.fen, k.of, k.at, k.fen, k.n, n.code, n.name,
         EXISTS (SELECT FROM order_flow o WHERE o.county_code = p_county)
    INTO flow, from_place, from_sink, to_place, to_sink, fen, payments_n, rests_at, rests_fen, kept_of, kept_at, kept_fen, kept_n,
         code, name, ordered
    FROM flows f, rests r, kept k, names n;
END $$"""

SIGNATURE = "tree_books(text, text, date, bigint, date)"


def functions() -> Iterator[str]:
    yield TREE_BOOKS
    yield f"REVOKE ALL ON FUNCTION funds.{SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{SIGNATURE} TO {ROLE}"
