"""The SQL side of what households got, version 2: a roster keeps by place also the lines of those who live there.

Whoever asks for the households of a village reads its lines of a county's roster and no others. The lines cost what the
sums by place cost already: one pass over the rows, when the roster is checked. Frozen: a change is a new file and a new
migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.household_flows_v1 import FILL as FILL_V1

_PLACES = """
  INSERT INTO funds.batch_place (county_code, batch_id, region_code, rows_n, amount_fen, lines)
  SELECT p.county_code, p.batch_id, p.region_code, count(*), sum(p.amount_fen)::bigint, array_agg(p.line) FROM funds.payment p
   WHERE {which} GROUP BY 1, 2, 3"""

# What the triggers keep, from the rows themselves, into empty tables.
FILL = (_PLACES.format(which="true"), FILL_V1[1])

LINES = """
UPDATE funds.batch_place b SET lines = l.lines
  FROM (SELECT p.county_code, p.batch_id, p.region_code, array_agg(p.line) AS lines FROM funds.payment p GROUP BY 1, 2, 3) l
 WHERE (b.county_code, b.batch_id, b.region_code) = (l.county_code, l.batch_id, l.region_code)"""

BATCH_PLACES = f"""
CREATE OR REPLACE FUNCTION funds.batch_places() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_sort = off AS $$
BEGIN
  {_PLACES.format(which="p.county_code = NEW.county_code AND p.batch_id = NEW.id")};
  RETURN NULL;
END $$"""


def statements() -> Iterator[str]:
    """The lines of what was checked before, beside the sums and out of the way of who reads only these; and the trigger."""
    yield "ALTER TABLE funds.batch_place ALTER COLUMN lines SET STORAGE EXTERNAL, SET (toast_tuple_target = 128)"
    yield LINES
    yield "ALTER TABLE funds.batch_place ALTER COLUMN lines SET NOT NULL"
    yield BATCH_PLACES
