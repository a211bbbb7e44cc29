"""What the list of findings is searched along, version 2: the function plans each search for what is asked.

Version 1 had one plan for every question: it worked out a sort key of each order and looked at each filter, also those
that nobody gave, for every finding that says the word. A word that all of 100,000 findings say took up most of the time
a page may take. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from typing import Final

from migrations.journal_v1 import IN_SCOPE

# The order is spliced from a fixed list; all that a caller gives is passed as values, and folded into the plan.
SAYING: Final = f"""
CREATE OR REPLACE FUNCTION audit.findings_saying(p_county text, p_words text[], p_position bigint, p_status text, p_class text,
    p_about text, p_report uuid, p_at_least bigint, p_at_most bigint, p_sort text, p_after_key bigint, p_after uuid,
    p_limit integer)
RETURNS TABLE (finding_id uuid, sort_key bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = audit, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  words text[] := (SELECT array_agg(DISTINCT lower(w COLLATE "C")) FROM unnest(p_words) w);
  wanted integer[] := (SELECT array_agg(DISTINCT g) FROM unnest(words) w,
    unnest(grams(p_county, w, ARRAY[CASE WHEN length(w) < 5 THEN least(length(w), 3) ELSE 5 END])) g);
  key text := CASE p_sort WHEN 'amount' THEN 'l.amount_fen' WHEN 'found_on' THEN '(l.found_on - DATE ''1900-01-01'')::bigint'
                          ELSE '0::bigint' END;
  behind text := CASE p_sort WHEN 'oldest' THEN 'c.finding_id > $12' WHEN 'newest' THEN 'c.finding_id < $12'
                             ELSE '(c.key, c.finding_id) < ($11, $12)' END;
  ordering text := CASE p_sort WHEN 'oldest' THEN 'c.finding_id' WHEN 'newest' THEN 'c.finding_id DESC'
                               ELSE 'c.key DESC, c.finding_id DESC' END;
  after_key bigint := p_after_key;
  after uuid := p_after;
  batch integer := p_limit + 50;
  looked_at integer;
  found_n integer := 0;
  one record;
BEGIN
  LOOP
    looked_at := 0;
    FOR one IN EXECUTE format($q$
      WITH candidate AS MATERIALIZED (
        SELECT c.* FROM (
          SELECT l.finding_id, l.version_no, %s AS key
            FROM (SELECT t.* FROM finding_listed t WHERE t.grams @> $2 OFFSET 0) l
           WHERE l.county_code = $1 AND {IN_SCOPE.format(column="l.region_code")}
             AND l.position <= $3 AND (l.until_position IS NULL OR l.until_position > $3)
             AND ($4 IS NULL OR $4 = CASE WHEN l.closed_position <= $3 THEN 'closed' WHEN l.ordered_position <= $3 THEN 'ordered'
                                          WHEN l.confirmed_position <= $3 THEN 'open' ELSE 'draft' END)
             AND ($5 IS NULL OR l.class_code = $5)
             AND ($6 IS NULL OR l.about_region >= $6 COLLATE "C" AND l.about_region < ($6 || '~') COLLATE "C")
             AND ($7 IS NULL OR l.report_id = $7)
             AND ($8 IS NULL OR l.amount_fen >= greatest($8, 1))
             AND ($9 IS NULL OR l.amount_fen BETWEEN 1 AND $9)) c
         WHERE $12 IS NULL OR %s
         ORDER BY %s
         LIMIT $10)
      SELECT c.finding_id, c.key, (
          SELECT bool_and(strpos(lower(s.said COLLATE "C"), w.word) > 0)
            FROM (SELECT concat_ws(chr(10), v.title, v.facts, (SELECT string_agg(t.what, chr(10)) FROM finding_fact t
                    WHERE t.county_code = $1 AND t.finding_id = c.finding_id AND t.version_no = c.version_no)) AS said
                    FROM finding_version v
                   WHERE v.county_code = $1 AND v.finding_id = c.finding_id AND v.version_no = c.version_no
                  OFFSET 0) s, unnest($13) w (word)) AS says
        FROM candidate c $q$, key, behind, ordering)
      USING p_county, wanted, p_position, p_status, p_class, p_about, p_report, p_at_least, p_at_most, batch, after_key, after, words
    LOOP
      looked_at := looked_at + 1;
      after_key := one.key;
      after := one.finding_id;
      IF one.says THEN
        finding_id := one.finding_id;
        sort_key := one.key;
        RETURN NEXT;
        found_n := found_n + 1;
        IF found_n = p_limit THEN RETURN; END IF;
      END IF;
    END LOOP;
    EXIT WHEN looked_at < batch;
    batch := batch * 4;
  END LOOP;
END $$"""
