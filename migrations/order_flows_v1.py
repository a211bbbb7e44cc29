"""The SQL side of order flows, version 1: what banks hold and paid of treasury orders, by the desk whose quota was drawn.

A bank draws no quota of its own: money in transit there, and what it pays on, is of the desk that ordered it. The
ledger's flows say between which accounts money moved; these sums, kept by triggers in the act itself, mark which part of
them was of an order, and whose. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.flows_v1 import DAYS, MOVED, READING
from migrations.journal_v1 import scoped
from migrations.ledger_v2 import ROLE

# The desk whose order a lot `l` of a movement `u` is of: the movement issued the order, or was the bank's word that it was
# paid; or what was paid comes back to the bank (its lot restores one that an order brought there); or the bank gives
# back to a quota, which only orders draw.
_DESK_OF = """
  SELECT o.from_account_id AS desk_id, o.region_code AS desk_region FROM funds.treasury_order o
   WHERE u.kind = 'order' AND o.county_code = u.county_code AND o.movement_id = u.id
  UNION ALL
  SELECT o.from_account_id, o.region_code FROM funds.order_result s
    JOIN funds.treasury_order o ON o.county_code = s.county_code AND o.id = s.order_id
   WHERE u.kind IN ('pay', 'hand_down') AND s.county_code = u.county_code AND s.movement_id = u.id
  UNION ALL
  SELECT o.from_account_id, o.region_code FROM (
    WITH RECURSIVE up AS (
      SELECT r.movement_id, r.restores_lot_id FROM funds.lot r
       WHERE u.kind IN ('return', 'recover') AND r.county_code = l.county_code AND r.id = l.restores_lot_id
      UNION ALL
      SELECT r.movement_id, r.restores_lot_id FROM up
        JOIN funds.lot r ON r.county_code = l.county_code AND r.id = up.restores_lot_id)
    SELECT up.movement_id FROM up) w
    JOIN funds.treasury_order o ON o.county_code = u.county_code AND o.movement_id = w.movement_id
  UNION ALL
  SELECT q.id, q.region_code FROM funds.account q
    JOIN funds.account b ON b.county_code = u.county_code AND b.id = u.from_account_id AND b.kind = 'bank'
   WHERE u.kind = 'return' AND q.county_code = u.county_code AND q.id = u.to_account_id AND q.book = 'quota'"""

# Undoing takes its fen out of the flow it undoes, on its own day. The lots are those of what is undone: a reversal's
# own are not written yet when its movement is, and they are the same fen of the same fund and year.
_ADD = """
  INSERT INTO funds.order_flow AS f (county_code, grain, since, flow, from_account_id, to_account_id, desk_id, fund_code, fiscal_year,
                                     from_region, to_region, desk_region, amount_fen)
  SELECT m.county_code, g.grain, date_trunc(g.grain, m.effective_on::timestamp)::date, u.kind, u.from_account_id, u.to_account_id,
         o.desk_id, l.fund_code, l.fiscal_year, u.from_region, u.to_region, o.desk_region,
         sum(CASE WHEN m.reverses_id IS NULL THEN l.amount_fen ELSE -l.amount_fen END)::bigint
    FROM funds.movement m
    JOIN funds.movement u ON u.county_code = m.county_code AND u.id = coalesce(m.reverses_id, m.id)
    JOIN funds.lot l ON l.county_code = u.county_code AND l.movement_id = u.id
   CROSS JOIN LATERAL ({desk_of}) o
   CROSS JOIN (VALUES ('month'), ('year')) AS g(grain)
   WHERE {which}
   GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
  ON CONFLICT (county_code, grain, since, flow, from_account_id, to_account_id, desk_id, fund_code, fiscal_year)
  DO UPDATE SET amount_fen = f.amount_fen + excluded.amount_fen"""


def _add(which: str) -> str:
    return _ADD.format(desk_of=_DESK_OF, which=which)


FILL = _add("true")


# When each is called: which row is new, and which lots of which movement it adds.
_TRIGGERS = {
    "order_flow_issued": ("treasury_order", "", "m.id = NEW.movement_id"),
    "order_flow_paid": ("order_result", "WHEN (NEW.result = 'paid')", "m.id = NEW.movement_id"),
    "order_flow_back": (
        "lot",
        "WHEN (NEW.restores_lot_id IS NOT NULL)",
        "m.id = NEW.movement_id AND m.kind IN ('return', 'recover') AND l.id = NEW.id",
    ),
    "order_flow_undone": ("movement", "WHEN (NEW.reverses_id IS NOT NULL)", "m.id = NEW.id"),
}


def _triggers() -> Iterator[str]:
    for name, (table, when, which) in _TRIGGERS.items():
        yield f"""
