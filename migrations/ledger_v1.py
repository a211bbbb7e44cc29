"""The SQL side of the ledger, version 1: the only two ways to touch lots, and the rows each caller may see.

`open_lots` locks the accounts in id order and returns what may be drawn; `post_movements` writes what was decided, and
asserts laws 1, 2 and 4 once more. Both run as the owner; before that they hold the drawn accounts against the
caller's region. Every row is named twice, by the join and by `= ANY(ids)`, and the plans are kept: a function's
argument tells the planner nothing about how many rows it holds, so it would read all movements and lots of the county
for one posting (seen: 216 postings a second fell to 68 within some thousand movements; so they stay at 250).
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import REGION, scoped

ROLE = "funds_app"

OPEN_LOTS = """
CREATE FUNCTION funds.open_lots(p_county text, p_accounts uuid[], p_from uuid, p_fund text, p_upto date, p_need bigint, p_named uuid[])
RETURNS TABLE (id uuid, tranche_id uuid, account_id uuid, arrived_on date, clock_from date, remaining_fen bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE r record; have bigint := 0; scope text := nullif(current_setting('app.region', true), '');
BEGIN
  IF NOT EXISTS (SELECT FROM account a WHERE a.county_code = p_county AND a.id = p_from AND a.region_code LIKE scope || '%') THEN
    RAISE EXCEPTION 'the drawn account is outside the region' USING ERRCODE = 'QL403';
  END IF;
  PERFORM 1 FROM account a WHERE a.county_code = p_county AND a.id = ANY(p_accounts) ORDER BY a.id FOR NO KEY UPDATE;
  IF p_named IS NOT NULL THEN
    RETURN QUERY SELECT l.id, l.tranche_id, l.account_id, l.arrived_on, l.clock_from, l.remaining_fen FROM lot l
      WHERE l.county_code = p_county AND l.account_id = p_from AND l.id = ANY(p_named) AND l.is_open
        AND (p_fund IS NULL OR l.fund_code = p_fund);
    RETURN;
  END IF;
  FOR r IN SELECT l.id, l.tranche_id, l.account_id, l.arrived_on, l.clock_from, l.remaining_fen FROM lot l
            WHERE l.county_code = p_county AND l.account_id = p_from AND l.fund_code = p_fund AND l.is_open
              AND l.arrived_on <= p_upto
            ORDER BY l.arrived_on, l.id LOOP
    id := r.id; tranche_id := r.tranche_id; account_id := r.account_id; arrived_on := r.arrived_on;
    clock_from := r.clock_from; remaining_fen := r.remaining_fen;
    RETURN NEXT;
    have := have + r.remaining_fen;
    EXIT WHEN have >= p_need;
  END LOOP;
END $$"""

# p_moves: [{id, kind, document, from, to, effective_on, amount_fen, drawn, reverses, batch, actor, note}]
# p_parts: [{move, from_lot, to_lot, tranche, amount_fen, clock_from, lo, hi, first_line, last_line, restores}]; a receive has no
# from_lot and names its tranche, every other part takes tranche and arrival from the lot it draws.
PART_TYPE = """
CREATE TYPE funds.posting_part AS (
  move uuid, from_lot uuid, to_lot uuid, tranche uuid, amount_fen bigint, clock_from date, lo bigint, hi bigint,
  first_line int, last_line int, fund text, arrived date, from_account uuid, to_account uuid, from_region text,
  to_region text, effective_on date, batch uuid, kind text, restores uuid)"""

POST_MOVEMENTS = """
CREATE FUNCTION funds.post_movements(p_county text, p_moves jsonb, p_parts jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE parts posting_part[]; ends uuid[]; moves uuid[]; fed uuid[]; done int; wrong text; scope text := nullif(current_setting('app.region', true), '');
BEGIN
  SELECT array_agg(DISTINCT e.id) INTO ends FROM jsonb_array_elements(p_moves) m,
         LATERAL (VALUES ((m->>'from')::uuid), ((m->>'to')::uuid)) AS e(id) WHERE e.id IS NOT NULL;
  PERFORM 1 FROM account a WHERE a.county_code = p_county AND a.id = ANY(ends) ORDER BY a.id FOR NO KEY UPDATE;

  -- The caller's region must hold one end of every movement.
  SELECT m->>'id' INTO wrong FROM jsonb_array_elements(p_moves) m
    LEFT JOIN account f ON f.county_code = p_county AND f.id = (m->>'from')::uuid AND f.id = ANY(ends)
    LEFT JOIN account t ON t.county_code = p_county AND t.id = (m->>'to')::uuid AND t.id = ANY(ends)
   WHERE scope IS NULL OR NOT (coalesce(f.region_code, '') LIKE scope || '%' OR coalesce(t.region_code, '') LIKE scope || '%') LIMIT 1;
  IF FOUND THEN RAISE EXCEPTION 'movement % is outside the region', wrong USING ERRCODE = 'QL403'; END IF;

  INSERT INTO movement (county_code, id, kind, document, from_account_id, to_account_id, from_region, to_region, effective_on,
                        amount_fen, drawn, reverses_id, batch_id, actor, note)
  SELECT p_county, m.id, m.kind, m.document, m."from", m."to", f.region_code, t.region_code, m.effective_on,
         m.amount_fen, m.drawn, m.reverses, m.batch, m.actor, m.note
    FROM jsonb_to_recordset(p_moves) AS m(id uuid, kind text, document text, "from" uuid, "to" uuid, effective_on date,
         amount_fen bigint, drawn text, reverses uuid, batch uuid, actor text, note text)
    LEFT JOIN account f ON f.county_code = p_county AND f.id = m."from" AND f.id = ANY(ends)
    JOIN account t ON t.county_code = p_county AND t.id = m."to" AND t.id = ANY(ends);
  GET DIAGNOSTICS done = ROW_COUNT;
  IF done <> jsonb_array_length(p_moves) THEN
    RAISE EXCEPTION 'a movement names an account that is not there' USING ERRCODE = 'QL404';
  END IF;

  SELECT array_agg((m->>'id')::uuid) INTO moves FROM jsonb_array_elements(p_moves) m;
  SELECT array_agg(DISTINCT (p->>'from_lot')::uuid) INTO fed FROM jsonb_array_elements(p_parts) p;
  SELECT array_agg(ROW(p.move, p.from_lot, p.to_lot, coalesce(l.tranche_id, p.tranche), p.amount_fen,
         coalesce(p.clock_from, m.effective_on), p.lo, p.hi, p.first_line, p.last_line, coalesce(l.fund_code, t.fund_code),
         l.arrived_on, l.account_id, m.to_account_id, m.from_region, m.to_region, m.effective_on, m.batch_id, m.kind, p.restores)::posting_part)
    INTO parts
    FROM jsonb_to_recordset(p_parts) AS p(move uuid, from_lot uuid, to_lot uuid, tranche uuid, amount_fen bigint,
         clock_from date, lo bigint, hi bigint, first_line int, last_line int, restores uuid)
    JOIN movement m ON m.county_code = p_county AND m.id = p.move AND m.id = ANY(moves)
    LEFT JOIN lot l ON l.county_code = p_county AND l.id = p.from_lot AND l.account_id = m.from_account_id AND l.id = ANY(fed)
    LEFT JOIN tranche t ON t.county_code = p_county AND t.id = p.tranche;
  IF coalesce(cardinality(parts), 0) <> jsonb_array_length(p_parts) OR EXISTS (SELECT FROM unnest(parts) WHERE (kind = 'receive') <> (from_lot IS NULL) OR fund IS NULL) THEN
    RAISE EXCEPTION 'a part names a lot that is not on the drawn account' USING ERRCODE = 'QL404';
  END IF;
  -- Law 1: what a movement brings is what it takes, to the fen.
  SELECT m->>'id' INTO wrong FROM jsonb_array_elements(p_moves) m
   WHERE (m->>'amount_fen')::bigint <> (SELECT coalesce(sum(p.amount_fen), 0) FROM unnest(parts) p WHERE p.move = (m->>'id')::uuid) LIMIT 1;
  IF FOUND THEN RAISE EXCEPTION 'movement % does not add up', wrong USING ERRCODE = 'QL001'; END IF;
  -- Law 4: no draw before the arrival of its lot.
  SELECT p.from_lot::text INTO wrong FROM unnest(parts) p WHERE p.arrived > p.effective_on LIMIT 1;
  IF FOUND THEN RAISE EXCEPTION 'lot % is drawn before it arrived', wrong USING ERRCODE = 'QL004'; END IF;
  -- The spans of a roster lie end to end from zero.
  SELECT p.move::text INTO wrong FROM (
      SELECT q.move, q.lo, lag(q.hi, 1, 0::bigint) OVER (PARTITION BY q.move ORDER BY q.lo) AS expected FROM unnest(parts) q WHERE q.batch IS NOT NULL) p
   WHERE p.lo IS DISTINCT FROM p.expected LIMIT 1;
  IF FOUND THEN RAISE EXCEPTION 'the spans of movement % have a gap', wrong USING ERRCODE = 'QL001'; END IF;

  -- Law 2 is the CHECK on lot.remaining_fen: an overdraw fails here.
  UPDATE lot l SET remaining_fen = l.remaining_fen - d.fen,
         last_drawn_on = greatest(coalesce(l.last_drawn_on, d.latest), d.latest),
         emptied_on = CASE WHEN l.remaining_fen = d.fen THEN greatest(coalesce(l.last_drawn_on, d.latest), d.latest) END
    FROM (SELECT from_lot, sum(amount_fen)::bigint AS fen, max(effective_on) AS latest FROM unnest(parts) WHERE from_lot IS NOT NULL GROUP BY from_lot) d
   WHERE l.county_code = p_county AND l.id = d.from_lot AND l.id = ANY(fed);

  INSERT INTO lot (county_code, id, tranche_id, fund_code, account_id, region_code, movement_id, restores_lot_id, arrived_on, clock_from,
                   amount_fen, remaining_fen, is_terminal)
  SELECT p_county, p.to_lot, p.tranche, p.fund, p.to_account, p.to_region, p.move, p.restores, p.effective_on, p.clock_from,
         p.amount_fen, p.amount_fen, a.kind IN ('contractor', 'households', 'outside')
    FROM unnest(parts) p JOIN account a ON a.county_code = p_county AND a.id = p.to_account AND a.id = ANY(ends);
  INSERT INTO draw (county_code, to_lot_id, movement_id, from_lot_id, from_region, to_region, effective_on, amount_fen, days_rested,
                    batch_id, lo_fen, hi_fen, first_line, last_line)
  SELECT p_county, to_lot, move, from_lot, from_region, to_region, effective_on, amount_fen, effective_on - arrived,
         batch, lo, hi, first_line, last_line FROM unnest(parts) WHERE from_lot IS NOT NULL;

  INSERT INTO entry (county_code, account_id, movement_id, arrived_on, region_code, effective_on, amount_fen)
  SELECT p_county, account_id, move, arrived, region_code, effective_on, sum(fen)::bigint FROM (
      SELECT from_account AS account_id, move, arrived, from_region AS region_code, effective_on, -amount_fen AS fen FROM unnest(parts) WHERE from_lot IS NOT NULL
      UNION ALL
      SELECT to_account, move, effective_on, to_region, effective_on, amount_fen FROM unnest(parts)) both_ends
   GROUP BY account_id, move, arrived, region_code, effective_on;

  UPDATE account a SET sum_fen = a.sum_fen + e.fen, sum_fen_day = a.sum_fen_day + e.fen_day, charged_fen_days = a.charged_fen_days + e.charged
    FROM (SELECT account_id, sum(fen)::bigint AS fen, sum(fen::numeric * (arrived - DATE '2000-01-01')) AS fen_day, sum(charged) AS charged FROM (
            SELECT from_account AS account_id, arrived, -amount_fen AS fen, amount_fen::numeric * (effective_on - arrived) AS charged FROM unnest(parts) WHERE from_lot IS NOT NULL
            UNION ALL
            SELECT to_account, effective_on, amount_fen, 0 FROM unnest(parts)) ends
           GROUP BY account_id) e
   WHERE a.county_code = p_county AND a.id = e.account_id AND a.id = ANY(ends);
END $$"""

# Money goes back where it came from, which can lie above the caller's region: only ids and places are told.
LOT_ORIGINS = """
CREATE FUNCTION funds.lot_origins(p_county text, p_lots uuid[])
RETURNS TABLE (lot_id uuid, origin_lot_id uuid, origin_account_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
  WITH RECURSIVE restored AS (
    SELECT l.id AS asked, l.id, l.restores_lot_id FROM lot l WHERE l.county_code = p_county AND l.id = ANY(p_lots)
    UNION ALL
    SELECT r.asked, l.id, l.restores_lot_id FROM restored r
      JOIN lot l ON l.county_code = p_county AND l.id = r.restores_lot_id)
  SELECT r.asked, f.id, f.account_id FROM restored r
    JOIN draw d ON d.county_code = p_county AND d.to_lot_id = r.id
    JOIN lot f ON f.county_code = p_county AND f.id = d.from_lot_id
   WHERE r.restores_lot_id IS NULL
$$"""

ACCOUNT_REGIONS = """
CREATE FUNCTION funds.account_regions(p_county text, p_accounts uuid[]) RETURNS TABLE (account_id uuid, region_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
  SELECT a.id, a.region_code FROM account a WHERE a.county_code = p_county AND a.id = ANY(p_accounts)
$$"""

SIGNATURES = (
    "open_lots(text, uuid[], uuid, text, date, bigint, uuid[])",
    "post_movements(text, jsonb, jsonb)",
    "lot_origins(text, uuid[])",
    "account_regions(text, uuid[])",
)


def functions() -> Iterator[str]:
    yield OPEN_LOTS
    yield PART_TYPE
    yield POST_MOVEMENTS
    yield LOT_ORIGINS
    yield ACCOUNT_REGIONS
    for signature in SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION funds.{signature} TO {ROLE}"


def policies() -> Iterator[str]:
    """Who sees which row. Regions, funds, policy values and notices are public documents and have no policy."""
    for table in (
        "unit",
        "account",
        "lot",
        "entry",
        "household",
        "payment_batch",
        "payment",
        "rejected_row",
        "loan",
        "flag",
    ):
        yield from scoped("funds", ROLE, table, "region_code")
    for table in ("movement", "draw"):
        yield from scoped("funds", ROLE, table, "from_region", "to_region")
    # A tranche is what a public notice printed for the county: everybody within the county may read it.
    yield from scoped(
        "funds", ROLE, "tranche", "county_code", also=f"length({REGION}) IN (9, 12) AND county_code = left({REGION}, 6)"
    )


def grants() -> Iterator[str]:
    """What the service may do. Lots, draws, movements, entries, account counters and events only through functions."""
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA funds TO {ROLE}"
    for table in (
        "region",
        "policy_value",
        "fund",
        "unit",
        "account",
        "notice",
        "notice_line",
        "notice_discrepancy",
        "tranche",
        "household",
        "payment_batch",
        "payment_rows",
        "rejected_row",
        "loan",
        "flag",
        "data_key",
    ):
        yield f"GRANT INSERT ON funds.{table} TO {ROLE}"
    yield f"REVOKE SELECT ON funds.payment_rows FROM {ROLE}"
    yield f"GRANT UPDATE (name, level, parent_code, listed_year) ON funds.region TO {ROLE}"
    yield f"GRANT UPDATE (removed_on) ON funds.household TO {ROLE}"
    yield (
        "GRANT UPDATE (status, file_name, file_sha256, file_format, rows_good, rows_bad, total_fen, printed_total_fen,"
        f" uploaded_by, uploaded_at, approved_by, approved_at) ON funds.payment_batch TO {ROLE}"
    )
