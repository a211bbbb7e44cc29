"""The SQL side of stop-clocks, version 2: only lots that may have rested at the moment are told, however many ever stopped.

As flows and what rests it reads as the owner and holds every row against the caller's region itself: row-level security
would be asked for each lot that was ever stopped, most of them long empty. Frozen: a change is a new file and a new
migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from migrations.ledger_v2 import ROLE

_SCOPE: Final = """length(current_setting('app.region', true)) IN (2, 4, 6, 9, 12)
       AND {0}.region_code >= current_setting('app.region', true) COLLATE "C"
       AND {0}.region_code < (current_setting('app.region', true) || '~') COLLATE "C\""""
# `goes_on` are lots that restore a stopped one with its clock, and those that restore these. They are looked for among
# what restores another, of which there is little; what was stopped and is empty is dropped by its own row.
CLOCK_STOPS: Final = f"""
CREATE OR REPLACE FUNCTION funds.clock_stops(p_county text, p_as_of date, p_known bigint)
RETURNS TABLE (lot_id uuid, stop_id uuid, kind text, document text, from_on date, until_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = funds, pg_temp SET plan_cache_mode = force_custom_plan
SET max_parallel_workers_per_gather = 0 ROWS 100 AS $$
  WITH RECURSIVE stop AS MATERIALIZED (
    SELECT c.id, c.kind, c.document, c.from_on,
           CASE WHEN c.ended_position <= p_known THEN c.ended_on ELSE c.limit_on END AS until_on
      FROM clock_stop c
     WHERE c.county_code = p_county AND c.position <= p_known AND c.from_on <= p_as_of
       AND {_SCOPE.format("c")}),
  goes_on (lot_id, stop_id, clock_from) AS (
    SELECT t.id, k.stop_id, t.clock_from
      FROM lot t
      JOIN clock_stop_lot k ON k.county_code = p_county AND k.lot_id = t.restores_lot_id
      JOIN lot l ON l.county_code = p_county AND l.id = k.lot_id AND l.clock_from = t.clock_from
     WHERE t.county_code = p_county AND t.restores_lot_id IS NOT NULL AND t.clock_from < t.arrived_on
    UNION
    SELECT t.id, g.stop_id, t.clock_from
      FROM goes_on g
      JOIN lot t ON t.county_code = p_county AND t.restores_lot_id = g.lot_id
       AND t.clock_from = g.clock_from AND t.clock_from < t.arrived_on),
  held AS (
    SELECT k.lot_id, k.stop_id FROM clock_stop_lot k WHERE k.county_code = p_county
    UNION ALL
    SELECT g.lot_id, g.stop_id FROM goes_on g
     WHERE NOT EXISTS (SELECT FROM clock_stop_lot k
                        WHERE k.county_code = p_county AND k.stop_id = g.stop_id AND k.lot_id = g.lot_id))
  SELECT h.lot_id, s.id, s.kind, s.document, s.from_on, s.until_on
    FROM held h
    JOIN stop s ON s.id = h.stop_id AND s.until_on > s.from_on
    JOIN lot l ON l.county_code = p_county AND l.id = h.lot_id
   WHERE NOT l.is_terminal AND l.arrived_on <= p_as_of AND l.position <= p_known
     AND (l.is_open OR l.emptied_on > p_as_of OR l.last_position > p_known) AND {_SCOPE.format("l")} $$"""


def statements() -> Iterator[str]:
    yield CLOCK_STOPS
    yield "REVOKE ALL ON FUNCTION funds.clock_stops(text, date, bigint) FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.clock_stops(text, date, bigint) TO {ROLE}"