CREATE FUNCTION funds.{name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  {_add(f"m.county_code = NEW.county_code AND {which}")};
  RETURN NULL;
END $$"""
        yield f"REVOKE ALL ON FUNCTION funds.{name}() FROM PUBLIC"
        yield f"CREATE TRIGGER {name} AFTER INSERT ON funds.{table} FOR EACH ROW {when} EXECUTE FUNCTION funds.{name}()"


_SIGNATURE = "ordered(text, text, date, bigint, date, text, int)"

# Flows of orders that touch the place by any of their ends; `into` the bank or out of it; a sink is where money is spent.
# Whole years, months of the last one, and the days that `flowed` reads beside them. A county without orders costs one probe.
ORDERED = f"""
CREATE FUNCTION funds.ordered(p_county text, p_root text, p_as_of date, p_known bigint, p_known_on date, p_fund text, p_year int)
RETURNS TABLE (flow text, from_account_id uuid, to_account_id uuid, desk_id uuid, from_region text, from_sink text, to_region text,
               to_sink text, desk_region text, "into" boolean, fen bigint)
LANGUAGE plpgsql {READING} AS $$
#variable_conflict use_column
DECLARE until date; month_on date; year_on date; banks uuid[];
BEGIN{DAYS}
  IF NOT EXISTS (SELECT FROM order_flow f WHERE f.county_code = p_county) THEN
    RETURN;
  END IF;
  year_on := date_trunc('year', until::timestamp)::date;
  banks := ARRAY(SELECT a.id FROM account a WHERE a.county_code = p_county AND a.kind = 'bank');
  RETURN QUERY SELECT t.flow, t.from_account_id, t.to_account_id, t.desk_id, t.from_region,
         CASE WHEN f.kind IN ('households', 'contractor') THEN f.kind END, t.to_region,
         CASE WHEN g.kind IN ('households', 'contractor') THEN g.kind END, t.desk_region, t.to_account_id = ANY(banks), t.fen
    FROM (
      SELECT s.flow, s.from_account_id, s.to_account_id, s.desk_id, s.from_region, s.to_region, s.desk_region, sum(s.fen)::bigint AS fen
        FROM (
          SELECT f.flow, f.from_account_id, f.to_account_id, f.desk_id, f.from_region, f.to_region, f.desk_region, f.fund_code, f.fiscal_year,
                 f.amount_fen AS fen
            FROM order_flow f
           WHERE f.county_code = p_county AND (f.grain = 'year' AND f.since < year_on
                 OR f.grain = 'month' AND f.since >= year_on AND f.since < month_on)
          UNION ALL
          SELECT u.kind, u.from_account_id, u.to_account_id, o.desk_id, u.from_region, u.to_region, o.desk_region, l.fund_code,
                 l.fiscal_year, CASE WHEN m.reverses_id IS NULL THEN m.sign ELSE -m.sign END * l.amount_fen
            FROM ({MOVED}) m
           CROSS JOIN LATERAL (SELECT * FROM movement u WHERE u.county_code = p_county AND u.id = coalesce(m.reverses_id, m.id)
                                  AND (u.to_account_id = ANY(banks) OR u.from_account_id = ANY(banks)) OFFSET 0) u
           CROSS JOIN LATERAL (SELECT * FROM lot l WHERE l.county_code = p_county AND l.movement_id = u.id OFFSET 0) l
           CROSS JOIN LATERAL ({_DESK_OF} OFFSET 0) o) s
       WHERE (p_fund IS NULL OR s.fund_code = p_fund) AND (p_year IS NULL OR s.fiscal_year = p_year)
         AND (s.desk_region LIKE p_root || '%' OR s.from_region LIKE p_root || '%' OR s.to_region LIKE p_root || '%')
       GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(s.fen) <> 0) t
    JOIN account f ON f.county_code = p_county AND f.id = t.from_account_id
    JOIN account g ON g.county_code = p_county AND g.id = t.to_account_id;
END $$"""


def statements() -> Iterator[str]:
    """Triggers, the sums of what was recorded before, and their reading; `funds.order_flow` is there and empty."""
    yield from _triggers()
    yield FILL
    yield ORDERED
    yield f"REVOKE ALL ON FUNCTION funds.{_SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{_SIGNATURE} TO {ROLE}"
    yield from scoped("funds", ROLE, "order_flow", "desk_region")
