"""The SQL side of the ledger, version 2: every row says which act recorded it, and a posting is one statement.

`post_movements` writes what was decided and holds the laws once more: conservation, order of days, books, holds,
retentions, closed books, one act per document, oldest first. It locks accounts in id order, then the head of the
county's stream, whose next position every row carries: what was known at a position is a comparison of numbers. `act`
claims the key, posts and appends to the journal in one statement, so that no lock is held over the network.
Rows are named twice, by the join and by `= ANY(ids)`, and plans are kept: a function's argument tells the planner
nothing about how many rows it holds. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import REGION, scoped

ROLE = "funds_app"
# A posting only ever probes by key. Without this a plan made while a table was small, and kept, reads the whole table.
_PROBES = "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"
_AS_OWNER = f"SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_generic_plan {_PROBES}"

TYPES = (
    "CREATE TYPE funds.account_end AS (id uuid, region text, kind text, book text)",
    """CREATE TYPE funds.posting_move AS (
  id uuid, kind text, document text, document_key text, source uuid, target uuid, effective_on date, amount_fen bigint, drawn text,
  fund text, reverses uuid, batch uuid, actor text, note text, use text, hold uuid, from_region text, from_kind text,
  from_book text, to_region text, to_kind text, to_book text, flow text)""",
    """CREATE TYPE funds.posting_part AS (
  move uuid, kind text, from_lot uuid, to_lot uuid, tranche uuid, amount_fen bigint, clock_from date, release_on date, lo bigint,
  hi bigint, first_line int, last_line int, fund text, fiscal_year smallint, arrived date, held_until date, source uuid, target uuid,
  from_region text, to_region text, effective_on date, batch uuid, hold uuid, restores uuid, terminal boolean)""",
)

LIVE = "h.status = 'held' AND (h.expires_on IS NULL OR h.expires_on >= p_today)"

# What may be drawn, oldest first, with what is held of it. Not granted to anybody: called by the two looks below.
OPEN_LOTS_OF = f"""
CREATE FUNCTION funds.open_lots_of(p_county text, p_from uuid, p_fund text, p_upto date, p_need bigint, p_named uuid[], p_today date)
RETURNS TABLE (id uuid, tranche_id uuid, fund_code text, account_id uuid, fiscal_year smallint, arrived_on date, clock_from date,
               release_on date, remaining_fen bigint, held_fen bigint)
LANGUAGE plpgsql VOLATILE SET search_path = funds, pg_temp AS $$
DECLARE r record; have bigint := 0; any_held boolean;
BEGIN
  any_held := EXISTS (SELECT FROM hold h WHERE h.county_code = p_county AND h.account_id = p_from AND {LIVE});
  FOR r IN SELECT l.*, CASE WHEN any_held THEN coalesce((
                    SELECT sum(k.amount_fen)::bigint FROM hold_lot k JOIN hold h ON h.county_code = p_county AND h.id = k.hold_id
                     WHERE k.county_code = p_county AND k.lot_id = l.id AND {LIVE}), 0) ELSE 0 END AS held
             FROM lot l
            WHERE l.county_code = p_county AND l.account_id = p_from AND l.is_open
              AND (p_fund IS NULL OR l.fund_code = p_fund)
              AND (p_named IS NOT NULL OR l.arrived_on <= p_upto) AND (p_named IS NULL OR l.id = ANY(p_named))
            ORDER BY l.arrived_on, l.id LOOP
    id := r.id; tranche_id := r.tranche_id; fund_code := r.fund_code; account_id := r.account_id; fiscal_year := r.fiscal_year;
    arrived_on := r.arrived_on; clock_from := r.clock_from; release_on := r.release_on;
    remaining_fen := r.remaining_fen; held_fen := r.held;
    RETURN NEXT;
    IF r.release_on IS NULL OR r.release_on <= p_upto THEN
      have := have + r.remaining_fen - r.held;
    END IF;
    EXIT WHEN p_named IS NULL AND p_need IS NOT NULL AND have >= p_need;
  END LOOP;
