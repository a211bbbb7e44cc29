"""The SQL side of the ledger, version 4: `post_movements`, the function that moves money and holds the laws.

Beside version 3 it knows one kind more, `succeed`: all that rests on a desk of a county whose code ended leaves its books
for the account that stands for everything beyond. And what is carried over two budget years or more, or comes back so,
is booked at each border it crosses; version 3 booked it in the later year alone.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.ledger_v2 import FREE, LIVE
from migrations.ledger_v3 import BARRED as BARRED_BEFORE
from migrations.ledger_v3 import FITS

# A posting only ever probes by key. Without this a plan made while a table was small, and kept, reads the whole table.
_PROBES = "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"
_AS_OWNER = f"SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_generic_plan {_PROBES}"

# No money in transit goes over to another county, no project's and no retention: plans and contracts are of the old library.
BARRED = f"""({BARRED_BEFORE}
        OR m.kind = 'succeed' AND (m.to_kind <> 'outside'
           OR m.from_kind IN ('contractor', 'households', 'outside', 'bank', 'project_unit', 'retention')))"""

# p_moves: [{id, kind, document, document_key, from, to, effective_on, amount_fen, drawn, fund, reverses, batch, actor, note, use, hold}]
# p_parts: [{move, from_lot, to_lot, tranche, amount_fen, clock_from, release_on, fiscal_year, lo, hi, first_line, last_line, restores,
# hold}];
# a receipt has no from_lot and names its tranche, every other part takes tranche and arrival from the lot it draws.
POST_MOVEMENTS = f"""
CREATE OR REPLACE FUNCTION funds.post_movements(p_county text, p_moves jsonb, p_parts jsonb, p_today date) RETURNS bigint
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE
  moves posting_move[]; parts posting_part[]; ends account_end[]; ids uuid[]; fed uuid[]; held uuid[];
  at bigint; recorded timestamptz; wrong text; code text; done int; spanned boolean; any_held boolean; last record; older uuid;
  scope text := nullif(current_setting('app.region', true), '');
