"""The SQL side of red flags, version 1: who sees what, which rosters were paid, and the crossing of a line by lots.

A clock rule asks the same of every resting lot: has its clock passed so many days. `raise_crossings` is told which days a
clock must have begun on, and for each the day to ask about; it writes a flag for each lot of those days, with what the
rule saw. Python draws the lines and judges the same facts again when a flag is read; a test holds one against the other.
It reads as the owner and holds the caller's region against the place, as `rested` does.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import REGION, scoped

ROLE = "funds_app"
BELOW = f"length({REGION}) IN (9, 12) AND county_code = left({REGION}, 6)"

# Rosters that had been paid and not undone by a day, as far as was known.
PAID_BATCHES = """
CREATE FUNCTION funds.paid_batches(p_county text, p_as_of date, p_known bigint)
RETURNS TABLE (id uuid, region_code text, account_id uuid, fund_code text, entitlement text, document text, effective_on date,
  per text, use_code text, rows_good int, total_fen bigint, movement_id uuid)
LANGUAGE sql STABLE AS $$
  SELECT b.id, b.region_code, b.account_id, b.fund_code, b.entitlement, b.document, m.effective_on, b.per, b.use_code, b.rows_good,
         b.total_fen, m.id
    FROM funds.movement m JOIN funds.payment_batch b ON b.county_code = p_county AND b.id = m.batch_id
   WHERE m.county_code = p_county AND m.batch_id IS NOT NULL AND m.effective_on <= p_as_of AND m.position <= p_known
     AND NOT EXISTS (SELECT FROM funds.movement r WHERE r.county_code = p_county AND r.reverses_id = m.id
                        AND r.effective_on <= p_as_of AND r.position <= p_known)
$$"""

# A flag's id: when it was raised, and of what; raised once more it would be the same row.
_ID = "(p_stamp || '7' || substr(h.hash, 1, 3) || '8' || substr(h.hash, 4, 15))::uuid"

# What a lot held on the day it is asked about.
_FEN = """l.remaining_fen + CASE WHEN l.last_drawn_on > k.asked_on THEN coalesce((SELECT sum(d.amount_fen)::bigint FROM draw d
        WHERE d.county_code = p_county AND d.from_lot_id = l.id AND d.effective_on > k.asked_on), 0) ELSE 0 END"""
_LOT = f"""
      SELECT l.id, l.account_id, l.tranche_id, l.fund_code, l.region_code, l.clock_from, k.asked_on, {_FEN} AS fen"""
_HERE = """l.county_code = p_county AND l.clock_from = k.clock_from AND l.arrived_on <= k.asked_on
         AND (p_root = p_county OR l.region_code >= p_root AND l.region_code < p_root || '~')"""

# p_clocks[i]: lots whose clock began that day are asked about p_asked[i]. p_late: so are lots of clocks up to p_late whose
# movement was recorded after p_known, for they came behind a day that has been asked about; they are asked about p_as_of.
RAISE_CROSSINGS = f"""
CREATE FUNCTION funds.raise_crossings(p_county text, p_root text, p_run uuid, p_rule text, p_version smallint, p_basis uuid,
  p_mark text, p_limit int, p_kinds text[], p_clocks date[], p_asked date[], p_as_of date, p_late date, p_known bigint,
  p_stamp text, p_apart uuid[])
