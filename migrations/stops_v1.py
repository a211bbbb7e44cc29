"""The SQL side of stop-clocks, version 1: who sees and writes them, what they hold to, and which lots stand still.

`clock_stops` tells the stops of every lot, `stopped_lots` adds up their days. Both are read as the caller, so that
row-level security bounds them. A lot whose clock goes on from before (an undone movement, a carry-over: it restores
another with an earlier start) has the stops of that clock; money that comes back by a return has a clock of its own.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped
from migrations.ledger_v2 import ROLE

# Once ended, a stop is not touched any more; a lot is stopped on no day before it came, and not after it was spent.
ENDED_ONCE = """
CREATE FUNCTION funds.clock_stop_ended_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = funds, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'the stop % has ended already', OLD.id USING ERRCODE = 'check_violation';
END $$"""
LOT_THERE = """
CREATE FUNCTION funds.clock_stop_lot_there() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  PERFORM FROM lot l JOIN clock_stop c ON c.county_code = NEW.county_code AND c.id = NEW.stop_id
   WHERE l.county_code = NEW.county_code AND l.id = NEW.lot_id AND NOT l.is_terminal AND l.arrived_on <= c.from_on
     AND (l.emptied_on IS NULL OR l.emptied_on > c.from_on)
     AND l.region_code = NEW.region_code AND c.region_code = NEW.region_code;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the lot % does not rest where and when the stop begins', NEW.lot_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""

# The stops of each lot that had begun by a day, as known by a position: kind, document, and from when until when.
CLOCK_STOPS = """
CREATE FUNCTION funds.clock_stops(p_county text, p_as_of date, p_known bigint)
RETURNS TABLE (lot_id uuid, stop_id uuid, kind text, document text, from_on date, until_on date)
LANGUAGE sql STABLE SET search_path = funds, pg_temp ROWS 100 AS $$
  WITH RECURSIVE stop AS MATERIALIZED (
    SELECT c.id, c.kind, c.document, c.from_on,
           CASE WHEN c.ended_position <= p_known THEN c.ended_on ELSE c.limit_on END AS until_on
      FROM clock_stop c
     WHERE c.county_code = p_county AND c.position <= p_known AND c.from_on <= p_as_of),
  stopped (lot_id, stop_id, clock_from) AS (
    SELECT k.lot_id, k.stop_id, l.clock_from
      FROM stop s
      JOIN clock_stop_lot k ON k.county_code = p_county AND k.stop_id = s.id
      JOIN lot l ON l.county_code = p_county AND l.id = k.lot_id
     WHERE s.until_on > s.from_on
    UNION
    SELECT t.id, w.stop_id, t.clock_from
      FROM stopped w
      JOIN lot t ON t.county_code = p_county AND t.restores_lot_id = w.lot_id
       AND t.clock_from = w.clock_from AND t.clock_from < t.arrived_on)
  SELECT w.lot_id, s.id, s.kind, s.document, s.from_on, s.until_on
    FROM stopped w JOIN stop s ON s.id = w.stop_id $$"""
# How many days each of these lots stood still until a day, overlapping stops counted once, and whether it does that day.
STOPPED_LOTS = """
CREATE FUNCTION funds.stopped_lots(p_county text, p_as_of date, p_known bigint)
RETURNS TABLE (lot_id uuid, stopped_days int, stopped_now boolean)
LANGUAGE sql STABLE SET search_path = funds, pg_temp ROWS 100 AS $$
  SELECT g.lot_id, coalesce((SELECT sum(upper(r) - lower(r)) FROM unnest(g.held) r), 0)::int, g.now
    FROM (SELECT c.lot_id, range_agg(daterange(c.from_on, least(c.until_on, p_as_of))) AS held,
                 bool_or(c.until_on > p_as_of) AS now
            FROM funds.clock_stops(p_county, p_as_of, p_known) c GROUP BY c.lot_id) g $$"""

_FUNCTIONS = ("clock_stops(text, date, bigint)", "stopped_lots(text, date, bigint)")


def statements() -> Iterator[str]:
    for table in ("clock_stop", "clock_stop_lot"):
        yield from scoped("funds", ROLE, table, "region_code")
        yield f"GRANT SELECT, INSERT ON funds.{table} TO {ROLE}"
    yield f"GRANT UPDATE (ended_on, end_document, ended_by) ON funds.clock_stop TO {ROLE}"
    yield (
        "CREATE TRIGGER known_from BEFORE INSERT ON funds.clock_stop"
        " FOR EACH ROW EXECUTE FUNCTION funds.known_from('position')"
    )
    yield (
        "CREATE TRIGGER ended_position BEFORE UPDATE ON funds.clock_stop FOR EACH ROW"
        " WHEN (OLD.ended_on IS NULL AND NEW.ended_on IS NOT NULL) EXECUTE FUNCTION funds.known_from('ended_position')"
    )
    yield ENDED_ONCE
    yield (
        "CREATE TRIGGER ended_once BEFORE UPDATE ON funds.clock_stop FOR EACH ROW"
        " WHEN (OLD.ended_on IS NOT NULL) EXECUTE FUNCTION funds.clock_stop_ended_once()"
    )
    yield LOT_THERE
    yield (
        "CREATE TRIGGER lot_there BEFORE INSERT ON funds.clock_stop_lot"
        " FOR EACH ROW EXECUTE FUNCTION funds.clock_stop_lot_there()"
    )
    for function in ("clock_stop_ended_once()", "clock_stop_lot_there()"):
        yield f"REVOKE ALL ON FUNCTION funds.{function} FROM PUBLIC"
    yield CLOCK_STOPS
    yield STOPPED_LOTS
    for function in _FUNCTIONS:
        yield f"REVOKE ALL ON FUNCTION funds.{function} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION funds.{function} TO {ROLE}"