BEGIN
  SELECT array_agg(ROW(x.id, x.region_code, x.kind, x.book)::account_end), array_agg(x.id) INTO ends, ids FROM (
    SELECT a.id, a.region_code, a.kind, a.book FROM account a
     WHERE a.county_code = p_county AND a.id = ANY(ARRAY(
       SELECT (m->>e.name)::uuid FROM jsonb_array_elements(p_moves) m CROSS JOIN (VALUES ('from'), ('to')) AS e(name)))
     ORDER BY a.id FOR NO KEY UPDATE) x;
  SELECT array_agg(ROW(m.id, m.kind, m.document, m.document_key, m."from", m."to", m.effective_on, m.amount_fen, m.drawn, m.fund, m.reverses,
         m.batch, m.actor, m.note, m.use, m.hold, f.region, f.kind, f.book, t.region, t.kind, t.book,
         CASE WHEN m.reverses IS NULL THEN m.kind ELSE (SELECT u.kind FROM movement u WHERE u.county_code = p_county AND u.id = m.reverses) END
         )::posting_move), count(*) FILTER (WHERE (m.kind = 'receive') = (f.id IS NULL)) INTO moves, done
    FROM jsonb_to_recordset(p_moves) AS m(id uuid, kind text, document text, document_key text, "from" uuid, "to" uuid, effective_on date,
         amount_fen bigint, drawn text, fund text, reverses uuid, batch uuid, actor text, note text, use text, hold uuid)
    LEFT JOIN unnest(ends) f ON f.id = m."from"
    JOIN unnest(ends) t ON t.id = m."to";
  IF done IS DISTINCT FROM jsonb_array_length(p_moves) THEN
    RAISE EXCEPTION 'a movement names an account that is not there' USING ERRCODE = 'QL404';
  END IF;
  -- The caller's region must hold one end of every movement, its accounts must fit, and a document of one account moves
  -- money once, unless that was reversed.
  SELECT w.code, CASE w.code WHEN 'QL408' THEN m.document ELSE m.id::text END INTO code, wrong
    FROM unnest(moves) m CROSS JOIN LATERAL (SELECT CASE
      WHEN scope IS NULL OR NOT (coalesce(m.from_region, '') LIKE scope || '%' OR m.to_region LIKE scope || '%') THEN 'QL403'
      WHEN NOT ({FITS}) OR {BARRED} THEN 'QL405'
      WHEN m.kind IN ('hand_down', 'order', 'pay', 'retain', 'take_back', 'carry_over', 'succeed') AND EXISTS (
        SELECT FROM movement o
         WHERE o.county_code = p_county AND o.from_account_id = m.source AND o.document_key = m.document_key AND o.kind = m.kind
           AND NOT EXISTS (SELECT FROM movement r WHERE r.county_code = p_county AND r.reverses_id = o.id)) THEN 'QL408'
      END AS code OFFSET 0) w WHERE w.code IS NOT NULL ORDER BY w.code LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '% %', wrong, CASE code WHEN 'QL403' THEN 'is outside the region' WHEN 'QL405' THEN 'joins accounts that do not fit'
      ELSE 'has moved money before' END USING ERRCODE = code;
  END IF;

  -- The number of this act: nobody else in the county records before the commit.
  at := next_position(p_county);
  recorded := clock_timestamp();
  INSERT INTO movement (county_code, id, kind, document, document_key, from_account_id, to_account_id, from_region, to_region, effective_on,
                        recorded_at, position, amount_fen, drawn, reverses_id, batch_id, actor, note, use_code, hold_id)
  SELECT p_county, m.id, m.kind, m.document, m.document_key, m.source, m.target, m.from_region, m.to_region, m.effective_on,
         recorded, at, m.amount_fen, m.drawn, m.reverses, m.batch, m.actor, m.note, m.use, m.hold FROM unnest(moves) m;

  SELECT array_agg(ROW(p.move, m.kind, p.from_lot, p.to_lot, coalesce(l.tranche_id, p.tranche), p.amount_fen,
         coalesce(p.clock_from, m.effective_on), p.release_on, p.lo, p.hi, p.first_line, p.last_line, coalesce(l.fund_code, t.fund_code),
         coalesce(p.fiscal_year, l.fiscal_year, t.fiscal_year), l.arrived_on, l.release_on, m.source, m.target, m.from_region, m.to_region,
         m.effective_on, m.batch, coalesce(p.hold, m.hold), p.restores, m.to_kind IN ('contractor', 'households', 'outside'),
         l.fiscal_year)::posting_part)
    INTO parts
    FROM jsonb_to_recordset(p_parts) AS p(move uuid, from_lot uuid, to_lot uuid, tranche uuid, amount_fen bigint, clock_from date,
         release_on date, fiscal_year smallint, lo bigint, hi bigint, first_line int, last_line int, restores uuid, hold uuid)
    JOIN unnest(moves) m ON m.id = p.move
    LEFT JOIN lot l ON l.county_code = p_county AND l.id = p.from_lot AND l.account_id = m.source
    LEFT JOIN tranche t ON t.county_code = p_county AND t.id = p.tranche;
  SELECT coalesce(count(*), 0), array_agg(DISTINCT p.hold) FILTER (WHERE p.hold IS NOT NULL), bool_or(p.batch IS NOT NULL), min(CASE
           WHEN (p.kind = 'receive') <> (p.from_lot IS NULL) OR p.fund IS NULL THEN 'QL404'
           WHEN p.arrived > p.effective_on THEN 'QL004'
           WHEN p.kind <> 'reverse' AND p.effective_on <= (SELECT max(c.through) FROM closing c WHERE c.county_code = p_county) THEN 'QL407'
           WHEN p.kind = 'retain' AND coalesce(p.release_on, '-infinity') < p.effective_on THEN 'QL425'
           WHEN p.held_until > p.effective_on AND p.kind NOT IN ('return', 'recover', 'reverse', 'carry_over') THEN 'QL423' END),
         array_agg(DISTINCT p.from_lot) FILTER (WHERE p.from_lot IS NOT NULL), (SELECT m.id::text FROM unnest(moves) m
           WHERE m.amount_fen <> (SELECT coalesce(sum(q.amount_fen), 0) FROM unnest(parts) q WHERE q.move = m.id) LIMIT 1)
    INTO done, held, spanned, code, fed, wrong FROM unnest(parts) p;
  IF done <> jsonb_array_length(p_parts) OR code IS NOT NULL THEN
    -- Law 4: no draw before the arrival of its lot, and none of a retention before its release, which is not before its own day.
    -- A closed book takes only reversals; this is asked with the head locked, for a closing locks the accounts that it knows
    -- of, and the head.
    RAISE EXCEPTION 'a part %', CASE code WHEN 'QL004' THEN 'draws a lot before it arrived' WHEN 'QL423' THEN 'draws a retained lot'
      WHEN 'QL407' THEN 'lies in closed books' WHEN 'QL425' THEN 'is retained until a day before its own'
      ELSE 'names a lot that is not on the drawn account' END USING ERRCODE = coalesce(code, 'QL404');
  END IF;
  -- Law 1: what a movement brings is what it takes, to the fen.
  IF wrong IS NOT NULL THEN RAISE EXCEPTION 'movement % does not add up', wrong USING ERRCODE = 'QL001'; END IF;
  IF spanned THEN
    -- The spans of a roster lie end to end from zero.
    SELECT p.move::text INTO wrong FROM (
        SELECT q.move, q.lo, lag(q.hi, 1, 0::bigint) OVER (PARTITION BY q.move ORDER BY q.lo) AS expected FROM unnest(parts) q WHERE q.batch IS NOT NULL) p
     WHERE p.lo IS DISTINCT FROM p.expected LIMIT 1;
    IF FOUND THEN RAISE EXCEPTION 'the spans of movement % have a gap', wrong USING ERRCODE = 'QL001'; END IF;
  END IF;

  -- Law 2 is the CHECK on lot.remaining_fen: an overdraw fails here.
  UPDATE lot l SET remaining_fen = l.remaining_fen - d.fen,
         last_drawn_on = greatest(coalesce(l.last_drawn_on, d.latest), d.latest), last_position = at,
         emptied_on = CASE WHEN l.remaining_fen = d.fen THEN greatest(coalesce(l.last_drawn_on, d.latest), d.latest) END
    FROM (SELECT from_lot, sum(amount_fen)::bigint AS fen, max(effective_on) AS latest FROM unnest(parts) WHERE from_lot IS NOT NULL GROUP BY from_lot) d
   WHERE l.county_code = p_county AND l.id = d.from_lot AND l.id = ANY(fed);

  -- Held fen stay, except for the movement that its hold was placed for.
  IF held IS NOT NULL THEN
    UPDATE hold h SET status = 'posted', ended_position = at WHERE h.county_code = p_county AND h.id = ANY(held) AND {LIVE};
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> cardinality(held) OR EXISTS (
       SELECT FROM (SELECT p.hold, p.from_lot, sum(p.amount_fen) AS fen FROM unnest(parts) p WHERE p.hold IS NOT NULL GROUP BY 1, 2) p
         LEFT JOIN hold_lot k ON k.county_code = p_county AND k.hold_id = p.hold AND k.lot_id = p.from_lot
        WHERE p.fen > coalesce(k.amount_fen, 0)) THEN
      RAISE EXCEPTION 'the hold is over, or holds less' USING ERRCODE = 'QL412';
    END IF;
  END IF;
  any_held := EXISTS (SELECT FROM hold h WHERE h.county_code = p_county AND h.account_id = ANY(ids) AND {LIVE});
  IF any_held THEN
    SELECT l.id::text INTO wrong FROM lot l
     WHERE l.county_code = p_county AND l.id = ANY(fed) AND l.remaining_fen <
           (SELECT coalesce(sum(k.amount_fen), 0) FROM hold_lot k JOIN hold h ON h.county_code = p_county AND h.id = k.hold_id
             WHERE k.county_code = p_county AND k.lot_id = l.id AND {LIVE}) LIMIT 1;
    IF FOUND THEN RAISE EXCEPTION 'lot % is held', wrong USING ERRCODE = 'QL424'; END IF;
  END IF;
  -- Oldest first: when the decision was made on an earlier look, an older lot may have come to hold money since.
  FOR last IN SELECT DISTINCT ON (m.source, m.fund) m.id, m.source, m.fund, m.effective_on AS day, p.arrived, p.from_lot
      FROM unnest(moves) m JOIN unnest(parts) p ON p.move = m.id
     WHERE m.drawn = 'oldest' AND p.hold IS NULL ORDER BY m.source, m.fund, p.arrived DESC, p.from_lot DESC LOOP
    IF last.fund IS NULL THEN
      older := (SELECT l.id FROM lot l WHERE l.county_code = p_county AND l.account_id = last.source AND l.is_open
                   AND (l.arrived_on, l.id) < (last.arrived, last.from_lot) AND {FREE} LIMIT 1);
    ELSE
      older := (SELECT l.id FROM lot l WHERE l.county_code = p_county AND l.account_id = last.source AND l.is_open
                   AND l.fund_code = last.fund AND (l.arrived_on, l.id) < (last.arrived, last.from_lot) AND {FREE} LIMIT 1);
    END IF;
    IF older IS NOT NULL THEN
      RAISE EXCEPTION 'movement % does not draw the oldest lots', last.id USING ERRCODE = 'QL410';
    END IF;
  END LOOP;

  INSERT INTO lot (county_code, id, tranche_id, fund_code, account_id, region_code, movement_id, restores_lot_id, fiscal_year, arrived_on,
                   clock_from, release_on, amount_fen, remaining_fen, is_terminal, position)
  SELECT p_county, p.to_lot, p.tranche, p.fund, p.target, p.to_region, p.move, p.restores, p.fiscal_year, p.effective_on,
         p.clock_from, p.release_on, p.amount_fen, p.amount_fen, p.terminal, at FROM unnest(parts) p;
  INSERT INTO draw (county_code, to_lot_id, movement_id, from_lot_id, from_region, to_region, effective_on, amount_fen, days_rested,
                    batch_id, lo_fen, hi_fen, first_line, last_line, position)
  SELECT p_county, to_lot, move, from_lot, from_region, to_region, effective_on, amount_fen, effective_on - arrived,
         batch, lo, hi, first_line, last_line, at FROM unnest(parts) WHERE from_lot IS NOT NULL;

  INSERT INTO entry (county_code, account_id, movement_id, arrived_on, region_code, effective_on, recorded_on, position, amount_fen)
  SELECT p_county, e.account_id, p.move, e.arrived, e.region, p.effective_on, (recorded AT TIME ZONE 'Asia/Shanghai')::date, at, sum(e.fen)::bigint
    FROM unnest(parts) p CROSS JOIN LATERAL (
      VALUES (p.source, p.arrived, p.from_region, -p.amount_fen),
             (p.target, p.effective_on, p.to_region, p.amount_fen)) AS e(account_id, arrived, region, fen)
   WHERE e.arrived IS NOT NULL
   GROUP BY e.account_id, p.move, e.arrived, e.region, p.effective_on HAVING sum(e.fen) <> 0;
  WITH sums AS (
    SELECT e.account_id, e.region, date_trunc('month', p.effective_on)::date AS month, sum(e.fen)::bigint AS fen,
           sum(e.fen::numeric * (e.arrived - DATE '2000-01-01')) AS fen_day,
           sum(e.drawn::numeric * (p.effective_on - e.arrived)) AS charged
      FROM unnest(parts) p CROSS JOIN LATERAL (
        VALUES (p.source, p.arrived, p.from_region, -p.amount_fen, p.amount_fen),
               (p.target, p.effective_on, p.to_region, p.amount_fen, 0)) AS e(account_id, arrived, region, fen, drawn)
     WHERE e.arrived IS NOT NULL GROUP BY 1, 2, 3),
  by_month AS (
    INSERT INTO account_month AS a (county_code, account_id, month, region_code, net_fen, net_fen_day, charged_fen_days)
    SELECT p_county, account_id, month, region, fen, fen_day, charged FROM sums
    ON CONFLICT (county_code, account_id, month) DO UPDATE
      SET net_fen = a.net_fen + excluded.net_fen, net_fen_day = a.net_fen_day + excluded.net_fen_day,
          charged_fen_days = a.charged_fen_days + excluded.charged_fen_days)
  UPDATE account a SET sum_fen = a.sum_fen + e.fen, sum_fen_day = a.sum_fen_day + e.fen_day, charged_fen_days = a.charged_fen_days + e.charged
    FROM (SELECT account_id, sum(fen)::bigint AS fen, sum(fen_day) AS fen_day, sum(charged) AS charged FROM sums GROUP BY account_id) e
   WHERE a.county_code = p_county AND a.id = e.account_id AND a.id = ANY(ids);
  -- A reversal takes its fen out of the flow it undoes. What enters another budget year is a carry-over where it was drawn,
  -- booked in the later of both years: undoing it, or the movement before it, takes it out of that very year again.
  INSERT INTO flow_month AS f (county_code, month, flow, from_account_id, to_account_id, fund_code, fiscal_year, from_region, to_region, amount_fen)
  SELECT p_county, date_trunc('month', m.effective_on)::date, w.flow, coalesce(w.source, '00000000-0000-0000-0000-000000000000'), w.target,
         p.fund, w.year, w.from_region, w.to_region, sum(w.sign * p.amount_fen)::bigint
    FROM unnest(moves) m JOIN unnest(parts) p ON p.move = m.id
    CROSS JOIN LATERAL (
      SELECT m.flow, m.source, m.target, m.from_region, m.to_region, p.fiscal_year AS year, 1 AS sign
       WHERE m.reverses IS NULL AND m.flow <> 'carry_over'
      UNION ALL
      SELECT m.flow, CASE WHEN m.flow <> 'receive' THEN m.target END, m.source, CASE WHEN m.flow <> 'receive' THEN m.to_region END,
             m.from_region, p.fiscal_year, -1
       WHERE m.reverses IS NOT NULL AND m.flow <> 'carry_over'
      UNION ALL
      -- Money that was carried over twice is booked at both borders.
      SELECT 'carry_over', m.source, m.source, m.from_region, m.from_region, y.year::smallint,
             sign(p.fiscal_year - p.drawn_year)::int
        FROM generate_series(least(p.drawn_year, p.fiscal_year) + 1, greatest(p.drawn_year, p.fiscal_year)) AS y(year)
       WHERE p.fiscal_year <> p.drawn_year) w
   GROUP BY 2, 3, 4, 5, 6, 7, 8, 9
  ON CONFLICT (county_code, month, flow, from_account_id, to_account_id, fund_code, fiscal_year) DO UPDATE
    SET amount_fen = f.amount_fen + excluded.amount_fen;
  -- The same whatever fund and year, by month and by year: what the tree of any day is added up from.
  INSERT INTO flow_period AS f (county_code, grain, since, flow, from_account_id, to_account_id, from_region, to_region, amount_fen, payments_n)
  SELECT p_county, g.grain, date_trunc(g.grain, m.effective_on::timestamp)::date, m.flow,
         coalesce(w.source, '00000000-0000-0000-0000-000000000000'), w.target, w.from_region, w.to_region,
         sum(w.sign * m.amount_fen)::bigint, sum(w.sign * coalesce(b.rows_good, 0))
    FROM unnest(moves) m
    CROSS JOIN LATERAL (
      SELECT m.source, m.target, m.from_region, m.to_region, 1 AS sign WHERE m.reverses IS NULL
      UNION ALL
      SELECT CASE WHEN m.flow <> 'receive' THEN m.target END, m.source, CASE WHEN m.flow <> 'receive' THEN m.to_region END, m.from_region, -1
       WHERE m.reverses IS NOT NULL) w
    CROSS JOIN (VALUES ('month'), ('year')) AS g(grain)
    LEFT JOIN payment_batch b ON m.flow = 'disburse' AND b.county_code = p_county
     AND b.id = coalesce(m.batch, (SELECT u.batch_id FROM movement u WHERE u.county_code = p_county AND u.id = m.reverses))
   GROUP BY 2, 3, 4, 5, 6, 7, 8
  ON CONFLICT (county_code, grain, since, flow, from_account_id, to_account_id) DO UPDATE
    SET amount_fen = f.amount_fen + excluded.amount_fen, payments_n = f.payments_n + excluded.payments_n;
  RETURN at;
END $$"""


def statements() -> Iterator[str]:
    """The new function; its signature and so its grants stay."""
    yield POST_MOVEMENTS
