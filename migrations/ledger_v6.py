"""The SQL side of the ledger, version 6: `post_movements`, the function that moves money and holds the laws.

It is version 5, which keeps the figures of an account by day and by fund as well: version 5 kept them by month, so what was
asked of a day was read from the entries of its month, and of a fund from nowhere. Flows are written row by row too: of most
acts there is one. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.ledger_v2 import FREE as FREE_ON_LAST
from migrations.ledger_v2 import LIVE
from migrations.ledger_v3 import FITS
from migrations.ledger_v4 import BARRED as BARRED_BEFORE

# A posting only ever probes by key. Without this a plan made while a table was small, and kept, reads the whole table.
_PROBES = "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"
_AS_OWNER = f"SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_generic_plan {_PROBES}"

# What one movement took from its one account and brought to the other, of one fund: days count from 2000-01-01.
TYPES = (
    """CREATE TYPE funds.posting_share AS (move uuid, source uuid, target uuid, fund text, from_region text, to_region text,
  effective_on date, fen bigint, out_days numeric, charged numeric)""",
)

# A deposit hands nothing down, and what is on its way in a bank belongs to the year of its order until the bank's word.
BARRED = f"""({BARRED_BEFORE} OR m.kind = 'hand_down' AND m.from_kind = 'retention' OR m.kind = 'carry_over' AND m.from_kind = 'bank')"""

# Whether a lot `l` has fen that the movement `m` may draw.
FREE = FREE_ON_LAST.replace("last.day", "m.effective_on")

# p_moves: [{id, kind, document, document_key, from, to, effective_on, amount_fen, drawn, fund, reverses, batch, actor, note, use, hold}]
# p_parts: [{move, from_lot, to_lot, tranche, amount_fen, clock_from, release_on, fiscal_year, lo, hi, first_line, last_line, restores,
# hold}], movement by movement in the order of p_moves;
# a receipt has no from_lot and names its tranche, every other part takes tranche and arrival from the lot it draws.
POST_MOVEMENTS = f"""
CREATE OR REPLACE FUNCTION funds.post_movements(p_county text, p_moves jsonb, p_parts jsonb, p_today date) RETURNS bigint
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE
  m posting_move; moves posting_move[] := '{{}}'; p posting_part; parts posting_part[] := '{{}}'; w posting_flow; flows posting_flow[] := '{{}}';
  entries posting_entry[] := '{{}}'; s posting_share; shares posting_share[] := '{{}}'; ids uuid[]; held uuid[] := '{{}}'; fed uuid[] := '{{}}'; any_held boolean; older uuid; wrong text; done int;
  n int := 0; k int := 0; j int := 0; owed bigint := 0; spanned bigint; way int; payments bigint; at bigint; recorded timestamptz; closed date;
  desk uuid; place text; fen bigint; fen_days numeric; rested numeric;
  -- By movement: the last lot it draws by age.
  last_day date[] := '{{}}'; last_lot uuid[] := '{{}}';
  scope text := nullif(current_setting('app.region', true), '');