END $$"""

OPEN_LOTS = f"""
CREATE FUNCTION funds.open_lots(p_county text, p_accounts uuid[], p_from uuid, p_fund text, p_upto date, p_need bigint, p_named uuid[],
                                p_today date)
RETURNS TABLE (id uuid, tranche_id uuid, fund_code text, account_id uuid, fiscal_year smallint, arrived_on date, clock_from date,
               release_on date, remaining_fen bigint, held_fen bigint)
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE scope text := nullif(current_setting('app.region', true), '');
BEGIN
  IF NOT EXISTS (SELECT FROM account a WHERE a.county_code = p_county AND a.id = p_from AND a.region_code LIKE scope || '%') THEN
    RAISE EXCEPTION 'the drawn account is outside the region' USING ERRCODE = 'QL403';
  END IF;
  PERFORM 1 FROM account a WHERE a.county_code = p_county AND a.id = ANY(p_accounts) ORDER BY a.id FOR NO KEY UPDATE;
  RETURN QUERY SELECT * FROM open_lots_of(p_county, p_from, p_fund, p_upto, p_need, p_named, p_today);
END $$"""

# Everything one order has to know, in one look that locks nothing: whether the key is new, the visible ones of the
# named accounts (the first is drawn from), and what may be drawn. `post_movements` refuses what was decided too late.
LOOK = f"""
CREATE FUNCTION funds.look(p_region text, p_county text, p_actor text, p_key text, p_hash bytea, p_accounts uuid[], p_fund text,
                           p_upto date, p_need bigint, p_named uuid[], p_today date,
                           OUT verdict text, OUT accounts text, OUT lots text)
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
BEGIN
  SELECT c.verdict INTO verdict FROM journal_claim(p_county, p_actor, p_key, p_hash) c;
  IF verdict <> 'new' THEN
    RETURN;
  END IF;
  SELECT json_agg(json_build_array(a.id, a.region_code, a.kind, a.book))::text INTO accounts FROM account a
   WHERE a.county_code = p_county AND a.id = ANY(p_accounts) AND a.region_code LIKE nullif(p_region, '') || '%';
  SELECT json_agg(json_build_array(l.id, l.tranche_id, l.fund_code, l.account_id, l.fiscal_year, l.arrived_on, l.clock_from,
                                   l.release_on, l.remaining_fen, l.held_fen))::text INTO lots
    FROM account a CROSS JOIN LATERAL open_lots_of(p_county, a.id, p_fund, p_upto, p_need, p_named, p_today) l
   WHERE a.county_code = p_county AND a.id = p_accounts[1] AND a.region_code LIKE nullif(p_region, '') || '%';