RETURNS TABLE (found bigint, raised bigint, fen bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
#variable_conflict use_column
BEGIN
  IF NOT coalesce(p_root LIKE nullif(current_setting('app.region', true), '') || '%' AND p_root LIKE p_county || '%', false) THEN
    RAISE EXCEPTION 'the place is outside the region' USING ERRCODE = 'QL403';
  END IF;
  RETURN QUERY
  WITH asked AS (SELECT * FROM unnest(p_clocks, p_asked) AS k(clock_from, asked_on)),
  late AS (
    SELECT DISTINCT l.id FROM lot l
     WHERE p_late IS NOT NULL AND l.county_code = p_county AND l.position > p_known AND l.clock_from < l.arrived_on
    UNION
    SELECT l.id FROM movement m JOIN lot l ON l.county_code = p_county AND l.movement_id = m.id
     WHERE p_late IS NOT NULL AND m.county_code = p_county AND m.position > p_known
       AND (m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date > m.effective_on + 7),
  crossing AS ({_LOT} FROM asked k JOIN lot l ON {_HERE} AND l.is_resting
    UNION ALL {_LOT} FROM asked k JOIN lot l ON {_HERE} AND NOT l.is_terminal AND l.emptied_on > k.asked_on
    UNION ALL {_LOT} FROM (SELECT p_as_of AS asked_on) k, late JOIN lot l ON l.county_code = p_county AND l.id = late.id
     WHERE l.clock_from <= p_late AND l.arrived_on <= p_as_of AND NOT l.is_terminal AND (l.is_resting OR l.emptied_on > p_as_of)
       AND (p_root = p_county OR l.region_code >= p_root AND l.region_code < p_root || '~')),
  raised AS (
    INSERT INTO flag (county_code, id, region_code, rule_code, rule_version, lot_id, limit_days, as_of, amount_fen, days, facts,
                      subject, subject_id, mark, run_id, basis_id)
    SELECT p_county, {_ID}, c.region_code, p_rule, p_version, c.id, p_limit, c.asked_on, c.fen, c.asked_on - c.clock_from,
           jsonb_build_object('account_id', c.account_id, 'unit_id', a.unit_id, 'unit_name', u.name, 'unit_kind', a.kind,
                              'fund_code', c.fund_code, 'document', coalesce(n.document_number, n.title), 'clock_from', c.clock_from),
           'lot', c.id, p_mark, p_run, p_basis
      FROM crossing c
      JOIN account a ON a.county_code = p_county AND a.id = c.account_id AND a.kind = ANY(p_kinds)
      JOIN unit u ON u.county_code = p_county AND u.id = a.unit_id
      JOIN tranche t ON t.county_code = p_county AND t.id = c.tranche_id
      JOIN notice n ON n.id = t.notice_id
      CROSS JOIN LATERAL (SELECT md5(p_rule || p_mark || c.id) AS hash) h
     WHERE c.id <> ALL(p_apart)
    ON CONFLICT (county_code, rule_code, subject_id, mark) DO NOTHING
    RETURNING amount_fen)
  SELECT (SELECT count(*) FROM crossing c JOIN account a ON a.county_code = p_county AND a.id = c.account_id AND a.kind = ANY(p_kinds)
           WHERE c.id <> ALL(p_apart)),
         (SELECT count(*) FROM raised), (SELECT coalesce(sum(amount_fen), 0)::bigint FROM raised);
END $$"""
_SIGNATURE = "raise_crossings(text, text, uuid, text, smallint, uuid, text, int, text[], date[], date[], date, date, bigint, text, uuid[])"


def tables() -> Iterator[str]:
    """Rights on the new tables, and since when a run's findings are known."""
    for table in ("flag_money", "flag_run", "flag_run_rule"):
        yield from scoped("funds", ROLE, table, "region_code", also=BELOW if table != "flag_money" else "")
    yield from scoped("funds", ROLE, "flag_basis", "county_code", also=BELOW)
    for table in ("flag_basis", "flag_money", "flag_run", "flag_run_rule"):
        yield f"GRANT SELECT, INSERT ON funds.{table} TO {ROLE}"
    yield f"GRANT UPDATE (ended_at) ON funds.flag_run TO {ROLE}"
    yield "DROP TRIGGER known_from ON funds.flag"
    yield (
        "CREATE TRIGGER known_from BEFORE INSERT ON funds.flag"
        " FOR EACH ROW WHEN (NEW.run_id IS NULL) EXECUTE FUNCTION funds.known_from('position')"
    )
    yield (
        "CREATE TRIGGER known_from BEFORE INSERT ON funds.flag_run_rule"
        " FOR EACH ROW EXECUTE FUNCTION funds.known_from('position')"
    )


def functions() -> Iterator[str]:
    yield PAID_BATCHES
    yield "REVOKE ALL ON FUNCTION funds.paid_batches(text, date, bigint) FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.paid_batches(text, date, bigint) TO {ROLE}"
    yield RAISE_CROSSINGS
    yield f"REVOKE ALL ON FUNCTION funds.{_SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{_SIGNATURE} TO {ROLE}"