BEGIN
  SELECT array_agg(a.id) INTO ids FROM (
    SELECT a.id FROM account a WHERE a.county_code = p_county AND a.id = ANY(ARRAY(
       SELECT (x->>e.name)::uuid FROM jsonb_array_elements(p_moves) x CROSS JOIN (VALUES ('from'), ('to')) AS e(name)))
     ORDER BY a.id FOR NO KEY UPDATE) a;
  FOR i IN 0 .. jsonb_array_length(p_moves) - 1 LOOP
    m := jsonb_populate_record(NULL::posting_move, p_moves -> i);
    m.source := (p_moves -> i ->> 'from')::uuid; m.target := (p_moves -> i ->> 'to')::uuid; m.flow := m.kind;
    SELECT a.region_code, a.kind, a.book INTO m.to_region, m.to_kind, m.to_book FROM account a WHERE a.county_code = p_county AND a.id = m.target;
    SELECT a.region_code, a.kind, a.book INTO m.from_region, m.from_kind, m.from_book FROM account a WHERE a.county_code = p_county AND a.id = m.source;
    IF m.to_kind IS NULL OR (m.kind = 'receive') <> (m.from_kind IS NULL) THEN
      RAISE EXCEPTION 'a movement names an account that is not there' USING ERRCODE = 'QL404';
    END IF;
    IF m.reverses IS NOT NULL THEN
      SELECT u.kind INTO m.flow FROM movement u WHERE u.county_code = p_county AND u.id = m.reverses;
    END IF;
    -- The caller's region must hold one end of every movement, its accounts must fit, and a document of one account moves
    -- money once, unless that was reversed.
    IF scope IS NULL OR NOT (coalesce(m.from_region, '') LIKE scope || '%' OR m.to_region LIKE scope || '%') THEN
      RAISE EXCEPTION '% is outside the region', m.id USING ERRCODE = 'QL403';
    END IF;
    IF NOT ({FITS}) OR {BARRED} THEN
      RAISE EXCEPTION '% joins accounts that do not fit', m.id USING ERRCODE = 'QL405';
    END IF;
    IF m.kind IN ('hand_down', 'order', 'pay', 'retain', 'take_back', 'carry_over', 'succeed') AND EXISTS (
        SELECT FROM movement o
         WHERE o.county_code = p_county AND o.from_account_id = m.source AND o.document_key = m.document_key AND o.kind = m.kind
           AND NOT EXISTS (SELECT FROM movement r WHERE r.county_code = p_county AND r.reverses_id = o.id)) THEN
      RAISE EXCEPTION '% has moved money before', m.document USING ERRCODE = 'QL408';
    END IF;
    moves := moves || m;
  END LOOP;

  -- The number of this act: nobody else in the county records before the commit.
  at := next_position(p_county);
  recorded := clock_timestamp();
  -- Asked with the head locked, for a closing locks the accounts that it knows of, and the head.
  closed := (SELECT max(c.through) FROM closing c WHERE c.county_code = p_county);

  FOR i IN 0 .. jsonb_array_length(p_parts) - 1 LOOP
    p := jsonb_populate_record(NULL::posting_part, p_parts -> i);
    IF n = 0 OR p.move IS DISTINCT FROM m.id THEN
      -- Law 1: what a movement brings is what it takes, to the fen.
      IF owed <> 0 THEN RAISE EXCEPTION 'movement % does not add up', m.id USING ERRCODE = 'QL001'; END IF;
      n := n + 1; m := moves[n]; owed := m.amount_fen; spanned := 0;
      IF (p.move = m.id) IS NOT TRUE THEN RAISE EXCEPTION 'a part belongs to no movement, or not to this one' USING ERRCODE = 'QL404'; END IF;
      IF m.kind <> 'reverse' AND m.effective_on <= closed THEN
        RAISE EXCEPTION 'movement % lies in closed books', m.id USING ERRCODE = 'QL407';
      END IF;
      INSERT INTO movement (county_code, id, kind, document, document_key, from_account_id, to_account_id, from_region, to_region, effective_on,
                            recorded_at, position, amount_fen, drawn, reverses_id, batch_id, actor, note, use_code, hold_id)
        VALUES (p_county, m.id, m.kind, m.document, m.document_key, m.source, m.target, m.from_region, m.to_region, m.effective_on,
                recorded, at, m.amount_fen, m.drawn, m.reverses, m.batch, m.actor, m.note, m.use, m.hold);
      -- The same whatever fund and year, by month and by year: what the tree of any day is added up from.
      payments := 0;
      IF m.flow = 'disburse' THEN
        payments := (SELECT b.rows_good FROM payment_batch b WHERE b.county_code = p_county AND b.id = coalesce(m.batch,
          (SELECT u.batch_id FROM movement u WHERE u.county_code = p_county AND u.id = m.reverses)));
      END IF;
      way := CASE WHEN m.reverses IS NULL THEN 1 ELSE -1 END;
      IF m.reverses IS NOT NULL THEN
        -- What is undone leaves the flow it went by; a receipt came from outside.
        w := ROW(NULL, m.flow, m.target, m.source, NULL, NULL, m.to_region, m.from_region, NULL)::posting_flow;
        IF m.flow = 'receive' THEN w.source := NULL; w.from_region := NULL; END IF;
      ELSE
        w := ROW(NULL, m.flow, m.source, m.target, NULL, NULL, m.from_region, m.to_region, NULL)::posting_flow;
      END IF;
      INSERT INTO flow_period AS f (county_code, grain, since, flow, from_account_id, to_account_id, from_region, to_region, amount_fen, payments_n)
        VALUES (p_county, 'month', date_trunc('month', m.effective_on)::date, m.flow, coalesce(w.source, '00000000-0000-0000-0000-000000000000'), w.target,
                w.from_region, w.to_region, way * m.amount_fen, way * coalesce(payments, 0)),
               (p_county, 'year', date_trunc('year', m.effective_on)::date, m.flow, coalesce(w.source, '00000000-0000-0000-0000-000000000000'), w.target,
                w.from_region, w.to_region, way * m.amount_fen, way * coalesce(payments, 0))
        ON CONFLICT (county_code, grain, since, flow, from_account_id, to_account_id) DO UPDATE
          SET amount_fen = f.amount_fen + excluded.amount_fen, payments_n = f.payments_n + excluded.payments_n;
      last_day[n] := NULL; last_lot[n] := NULL;
      entries := entries || ROW(m.target, m.id, m.effective_on, m.to_region, m.effective_on, m.amount_fen)::posting_entry;
    END IF;
    owed := owed - p.amount_fen;
    IF m.batch IS NOT NULL THEN
      -- The spans of a roster lie end to end from zero.
      IF p.lo IS DISTINCT FROM spanned THEN RAISE EXCEPTION 'the spans of movement % have a gap', m.id USING ERRCODE = 'QL001'; END IF;
      spanned := p.hi;
    END IF;
    p.kind := m.kind; p.hold := coalesce(p.hold, m.hold); p.source := m.source; p.target := m.target; p.batch := m.batch;
    p.from_region := m.from_region; p.to_region := m.to_region; p.effective_on := m.effective_on;
    p.clock_from := coalesce(p.clock_from, m.effective_on); p.terminal := m.to_kind IN ('contractor', 'households', 'outside');
    IF m.kind = 'receive' THEN
      p.arrived := NULL; p.held_until := NULL; p.drawn_year := NULL;
      SELECT t.fund_code, coalesce(p.fiscal_year, t.fiscal_year) INTO p.fund, p.fiscal_year FROM tranche t
       WHERE t.county_code = p_county AND t.id = p.tranche AND p.from_lot IS NULL;
    ELSE
      -- Law 2 is the CHECK on lot.remaining_fen: an overdraw fails here.
      UPDATE lot l SET remaining_fen = l.remaining_fen - p.amount_fen, last_position = at,
             last_drawn_on = greatest(l.last_drawn_on, m.effective_on),
             emptied_on = CASE WHEN l.remaining_fen = p.amount_fen THEN greatest(l.last_drawn_on, m.effective_on) END
       WHERE l.county_code = p_county AND l.id = p.from_lot AND l.account_id = m.source
       RETURNING l.tranche_id, l.fund_code, l.fiscal_year, coalesce(p.fiscal_year, l.fiscal_year), l.arrived_on, l.release_on
            INTO p.tranche, p.fund, p.drawn_year, p.fiscal_year, p.arrived, p.held_until;
    END IF;
    IF NOT FOUND THEN RAISE EXCEPTION 'a part names a lot that is not on the drawn account' USING ERRCODE = 'QL404'; END IF;
    -- Law 4: no draw before the arrival of its lot, and none of a retention before its release, which is not before its own day.
    IF p.arrived > m.effective_on THEN RAISE EXCEPTION 'a part draws a lot before it arrived' USING ERRCODE = 'QL004'; END IF;
    IF m.kind = 'retain' AND coalesce(p.release_on, '-infinity') < m.effective_on THEN
      RAISE EXCEPTION 'a part is retained until a day before its own' USING ERRCODE = 'QL425';
    END IF;
    IF p.held_until > m.effective_on AND m.kind NOT IN ('return', 'recover', 'reverse', 'carry_over') THEN
      RAISE EXCEPTION 'a part draws a retained lot' USING ERRCODE = 'QL423';
    END IF;
    IF p.from_lot IS NOT NULL THEN
      fed := fed || p.from_lot;
      entries := entries || ROW(m.source, m.id, p.arrived, m.from_region, m.effective_on, -p.amount_fen)::posting_entry;
      IF p.hold IS NOT NULL THEN
        IF p.hold <> ALL(held) THEN held := held || p.hold; END IF;
      ELSIF m.drawn = 'oldest' AND (last_day[n] IS NULL OR (p.arrived, p.from_lot) > (last_day[n], last_lot[n])) THEN
        last_day[n] := p.arrived; last_lot[n] := p.from_lot;
      END IF;
    END IF;
    parts := parts || p;
    -- Parts of one movement follow each other, mostly of one fund: those are counted as one.
    IF s.move = m.id AND s.fund = p.fund THEN
      s.fen := s.fen + p.amount_fen;
    ELSE
      k := k + 1; s := ROW(m.id, m.source, m.target, p.fund, m.from_region, m.to_region, m.effective_on, p.amount_fen, 0, 0)::posting_share;
    END IF;
    IF p.from_lot IS NOT NULL THEN
      s.out_days := s.out_days + p.amount_fen::numeric * (p.arrived - DATE '2000-01-01');
      s.charged := s.charged + p.amount_fen::numeric * (m.effective_on - p.arrived);
    END IF;
    shares[k] := s;
    -- A reversal takes its fen out of the flow it undoes. What enters another budget year is a carry-over where it was drawn,
    -- booked in the later of both years, at each border: undoing it, or the movement before it, takes it out of that very year again.
    IF m.flow <> 'carry_over' THEN
      IF w.fund = p.fund AND w.year = p.fiscal_year THEN
        w.fen := w.fen + way * p.amount_fen;
      ELSE
        j := cardinality(flows) + 1; w.month := date_trunc('month', m.effective_on)::date; w.fund := p.fund; w.year := p.fiscal_year;
        w.fen := way * p.amount_fen;
      END IF;
      flows[j] := w;
    END IF;
    FOR border IN least(p.drawn_year, p.fiscal_year) + 1 .. greatest(p.drawn_year, p.fiscal_year) LOOP
      flows := flows || ROW(date_trunc('month', m.effective_on)::date, 'carry_over', m.source, m.source, p.fund, border, m.from_region, m.from_region,
                            sign(p.fiscal_year - p.drawn_year)::bigint * p.amount_fen)::posting_flow;
    END LOOP;
  END LOOP;
  IF owed <> 0 OR n <> cardinality(moves) OR n = 0 THEN RAISE EXCEPTION 'movement % does not add up', m.id USING ERRCODE = 'QL001'; END IF;

  -- Held fen stay, except for the movement that its hold was placed for.
  IF cardinality(held) > 0 THEN
    UPDATE hold h SET status = 'posted', ended_position = at WHERE h.county_code = p_county AND h.id = ANY(held) AND {LIVE};
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> cardinality(held) OR EXISTS (
       SELECT FROM (SELECT q.hold, q.from_lot, sum(q.amount_fen) AS fen FROM unnest(parts) q WHERE q.hold IS NOT NULL GROUP BY 1, 2) q
         LEFT JOIN hold_lot k ON k.county_code = p_county AND k.hold_id = q.hold AND k.lot_id = q.from_lot
        WHERE q.fen > coalesce(k.amount_fen, 0)) THEN
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

  n := 0;
  FOREACH m IN ARRAY moves LOOP
    n := n + 1;
    CONTINUE WHEN last_day[n] IS NULL;
    -- Oldest first: when the decision was made on an earlier look, an older lot may have come to hold money since.
    IF m.fund IS NULL THEN
      older := (SELECT l.id FROM lot l WHERE l.county_code = p_county AND l.account_id = m.source AND l.is_open
                   AND (l.arrived_on, l.id) < (last_day[n], last_lot[n]) AND {FREE} LIMIT 1);
    ELSE
      older := (SELECT l.id FROM lot l WHERE l.county_code = p_county AND l.account_id = m.source AND l.is_open
                   AND l.fund_code = m.fund AND (l.arrived_on, l.id) < (last_day[n], last_lot[n]) AND {FREE} LIMIT 1);
    END IF;
    IF older IS NOT NULL THEN
      RAISE EXCEPTION 'movement % does not draw the oldest lots', m.id USING ERRCODE = 'QL410';
    END IF;
  END LOOP;

  FOREACH p IN ARRAY parts LOOP
    INSERT INTO lot (county_code, id, tranche_id, fund_code, account_id, region_code, movement_id, restores_lot_id, fiscal_year, arrived_on,
                     clock_from, release_on, amount_fen, remaining_fen, is_terminal, position)
      VALUES (p_county, p.to_lot, p.tranche, p.fund, p.target, p.to_region, p.move, p.restores, p.fiscal_year, p.effective_on,
              p.clock_from, p.release_on, p.amount_fen, p.amount_fen, p.terminal, at);
    IF p.from_lot IS NOT NULL THEN
      INSERT INTO draw (county_code, to_lot_id, movement_id, from_lot_id, from_region, to_region, effective_on, amount_fen, days_rested,
                        batch_id, lo_fen, hi_fen, first_line, last_line, position)
        VALUES (p_county, p.to_lot, p.move, p.from_lot, p.from_region, p.to_region, p.effective_on, p.amount_fen, p.effective_on - p.arrived,
                p.batch, p.lo, p.hi, p.first_line, p.last_line, at);
    END IF;
  END LOOP;

  -- What each account holds and answers for, whatever fund and of this one, by month and by day.
  FOREACH s IN ARRAY shares LOOP
    FOR side IN 1 .. 2 LOOP
      IF side = 1 THEN
        desk := s.source; place := s.from_region; fen := -s.fen; fen_days := -s.out_days; rested := s.charged;
      ELSE
        desk := s.target; place := s.to_region; fen := s.fen; fen_days := fen::numeric * (s.effective_on - DATE '2000-01-01'); rested := 0;
      END IF;
      CONTINUE WHEN desk IS NULL;
      INSERT INTO account_month AS a (county_code, account_id, month, region_code, net_fen, net_fen_day, charged_fen_days)
        VALUES (p_county, desk, date_trunc('month', s.effective_on)::date, place, fen, fen_days, rested)
        ON CONFLICT (county_code, account_id, month) DO UPDATE
          SET net_fen = a.net_fen + excluded.net_fen, net_fen_day = a.net_fen_day + excluded.net_fen_day,
              charged_fen_days = a.charged_fen_days + excluded.charged_fen_days;
      INSERT INTO account_period AS a (county_code, fund_code, grain, account_id, since, region_code, net_fen, net_fen_day, charged_fen_days)
        VALUES (p_county, '', 'day', desk, s.effective_on, place, fen, fen_days, rested),
               (p_county, s.fund, 'month', desk, date_trunc('month', s.effective_on)::date, place, fen, fen_days, rested),
               (p_county, s.fund, 'day', desk, s.effective_on, place, fen, fen_days, rested)
        ON CONFLICT (county_code, fund_code, grain, account_id, since) DO UPDATE
          SET net_fen = a.net_fen + excluded.net_fen, net_fen_day = a.net_fen_day + excluded.net_fen_day,
              charged_fen_days = a.charged_fen_days + excluded.charged_fen_days;
      UPDATE account a SET sum_fen = a.sum_fen + fen, sum_fen_day = a.sum_fen_day + fen_days, charged_fen_days = a.charged_fen_days + rested
       WHERE a.county_code = p_county AND a.id = desk;
    END LOOP;
  END LOOP;
  INSERT INTO entry (county_code, account_id, movement_id, arrived_on, region_code, effective_on, recorded_on, position, amount_fen)
  SELECT p_county, e.account, e.move, e.arrived, e.region, e.effective_on, (recorded AT TIME ZONE 'Asia/Shanghai')::date, at, sum(e.fen)::bigint
    FROM unnest(entries) e GROUP BY e.account, e.move, e.arrived, e.region, e.effective_on HAVING sum(e.fen) <> 0;
  FOREACH w IN ARRAY flows LOOP
    INSERT INTO flow_month AS f (county_code, month, flow, from_account_id, to_account_id, fund_code, fiscal_year, from_region, to_region, amount_fen)
      VALUES (p_county, w.month, w.flow, coalesce(w.source, '00000000-0000-0000-0000-000000000000'), w.target, w.fund, w.year, w.from_region,
              w.to_region, w.fen)
      ON CONFLICT (county_code, month, flow, from_account_id, to_account_id, fund_code, fiscal_year) DO UPDATE
        SET amount_fen = f.amount_fen + excluded.amount_fen;
  END LOOP;
  RETURN at;
END $$"""


def statements() -> Iterator[str]:
    """The new function; its signature and so its grants stay."""
    yield from TYPES
    yield POST_MOVEMENTS
