"""What the planner is told of the column that nearly every table has: it holds one county, and each row is of it.

Every statement names one county, so statistics of that column tell nothing apart, and they mislead: of a county that came
since they were gathered one row is expected, so that any index with the county in front seems as good as the right one,
and a look for one row reads all of the county's. With one value given, each county is planned for as the only one is.
"""

from __future__ import annotations

# PostgreSQL 18 is given the statistics themselves, before there is a row, and keeps them: nothing is gathered for the
# column. Earlier servers cannot be given any; they are told the number of values when they next gather, and only the most
# common one, so that what is left is expected of any other.
TOLD = """
DO $$
DECLARE
  given boolean := current_setting('server_version_num')::int >= 180000;
  gathered int := CASE WHEN given THEN 0 ELSE 1 END;
  t record;
BEGIN
  FOR t IN SELECT c.relname::text AS name, c.relkind = 'p' AS parent, a.attstattarget AS target
             FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'county_code' AND NOT a.attisdropped
            WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname LOOP
    IF t.target IS DISTINCT FROM gathered THEN
      EXECUTE format('ALTER TABLE {schema}.%I ALTER COLUMN county_code SET STATISTICS %s,'
                     ' ALTER COLUMN county_code SET (n_distinct = 1)', t.name, gathered);
    END IF;
    IF given THEN
      EXECUTE 'SELECT pg_restore_attribute_stats(''schemaname'', ''{schema}'', ''relname'', $1, ''attname'', ''county_code'',
        ''inherited'', $2, ''null_frac'', 0::real, ''avg_width'', 7, ''n_distinct'', 1::real)' USING t.name, t.parent;
    END IF;
  END LOOP;
END $$"""
