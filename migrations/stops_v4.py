"""The SQL side of stop-clocks, version 4: how long a stop may last is held here too, and for what a list was shown.

A stop carries the days that its kind may last by the policy value in force where and when it begins, and the day from
which they count: its first, or of publicity (公示) the day on which what it names was put up. What nobody put up stops
no clock. A stop that goes over to another county with its money is the same stop and is held against that one. Frozen:
a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_AS_OWNER = "SECURITY DEFINER SET search_path = funds, pg_temp"

# treasury.policy.in_force of what counts now: of each region the last edition of the latest start, the nearest region's.
LIMIT: Final = """
CREATE FUNCTION funds.clock_stop_limit(p_kind text, p_region text, p_on date) RETURNS int
LANGUAGE sql STABLE SET search_path = funds, pg_temp AS $$
  SELECT (v.value #>> '{}')::int
    FROM (SELECT DISTINCT ON (v.region_code) v.region_code, v.value, v.valid_to FROM policy_value v
           WHERE v.key = 'clock_stop_days.' || p_kind AND v.valid_from <= p_on
             AND (v.set_by IS NULL OR v.confirmed_by IS NOT NULL)
             AND (v.region_code = '00' OR starts_with(p_region, v.region_code))
           ORDER BY v.region_code, v.valid_from DESC, v.edition DESC) v
   WHERE v.valid_to IS NULL OR p_on <= v.valid_to
   ORDER BY nullif(v.region_code, '00') IS NOT NULL DESC, length(v.region_code) DESC LIMIT 1 $$"""

# The day on which a batch's list, or a project, was put up last by a day; a part of a list is on show with the whole.
SHOWN: Final = """
CREATE FUNCTION funds.shown_since(p_county text, p_batch uuid, p_project uuid, p_on date) RETURNS date
LANGUAGE sql STABLE SET search_path = funds, pg_temp AS $$
  SELECT coalesce(
    (SELECT p.from_on FROM payment_batch b
       JOIN publication p ON p.county_code = p_county AND p.batch_id = coalesce(b.part_of, b.id)
      WHERE b.county_code = p_county AND b.id = p_batch AND p.from_on <= p_on ORDER BY p.seq DESC LIMIT 1),
    (SELECT s.effective_on FROM project_step s
      WHERE s.county_code = p_county AND s.project_id = p_project AND s.effective_on <= p_on AND s.way = 'forward'
        AND s.stage IN ('published', 'announced') ORDER BY s.seq DESC LIMIT 1)) $$"""

JUDGED: Final = f"""
CREATE FUNCTION funds.clock_stop_judged() RETURNS trigger
LANGUAGE plpgsql {_AS_OWNER} AS $$
DECLARE same clock_stop;
BEGIN
  IF NEW.came_from_stop_id IS NOT NULL THEN
    SELECT * INTO same FROM clock_stop c WHERE c.county_code = NEW.came_from_county AND c.id = NEW.came_from_stop_id;
    IF NOT FOUND OR (same.kind, same.document, same.from_on, same.limit_on)
                    IS DISTINCT FROM (NEW.kind, NEW.document, NEW.from_on, NEW.limit_on) THEN
      RAISE EXCEPTION 'the stop % is not the one it came from', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    NEW.limit_days := same.limit_days;
    NEW.counted_from_on := same.counted_from_on;
    RETURN NEW;
  END IF;
  NEW.limit_days := clock_stop_limit(NEW.kind, NEW.region_code, NEW.from_on);
  IF NEW.limit_days IS NULL THEN
    RAISE EXCEPTION 'no value says how long a stop of % may last', NEW.kind USING ERRCODE = 'check_violation';
  END IF;
  NEW.counted_from_on := CASE WHEN NEW.kind = 'publicity'
    THEN shown_since(NEW.county_code, NEW.batch_id, NEW.project_id, NEW.from_on) ELSE NEW.from_on END;
  IF NEW.counted_from_on IS NULL THEN
    RAISE EXCEPTION 'the stop % is of what nobody put on show', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""

# As version 1; and a stop that came with its money holds only what came so, or went back, with the clock that it stopped.
LOT_THERE: Final = f"""
CREATE OR REPLACE FUNCTION funds.clock_stop_lot_there() RETURNS trigger
LANGUAGE plpgsql {_AS_OWNER} AS $$
BEGIN
  PERFORM FROM lot l JOIN clock_stop c ON c.county_code = NEW.county_code AND c.id = NEW.stop_id
   WHERE l.county_code = NEW.county_code AND l.id = NEW.lot_id AND NOT l.is_terminal
     AND l.region_code = NEW.region_code AND c.region_code = NEW.region_code
     AND CASE WHEN c.came_from_stop_id IS NULL
              THEN l.arrived_on <= c.from_on AND (l.emptied_on IS NULL OR l.emptied_on > c.from_on)
              ELSE l.clock_from <= c.from_on AND (
                EXISTS (SELECT FROM succession_lot s
                         WHERE s.county_code = l.county_code AND s.lot_id = l.id AND s.side = 'in'
                           AND s.other_county = c.came_from_county)
                OR EXISTS (SELECT FROM draw d JOIN succession_lot s ON s.county_code = d.county_code AND s.lot_id = d.to_lot_id
                            WHERE d.county_code = l.county_code AND d.from_lot_id = l.restores_lot_id AND s.side = 'out'
                              AND s.other_county = c.came_from_county)) END;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the lot % does not rest where and when the stop begins', NEW.lot_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""


def limits() -> Iterator[str]:
    """The value in force, asked by anybody who may read values."""
    yield LIMIT
    yield SHOWN


def fill() -> Iterator[str]:
    """Stops of before say the value in force when they began, or the days they took where that is gone."""
    yield "ALTER TABLE funds.clock_stop DISABLE TRIGGER ended_once"
    yield (
        "UPDATE funds.clock_stop SET counted_from_on = from_on, limit_days ="
        " greatest(funds.clock_stop_limit(kind, region_code, from_on), limit_on - from_on)"
    )
    yield "ALTER TABLE funds.clock_stop ENABLE TRIGGER ended_once"


def guards() -> Iterator[str]:
    yield JUDGED
    yield "REVOKE ALL ON FUNCTION funds.clock_stop_judged() FROM PUBLIC"
    yield (
        "CREATE TRIGGER judged BEFORE INSERT ON funds.clock_stop"
        " FOR EACH ROW EXECUTE FUNCTION funds.clock_stop_judged()"
    )
    yield LOT_THERE
