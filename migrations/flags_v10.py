"""The SQL side of rule runs, version 10: what is done for each lot that crosses, done in fewer steps.

The same names from half the text functions; and every lot has a fund, so PostgreSQL may leave that join out for a line
that is drawn for all budgets. Otherwise as version 9.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

ROLE = "funds_app"

# The name of a question: as `services/funds_api/flags/named.py` makes it; `asking` is what the rule and mark give to it.
_ID = "(c.id::text::varchar(19) || '8' || md5(asking || c.id)::varchar(15))::uuid"

# What a lot held on the day it is asked about.
_FEN = """l.remaining_fen + CASE WHEN l.last_drawn_on > k.asked_on THEN coalesce((SELECT sum(d.amount_fen)::bigint FROM draw d
        WHERE d.county_code = p_county AND d.from_lot_id = l.id AND d.effective_on > k.asked_on), 0) ELSE 0 END"""
_LOT = f"""
      SELECT l.id, l.account_id, l.fund_code, l.region_code, l.clock_from, l.arrived_on, k.asked_on, {_FEN} AS fen"""
_HERE = """l.county_code = p_county AND l.clock_from = k.clock_from AND l.arrived_on <= k.asked_on
         AND (p_root = p_county OR l.region_code >= p_root AND l.region_code < p_root || '~')"""
# p_clocks[i]: lots whose clock began that day are asked about p_asked[i]. p_late: so are lots of clocks up to p_late whose
# movement was recorded after p_known, for they came behind a day that has been asked about; they are asked about p_as_of.
# (p_after: not those of clocks up to it, which have passed a further line.) Flags of before runs stand under other names.
_CROSSING = f"""
  WITH asked AS (SELECT * FROM unnest(p_clocks, p_asked) AS k(clock_from, asked_on)),
  late AS (
    SELECT l.id FROM lot l
     WHERE p_late IS NOT NULL AND l.county_code = p_county AND l.position > p_known AND l.clock_from < l.arrived_on
    UNION
    SELECT l.id FROM movement m JOIN lot l ON l.county_code = p_county AND l.movement_id = m.id
     WHERE p_late IS NOT NULL AND m.county_code = p_county AND m.position > p_known
       AND (m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date > m.effective_on + 7
    UNION
    SELECT l.id FROM lot l
     WHERE p_late IS NOT NULL AND l.county_code = p_county AND l.is_open AND l.arrived_on >= p_as_of - 9 AND l.position > p_known),
  crossing AS (
    SELECT c.id, c.account_id, c.region_code, c.clock_from, c.asked_on, c.fen FROM (
        {_LOT} FROM asked k JOIN lot l ON {_HERE} AND l.is_resting
        UNION ALL {_LOT} FROM asked k JOIN lot l ON {_HERE} AND NOT l.is_terminal AND l.emptied_on > k.asked_on
        UNION ALL {_LOT} FROM (SELECT p_as_of AS asked_on) k, late CROSS JOIN LATERAL (
           SELECT * FROM lot o WHERE o.county_code = p_county AND o.id = late.id OFFSET 0) l
         WHERE l.clock_from <= p_late AND (p_after IS NULL OR l.clock_from > p_after) AND l.arrived_on <= p_as_of AND NOT l.is_terminal AND (l.is_resting OR l.emptied_on > p_as_of)
           AND (p_root = p_county OR l.region_code >= p_root AND l.region_code < p_root || '~')) c
      JOIN account a ON a.county_code = p_county AND a.id = c.account_id AND a.kind = ANY(p_kinds)
      LEFT JOIN fund f ON f.code = c.fund_code
     WHERE (p_budgets IS NULL OR f.level || '.' || a.book = ANY(p_budgets))
       AND c.id <> ALL(p_apart)
       AND (c.clock_from = c.arrived_on OR NOT forebear_asked(p_county, c.id, p_rule, p_mark)))"""
_BEFORE_RUNS = """c.id NOT IN (SELECT o.subject_id FROM flag o WHERE o.county_code = p_county AND o.run_id IS NULL
                           AND o.rule_code = p_rule AND o.mark = p_mark)"""
_ASKED = " AND NOT EXISTS (SELECT FROM flag o WHERE o.county_code = p_county AND o.id = c.flag_id)"


def _write(new: str) -> str:
    return f"""{_CROSSING},
    told AS MATERIALIZED (
      SELECT c.*, {new} AS is_new FROM (SELECT {_ID} AS flag_id, c.* FROM crossing c OFFSET 0) c),
    raised AS (
      INSERT INTO flag (county_code, id, region_code, rule_code, rule_version, limit_days, as_of, amount_fen, days, subject, subject_id,
                        mark, run_id, basis_id)
      SELECT p_county, c.flag_id, c.region_code, p_rule, p_version, p_limit, c.asked_on, c.fen, c.asked_on - c.clock_from, 'lot', c.id,
             p_mark, p_run, p_basis
        FROM told c WHERE c.is_new)
    SELECT array_agg(t.account_id), array_agg(t.region_code), array_agg(t.asked_on), array_agg(t.found), array_agg(t.raised),
           array_agg(t.fen), array_agg(t.days)
      INTO accounts, places, asked_days, founds, raiseds, fens, longest
      FROM (SELECT c.account_id, c.region_code, c.asked_on, count(*) AS found, count(*) FILTER (WHERE c.is_new) AS raised,
                   coalesce(sum(c.fen) FILTER (WHERE c.is_new), 0)::bigint AS fen,
                   max(c.asked_on - c.clock_from) FILTER (WHERE c.is_new) AS days
              FROM told c GROUP BY c.account_id, c.region_code, c.asked_on) t;"""


RAISE_CROSSINGS = f"""
CREATE FUNCTION funds.raise_crossings(p_county text, p_root text, p_run uuid, p_rule text, p_version smallint, p_basis uuid,
  p_mark text, p_limit int, p_kinds text[], p_budgets text[], p_clocks date[], p_asked date[], p_as_of date, p_late date, p_after date,
  p_known bigint, p_apart uuid[])
RETURNS TABLE (account_id uuid, region_code text, asked_on date, found bigint, raised bigint, fen bigint, days int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
#variable_conflict use_column
DECLARE
  asking text := p_rule || '|' || p_mark || '|'; done boolean := false;
  -- By account, place and day: told when every flag is written, for told rows would stay when the writing is undone.
  accounts uuid[]; places text[]; asked_days date[]; founds bigint[]; raiseds bigint[]; fens bigint[]; longest int[];
BEGIN
  IF NOT coalesce(p_root LIKE nullif(current_setting('app.region', true), '') || '%' AND p_root LIKE p_county || '%', false) THEN
    RAISE EXCEPTION 'the place is outside the region' USING ERRCODE = 'QL403';
  END IF;
  IF p_known > 0 THEN
    BEGIN
    {_write(_BEFORE_RUNS)}
      done := true;
    EXCEPTION WHEN unique_violation THEN
      NULL;
    END;
  END IF;
  IF NOT done THEN
    {_write(_BEFORE_RUNS + _ASKED)}
  END IF;
  RETURN QUERY SELECT * FROM unnest(accounts, places, asked_days, founds, raiseds, fens, longest);
END $$"""
_SIGNATURE = "raise_crossings(text, text, uuid, text, smallint, uuid, text, int, text[], text[], date[], date[], date, date, date, bigint, uuid[])"


def statements() -> Iterator[str]:
    yield f"DROP FUNCTION funds.{_SIGNATURE}"
    yield RAISE_CROSSINGS
    yield f"REVOKE ALL ON FUNCTION funds.{_SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{_SIGNATURE} TO {ROLE}"