END $$"""

# Whether a lot `l` has fen that a movement of the day `last.day` may draw.
FREE = f"""(l.release_on IS NULL OR l.release_on <= last.day) AND l.remaining_fen > CASE WHEN any_held THEN (
                         SELECT coalesce(sum(k.amount_fen), 0) FROM hold_lot k JOIN hold h ON h.county_code = p_county AND h.id = k.hold_id
                          WHERE k.county_code = p_county AND k.lot_id = l.id AND {LIVE}) ELSE 0 END"""

# Which movement may go from where to where. Both books are one chain: an order (支付令) alone turns quota into cash.
FITS = """
  CASE m.kind
    WHEN 'receive' THEN m.to_kind NOT IN ('contractor', 'households', 'outside')
    WHEN 'hand_down' THEN m.from_kind NOT IN ('contractor', 'households', 'outside') AND m.to_book = m.from_book
                      AND m.to_kind NOT IN ('contractor', 'households', 'outside', 'retention')
    WHEN 'order' THEN m.from_book = 'quota' AND m.to_book = 'cash' AND m.from_kind NOT IN ('contractor', 'households', 'outside')
                      AND m.to_kind NOT IN ('contractor', 'households', 'outside', 'retention')
    WHEN 'pay' THEN m.from_book = 'cash' AND m.from_kind NOT IN ('contractor', 'households', 'outside') AND m.to_kind = 'contractor'
    WHEN 'disburse' THEN m.from_book = 'cash' AND m.from_kind NOT IN ('contractor', 'households', 'outside', 'retention')
                      AND m.to_kind = 'households'
    WHEN 'retain' THEN m.from_book = 'cash' AND m.from_kind NOT IN ('contractor', 'households', 'outside', 'retention')
                      AND m.to_kind = 'retention' AND m.to_book = 'cash'
    WHEN 'take_back' THEN m.from_kind NOT IN ('contractor', 'households', 'outside') AND m.to_kind = 'treasury'
                      AND m.to_book = m.from_book AND m.source <> m.target
    WHEN 'carry_over' THEN m.source = m.target AND m.from_kind NOT IN ('contractor', 'households', 'outside')
    ELSE true
  END"""

# p_moves: [{id, kind, document, document_key, from, to, effective_on, amount_fen, drawn, fund, reverses, batch, actor, note, use, hold}]
# p_parts: [{move, from_lot, to_lot, tranche, amount_fen, clock_from, release_on, fiscal_year, lo, hi, first_line, last_line, restores,
# hold}];
# a receipt has no from_lot and names its tranche, every other part takes tranche and arrival from the lot it draws.
POST_MOVEMENTS = f"""
CREATE FUNCTION funds.post_movements(p_county text, p_moves jsonb, p_parts jsonb, p_today date) RETURNS bigint
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE
  moves posting_move[]; parts posting_part[]; ends account_end[]; ids uuid[]; fed uuid[]; held uuid[];
  at bigint; recorded timestamptz; closed date; wrong text; code text; done int; spanned boolean; any_held boolean; last record; older uuid;
  scope text := nullif(current_setting('app.region', true), '');
BEGIN
  SELECT array_agg(DISTINCT e.id) INTO ids FROM jsonb_array_elements(p_moves) m,
         LATERAL (VALUES ((m->>'from')::uuid), ((m->>'to')::uuid)) AS e(id) WHERE e.id IS NOT NULL;
  SELECT array_agg(ROW(x.id, x.region_code, x.kind, x.book)::account_end) INTO ends FROM (
    SELECT a.id, a.region_code, a.kind, a.book FROM account a WHERE a.county_code = p_county AND a.id = ANY(ids)
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
  -- The caller's region must hold one end of every movement, its accounts must fit, and a closed book takes only reversals.
  -- Whoever closes books holds every account of the county, so this look at the closings is not too early.
  SELECT max(c.through) INTO closed FROM closing c WHERE c.county_code = p_county;
  SELECT w.code, m.id::text INTO code, wrong FROM unnest(moves) m CROSS JOIN LATERAL (SELECT CASE
      WHEN scope IS NULL OR NOT (coalesce(m.from_region, '') LIKE scope || '%' OR m.to_region LIKE scope || '%') THEN 'QL403'
      WHEN NOT ({FITS}) THEN 'QL405'
      WHEN m.kind <> 'reverse' AND m.effective_on <= closed THEN 'QL407' END AS code) w WHERE w.code IS NOT NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'movement % %', wrong, CASE code WHEN 'QL403' THEN 'is outside the region'
      WHEN 'QL405' THEN 'joins accounts that do not fit' ELSE 'lies in closed books' END USING ERRCODE = code;
  END IF;
  -- A document of one account moves money once, unless that was reversed.
  SELECT m.document INTO wrong FROM unnest(moves) m
    JOIN movement o ON o.county_code = p_county AND o.from_account_id = m.source AND o.document_key = m.document_key AND o.kind = m.kind
   WHERE m.kind IN ('hand_down', 'order', 'pay', 'retain', 'take_back', 'carry_over')
     AND NOT EXISTS (SELECT FROM movement r WHERE r.county_code = p_county AND r.reverses_id = o.id) LIMIT 1;
  IF FOUND THEN RAISE EXCEPTION 'document % has moved money before', wrong USING ERRCODE = 'QL408'; END IF;

  -- The number of this act: nobody else in the county records before the commit.
  at := next_position(p_county);
  recorded := clock_timestamp();
  INSERT INTO movement (county_code, id, kind, document, document_key, from_account_id, to_account_id, from_region, to_region, effective_on,
                        recorded_at, position, amount_fen, drawn, reverses_id, batch_id, actor, note, use_code, hold_id)
  SELECT p_county, m.id, m.kind, m.document, m.document_key, m.source, m.target, m.from_region, m.to_region, m.effective_on,
         recorded, at, m.amount_fen, m.drawn, m.reverses, m.batch, m.actor, m.note, m.use, m.hold FROM unnest(moves) m;

  SELECT array_agg(DISTINCT (p->>'from_lot')::uuid) INTO fed FROM jsonb_array_elements(p_parts) p;
  SELECT array_agg(ROW(p.move, m.kind, p.from_lot, p.to_lot, coalesce(l.tranche_id, p.tranche), p.amount_fen,
         coalesce(p.clock_from, m.effective_on), p.release_on, p.lo, p.hi, p.first_line, p.last_line, coalesce(l.fund_code, t.fund_code),
         coalesce(p.fiscal_year, l.fiscal_year, t.fiscal_year), l.arrived_on, l.release_on, m.source, m.target, m.from_region, m.to_region,
         m.effective_on, m.batch, coalesce(p.hold, m.hold), p.restores, m.to_kind IN ('contractor', 'households', 'outside'))::posting_part)
    INTO parts
    FROM jsonb_to_recordset(p_parts) AS p(move uuid, from_lot uuid, to_lot uuid, tranche uuid, amount_fen bigint, clock_from date,
         release_on date, fiscal_year smallint, lo bigint, hi bigint, first_line int, last_line int, restores uuid, hold uuid)
    JOIN unnest(moves) m ON m.id = p.move
    LEFT JOIN lot l ON l.county_code = p_county AND l.id = p.from_lot AND l.account_id = m.source AND l.id = ANY(fed)
    LEFT JOIN tranche t ON t.county_code = p_county AND t.id = p.tranche;
  SELECT coalesce(count(*), 0), array_agg(DISTINCT p.hold) FILTER (WHERE p.hold IS NOT NULL), bool_or(p.batch IS NOT NULL), min(CASE
           WHEN (p.kind = 'receive') <> (p.from_lot IS NULL) OR p.fund IS NULL THEN 'QL404'
           WHEN p.arrived > p.effective_on THEN 'QL004'
           WHEN p.held_until > p.effective_on AND p.kind NOT IN ('return', 'recover', 'reverse', 'carry_over') THEN 'QL423' END)
    INTO done, held, spanned, code FROM unnest(parts) p;
  IF done <> jsonb_array_length(p_parts) OR code IS NOT NULL THEN
    -- Law 4: no draw before the arrival of its lot, and none of a retention before its release.
    RAISE EXCEPTION 'a part %', CASE code WHEN 'QL004' THEN 'draws a lot before it arrived' WHEN 'QL423' THEN 'draws a retained lot'
      ELSE 'names a lot that is not on the drawn account' END USING ERRCODE = coalesce(code, 'QL404');
  END IF;
  -- Law 1: what a movement brings is what it takes, to the fen.
  SELECT m.id::text INTO wrong FROM unnest(moves) m
   WHERE m.amount_fen <> (SELECT coalesce(sum(p.amount_fen), 0) FROM unnest(parts) p WHERE p.move = m.id) LIMIT 1;
  IF FOUND THEN RAISE EXCEPTION 'movement % does not add up', wrong USING ERRCODE = 'QL001'; END IF;
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

  WITH ends AS (
    SELECT source AS account_id, move, arrived, from_region AS region_code, effective_on, -amount_fen AS fen,
           amount_fen::numeric * (effective_on - arrived) AS charged FROM unnest(parts) WHERE from_lot IS NOT NULL
    UNION ALL
    SELECT target, move, effective_on, to_region, effective_on, amount_fen, 0 FROM unnest(parts)),
  sums AS (
    SELECT e.account_id, e.region_code, e.effective_on, sum(fen)::bigint AS fen,
           sum(fen::numeric * (arrived - DATE '2000-01-01')) AS fen_day, sum(charged) AS charged
      FROM ends e GROUP BY e.account_id, e.region_code, e.effective_on),
  entered AS (
    INSERT INTO entry (county_code, account_id, movement_id, arrived_on, region_code, effective_on, recorded_on, position, amount_fen)
    SELECT p_county, account_id, move, arrived, region_code, effective_on, (recorded AT TIME ZONE 'Asia/Shanghai')::date, at, sum(fen)::bigint
      FROM ends GROUP BY account_id, move, arrived, region_code, effective_on HAVING sum(fen) <> 0),
  by_month AS (
    INSERT INTO account_month AS a (county_code, account_id, month, region_code, net_fen, net_fen_day, charged_fen_days)
    SELECT p_county, account_id, date_trunc('month', effective_on)::date, region_code, sum(fen)::bigint, sum(fen_day), sum(charged)
      FROM sums GROUP BY 2, 3, 4
    ON CONFLICT (county_code, account_id, month) DO UPDATE
      SET net_fen = a.net_fen + excluded.net_fen, net_fen_day = a.net_fen_day + excluded.net_fen_day,
          charged_fen_days = a.charged_fen_days + excluded.charged_fen_days)
  UPDATE account a SET sum_fen = a.sum_fen + e.fen, sum_fen_day = a.sum_fen_day + e.fen_day, charged_fen_days = a.charged_fen_days + e.charged
    FROM (SELECT account_id, sum(fen)::bigint AS fen, sum(fen_day) AS fen_day, sum(charged) AS charged FROM sums GROUP BY account_id) e
   WHERE a.county_code = p_county AND a.id = e.account_id AND a.id = ANY(ids);
  -- A reversal takes its fen out of the flow it undoes.
  INSERT INTO flow_month AS f (county_code, month, flow, from_account_id, to_account_id, fund_code, fiscal_year, from_region, to_region, amount_fen)
  SELECT p_county, date_trunc('month', m.effective_on)::date, m.flow, coalesce(w.source, '00000000-0000-0000-0000-000000000000'), w.target,
         p.fund, p.fiscal_year, w.from_region, w.to_region, sum(w.sign * p.amount_fen)::bigint
    FROM unnest(moves) m JOIN unnest(parts) p ON p.move = m.id
    CROSS JOIN LATERAL (
      SELECT m.source, m.target, m.from_region, m.to_region, 1 AS sign WHERE m.reverses IS NULL
      UNION ALL
      SELECT CASE WHEN m.flow <> 'receive' THEN m.target END, m.source, CASE WHEN m.flow <> 'receive' THEN m.to_region END, m.from_region, -1
       WHERE m.reverses IS NOT NULL) w
   GROUP BY 2, 3, 4, 5, 6, 7, 8, 9
  ON CONFLICT (county_code, month, flow, from_account_id, to_account_id, fund_code, fiscal_year) DO UPDATE
    SET amount_fen = f.amount_fen + excluded.amount_fen;
  RETURN at;
END $$"""

# A whole act in one statement: nothing is locked while anybody waits for the network. An act that is not new says so.
ACT = f"""
CREATE FUNCTION funds.act(p_region text, p_county text, p_actor text, p_key text, p_hash bytea, p_moves jsonb, p_parts jsonb, p_today date,
                          p_event uuid, p_kind text, p_body text, p_request_id text, p_outcome text) RETURNS bigint
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE verdict text; at bigint;
BEGIN
  PERFORM set_config('app.region', p_region, true);
  SELECT c.verdict INTO verdict FROM journal_claim(p_county, p_actor, p_key, p_hash) c;
  IF verdict <> 'new' THEN
    RAISE EXCEPTION 'the key is not new' USING ERRCODE = 'QL208';
  END IF;
  at := post_movements(p_county, p_moves, p_parts, p_today);
  IF journal_append(p_county, p_event, p_kind, p_body, p_actor, p_request_id, p_key, p_hash, p_outcome) <> at THEN
    RAISE EXCEPTION 'the act was recorded elsewhere' USING ERRCODE = 'QL001';
  END IF;
  RETURN at;
END $$"""

# p_parts: [{lot, amount_fen}]. The account is locked, so the fen are free until the commit and held after it.
PLACE_HOLD = f"""
CREATE FUNCTION funds.place_hold(p_county text, p_id uuid, p_account uuid, p_fund text, p_amount bigint, p_document text, p_purpose text,
                                 p_expires date, p_actor text, p_parts jsonb, p_today date) RETURNS bigint
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE at bigint; place text; wrong text; scope text := nullif(current_setting('app.region', true), '');
BEGIN
  SELECT a.region_code INTO place FROM account a WHERE a.county_code = p_county AND a.id = p_account AND a.region_code LIKE scope || '%' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'the account is outside the region' USING ERRCODE = 'QL403'; END IF;
  at := next_position(p_county);
  INSERT INTO hold (county_code, id, account_id, region_code, fund_code, amount_fen, document, purpose, expires_on, status, placed_by, position)
    VALUES (p_county, p_id, p_account, place, p_fund, p_amount, p_document, p_purpose, p_expires, 'held', p_actor, at);
  INSERT INTO hold_lot (county_code, hold_id, lot_id, region_code, amount_fen)
    SELECT p_county, p_id, p.lot, place, p.amount_fen FROM jsonb_to_recordset(p_parts) AS p(lot uuid, amount_fen bigint);
  IF p_amount <> (SELECT sum(k.amount_fen) FROM hold_lot k WHERE k.county_code = p_county AND k.hold_id = p_id) THEN
    RAISE EXCEPTION 'hold % does not add up', p_id USING ERRCODE = 'QL001';
  END IF;
  SELECT k.lot_id::text INTO wrong FROM hold_lot k LEFT JOIN lot l ON l.county_code = p_county AND l.id = k.lot_id AND l.account_id = p_account
   WHERE k.county_code = p_county AND k.hold_id = p_id AND coalesce(l.remaining_fen, 0) <
         (SELECT sum(o.amount_fen) FROM hold_lot o JOIN hold h ON h.county_code = p_county AND h.id = o.hold_id
           WHERE o.county_code = p_county AND o.lot_id = k.lot_id AND {LIVE}) LIMIT 1;
  IF FOUND THEN RAISE EXCEPTION 'lot % holds less than that', wrong USING ERRCODE = 'QL424'; END IF;
  RETURN at;
END $$"""

# Locks the head: nobody else in the county records before the commit.
NEXT_POSITION = """
CREATE FUNCTION funds.next_position(p_county text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = funds, pg_temp AS $$
DECLARE at bigint;
BEGIN
  SELECT h.position + 1 INTO at FROM stream_head h WHERE h.stream = p_county FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO stream_head (stream, position, hash) VALUES (p_county, 0, sha256(convert_to(p_county, 'UTF8'))) ON CONFLICT (stream) DO NOTHING;
    SELECT h.position + 1 INTO at FROM stream_head h WHERE h.stream = p_county FOR UPDATE;
  END IF;
  RETURN at;
END $$"""

VOID_HOLD = """
CREATE FUNCTION funds.void_hold(p_county text, p_id uuid) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE at bigint; scope text := nullif(current_setting('app.region', true), '');
BEGIN
  PERFORM 1 FROM hold h WHERE h.county_code = p_county AND h.id = p_id AND h.region_code LIKE scope || '%' AND h.status = 'held' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'hold % is over', p_id USING ERRCODE = 'QL412'; END IF;
  at := next_position(p_county);
  UPDATE hold h SET status = 'voided', ended_position = at WHERE h.county_code = p_county AND h.id = p_id;
  RETURN at;
END $$"""

# Every account of the county is locked first: no posting is under way that has looked at the books before.
CLOSE_BOOKS = """
CREATE FUNCTION funds.close_books(p_county text, p_through date, p_document text, p_actor text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE at bigint; scope text := nullif(current_setting('app.region', true), '');
BEGIN
  IF scope IS NULL OR NOT p_county LIKE scope || '%' THEN
    RAISE EXCEPTION 'the county is outside the region' USING ERRCODE = 'QL403';
  END IF;
  PERFORM 1 FROM account a WHERE a.county_code = p_county ORDER BY a.id FOR NO KEY UPDATE;
  IF p_through <= (SELECT max(c.through) FROM closing c WHERE c.county_code = p_county) THEN
    RETURN NULL;
  END IF;
  at := next_position(p_county);
  INSERT INTO closing (county_code, through, document, closed_by, position) VALUES (p_county, p_through, p_document, p_actor, at);
  RETURN at;
END $$"""

# The last position recorded by an instant. Times rise with positions, so halving finds it without an index of its own.
POSITION_AT = """
CREATE FUNCTION funds.position_at(p_county text, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE low bigint := 0; high bigint; middle bigint; found_at timestamptz;
BEGIN
  SELECT h.position INTO high FROM stream_head h WHERE h.stream = p_county;
  IF NOT FOUND THEN RETURN 0; END IF;
  WHILE low < high LOOP
    middle := (low + high + 1) / 2;
    SELECT e.recorded_at INTO found_at FROM event e WHERE e.stream = p_county AND e.position = middle;
    IF found_at <= p_at THEN low := middle; ELSE high := middle - 1; END IF;
  END LOOP;
  RETURN low;
END $$"""

SIGNATURES = (
    "open_lots(text, uuid[], uuid, text, date, bigint, uuid[], date)",
    "look(text, text, text, text, bytea, uuid[], text, date, bigint, uuid[], date)",
    "post_movements(text, jsonb, jsonb, date)",
    "act(text, text, text, text, bytea, jsonb, jsonb, date, uuid, text, text, text, text)",
    "place_hold(text, uuid, uuid, text, bigint, text, text, date, text, jsonb, date)",
    "void_hold(text, uuid)",
    "close_books(text, date, text, text)",
    "position_at(text, timestamptz)",
)
INTERNAL = ("next_position(text)", "open_lots_of(text, uuid, text, date, bigint, uuid[], date)")


def functions() -> Iterator[str]:
    yield "DROP FUNCTION funds.open_lots(text, uuid[], uuid, text, date, bigint, uuid[])"
    yield "DROP FUNCTION funds.post_movements(text, jsonb, jsonb)"
    yield "DROP TYPE funds.posting_part"
    yield from TYPES
    yield from (
        NEXT_POSITION,
        OPEN_LOTS_OF,
        OPEN_LOTS,
        LOOK,
        POST_MOVEMENTS,
        ACT,
        PLACE_HOLD,
        VOID_HOLD,
        CLOSE_BOOKS,
        POSITION_AT,
    )
    for signature in INTERNAL:
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
    for signature in SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION funds.{signature} TO {ROLE}"


def policies() -> Iterator[str]:
    """Who sees the new tables: holds and sums by place, closed books by the county they belong to."""
    for table in ("hold", "hold_lot", "account_month"):
        yield from scoped("funds", ROLE, table, "region_code")
    yield from scoped("funds", ROLE, "flow_month", "from_region", "to_region")
    yield from scoped(
        "funds", ROLE, "closing", "county_code", also=f"length({REGION}) IN (9, 12) AND county_code = left({REGION}, 6)"
    )
    yield f"GRANT SELECT ON funds.hold, funds.hold_lot, funds.account_month, funds.flow_month, funds.closing TO {ROLE}"
